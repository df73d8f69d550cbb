// What `npm run bench -- queue` does to a store, in whatever place: fills it with waiting jobs, then adds, claims and
// commits one after another, so that their number stays the same.
import type { Priority } from '../../src/core/job.ts';
import type { JobArchive, JobStore } from '../../src/core/ports.ts';
import { aResult, here, requestFor } from '../contract/job-store.support.ts';

export interface StoreTimes {
  addMs: number[];
  claimMs: number[];
  commitMs: number[];
}

const LEASE_MS = 3_600_000;
/** As many values as a claim of size 64 has. */
const INPUT = { values: Array.from({ length: 300 }, (_, at) => `${10n ** 75n + BigInt(at)}`) };
const WARM_UP = 20;
const FILLED_AT_ONCE = 2_000;

const request = (id: string, at: number) =>
  requestFor(id, { input: INPUT, priority: (at % 4) as Priority, expectedPublicSignals: null });

/** Not measured. */
export async function fill(store: JobStore & JobArchive, jobs: number): Promise<void> {
  const { job } = await store.add(request('first', 0));
  for (let at = 1; at < jobs; at += FILLED_AT_ONCE) {
    const some = Array.from({ length: Math.min(FILLED_AT_ONCE, jobs - at) }, (_, nth) => ({
      job: { ...job, id: `filled-${at + nth}`, priority: ((at + nth) % 4) as Priority },
      input: INPUT,
    }));
    await store.restore(some);
  }
}

export async function work(store: JobStore, operations: number): Promise<StoreTimes> {
  const holder = { ownerId: 'bench', epoch: await store.beginEpoch('bench') };
  const times: StoreTimes = { addMs: [], claimMs: [], commitMs: [] };
  for (let at = 0; at < operations + WARM_UP; at++) {
    const beganMs = performance.now();
    await store.add(request(`added-${at}`, at));
    const addedMs = performance.now();
    const found = await store.claim(holder, { leaseMs: LEASE_MS, place: () => here });
    const claimedMs = performance.now();
    if ('refusal' in found || found.claim === null) throw new Error('Nothing was claimed.');
    const written = await store.commit(holder, found.claim.lease, { kind: 'succeeded', result: aResult });
    const committedMs = performance.now();
    if (!written.ok) throw new Error(`The commit was refused: ${written.refusal}.`);
    if (at < WARM_UP) continue;
    times.addMs.push(addedMs - beganMs);
    times.claimMs.push(claimedMs - addedMs);
    times.commitMs.push(committedMs - claimedMs);
  }
  return times;
}
