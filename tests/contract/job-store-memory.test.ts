// The JobStore contract, for the store in memory.
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import { jobStoreCases } from './job-store.suite.ts';

/** What a store in one process's memory cannot do. */
const NOT_HERE = [
  'two openings of one storage share jobs, leases, epochs and news',
  'what was saved is there when the storage is opened again',
  'pauses are seen by others who share the storage, and last when it is opened again',
];

describe('the job store in memory', () => {
  it.each(jobStoreCases)('$name', async ({ name, run }) => {
    const clock = new VirtualClock();
    const store = createMemoryStore(clock, new SeededRandom(testSeed));
    const tested = await run({
      store,
      advance: (ms) => clock.advance(ms),
      jump: (ms) => clock.jump(ms),
      another: null,
      dump: null,
      fences: true,
      close: () => store.close(),
    });
    expect(tested).toBe(!NOT_HERE.includes(name));
  });
});
