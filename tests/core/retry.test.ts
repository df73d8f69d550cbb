// Back-off and the ladder.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKOFF_BASE_MS, BACKOFF_CAP_MS, backoffMs, lowerRung } from '../../src/core/retry.ts';
import { SeededRandom } from '../helpers/random.ts';

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

it('the ladder ends', () => {
  expect(lowerRung('snarkjs-threaded')).toBe('snarkjs-single');
  expect(lowerRung('snarkjs-single')).toBeNull();
});
