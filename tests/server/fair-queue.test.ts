// Fairness as properties: nobody starves, nothing is lost, and positions tell the truth.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Priority } from '../../src/core/job.ts';
import { type FairQueue, makeFairQueue } from '../../worker-server/jobs/fair-queue.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const options = { numRuns: runs(200, 5_000), seed: testSeed };
const job = fc.record({ owner: fc.constantFrom('a', 'b', 'c', 'd'), priority: fc.constantFrom(0, 1, 2, 3) });

function fill(jobs: { owner: string; priority: number }[]): FairQueue {
  const queue = makeFairQueue();
  jobs.forEach(({ owner, priority }, at) => {
    queue.add(owner, `${owner}-${at}`, priority as Priority, 0);
  });
  return queue;
}

function drain(queue: FairQueue, running: (owner: string) => number = () => 0): string[] {
  const order: string[] = [];
  for (let key = queue.take(0, running); key !== null; key = queue.take(0, running)) order.push(key);
  return order;
}

describe('the fair queue', () => {
  it('gives each job out once, by priority within its owner', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 60 }), (jobs) => {
        const order = drain(fill(jobs));
        expect([...order].sort()).toEqual(jobs.map(({ owner }, at) => `${owner}-${at}`).sort());
        for (const owner of 'abcd') {
          const mine = order.filter((key) => key.startsWith(owner)).map((key) => Number(key.slice(2)));
          const sorted = [...mine].sort((x, y) => jobs[y]!.priority - jobs[x]!.priority || x - y);
          expect(mine).toEqual(sorted);
        }
      }),
      options,
    );
  });

  it('lets owners take turns: whoever waits is served within one round', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 60 }), (jobs) => {
        const order = drain(fill(jobs)).map((key) => key[0]!);
        const left = new Map<string, number>();
        for (const { owner } of jobs) left.set(owner, (left.get(owner) ?? 0) + 1);
        // Between two turns of one owner everyone else who waits has exactly one.
        const lastTurn = new Map<string, number>();
        order.forEach((owner, at) => {
          const since = lastTurn.get(owner);
          if (since !== undefined) {
            const between = order.slice(since + 1, at);
            for (const [other, count] of left) {
              if (other === owner || count === 0) continue;
              expect(between.includes(other), `${other} waits while ${owner} goes twice`).toBe(true);
            }
            expect(new Set(between).size).toBe(between.length);
          }
          lastTurn.set(owner, at);
          left.set(owner, left.get(owner)! - 1);
        });
      }),
      options,
    );
  });

  it('serves first whoever has least running', () => {
    const queue = fill([
      { owner: 'a', priority: 3 },
      { owner: 'b', priority: 0 },
    ]);
    expect(queue.take(0, (owner) => (owner === 'a' ? 2 : 1))).toBe('b-1');
  });

  it('does not let a thousand of one starve the one of another', () => {
    const queue = makeFairQueue();
    for (let at = 0; at < 1000; at++) queue.add('many', `many-${at}`, 3, 0);
    queue.take(0, () => 0);
    queue.add('one', 'one-0', 0, 0);
    expect(queue.take(0, () => 0)).toBe('one-0');
  });

  it('tells positions that come true, one round apart at most', () => {
    fc.assert(
      fc.property(fc.array(job, { minLength: 1, maxLength: 40 }), fc.nat(), (jobs, pick) => {
        const queue = fill(jobs);
        const at = pick % jobs.length;
        const key = `${jobs[at]!.owner}-${at}`;
        const told = queue.position(key, 0)!;
        const came = drain(queue).indexOf(key);
        expect(Math.abs(came - told)).toBeLessThanOrEqual(3);
        expect(queue.position(key, 0)).toBeNull();
      }),
      options,
    );
  });

  it('tells all positions at once as it tells each', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 60 }), (jobs) => {
        const queue = fill(jobs);
        const all = queue.positions(0);
        expect(all.size).toBe(jobs.length);
        for (const [key, position] of all) expect(position, key).toBe(queue.position(key, 0));
      }),
      options,
    );
  });

  it('forgets what is taken back, and counts what waits', () => {
    const queue = fill([
      { owner: 'a', priority: 1 },
      { owner: 'a', priority: 1 },
      { owner: 'b', priority: 1 },
    ]);
    expect([queue.size(), queue.sizeOf('a'), queue.oldestMs()]).toEqual([3, 2, 0]);
    expect(queue.remove('a-0')).toBe(true);
    expect(queue.remove('a-0')).toBe(false);
    expect([queue.size(), queue.sizeOf('a')]).toEqual([2, 1]);
    expect(drain(queue)).toEqual(['a-1', 'b-2']);
    expect(queue.oldestMs()).toBeNull();
  });
});
