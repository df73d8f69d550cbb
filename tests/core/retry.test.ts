// Back-off and the ladder.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSingleThreaded, proverOf, RUNGS, type Rung } from '../../src/core/job.ts';
import {
  BACKOFF_BASE_MS,
  BACKOFF_CAP_MS,
  backoffMs,
  lowerRung,
  outcomeOfFailure,
} from '../../src/core/retry.ts';
import { SeededRandom } from '../helpers/random.ts';
import { aError } from '../helpers/scripted-prover.ts';
import { job } from '../ui/proof-fixtures.ts';

describe('back-off', () => {
  it('stays below a ceiling that doubles up to the cap, whatever the chance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (n, chance) => {
          const delayMs = backoffMs(n, { fraction: () => chance, id: () => '' });
          const ceilingMs = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.max(0, n - 1));
          return Number.isInteger(delayMs) && delayMs >= 0 && delayMs < ceilingMs;
        },
      ),
    );
  });

  it('spreads over the whole of it', () => {
    const random = new SeededRandom(1);
    const delays = Array.from({ length: 1_000 }, () => backoffMs(20, random));
    for (const part of [0, 1, 2, 3, 4, 5]) {
      const inPart = delays.filter((delayMs) => Math.floor(delayMs / (BACKOFF_CAP_MS / 6)) === part);
      // 1000/6 expected; five standard deviations are 59.
      expect(inPart.length).toBeGreaterThan(107);
    }
  });
});

describe('the ladder', () => {
  const down = (from: Rung): Rung[] => {
    const next = lowerRung(from);
    return next === null ? [] : [next, ...down(next)];
  };

  it('leads from anywhere to one thread of the reference prover, never back up or back to threads', () => {
    for (const rung of RUNGS) {
      const way = [rung, ...down(rung)];
      expect(way.at(-1)).toBe('snarkjs-single');
      const places = way.map((one) => RUNGS.indexOf(one));
      expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
      const threads = way.map((one) => (isSingleThreaded(one) ? 1 : 2));
      if (proverOf(rung) === 'engine') expect(threads).toEqual([...threads].sort((a, b) => b - a));
    }
  });

  it('reaches its end within the usual three attempts', () => {
    expect(down('engine-threaded').length).toBeLessThanOrEqual(2);
  });

  const rungAfter = (rung: Rung, error: ReturnType<typeof aError>) => {
    const running = { ...job('running'), attemptsUsed: 1, maxAttempts: 3 };
    const attempt = { number: 1, backendId: 'local', reason: '', startedAtMs: 1, endedAtMs: null };
    const attempts = [{ ...attempt, rung, outcome: 'running' as const, error: null }];
    const outcome = outcomeOfFailure({ ...running, attempts }, error.toData(), new SeededRandom(1));
    return outcome.kind === 'retry' ? outcome.rung : outcome.kind;
  };

  it.each(['backend.invalid-proof', 'resource.no-tier', 'backend.prover-failed'] as const)(
    'takes another prover, with as many threads, after %s',
    (code) => {
      expect(rungAfter('engine-threaded', aError(code))).toBe('snarkjs-threaded');
      expect(rungAfter('engine-single', aError(code))).toBe('snarkjs-single');
    },
  );

  it.each(['resource.memory', 'backend.died', 'resource.deadline'] as const)(
    'takes fewer threads first after %s',
    (code) => {
      expect(rungAfter('engine-threaded', aError(code))).toBe('engine-single');
      expect(rungAfter('engine-single', aError(code))).toBe('snarkjs-single');
    },
  );
});
