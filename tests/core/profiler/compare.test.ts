// Two reports compared: ratios are exact, noise is stated, and equal machines are not told apart more often than the
// interval says.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareReports, comparisonText } from '../../../src/core/profiler/compare.ts';
import { ratioOf, studentQuantile } from '../../../src/core/profiler/noise.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { testSeed } from '../../helpers/scale.ts';
import { cellOf, reportWith } from './made-up.ts';

const times = fc.array(fc.double({ min: 1, max: 1e5, noNaN: true }), { minLength: 2, maxLength: 12 });

describe('a comparison', () => {
  it('of a report with itself finds no difference', () => {
    fc.assert(
      fc.property(times, (samples) => {
        const report = reportWith([cellOf(samples)]);
        const [cell] = compareReports(report, report).cells;
        expect(cell?.ratio.ratio).toBeCloseTo(1, 9);
        expect(['no difference', 'unclear']).toContain(cell?.verdict);
      }),
    );
  });

  it('of times that are all longer by a factor finds that factor, and its inverse the other way', () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0.1, max: 10, noNaN: true }), (samples, factor) => {
        const [a, b] = [
          reportWith([cellOf(samples)]),
          reportWith([cellOf(samples.map((ms) => ms * factor))]),
        ];
        const there = compareReports(a, b).cells[0]!.ratio;
        const back = compareReports(b, a).cells[0]!.ratio;
        expect(there.ratio).toBeCloseTo(factor, 6);
        expect(there.ratio * back.ratio).toBeCloseTo(1, 9);
        expect(there.low! * back.high!).toBeCloseTo(1, 6);
      }),
    );
  });

  it('takes equal machines for different in about one of twenty', () => {
    const random = new SeededRandom(testSeed);
    const normal = () =>
      Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
    const sample = () => Array.from({ length: 5 }, () => 1_000 * Math.exp(0.1 * normal()));
    let told = 0;
    const rounds = 2_000;
    for (let round = 0; round < rounds; round++) {
      const { low, high } = ratioOf(sample(), sample())!;
      if (low! > 1 || high! < 1) told++;
    }
    // 5 % in expectation, a little less by rounding degrees of freedom down; 1.5 % is three deviations.
    expect(told / rounds).toBeLessThan(0.065);
    expect(told / rounds).toBeGreaterThan(0.02);
  });

  it('tells a faster and a slower one, and what is unclear', () => {
    const before = reportWith([
      cellOf([100, 101, 102], { threads: 1 }),
      cellOf([100, 101, 102], { threads: 2 }),
      cellOf([100, 300, 50], { threads: 3 }),
      cellOf([100], { threads: 4 }),
      cellOf([100, 101], { size: 64 }),
    ]);
    const after = reportWith(
      [
        cellOf([50, 51, 52], { threads: 1 }),
        cellOf([200, 201, 202], { threads: 2 }),
        cellOf([120, 200, 60], { threads: 3 }),
        cellOf([110], { threads: 4 }),
        cellOf([7], { server: 'Office' }),
      ],
      { machine: { ...before.machine, cores: 8 } },
    );
    const comparison = compareReports(before, after);
    expect(comparison.cells.map(({ verdict }) => verdict)).toEqual([
      'faster',
      'slower',
      'unclear',
      'unclear',
    ]);
    expect(comparison.unmatched).toEqual([
      { what: '64 attestations, engine, 1 thread', only: 'before' },
      { what: '16 attestations, Office', only: 'after' },
    ]);
    expect(comparison.differences).toEqual(['Cores: 4, then 8']);
    expect(comparisonText(comparison)).toContain('noise not known');
  });
});

it('knows Student’s t', () => {
  expect(studentQuantile(1)).toBe(12.706);
  expect(studentQuantile(9.9)).toBe(2.262);
  expect(studentQuantile(120)).toBeCloseTo(1.98, 2);
});
