// The dial says the truth: order, bounds and width of what is drawn.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arcPath,
  basePoint,
  DIAL,
  dialPoint,
  disclosureOf,
  opinionOf,
  penumbra,
  penumbraSlices,
  scoreAngle,
  TRIANGLE,
  trianglePoint,
} from '../../src/ui/components/dial-geometry.ts';
import { dialWords } from '../../src/ui/components/dial-words.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const options = { numRuns: runs(200, 5_000), seed: testSeed };
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const amount = fc.double({ min: 0, max: 1e5, noNaN: true });

describe('dial geometry', () => {
  it('puts 0 left, a half on top, 1 right', () => {
    expect(scoreAngle(0)).toBeCloseTo(Math.PI, 12);
    expect(scoreAngle(0.5)).toBeCloseTo(Math.PI / 2, 12);
    expect(scoreAngle(1)).toBe(0);
    expect(dialPoint(0, 10).x).toBeCloseTo(DIAL.centre.x - 10, 9);
    expect(dialPoint(0.5, 10).y).toBeCloseTo(DIAL.centre.y - 10, 9);
    expect(dialPoint(1, 10).x).toBeCloseTo(DIAL.centre.x + 10, 9);
  });

  it('is monotone: a higher score is never further left, and stays above the base line', () => {
    fc.assert(
      fc.property(unit, unit, (a, b) => {
        const [low, high] = a <= b ? [a, b] : [b, a];
        expect(scoreAngle(high)).toBeLessThanOrEqual(scoreAngle(low));
        expect(dialPoint(high, DIAL.radius).x).toBeGreaterThanOrEqual(dialPoint(low, DIAL.radius).x - 1e-9);
        expect(dialPoint(a, DIAL.radius).y).toBeLessThanOrEqual(DIAL.centre.y + 1e-9);
      }),
      options,
    );
  });

  it('keeps scores outside 0…1 on the dial', () => {
    expect(scoreAngle(-3)).toBe(scoreAngle(0));
    expect(scoreAngle(7)).toBe(scoreAngle(1));
  });

  it('draws a penumbra as wide as the uncertainty with the score inside', () => {
    fc.assert(
      fc.property(amount, amount, unit, (positive, negative, baseRate) => {
        const opinion = opinionOf(positive, negative, 2);
        const edge = penumbra(opinion);
        const score = opinion.belief + baseRate * opinion.uncertainty;
        expect(edge.high - edge.low).toBeCloseTo(opinion.uncertainty, 9);
        expect(edge.low).toBeGreaterThanOrEqual(0);
        expect(edge.high).toBeLessThanOrEqual(1);
        expect(score).toBeGreaterThanOrEqual(edge.low - 1e-9);
        expect(score).toBeLessThanOrEqual(edge.high + 1e-9);
      }),
      options,
    );
  });

  it('fades from the score to the edges without gaps or overlaps', () => {
    fc.assert(
      fc.property(amount, amount, unit, (positive, negative, baseRate) => {
        const opinion = opinionOf(positive, negative, 2);
        const edge = penumbra(opinion);
        const score = opinion.belief + baseRate * opinion.uncertainty;
        const slices = penumbraSlices(score, edge, 9).sort((a, b) => a.low - b.low);
        const covered = slices.reduce((sum, slice) => sum + slice.high - slice.low, 0);
        expect(covered).toBeCloseTo(edge.high - edge.low, 9);
        for (const [index, slice] of slices.entries()) {
          const next = slices[index + 1];
          if (next !== undefined) expect(next.low).toBeCloseTo(slice.high, 9);
          expect(slice.darkness).toBeGreaterThan(0);
          expect(slice.darkness).toBeLessThanOrEqual(1);
        }
        // Slices thinner than rounding errors cannot be told to be on one side.
        const left = slices
          .filter((slice) => slice.high - slice.low > 1e-9 && (slice.low + slice.high) / 2 < score)
          .map((slice) => slice.darkness);
        expect([...left].sort((a, b) => a - b)).toEqual(left);
      }),
      options,
    );
  });

  it('lights what each proof type tells', () => {
    expect(disclosureOf('membership', 0, 1_000_000)).toEqual({ kind: 'nothing' });
    expect(disclosureOf('exact', 734_000, 734_000)).toEqual({ kind: 'value', at: 0.734 });
    expect(disclosureOf('threshold', 600_000, 1_000_000)).toEqual({ kind: 'range', low: 0.6, high: 1 });
    expect(disclosureOf('band', 200_000, 400_000)).toEqual({ kind: 'range', low: 0.2, high: 0.4 });
  });

  it('says in words what it shows, and the score only as the person’s own', () => {
    const opinion = opinionOf(7, 1.2, 2);
    const words = (disclosure: Parameters<typeof dialWords>[2]) => dialWords(784_313, opinion, disclosure);
    expect(words({ kind: 'nothing' })).toBe(
      'The score is 0.78 of 1. With what is uncertain it lies between 0.69 and 0.88. A verifier learns nothing of it.',
    );
    expect(words({ kind: 'value', at: 0.784313 })).toMatch(/learns the score itself\.$/);
    expect(words({ kind: 'range', low: 0.7, high: 1 })).toMatch(/learns only that it lies from 0\.7 to 1\.$/);
  });

  it('writes arcs that start and end where they should', () => {
    expect(arcPath(0, 1, 100)).toBe(
      `M${DIAL.centre.x - 100} ${DIAL.centre.y} A100 100 0 0 1 ${DIAL.centre.x + 100} ${DIAL.centre.y}`,
    );
  });

  it('puts opinions inside the triangle, certain ones in its corners', () => {
    expect(trianglePoint({ belief: 1, disbelief: 0, uncertainty: 0 })).toEqual(TRIANGLE.belief);
    expect(trianglePoint({ belief: 0, disbelief: 1, uncertainty: 0 })).toEqual(TRIANGLE.disbelief);
    expect(trianglePoint({ belief: 0, disbelief: 0, uncertainty: 1 })).toEqual(TRIANGLE.uncertainty);
    expect(basePoint(0.5).x).toBe((TRIANGLE.belief.x + TRIANGLE.disbelief.x) / 2);
    fc.assert(
      fc.property(amount, amount, unit, (positive, negative, baseRate) => {
        const opinion = opinionOf(positive, negative, 2);
        const point = trianglePoint(opinion);
        const rate = basePoint(baseRate);
        const score = basePoint(opinion.belief + baseRate * opinion.uncertainty);
        // The projector is parallel to the director: cross product zero.
        const director = { x: TRIANGLE.uncertainty.x - rate.x, y: TRIANGLE.uncertainty.y - rate.y };
        const projector = { x: point.x - score.x, y: point.y - score.y };
        expect(Math.abs(director.x * projector.y - director.y * projector.x)).toBeLessThan(1e-6);
      }),
      options,
    );
  });
});
