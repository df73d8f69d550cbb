// Quantiles of the sketch against exact ones within the stated error; merging in any order; bounded; as data.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { MOST_BUCKETS, RELATIVE_ERROR, Sketch, SketchSchema } from '../../../src/core/metrics/sketch.ts';
import { quantileOf } from '../../../src/core/metrics/statistics.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';

const SHARES = [0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];
/** Over all magnitudes that are kept, and nothing. */
const aValue = fc.oneof(
  fc.double({ min: -2.9, max: 12.9, noNaN: true }).map((exponent) => 10 ** exponent),
  fc.integer({ min: 0, max: 2000 }),
);
const someValues = fc.array(aValue, { maxLength: 60 });
const property = { numRuns: runs(200, 5_000), seed: testSeed };

function holdsAgainstExact(values: readonly number[]): void {
  const sketch = Sketch.of(values);
  const sorted = [...values].sort((a, b) => a - b);
  for (const share of SHARES) {
    const exact = quantileOf(sorted, share);
    const found = sketch.quantile(share) ?? Number.NaN;
    // A hair for the rounding of logarithms.
    expect(Math.abs(found - exact)).toBeLessThanOrEqual(RELATIVE_ERROR * exact * (1 + 1e-9));
  }
}

describe('the sketch', () => {
  it('gives quantiles within the stated error of the exact ones', () => {
    fc.assert(
      fc.property(fc.array(aValue, { minLength: 1, maxLength: 200 }), (values) => holdsAgainstExact(values)),
      property,
    );
  });

  it.each<[string, (random: SeededRandom) => number]>([
    ['even', (random) => 50 + 5_000 * random.fraction()],
    ['with a long tail', (random) => 200 * (1 - random.fraction()) ** -1.5],
    ['of two humps', (random) => (random.chance(0.7) ? 120 : 9_000) * (0.9 + 0.2 * random.fraction())],
    ['all the same', () => 1234.5],
  ])('holds for ten thousand times that are %s', (_name, draw) => {
    const random = new SeededRandom(testSeed);
    holdsAgainstExact(Array.from({ length: 10_000 }, () => draw(random)));
  });

  it('merges in any order and grouping to what all values together give', () => {
    fc.assert(
      fc.property(someValues, someValues, someValues, (a, b, c) => {
        const merged = (...parts: Sketch[]) => {
          const sum = new Sketch();
          for (const part of parts) sum.merge(part);
          return sum;
        };
        const [x, y, z] = [a, b, c].map(Sketch.of) as [Sketch, Sketch, Sketch];
        const whole = Sketch.of([...a, ...b, ...c]).toData();
        for (const sketch of [merged(merged(x, y), z), merged(x, merged(y, z)), merged(z, y, x)]) {
          const data = sketch.toData();
          // Only sums of fractions depend on their order, in the last digits.
          expect({ ...data, sum: 0 }).toEqual({ ...whole, sum: 0 });
          expect(Math.abs(data.sum - whole.sum)).toBeLessThanOrEqual(1e-9 * whole.sum);
        }
        const twice = Sketch.from(x.toData());
        twice.merge(twice);
        expect({ ...twice.toData(), sum: 0 }).toEqual({ ...merged(x, x).toData(), sum: 0 });
      }),
      property,
    );
  });

  it('survives storage, and takes nothing that is no sketch', () => {
    fc.assert(
      fc.property(someValues, aValue, (values, next) => {
        const sketch = Sketch.of(values);
        const again = Sketch.from(v.parse(SketchSchema, JSON.parse(JSON.stringify(sketch.toData()))));
        expect(again.toData()).toEqual(sketch.toData());
        for (const one of [sketch, again]) one.add(next);
        expect(again.toData()).toEqual(sketch.toData());
      }),
      property,
    );
    const good = Sketch.of([1]).toData();
    expect(v.is(SketchSchema, good)).toBe(true);
    for (const bad of [
      { ...good, count: -1 },
      { ...good, buckets: [[1e9, 1]] },
      { ...good, sum: 'x' },
    ]) {
      expect(v.is(SketchSchema, bad)).toBe(false);
    }
  });

  it('stays within its bounds whatever comes', () => {
    const random = new SeededRandom(testSeed);
    const sketch = new Sketch();
    for (let nth = 0; nth < 20_000; nth++) sketch.add(10 ** (-10 + 30 * random.fraction()));
    expect(sketch.toData().buckets.length).toBeLessThanOrEqual(MOST_BUCKETS);
    expect(MOST_BUCKETS).toBeLessThan(2_000);
    expect(sketch.max).toBe(1e13);
    for (const none of [Number.NaN, -1, Number.POSITIVE_INFINITY]) sketch.add(none);
    expect(sketch.count).toBe(20_000);
  });

  it('has nothing to say while it is empty', () => {
    const { mean, min, max, count } = new Sketch();
    expect([mean, min, max, count, new Sketch().quantile(0.5)]).toEqual([null, null, null, 0, null]);
    expect(v.is(SketchSchema, new Sketch().toData())).toBe(true);
  });
});
