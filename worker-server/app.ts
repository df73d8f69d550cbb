// The Hono app: the built page, the circuits and their manifest, /health, and the REST API of a worker server.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { GnomonError, toErrorData } from '../src/core/errors.ts';
import { access } from './api/access.ts';
import { boardAccess } from './api/board-access.ts';
import { describe } from './api/describe.ts';
import { fleetRoutes } from './api/fleet-routes.ts';
import { problem } from './api/http.ts';
import { makeMetrics } from './api/metrics.ts';
import { openApiDocument } from './api/openapi.ts';
import { profilingRoutes } from './api/profiling-routes.ts';
import { proofRoutes } from './api/proof-routes.ts';
import { queueRoutes } from './api/queue-routes.ts';
import { HealthSchema } from './api/schemas.ts';
import { workerRoutes } from './api/worker-routes.ts';
import { BOARD_PATH } from './fleet/board.ts';
import { cacheControl, securityHeaders } from './headers.ts';
import { readManifest } from './manifest.ts';
import type { ServerParts } from './parts.ts';

export interface AppOptions {
  /** Null: no page, REST and WebSocket only. */
  appFolder: string | null;
  circuitsFolder: string;
  version: string;
  /** Called with method, path, status and duration of each request; never with a body. */
  onRequest?: (method: string, path: string, status: number, durationMs: number) => void;
  now?: () => number;
  /** What proves; without it the app serves files only. */
  parts?: ServerParts;
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

  app.get(
    '/health',
    describe({
      summary: 'Whether the server is alive (200) and whether it takes jobs (`ready`)',
      tag: 'server',
      answers: { 200: { description: 'It is alive.', schema: HealthSchema } },
    }),
    async (context) => {
      const { circuits } = await readManifest(circuitsFolder);
      const { parts } = options;
      const hasPage = appFolder === null || existsSync(join(appFolder, 'index.html'));
      const stopping = parts?.stopping() ?? false;
      const ready = hasPage && circuits.length > 0 && !stopping;
      return context.json({
        status: stopping ? 'stopping' : ready ? 'ok' : 'starting',
        alive: true,
        ready,
        version,
        ...(parts && { name: parts.name, wsUrl: parts.wsUrl }),
        circuits: circuits.map((circuit) => circuit.id),
      });
    },
  );
  if (options.parts !== undefined) addApi(app, options.parts, version);
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

  if (appFolder !== null) addPage(app, appFolder);

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

function addPage(app: Hono, appFolder: string): void {
  app.use('/*', serveStatic({ root: appFolder }));
  // Pages are routed in the browser, so any page-like path gets the app; a missing file is a 404.
  app.get('/*', async (context) => {
    const wantsPage = !/\.[a-z0-9]+$/i.test(context.req.path) && !context.req.path.includes('//');
    const index = wantsPage ? await readFile(join(appFolder, 'index.html'), 'utf8').catch(() => null) : null;
    if (index !== null) return context.html(index);
    return context.notFound();
  });
}

function addApi(app: Hono, parts: ServerParts, version: string): void {
  const guard = access(parts);
  const metrics = makeMetrics(parts);
  app.use('/api/*', guard);
  app.use('/metrics', guard);
  app.route('/api/proof', proofRoutes(parts));
  app.route('/api/queue', queueRoutes(parts));
  app.route('/api/metrics', metrics.routes);
  if (parts.profiling !== null) app.route('/api/profiling', profilingRoutes(parts.profiling));
  if (parts.pool !== null) app.route('/api/workers', workerRoutes(parts, parts.pool));
  if (parts.fleet !== undefined) {
    app.route('/api/fleet', fleetRoutes(parts.fleet));
    app.use(BOARD_PATH, boardAccess(parts));
    app.use(`${BOARD_PATH}/*`, boardAccess(parts));
    app.get(`${BOARD_PATH}/`, (context) => context.redirect(BOARD_PATH));
    app.route(BOARD_PATH, parts.fleet.board);
  }
  app.get(
    '/metrics',
    describe({
      summary: 'The figures in Prometheus’ text format',
      tag: 'metrics',
      answers: { 200: { description: 'text/plain; version=0.0.4' } },
    }),
    async (context) =>
      context.body(await metrics.registry.metrics(), 200, { 'Content-Type': metrics.registry.contentType }),
  );
  app.get('/openapi.json', openApiDocument(app, version));
  // Nothing under /api is a page.
  app.all('/api/*', (context) => problem(context, notFound(context.req.path)));
}

function notFound(where: string): GnomonError {
  return new GnomonError('input.not-found', 'There is nothing at this path.', {
    where,
    nextStep: 'See /openapi.json for what there is.',
  });
}
