// Bull Board over a fleet's queue: to look, not to touch, since what a job is stands in the records and not there.
import { serveStatic } from '@hono/node-server/serve-static';
import type { Queue } from 'bullmq';
import { Hono, type MiddlewareHandler } from 'hono';

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
  const board = new Hono();
  board.use(withoutOthers());
  board.route('/', serverAdapter.registerPlugin() as Hono);
  return board;
}

/** Its page asks Google for two fonts: an operator's browser would tell them, and our policy forbids it anyway. */
function withoutOthers(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    if (!/^text\/html/.test(context.res.headers.get('Content-Type') ?? '')) return;
    const page = await context.res.text();
    context.res = new Response(page.replace(/<link\b[^>]*\bhref="(https?:)?\/\/[^>]*>\s*/g, ''), context.res);
  };
}
