// Attempts added up: against counting by hand, merged in any order, and through storage.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { AttemptRecordSchema } from '../../../src/core/metrics/attempt-record.ts';
import { RELATIVE_ERROR } from '../../../src/core/metrics/sketch.ts';
import { quantileOf } from '../../../src/core/metrics/statistics.ts';
import { Totals, TotalsSchema } from '../../../src/core/metrics/summary.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { aRecord } from './arbitrary.ts';

const someRecords = fc.array(aRecord, { maxLength: 25 });
const property = { numRuns: runs(150, 2_000), seed: testSeed };

describe('totals of attempts', () => {
  it('count what is there', () => {
    fc.assert(
      fc.property(someRecords, (records) => {
        const summary = Totals.of(records).summary();
        const of = (outcome: string) => records.filter((record) => record.outcome === outcome);
        const [good, failed, stalled] = [of('succeeded'), of('failed'), of('stalled')];
        const ended = good.length + failed.length + stalled.length;
        expect(summary.attempts).toBe(records.length);
        expect(summary.successRate).toBe(ended === 0 ? null : good.length / ended);
        expect(summary.whole?.count ?? 0).toBe(good.length);
        if (good.length > 0) {
          const sorted = good.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
          const exact = quantileOf(sorted, 0.95);
          const { p95Ms, maxMs } = summary.whole!;
          expect(Math.abs(p95Ms - exact)).toBeLessThanOrEqual(RELATIVE_ERROR * exact + 1e-3);
          expect(maxMs).toBe(sorted.at(-1));
        }
        expect(summary.failures.reduce((sum, { count }) => sum + count, 0)).toBe(
          records.filter(({ errorCode }) => errorCode !== null).length,
        );
        expect(summary.cache.hits).toBe(records.filter(({ fromCache }) => fromCache === true).length);
        expect(summary.cache.known).toBe(records.filter(({ fromCache }) => fromCache !== null).length);
      }),
      property,
    );
  });

  it('tell how good predictions were', () => {
    const [base] = fc.sample(aRecord, { seed: testSeed, numRuns: 1 });
    const runOf = (proveMs: number | null, predictedMs: number | null) => ({
      ...base!,
      outcome: 'succeeded' as const,
      proveMs,
      predictedMs,
      predictedLowMs: predictedMs && 0.9 * predictedMs,
      predictedHighMs: predictedMs && 1.2 * predictedMs,
    });
    const runsMade = [runOf(100, 100), runOf(110, 100), runOf(200, 100), runOf(null, 100), runOf(100, null)];
    const { prediction } = Totals.of(runsMade).summary();
    expect(prediction).toMatchObject({ checked: 3, within: 2 });
    expect(prediction!.medianError).toBeCloseTo(10 / 110, 2);
    expect(Totals.of([{ ...runOf(100, 100), outcome: 'failed' }]).summary().prediction).toBeNull();
  });

  it('merge in any order, and survive storage', () => {
    fc.assert(
      fc.property(someRecords, someRecords, (a, b) => {
        const [x, y] = [Totals.of(a), Totals.of(b)];
        const stored = Totals.from(v.parse(TotalsSchema, JSON.parse(JSON.stringify(x.toData()))));
        stored.merge(y);
        y.merge(x);
        const whole = Totals.of([...a, ...b]);
        for (const merged of [stored, y]) expect(withoutSums(merged)).toEqual(withoutSums(whole));
      }),
      property,
    );
  });
});

describe('a record', () => {
  it('is what its schema says, and nothing else gets in', () => {
    fc.assert(
      fc.property(aRecord, (record) => {
        expect(v.parse(AttemptRecordSchema, record)).toEqual(record);
        const parsed = v.parse(AttemptRecordSchema, { ...record, input: { rating: ['1'] }, label2: 'x' });
        expect(parsed).toEqual(record);
      }),
      property,
    );
  });
});

/** Sums of fractions depend on their order in the last digits. */
function withoutSums(totals: Totals): unknown {
  return JSON.parse(
    JSON.stringify(totals.toData(), (key, value) => (key === 'sum' ? Math.round(value) : value)),
  );
}
