// The bar of stages never invents and never goes back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overallFraction, stageFills, stageWidths } from '../../src/ui/components/stage-progress.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const options = { numRuns: runs(200, 5_000), seed: testSeed };
const shares = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 6 });
const stages = (list: number[]) => list.map((share, at) => ({ id: `${at}`, label: `${at}`, share }));
const unit = fc.double({ min: 0, max: 1, noNaN: true });

describe('stage progress', () => {
  it('gives each stage its predicted share of the bar', () => {
    fc.assert(
      fc.property(shares, (list) => {
        const widths = stageWidths(stages(list));
        expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(1, 9);
        expect((widths[0] ?? 0) * list.reduce((sum, share) => sum + share, 0)).toBeCloseTo(list[0] ?? 0, 4);
      }),
      options,
    );
  });

  it('falls back to equal parts when a share is unusable', () => {
    expect(stageWidths(stages([1, 0]))).toEqual([0.5, 0.5]);
    expect(stageWidths(stages([Number.NaN, 3]))).toEqual([0.5, 0.5]);
  });

  it('rises with stage and fraction', () => {
    fc.assert(
      fc.property(shares, fc.nat(5), fc.nat(5), unit, unit, (list, a, b, f, g) => {
        const widths = stageWidths(stages(list));
        const first = Math.min(a, b) % list.length;
        const second = Math.max(first, Math.max(a, b) % list.length);
        const [low, high] = f <= g ? [f, g] : [g, f];
        expect(overallFraction(widths, second, high)).toBeGreaterThanOrEqual(
          overallFraction(widths, first, low) - 1e-12,
        );
        expect(overallFraction(widths, list.length - 1, 1)).toBeCloseTo(1, 9);
      }),
      options,
    );
  });

  it('fills the stages in order to the same whole', () => {
    fc.assert(
      fc.property(shares, unit, (list, overall) => {
        const widths = stageWidths(stages(list));
        const fills = stageFills(widths, overall);
        const whole = fills.reduce((sum, fill, at) => sum + fill * (widths[at] ?? 0), 0);
        expect(whole).toBeCloseTo(overall, 6);
        for (let at = 1; at < fills.length; at++) {
          if ((fills[at] ?? 0) > 1e-9) expect(fills[at - 1]).toBeCloseTo(1, 6);
        }
      }),
      options,
    );
  });

  it('starts at nothing before the first stage', () => {
    expect(overallFraction([0.5, 0.5], -1, 0.7)).toBe(0);
  });
});
