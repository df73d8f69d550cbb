// The queue as a page shows it: in the order that jobs will run, searched without losing any, and only the rows
// that are on the screen.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobState, Priority } from '../../src/core/job.ts';
import { jobRules } from '../../src/core/transitions.ts';
import { queueView, visibleRange } from '../../src/ui/pages/proof/queue-view.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { job } from './proof-fixtures.ts';

const STATES: JobState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];
const NOW_MS = 1_200_000;
const jobs = fc
  .array(
    fc.record({
      state: fc.constantFrom(...STATES),
      priority: fc.constantFrom<Priority>(0, 1, 2, 3),
      // Old enough to have aged by none to all priorities.
      queuedAtMs: fc.integer({ min: 0, max: NOW_MS }),
      sequence: fc.integer({ min: 1, max: 1000 }),
      label: fc.constantFrom('Airdrop', 'Harbour Co-op', 'airdrop two'),
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map(({ state, ...over }, at) => job(state, { ...over, id: `job-${at}` })));
const all = { query: '', ended: 'all' } as const;

describe('the queue', () => {
  it('shows every job once', () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const { active, history, ended } = queueView(list, all, NOW_MS);
        expect(ended).toBe(history.length);
        const shown = [...active, ...history].map(({ id }) => id);
        expect(shown.toSorted()).toEqual(list.map(({ id }) => id).toSorted());
      }),
      { numRuns: runs(100, 2000), seed: testSeed },
    );
  });

  it('shows waiting jobs in the order in which the scheduler takes them, waiting counted', () => {
    fc.assert(
      fc.property(jobs, (list) => {
        const { active } = queueView(list, all, NOW_MS);
        const waiting = active.filter(({ state }) => state === 'queued');
        const taken = waiting.toSorted((a, b) => jobRules.compareWaiting(a, b, NOW_MS));
        expect(waiting.map(({ id }) => id)).toEqual(taken.map(({ id }) => id));
        const running = active.slice(0, active.length - waiting.length);
        expect(running.every(({ state }) => state === 'running')).toBe(true);
      }),
      { numRuns: runs(100, 2000), seed: testSeed },
    );
  });

  it('finds all words in any order and case, among what has ended', () => {
    const list = [
      job('succeeded', { id: 'a', label: 'Harbour Co-op' }),
      job('failed', { id: 'b', label: 'harbour gate' }),
      job('queued', { id: 'c', label: 'Airdrop' }),
    ];
    const found = (query: string, ended: 'all' | 'failed' = 'all') =>
      queueView(list, { query, ended }, NOW_MS).history.map(({ id }) => id);
    expect(found('HARBOUR')).toEqual(['a', 'b']);
    expect(found('co-op harbour')).toEqual(['a']);
    expect(found('reputation-64 gate')).toEqual(['b']);
    expect(found('', 'failed')).toEqual(['b']);
    // What is under way is never hidden by a search.
    expect(queueView(list, { query: 'nothing', ended: 'all' }, NOW_MS).active).toHaveLength(1);
  });
});

describe('the rows on the screen', () => {
  it('cover the window and are few, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: -5000, max: 3_000_000 }),
        fc.integer({ min: 200, max: 3000 }),
        (count, topPx, windowPx) => {
          const { start, end } = visibleRange(count, 100, topPx, windowPx, 8);
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(count);
          expect(end - start).toBeLessThanOrEqual(windowPx / 100 + 19);
          const first = Math.max(0, Math.floor(topPx / 100));
          const last = Math.floor((topPx + windowPx - 1) / 100);
          if (first < count && last >= 0) {
            expect(start).toBeLessThanOrEqual(first);
            expect(end).toBeGreaterThan(Math.min(count - 1, last));
          }
        },
      ),
      { numRuns: runs(500, 20_000), seed: testSeed },
    );
  });
});
