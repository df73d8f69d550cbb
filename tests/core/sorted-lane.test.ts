// A lane keeps its jobs in order, whatever is added and taken out, as a plain sorted list does.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Job } from '../../src/core/job.ts';
import { makeSortedLane } from '../../src/core/sorted-lane.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const job = (sequence: number) => ({ sequence }) as Job;

it('does what a sorted list does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ sequence: fc.nat(3_000), many: fc.nat(400), add: fc.boolean() }), {
        maxLength: 60,
      }),
      (steps) => {
        const lane = makeSortedLane();
        const known = new Set<number>();
        for (const { sequence, many, add } of steps) {
          for (let next = sequence; next < sequence + many; next++) {
            if (!add) lane.remove(next);
            else if (!known.has(next)) lane.add(job(next));
            if (add) known.add(next);
            else known.delete(next);
          }
        }
        const order = [...lane.jobs()].map((one) => one.sequence);
        expect(order).toEqual([...known].sort((a, b) => a - b));
      },
    ),
    { numRuns: runs(50, 1_000), seed: testSeed },
  );
});
