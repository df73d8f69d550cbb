// /openapi.json: made once from the routes' schemas, and kept as bytes. Making it takes a tenth of a second and some
// megabytes, which hundreds that ask at once would each take; and all answers that wait to be read share the bytes.
import type { Handler, Hono } from 'hono';
import { generateSpecs } from 'hono-openapi';

export function openApiDocument(app: Hono, version: string): Handler {
  let bytes: Promise<Uint8Array<ArrayBuffer>> | null = null;
  const make = async () => {
    const document = await generateSpecs(app, {
      documentation: {
        info: { title: 'Gnomon worker server', version, description: 'Proves jobs for pages and programs.' },
        components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
        security: [{ bearer: [] }],
      },
    });
    return new TextEncoder().encode(JSON.stringify(document));
  };
  return async (context) => {
    bytes ??= make();
    return context.body(await bytes, 200, { 'Content-Type': 'application/json' });
  };
}
