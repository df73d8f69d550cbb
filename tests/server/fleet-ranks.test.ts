// Whose turn it is: owners alternate, waiting counts, nobody starves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job, Priority } from '../../src/core/job.ts';
import { EXACT, rankWaiting } from '../../worker-server/fleet/ranks.ts';
import { testSeed } from '../helpers/scale.ts';

let sequence = 0;
function waiting(owner: string, priority: Priority = 1, queuedAtMs = 0): Job {
  sequence++;
  return { id: `${owner}\n${sequence}`, priority, queuedAtMs, sequence } as Job;
}
const order = (jobs: Job[], running = new Map<string, number>(), nowMs = 0) =>
  [...rankWaiting(jobs, running, nowMs).positions.keys()].map((id) => id.split('\n')[0]);

describe('whose turn it is in a fleet', () => {
  it('lets owners take turns, however many jobs one has', () => {
    const many = Array.from({ length: 1000 }, () => waiting('many'));
    const few = [waiting('few'), waiting('few')];
    expect(order([...many, ...few]).slice(0, 4)).toEqual(['many', 'few', 'many', 'few']);
    expect(order([...many, ...few], new Map([['many', 5]])).slice(0, 2)).toEqual(['few', 'few']);
  });

  it('goes by priority within an owner, and lets waiting raise it', () => {
    const [low, critical] = [waiting('a', 0), waiting('a', 3, 16 * 60_000)];
    const numbers = (nowMs: number) => [...rankWaiting([low, critical], new Map(), nowMs).positions.keys()];
    expect(numbers(0)).toEqual([critical.id, low.id]);
    expect(numbers(16 * 60_000)).toEqual([low.id, critical.id]);
  });

  it('gives out small numbers, each owner’s first job one of the smallest', () => {
    const owners = fc.array(
      fc.record({ owner: fc.constantFrom('a', 'b', 'c'), priority: fc.constantFrom(0, 1, 2, 3) }),
    );
    fc.assert(
      fc.property(owners, (asked) => {
        const jobs = asked.map(({ owner, priority }) => waiting(owner, priority as Priority));
        const { numbers, positions } = rankWaiting(jobs, new Map(), 0);
        expect(numbers.size).toBe(jobs.length);
        expect(new Set(positions.values()).size).toBe(jobs.length);
        for (const number of numbers.values()) {
          expect(number).toBeGreaterThanOrEqual(1);
          expect(number).toBeLessThanOrEqual(1 + EXACT);
        }
        const ones = [...numbers.values()].filter((number) => number === 1).length;
        expect(ones).toBe(new Set(asked.map(({ owner }) => owner)).size);
      }),
      { seed: testSeed, numRuns: 200 },
    );
  });
});
