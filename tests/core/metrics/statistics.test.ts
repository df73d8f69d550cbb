// Exact statistics: known figures, and what must hold for any samples.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medianOf, statisticsOf } from '../../../src/core/metrics/statistics.ts';
import { runs, testSeed } from '../../helpers/scale.ts';

describe('statistics of samples', () => {
  it('are the known ones', () => {
    expect(statisticsOf([])).toBeNull();
    expect(statisticsOf([7])).toEqual({
      count: 1,
      mean: 7,
      min: 7,
      max: 7,
      p50: 7,
      p95: 7,
      p99: 7,
      standardDeviation: 0,
    });
    const hundred = Array.from({ length: 100 }, (_, nth) => 100 - nth);
    expect(statisticsOf(hundred)).toMatchObject({ mean: 50.5, min: 1, max: 100, p50: 50, p95: 95, p99: 99 });
    // NIST's univariate summary "NumAcc3": mean 1000000.2, standard deviation 0.1.
    const hard = Array.from({ length: 1001 }, (_, nth) =>
      nth === 0 ? 1_000_000.2 : nth % 2 === 1 ? 1_000_000.1 : 1_000_000.3,
    );
    const { mean, standardDeviation } = statisticsOf(hard)!;
    expect(mean).toBeCloseTo(1_000_000.2, 8);
    expect(standardDeviation).toBeCloseTo(0.1, 8);
    expect(medianOf([3, 1, 2, 4])).toBe(2.5);
    expect(medianOf([3, 1, 2])).toBe(2);
  });

  it('hold together for any samples, in any order', () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(samples, (values) => {
        const found = statisticsOf(values)!;
        expect(statisticsOf([...values].reverse())).toEqual(found);
        const { min, p50, p95, p99, max, mean, standardDeviation, count } = found;
        expect([min, p50, p95, p99, max]).toEqual([min, p50, p95, p99, max].sort((a, b) => a - b));
        for (const one of [min, p50, p95, p99, max]) expect(values).toContain(one);
        expect(mean).toBeGreaterThanOrEqual(min);
        expect(mean).toBeLessThanOrEqual(max * (1 + 1e-12));
        expect(standardDeviation).toBeLessThanOrEqual((max - min) * (1 + 1e-9));
        for (const [share, value] of [
          [0.5, p50],
          [0.95, p95],
          [0.99, p99],
        ] as const) {
          // At least this share lies at or below it, and it is the least such value.
          const atMost = values.filter((one) => one <= value).length;
          expect(atMost).toBeGreaterThanOrEqual(share * count);
          expect(values.filter((one) => one < value).length).toBeLessThan(share * count);
        }
      }),
      { numRuns: runs(300, 5_000), seed: testSeed },
    );
  });
});
