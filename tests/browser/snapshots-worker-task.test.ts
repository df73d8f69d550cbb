// Calls into a worker end, whatever happens to the worker: death, silence, cancel, an error as data.
import { afterEach, expect, test, vi } from 'vitest';
import { asOutcome, makeSharedWorker, type Outcome, runInOwnWorker } from '../../src/browser/worker-task.ts';
import { GnomonError } from '../../src/core/errors.ts';
import { makeSpawner } from './snapshots-fake-worker.ts';

interface Api {
  double(n: number): Promise<Outcome<number>>;
  fail(): Promise<Outcome<number>>;
  hang(): Promise<Outcome<number>>;
}

const api: Api = {
  double: (n) => asOutcome(() => 2 * n),
  fail: () =>
    asOutcome(() => {
      throw new GnomonError('input.test', 'Row 3 is wrong.', { nextStep: 'Mend it.', where: 'line 3' });
    }),
  hang: () => new Promise(() => {}),
};
const { spawn, spawned } = makeSpawner(() => api);
const options = { doing: 'Publishing', silenceMs: 60_000 };

afterEach(() => {
  vi.useRealTimers();
  for (const worker of spawned.splice(0)) worker.terminate();
});

test('a result comes back and the worker is terminated', async () => {
  expect(await runInOwnWorker<Api, number>(spawn, options, (api) => api.double(4))).toBe(8);
  expect(spawned.map((worker) => worker.terminated)).toEqual([true]);
});

test('an error keeps its code, place and next step', async () => {
  await expect(runInOwnWorker<Api, number>(spawn, options, (api) => api.fail())).rejects.toMatchObject({
    code: 'input.test',
    message: 'Row 3 is wrong.',
    nextStep: 'Mend it.',
    where: 'line 3',
  });
});

test('a worker that dies rejects the call', async () => {
  const call = runInOwnWorker<Api, number>(spawn, options, (api) => api.hang());
  spawned[0]!.dispatchEvent(new Event('error'));
  await expect(call).rejects.toMatchObject({ code: 'resource.worker-lost' });
  expect(spawned[0]!.terminated).toBe(true);
});

test('a worker that falls silent rejects the call; beats put that off', async () => {
  vi.useFakeTimers();
  let beat = () => {};
  const call = runInOwnWorker<Api, number>(spawn, { ...options, silenceMs: 1_000 }, (api, beatNow) => {
    beat = beatNow;
    return api.hang();
  });
  const outcome = expect(call).rejects.toMatchObject({ code: 'resource.worker-silent' });
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(900);
    beat();
  }
  expect(spawned[0]!.terminated).toBe(false);
  vi.advanceTimersByTime(1_000);
  await outcome;
  expect(spawned[0]!.terminated).toBe(true);
  beat();
  expect(vi.getTimerCount()).toBe(0);
});

test('cancel terminates the worker at once', async () => {
  const controller = new AbortController();
  const call = runInOwnWorker<Api, number>(spawn, { ...options, signal: controller.signal }, (api) =>
    api.hang(),
  );
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: 'cancelled.by-person' });
  expect(spawned[0]!.terminated).toBe(true);
  await expect(
    runInOwnWorker<Api, number>(spawn, { ...options, signal: controller.signal }, (api) => api.double(1)),
  ).rejects.toMatchObject({ code: 'cancelled.by-person' });
  expect(spawned).toHaveLength(1);
});

test('a shared worker is reused, and replaced once it is lost', async () => {
  const shared = makeSharedWorker<Api>(spawn, 60_000);
  expect(await shared.run(options, (api) => api.double(1))).toBe(2);
  expect(await shared.run(options, (api) => api.double(2))).toBe(4);
  expect(spawned).toHaveLength(1);
  const calls = [shared.run(options, (api) => api.hang()), shared.run(options, (api) => api.hang())];
  spawned[0]!.dispatchEvent(new Event('error'));
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'resource.worker-lost' });
  expect(await shared.run(options, (api) => api.double(3))).toBe(6);
  expect(spawned.map((worker) => worker.terminated)).toEqual([true, false]);
  shared.end();
});

test('a shared worker ends when idle', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const shared = makeSharedWorker<Api>(spawn, 5_000);
  await shared.run(options, (api) => api.double(1));
  expect(spawned[0]!.terminated).toBe(false);
  vi.advanceTimersByTime(5_000);
  expect(spawned[0]!.terminated).toBe(true);
});
