// Whose turn it is: owners alternate, waiting counts, nobody starves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job, Priority } from '../../src/core/job.ts';
import { type Lanes, makeLanes } from '../../worker-server/fleet/lanes.ts';
import { EXACT, longestWaitMs, rankWaiting } from '../../worker-server/fleet/ranks.ts';
import { keyOf } from '../../worker-server/fleet/records.ts';
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
          expect(number).toBeGreaterThanOrEqual(2);
          expect(number).toBeLessThanOrEqual(2 + 2 * EXACT);
        }
        const ones = [...numbers.values()].filter((number) => number === 2).length;
        expect(ones).toBe(new Set(asked.map(({ owner }) => owner)).size);
      }),
      { seed: testSeed, numRuns: 200 },
    );
  });
});

describe('where a new job enters the queue', () => {
  const entered = (lanes: Lanes, jobs: Job[]) =>
    jobs
      .map((job) => ({ job, number: lanes.enter(job) }))
      .sort((a, b) => a.number - b.number)
      .map(({ job }) => job.id);
  const fresh = (owner: string, priority: Priority = 1): Job =>
    ({
      ...waiting(owner, priority),
      state: 'queued',
      held: null,
      paused: false,
      attempts: [],
    }) as unknown as Job;
  const lanesNow = (): Lanes => {
    const lanes = makeLanes(() => 0);
    lanes.reset([]);
    return lanes;
  };

  it('is behind what its owner has waiting and running, so that owners take turns from the start', () => {
    const many = Array.from({ length: 6 }, () => fresh('many'));
    const few = [fresh('few'), fresh('few')];
    const lanes = lanesNow();
    const order = entered(lanes, [...many, ...few]).map((id) => id.split('\n')[0]);
    expect(order.slice(0, 4)).toEqual(['many', 'few', 'many', 'few']);
    for (const job of many) lanes.note({ ...job, state: 'running' });
    expect(lanes.enter(fresh('many'))).toBeGreaterThan(lanes.enter(fresh('few')));
    for (const job of many) lanes.note({ ...job, state: 'succeeded' });
    expect(lanes.enter(fresh('many'))).toBe(lanes.enter(fresh('fresh')) + 2);
  });

  it('is before what is less urgent of its owner, and of nobody else', () => {
    const lanes = lanesNow();
    const [low, second, other] = [fresh('a', 0), fresh('a', 0), fresh('b')];
    const critical = fresh('a', 3);
    expect(entered(lanes, [low, second, other, critical])[0]).toBe(critical.id);
    expect(lanes.enter(fresh('b', 0))).toBeGreaterThan(lanes.enter(fresh('c', 0)));
  });

  it('is where upkeep would have it, give or take whom it goes before', () => {
    const asked = fc.array(
      fc.record({ owner: fc.constantFrom('a', 'b', 'c'), priority: fc.constantFrom(0, 1, 2, 3) }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(asked, fc.integer({ min: 0, max: 5 }), (all, busy) => {
        const jobs = all.map(({ owner, priority }) => fresh(owner, priority as Priority));
        const running = Array.from({ length: busy }, () => ({ ...fresh('a'), state: 'running' }) as Job);
        const last = jobs.at(-1) as Job;
        const lanes = makeLanes(() => 0);
        lanes.reset([...running, ...jobs.slice(0, -1)]);
        const number = lanes.enter(last);
        const wanted = rankWaiting(jobs, new Map([['a', busy]]), 0).numbers.get(keyOf(last.id)) as number;
        expect([wanted - 1, wanted]).toContain(number);
      }),
      { seed: testSeed, numRuns: 200 },
    );
  });

  it('is behind the exact ones while nothing is known, and in front for what comes back', () => {
    const lanes = makeLanes(() => 0);
    expect(lanes.enter(fresh('a', 3))).toBe(2 + 2 * EXACT);
    expect(lanes.enter({ ...fresh('a'), attempts: [{}] } as Job)).toBe(1);
    // What came while upkeep read is not forgotten.
    lanes.reset([]);
    const newer = fresh('a');
    lanes.enter(newer);
    lanes.reset([{ ...fresh('b'), sequence: newer.sequence - 1 }]);
    expect(lanes.enter(fresh('a'))).toBe(4);
  });
});

describe('the longest wait', () => {
  it('is found among more jobs than a call takes arguments', () => {
    const many = Array.from({ length: 200_000 }, (_, at) => ({ queuedAtMs: 1000 + at }));
    expect(longestWaitMs(many, 300_000)).toBe(299_000);
    expect(longestWaitMs([], 300_000)).toBe(0);
    // One from a machine whose clock is ahead.
    expect(longestWaitMs([{ queuedAtMs: 300_500 }], 300_000)).toBe(0);
  });
});
