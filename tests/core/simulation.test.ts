// Thousands of seeded schedules of everything that happens to a queue, held against the invariants of the
// scheduler's design; and the same with bugs planted, each of which must be noticed.
import { describe, expect, it } from 'vitest';
import { isFullRun, runs, testSeed } from '../helpers/scale.ts';
import { plantedBugs } from '../simulate/bugs.ts';
import { simulate } from '../simulate/simulate.ts';

const STEPS = 100;
/** Within this many schedules each planted bug has been seen; the rarest needs about a third of them. */
const BUG_SCHEDULES = 120;

describe('simulated schedules', () => {
  it(
    'break no invariant, and meet everything they should',
    async () => {
      const schedules = runs(60, 2_000);
      const counts: Record<string, number> = {};
      const delays: number[] = [];
      for (let seed = testSeed; seed < testSeed + schedules; seed++) {
        const auditor = await simulate(seed, STEPS);
        expect(auditor.violations, `seed ${seed}`).toEqual([]);
        delays.push(...auditor.delays);
        for (const [what, count] of Object.entries(auditor.counts)) {
          counts[what] = (counts[what] ?? 0) + count;
        }
      }
      for (const met of [
        'committed succeeded',
        'committed failed',
        'committed retry',
        'committed held',
        'committed released',
        'commit refused: fenced',
        'commit refused: not-running',
        'running → cancelled',
        'queued → cancelled',
        'failed → queued',
        'queued → paused',
        'running → paused',
      ]) {
        expect(counts[met], met).toBeGreaterThan(0);
      }
      // Full jitter: uniform over the whole ceiling. Six standard errors of a uniform's mean (0.289/√n).
      const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
      expect(Math.abs(mean - 0.5)).toBeLessThan((6 * 0.289) / Math.sqrt(delays.length) + 0.01);
    },
    isFullRun ? 900_000 : 120_000,
  );

  it.each(plantedBugs)('notice when $name', async (bug) => {
    for (let seed = testSeed; seed < testSeed + BUG_SCHEDULES; seed++) {
      const { violations } = await simulate(seed, STEPS, bug);
      if (violations.length > 0) return;
    }
    expect.fail(`no schedule noticed in ${BUG_SCHEDULES}`);
  });
});
