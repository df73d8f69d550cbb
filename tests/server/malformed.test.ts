// Malformed requests to every route that /openapi.json lists, made from its schemas: always 4xx, with what is wrong and
// where, and the server goes on.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { steadyFetch } from '../helpers/rest-client.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { type RunningWorkerServer, startWorkerServer } from '../helpers/worker-server.ts';

interface Schema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}
interface Route {
  method: string;
  path: string;
  body: Schema | null;
  query: string[];
}

let tiny: TinyCircuit;
let server: RunningWorkerServer;
let routes: Route[];

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  server = await startWorkerServer({
    circuitsFolder: tiny.folder,
    args: ['--threads', '1', '--rate', '10000000'],
  });
  const spec = (await (await fetch(`${server.origin}/openapi.json`)).json()) as {
    paths: Record<
      string,
      Record<
        string,
        {
          requestBody?: { content: Record<string, { schema: Schema }> };
          parameters?: { in: string; name: string }[];
        }
      >
    >;
  };
  routes = Object.entries(spec.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, parameters = [] }]) => ({
      method: method.toUpperCase(),
      path,
      body: requestBody?.content['application/json']?.schema ?? null,
      query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
    })),
  );
}, 120_000);
afterAll(async () => {
  await server?.stop();
  tiny?.remove();
});

interface Answer {
  status: number;
  error: { code?: string; message?: string; nextStep?: string; where?: string };
}

async function send(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>): Promise<Answer> {
  const response = await steadyFetch(server.origin + path, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'Content-Type': 'application/json' } }),
  });
  const text = await response.text();
  let error = {};
  try {
    error = (JSON.parse(text) as { error?: object }).error ?? {};
  } catch {
    // Not JSON: what is expected of it is not met.
  }
  return { status: response.status, error };
}

/** Of the same shape as its schema, and good as far as the schema goes. */
function good(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return good(schema.anyOf[0]!);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, good(schema.properties![name]!)]),
      );
    case 'array':
      return [good(schema.items ?? {})];
    case 'number':
    case 'integer':
      return schema.minimum ?? 0;
    case 'boolean':
      return true;
    default:
      return schema.format === 'uri' ? 'http://localhost:1' : 'nobody';
  }
}

/** Values that the schema does not take; none where it takes anything. */
function wrongFor(schema: Schema): unknown[] {
  const { type, minimum, maximum, maxLength, pattern } = schema;
  const nothing = [null, { nothing: [null] }];
  if (schema.anyOf !== undefined) return nothing;
  switch (type) {
    case 'string':
      return [
        ...nothing,
        7,
        true,
        ['text'],
        ...(schema.enum === undefined ? [] : ['no-such-thing']),
        ...(maxLength === undefined ? [] : ['a'.repeat(maxLength + 1)]),
        ...(pattern === undefined ? [] : ['\u0000 / \u202e']),
      ];
    case 'number':
    case 'integer':
      return [
        ...nothing,
        'seven',
        [1],
        ...(minimum === undefined ? [] : [minimum - 1]),
        ...(maximum === undefined ? [] : [maximum * 2 + 1]),
        ...(type === 'integer' ? [0.5] : []),
      ];
    case 'boolean':
      return [...nothing, 'yes', 1];
    case 'array':
      return [...nothing, 'list', 7];
    case 'object':
      return [null, 'object', 7, [1]];
    default:
      return [];
  }
}

const json = (value: unknown) => JSON.stringify(value);
/** `?` and `%` in the path as they are, and ids that are none. */
const ids = fc.oneof(
  fc.constantFrom(
    '..',
    '%2e%2e',
    '%',
    '%zz',
    '%00',
    'a%2fb',
    '__proto__',
    'constructor',
    '…',
    'a'.repeat(5000),
  ),
  fc.string({ minLength: 1, maxLength: 40 }).map(encodeURIComponent),
);

describe('every route that takes a body', () => {
  it('says which field is wrong, missing or unknown', async () => {
    const withBody = routes.filter(({ body }) => body !== null);
    expect(withBody.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/api/proof/generate', '/api/workers/register']),
    );
    let tried = 0;
    for (const { method, path, body } of withBody) {
      const whole = good(body!) as Record<string, unknown>;
      const expectRefusal = async (what: string, value: unknown, field: string) => {
        const { status, error } = await send(method, path, json(value));
        const told = `${method} ${path}, ${what}: ${status} ${json(error)}`;
        expect(status, told).toBeGreaterThanOrEqual(400);
        expect(status, told).toBeLessThan(500);
        expect(error.where?.split(/[.[]/)[0], told).toBe(field);
        expect(error.code && error.message && error.nextStep, told).toBeTruthy();
        tried++;
      };
      for (const [name, schema] of Object.entries(body!.properties ?? {})) {
        for (const wrong of wrongFor(schema)) {
          await expectRefusal(`${name} = ${json(wrong).slice(0, 60)}`, { ...whole, [name]: wrong }, name);
        }
      }
      for (const name of body!.required ?? []) {
        const { [name]: _, ...rest } = whole;
        await expectRefusal(`without ${name}`, rest, name);
      }
      await expectRefusal('one field more', { ...whole, surplus: 1 }, 'surplus');
    }
    expect(tried).toBeGreaterThan(80);
  });

  it('refuses whatever is no object, no JSON, or no text', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes)),
      fc
        .jsonValue()
        .filter((value) => Object(value) !== value || Array.isArray(value))
        .map(json),
      fc.nat(400).map((depth) => `${'{"a":'.repeat(depth)}[`),
      fc.constantFrom(
        '',
        '{',
        '{"a":1,}',
        "{'a':1}",
        '{"a":NaN}',
        '\ufeff[]',
        'null',
        '[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]',
      ),
    );
    const withBody = routes.filter(({ body }) => body !== null);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...withBody), noise, async ({ method, path }, body) => {
        const { status, error } = await send(method, path, body);
        expect([400, 413]).toContain(status);
        expect(error).toMatchObject({ where: expect.any(String), nextStep: expect.any(String) });
      }),
      { numRuns: runs(150, 5_000), seed: testSeed },
    );
  });
});

describe('every route', () => {
  it('answers ids and queries that are none with 4xx, and methods that it does not have', async () => {
    const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), ids, methods, async (route, id, method) => {
        const path = route.path.replace(/\{\w+\}/g, id);
        const query = route.query.map((name) => `${name}=${id}`).join('&');
        const isThere = routes.some((one) => one.path === route.path && one.method === method);
        const hasId = route.path !== path;
        // A route that takes neither is no matter of this test; one that only reads may be asked for anything.
        if (isThere && !hasId && route.query.length === 0) return;
        const { status, error } = await send(method, query === '' ? path : `${path}?${query}`);
        const told = `${method} ${path}?${query}: ${status} ${json(error)}`;
        expect(status, told).toBeLessThan(500);
        if (hasId || !isThere) expect(status, told).toBeGreaterThanOrEqual(400);
        if (status >= 400) expect(error.nextStep ?? error.message ?? 'no JSON', told).toBeTruthy();
      }),
      { numRuns: runs(200, 5_000), seed: testSeed },
    );
    expect((await fetch(`${server.origin}/health`)).status).toBe(200);
  });
});
