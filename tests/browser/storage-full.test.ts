// No room at every single write of a job's life, one after another: whatever was not saved is not said to be,
// and whatever was accepted still ends, once.
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openJobStore } from '../../src/browser/job-store.ts';
import { createScheduler } from '../../src/core/scheduler.ts';
import { systemClock } from '../../src/core/system.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import { aError, makeIdentity, makeScriptedBackend, scriptedVerifier } from '../helpers/scripted-prover.ts';

/** Counts writes, and fails those that the test picks, as a browser does that has no room left. */
let writes = 0;
let full: (write: number) => boolean = () => false;

beforeEach(() => {
  writes = 0;
  full = () => false;
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    writes++;
    if (full(writes)) throw new DOMException('No room.', 'QuotaExceededError');
    return key === undefined ? put.call(this, value) : put.call(this, value, key);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Two jobs, one of which fails at first, to their ends. Returns how many writes that took. */
async function life(name: string): Promise<number> {
  const clock = systemClock;
  const store = await openJobStore({ name, clock, random: new SeededRandom(testSeed) });
  const submit = async (id: string): Promise<void> => {
    try {
      await store.add(requestFor(id, { maxAttempts: 9 }));
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'resource.storage-full' });
      expect(await store.get(id)).toBeUndefined();
      await submit(id);
    }
  };
  const failing = new Set(['b']);
  const scheduler = createScheduler({
    store,
    clock,
    // Full jitter: no back-off at all, and pauses in storage trouble are real.
    random: { fraction: () => 0, id: () => `${Math.random()}` },
    verifier: scriptedVerifier,
    inputs: makeIdentity(),
    backends: [
      makeScriptedBackend({
        clock,
        script: ({ jobId }) =>
          failing.delete(jobId)
            ? { kind: 'fail', ms: 0, error: aError('network.unreachable') }
            : { kind: 'prove', ms: 0 },
      }),
    ],
  });
  await submit('a');
  await submit('b');
  for (;;) {
    const started = await scheduler.start().then(
      () => true,
      () => false,
    );
    if (started) break;
  }
  await vi.waitFor(
    async () => expect((await store.list()).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']),
    { timeout: 20_000, interval: 5 },
  );
  await scheduler.stop();
  for (const job of await store.list()) {
    expect(job.attempts.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
    expect(job.inputKept).toBe(false);
  }
  await store.close();
  return writes;
}

it('is survived at each write, whichever it is', { timeout: 60_000 }, async () => {
  const all = await life('room');
  expect(all).toBeGreaterThan(12);
  for (let at = 1; at <= all; at++) {
    writes = 0;
    let failed = false;
    full = (write) => {
      const now = write === at && !failed;
      failed ||= now;
      return now;
    };
    const name = `full-${at}`;
    const opened = await life(name).then(
      () => true,
      (thrown) => {
        expect(thrown).toMatchObject({ code: 'resource.storage-full' });
        return false;
      },
    );
    // Nothing could be opened: the next visit can.
    if (!opened) await life(name);
    expect(failed).toBe(true);
  }
});
