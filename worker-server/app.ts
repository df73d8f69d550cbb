// The Hono app: the built page, the circuits and their manifest, and /health.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { GnomonError, toErrorData } from '../src/core/errors.ts';
import { cacheControl, securityHeaders } from './headers.ts';
import { readManifest } from './manifest.ts';

export interface AppOptions {
  appFolder: string;
  circuitsFolder: string;
  version: string;
  /** Called with method, path, status and duration of each request; never with a body. */
  onRequest?: (method: string, path: string, status: number, durationMs: number) => void;
  now?: () => number;
}

export function createApp(options: AppOptions): Hono {
  const { appFolder, circuitsFolder, version } = options;
  const now = options.now ?? (() => performance.now());
  const app = new Hono();

  app.use(async (context, next) => {
    const startedAtMs = now();
    await next();
    options.onRequest?.(context.req.method, context.req.path, context.res.status, now() - startedAtMs);
  });
  app.use(securityHeaders());
  app.use(async (context, next) => {
    await next();
    context.res.headers.set('Cache-Control', context.res.ok ? cacheControl(context.req.path) : 'no-store');
  });

  app.get('/health', async (context) => {
    const manifest = await readManifest(circuitsFolder);
    const ready = existsSync(join(appFolder, 'index.html')) && manifest.circuits.length > 0;
    return context.json({
      status: ready ? 'ok' : 'starting',
      ready,
      version,
      circuits: manifest.circuits.map((circuit) => circuit.id),
    });
  });
  app.get('/circuits/manifest.json', async (context) => context.json(await readManifest(circuitsFolder)));
  app.use(
    '/circuits/*',
    serveStatic({ root: circuitsFolder, rewriteRequestPath: (path) => path.slice('/circuits'.length) }),
  );
  app.all('/circuits/*', (context) =>
    context.json(
      new GnomonError('circuit.not-found', 'There is no such circuit file here.', {
        where: context.req.path,
        nextStep: 'See /circuits/manifest.json; larger circuits may still be in the making.',
      }).toData(),
      404,
    ),
  );

  app.use('/*', serveStatic({ root: appFolder }));
  // Pages are routed in the browser, so any page-like path gets the app; a missing file is a 404.
  app.get('/*', async (context) => {
    const wantsPage = !/\.[a-z0-9]+$/i.test(context.req.path) && !context.req.path.includes('//');
    const index = wantsPage ? await readFile(join(appFolder, 'index.html'), 'utf8').catch(() => null) : null;
    if (index !== null) return context.html(index);
    return context.notFound();
  });

  app.notFound((context) =>
    context.json(
      new GnomonError('input.not-found', 'There is nothing at this path.', {
        where: context.req.path,
        nextStep: 'Open the start page at /.',
      }).toData(),
      404,
    ),
  );
  app.onError((error, context) => context.json(toErrorData(error), 500));
  return app;
}
