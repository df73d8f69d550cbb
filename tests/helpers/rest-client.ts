// REST calls against a running server, for tests: one line each.
import type { RunningWorkerServer } from './worker-server.ts';

export interface RestAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says; the test says what it must be.
  body: any;
}

/** GET without a body, else POST; does not wait for proofs. */
export async function ask(
  server: RunningWorkerServer,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<RestAnswer> {
  const response = await fetch(server.origin + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'Content-Type': 'application/json', Prefer: 'respond-async', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

/** Registers workers as w0, w1 … and waits until the hub is connected to all of them. */
export async function registerAll(
  hub: RunningWorkerServer,
  workers: readonly { origin: string }[],
  maxConcurrency: number,
): Promise<void> {
  for (const [at, { origin }] of workers.entries()) {
    const { status } = await ask(hub, '/api/workers/register', { id: `w${at}`, url: origin, maxConcurrency });
    if (status !== 201) throw new Error(`The worker was not registered: ${status}`);
  }
  for (const endMs = Date.now() + 30_000; ; ) {
    const { body } = await ask(hub, '/api/workers/stats');
    if (body.activeWorkers === workers.length) return;
    if (Date.now() > endMs) throw new Error(`Not all are connected: ${JSON.stringify(body)}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
