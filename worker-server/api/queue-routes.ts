// /api/queue and /api/metrics/snapshot: how busy this server is, and with what.
import { Hono } from 'hono';
import type { ServerParts } from '../parts.ts';
import { statusAnswer } from './answers.ts';
import { describe } from './describe.ts';
import { QueueListSchema, QueueStatsSchema } from './schemas.ts';

const LISTED = 1000;

export function queueRoutes({ jobs }: ServerParts): Hono {
  const routes = new Hono();

  routes.get(
    '/stats',
    describe({
      summary: 'How many jobs wait, run and have ended',
      tag: 'queue',
      answers: { 200: { description: 'Counts since the server started.', schema: QueueStatsSchema } },
    }),
    (context) => context.json({ ...jobs.totals(), capacity: jobs.capacity() }),
  );

  routes.get(
    '/list',
    describe({
      summary: 'Your jobs, newest first; everyone’s with the admin token',
      tag: 'queue',
      answers: { 200: { description: 'At most 1000, without proofs.', schema: QueueListSchema } },
    }),
    async (context) => {
      const { owner, admin } = context.get('caller');
      const { views, total } = await jobs.list(admin ? null : owner, LISTED);
      return context.json({ jobs: views.map((view) => statusAnswer(view, { full: false })), total });
    },
  );

  return routes;
}
