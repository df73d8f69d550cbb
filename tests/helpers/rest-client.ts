// REST calls against a running server, for tests: one line each.
import type { RunningWorkerServer } from './worker-server.ts';

export interface RestAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says; the test says what it must be.
  body: any;
}

/** fetch, but for a kept connection that the server closed in the very moment that it was used again: that says nothing
 * about the server, and happens when a machine is busy. */
export async function steadyFetch(url: string, init: RequestInit = {}): Promise<Response> {
  for (let times = 1; ; times++) {
    try {
      return await fetch(url, init);
    } catch (thrown) {
      const { code } = (thrown as { cause?: { code?: string } }).cause ?? {};
      if (code !== 'UND_ERR_SOCKET' || times === 3) throw thrown;
    }
  }
}

/** GET without a body, else POST; does not wait for proofs. */
export async function ask(
  server: RunningWorkerServer,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<RestAnswer> {
  const response = await steadyFetch(server.origin + path, {
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
