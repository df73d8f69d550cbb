// Waiting for a job's end over HTTP: whoever has gone is no longer waited for.
import { once } from 'node:events';
import { connect } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createListeners } from '../../src/core/listeners.ts';
import { waitFor } from '../../worker-server/jobs/waiting.ts';
import { until } from '../helpers/worker-server.ts';

/** Something to wait for, and how many do. */
function makeTold() {
  const listeners = createListeners<string>();
  let waiting = 0;
  const listen = (tell: (told: string) => void) => {
    waiting++;
    const unlisten = listeners.add(tell);
    return () => {
      waiting--;
      unlisten();
    };
  };
  return { listen, tell: listeners.emit, waiting: () => waiting };
}

describe('waiting', () => {
  it('ends with what is told, or when nobody waits any more', async () => {
    const { listen, tell, waiting } = makeTold();
    const [first, second] = [new AbortController(), new AbortController()];
    const waits = [waitFor(listen, first.signal), waitFor(listen, second.signal), waitFor(listen)];
    expect(waiting()).toBe(3);
    first.abort();
    expect(await waits[0]).toBeUndefined();
    expect(waiting()).toBe(2);
    tell('done');
    expect(await Promise.all(waits)).toEqual([undefined, 'done', 'done']);
    expect(waiting()).toBe(0);
    second.abort();
    expect(await waitFor(listen, second.signal)).toBeUndefined();
    expect(waiting()).toBe(0);
  });

  it('ends when the client of a request hangs up', async () => {
    const { listen, waiting } = makeTold();
    const app = new Hono().get('/', async (context) => {
      const told = await waitFor(listen, context.req.raw.signal);
      return context.text(told ?? 'nobody');
    });
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const client = connect(port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => waiting() === 1);
    client.destroy();
    await until(() => waiting() === 0);
    server.close();
  });
});
