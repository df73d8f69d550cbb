// Nobody waits for a worker's proxies to be collected: hearing of it is running, and costs a page that was put away its
// place in Chromium's back/forward cache (tests/e2e/bfcache.test.ts meets that only now and then).
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const waitedFor = new Set<unknown>();
let most = 0;

class Registry {
  register(_target: unknown, _held: unknown, token: unknown): void {
    waitedFor.add(token);
    most = Math.max(most, waitedFor.size);
  }
  unregister(token: unknown): void {
    waitedFor.delete(token);
  }
}

interface Api {
  double(n: number): Promise<{ ok: true; value: number }>;
  hang(): Promise<never>;
}

beforeAll(() => {
  vi.stubGlobal('FinalizationRegistry', Registry);
});
afterAll(() => vi.unstubAllGlobals());

test('a proxy for each method while the worker lives, and none once it has ended', async () => {
  // Comlink takes its registry when it is loaded.
  const { makeSharedWorker } = await import('../../src/browser/worker-task.ts');
  const { makeSpawner } = await import('./snapshots-fake-worker.ts');
  const api: Api = { double: async (n) => ({ ok: true, value: 2 * n }), hang: () => new Promise(() => {}) };
  const { spawn, spawned } = makeSpawner(() => api);
  const worker = makeSharedWorker<Api>(spawn, 60_000);
  const options = { doing: 'Doubling', silenceMs: 60_000 };

  for (let n = 0; n < 5; n++) expect(await worker.run(options, (remote) => remote.double(n))).toBe(2 * n);
  expect(waitedFor.size).toBe(2); // The worker and its one method.

  const cancelled = new AbortController();
  const call = worker.run({ ...options, signal: cancelled.signal }, (remote) => remote.hang());
  expect(waitedFor.size).toBe(3);
  cancelled.abort();
  await expect(call).rejects.toMatchObject({ code: 'cancelled.by-person' });
  expect(spawned.map(({ terminated }) => terminated)).toEqual([true]);
  expect([waitedFor.size, most]).toEqual([0, 3]);
});
