// /api/workers: the pool of registered worker servers. Whoever registers receives inputs, hence the admin token.
import { Hono } from 'hono';
import * as v from 'valibot';
import { GnomonError } from '../../src/core/errors.ts';
import type { ServerParts } from '../parts.ts';
import {
  type Pool,
  PoolStatsSchema,
  type WorkerRegistration,
  WorkerRegistrationSchema,
  WorkerStatusSchema,
} from '../pool-port.ts';
import { queueFigures } from '../queue-figures.ts';
import { mustBeAdmin } from './access.ts';
import { describe } from './describe.ts';
import { problem, readBody } from './http.ts';

const workerId = { name: 'id', in: 'path', description: 'The worker’s id.' } as const;
const REGISTRATION_BYTES = 16 * 1024;

export function workerRoutes(parts: ServerParts, pool: Pool): Hono {
  const routes = new Hono();

  routes.get(
    '/stats',
    describe({
      summary: 'The registered workers, and whether more are needed',
      tag: 'workers',
      answers: { 200: { description: 'The pool.', schema: PoolStatsSchema } },
    }),
    (context) => {
      const stats = pool.stats(queueFigures(parts));
      if (context.get('caller').admin) return context.json(stats);
      // Where they are and why they fail is the operator's business.
      const workers = stats.workers.map((worker) => ({ ...worker, url: null, reason: null }));
      return context.json({ ...stats, workers });
    },
  );

  routes.post(
    '/register',
    describe({
      summary: 'Adds a worker server, or replaces the one of that id',
      tag: 'workers',
      body: WorkerRegistrationSchema,
      answers: {
        201: {
          description: 'It is registered.',
          schema: v.object({ success: v.literal(true), worker: WorkerStatusSchema }),
        },
      },
      errors: [400, 413, 415, 422],
    }),
    async (context) => {
      try {
        mustBeAdmin(context);
        const body = await readBody<WorkerRegistration>(
          context,
          WorkerRegistrationSchema,
          REGISTRATION_BYTES,
        );
        return context.json({ success: true, worker: await pool.register(body) }, 201);
      } catch (thrown) {
        return problem(context, thrown);
      }
    },
  );

  routes.delete(
    '/:id',
    describe({
      summary: 'Lets a worker finish what it has, and forgets it',
      tag: 'workers',
      answers: { 200: { description: 'It is gone.', schema: v.object({ success: v.literal(true) }) } },
      errors: [404],
      parameters: [workerId],
    }),
    async (context) => {
      try {
        mustBeAdmin(context);
        if (!(await pool.remove(context.req.param('id')))) throw unknownWorker();
        return context.json({ success: true });
      } catch (thrown) {
        return problem(context, thrown);
      }
    },
  );

  routes.post(
    '/:id/heartbeat',
    describe({
      summary: 'Says that a worker lives',
      tag: 'workers',
      answers: { 200: { description: 'The worker as the pool sees it.', schema: WorkerStatusSchema } },
      errors: [404],
      parameters: [workerId],
    }),
    (context) => {
      try {
        mustBeAdmin(context);
        const worker = pool.heartbeat(context.req.param('id'));
        if (worker === null) throw unknownWorker();
        return context.json(worker);
      } catch (thrown) {
        return problem(context, thrown);
      }
    },
  );

  return routes;
}

function unknownWorker(): GnomonError {
  return new GnomonError('input.worker-unknown', 'No worker of that id is registered.', {
    where: 'id',
    nextStep: 'See /api/workers/stats.',
  });
}
