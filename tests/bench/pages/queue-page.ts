// The page that `npm run bench -- queue` measures IndexedDB in.
import { openJobStore } from '../../../src/browser/job-store.ts';
import { systemClock, systemRandom } from '../../../src/core/system.ts';
import { fill, type StoreTimes, work } from '../queue-work.ts';

const page = {
  async measure(jobs: number, operations: number): Promise<StoreTimes> {
    const name = `bench-${jobs}`;
    const store = await openJobStore({ clock: systemClock, random: systemRandom, name });
    await fill(store, jobs);
    const times = await work(store, operations);
    await store.close();
    indexedDB.deleteDatabase(name);
    return times;
  },
};

export type QueueBenchPage = typeof page;
(globalThis as { queueBench?: QueueBenchPage }).queueBench = page;
