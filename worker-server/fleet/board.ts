// Bull Board over a fleet's queue: to look, not to touch, since what a job is stands in the records and not there.
import { serveStatic } from '@hono/node-server/serve-static';
import type { Queue } from 'bullmq';
import type { Hono } from 'hono';

export const BOARD_PATH = '/board';

/** Loaded only in a fleet. */
export async function makeBoard(queue: Queue): Promise<Hono> {
  const [{ createBullBoard }, { BullMQAdapter }, { HonoAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/hono'),
  ]);
  const serverAdapter = new HonoAdapter(serveStatic).setBasePath(BOARD_PATH);
  const queues = [new BullMQAdapter(queue, { readOnlyMode: true, description: 'Jobs that wait or run' })];
  createBullBoard({ queues, serverAdapter, options: { uiConfig: { boardTitle: 'Gnomon fleet' } } });
  return serverAdapter.registerPlugin() as Hono;
}
