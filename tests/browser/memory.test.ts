// A proof that a device has no memory for is not begun; one that fits with fewer threads gets fewer.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { memoryBytes } from '../../src/browser/device.ts';
import { makeLocalBackend } from '../../src/browser/local-backend.ts';
import { leastOf, memoryCosts, peakBytes, threadsThatFit } from '../../src/browser/memory.ts';
import { RUNGS } from '../../src/core/job.ts';
import { requestFor } from '../contract/job-store.support.ts';

const anyDomain = fc.integer({ min: 1, max: 24 }).map((power) => ({ domain: 2 ** power }));
const anyThreads = fc.integer({ min: 1, max: 16 });
const anyMemory = fc.integer({ min: 25e7, max: 8e9 });
const anyCosts = fc.constantFrom(
  ...RUNGS.flatMap((rung) => [memoryCosts(rung, true), memoryCosts(rung, false)]),
);

it('the threads fit, and one more would not', () => {
  fc.assert(
    fc.property(anyDomain, anyThreads, anyMemory, anyCosts, (circuit, threads, memory, costs) => {
      if (peakBytes(circuit, 1, costs) > memory) {
        expect(() => threadsThatFit(circuit, threads, memory, costs)).toThrow(/of memory/);
        return;
      }
      const fitting = threadsThatFit(circuit, threads, memory, costs);
      expect(peakBytes(circuit, fitting, costs)).toBeLessThanOrEqual(memory);
      if (fitting < threads) expect(peakBytes(circuit, fitting + 1, costs)).toBeGreaterThan(memory);
      expect(threadsThatFit(circuit, threads, null, costs)).toBe(threads);
    }),
  );
});

it.each([
  [undefined, null],
  [8, null],
  [32, null],
  [0.5, 2 ** 29],
  [4, 2 ** 32],
])('a browser that says %s GiB means %s bytes', (says, means) => {
  expect(memoryBytes(says)).toBe(means);
});

it.each([
  [null, null, null],
  [3, null, 3],
  [null, 4, 4],
  [4, 3, 3],
])('of %s and %s it takes %s', (one, other, least) => {
  expect(leastOf(one, other)).toBe(least);
});

it('no worker is started for what cannot fit, and the cause is said', async () => {
  let spawned = 0;
  const backend = makeLocalBackend({
    baseUrl: 'http://localhost/',
    threads: 4,
    memoryBytes: () => 2 ** 29,
    spawn() {
      spawned++;
      throw new Error('Not to be started.');
    },
  });
  const { circuit, input } = requestFor('a');
  const attempt = {
    jobId: 'a',
    number: 1,
    circuit: { ...circuit, domain: 2 ** 20 },
    input,
    rung: backend.rungs[0]!,
    deadlineMs: 1_000,
  };
  await expect(backend.prove(attempt, new AbortController().signal, () => {})).rejects.toMatchObject({
    code: 'resource.too-small',
    message: 'This proof needs about 2.4 GB of memory; it may take 0.5 GB here.',
  });
  expect([spawned, backend.capacity().busy]).toEqual([0, 0]);
});
