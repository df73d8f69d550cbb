// Sums over time, place and circuit: nothing is lost or counted twice, however small the steps.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldInto, type History, matches, totalsOf } from '../../../src/core/metrics/history.ts';
import { createInsights, type Insights, spanFor } from '../../../src/core/metrics/insights.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { aRecord } from './arbitrary.ts';

const someRecords = fc
  .array(aRecord, { maxLength: 40 })
  .map((records) => records.sort((a, b) => a.endedAtMs - b.endedAtMs));
const property = { numRuns: runs(60, 1_000), seed: testSeed };
const TO_MS = 1_700_600_000_000;

function insightsOf(history: History, filter: Parameters<typeof createInsights>[1], step: number): Insights {
  const builder = createInsights(history, filter);
  let steps = 0;
  while (builder.step(step)) if (++steps > 10_000) throw new Error('It never ends.');
  return builder.insights();
}

describe('insights', () => {
  it('count each attempt once in every picture, in any steps', () => {
    fc.assert(
      fc.property(
        someRecords,
        fc.constantFrom({}, { circuitId: 'own' }, { fromMs: TO_MS - 200_000_000 }),
        fc.integer({ min: 1, max: 100 }),
        (records, narrow, step) => {
          const history = { records, days: [] };
          const filter = { ...narrow, toMs: TO_MS };
          const found = insightsOf(history, filter, step);
          const wanted = records.filter((record) => matches(filter, record)).length;
          const sum = (list: readonly { summary: { attempts: number } }[]) =>
            list.reduce((total, { summary }) => total + summary.attempts, 0);
          expect([found.whole.attempts, sum(found.spans), sum(found.places), sum(found.circuits)]).toEqual(
            Array(4).fill(wanted),
          );
          expect(found).toEqual(insightsOf(history, filter, 1_000));
          expect(found.whole).toEqual(totalsOf(history, filter).summary());
          expect(found.spans.length).toBeLessThanOrEqual(66);
          for (const [nth, { fromMs }] of found.spans.entries()) {
            expect(fromMs).toBe(found.spans[0]!.fromMs + nth * found.spanMs);
          }
        },
      ),
      property,
    );
  });

  it('take in days that are kept as sums', () => {
    fc.assert(
      fc.property(someRecords, fc.integer({ min: 0, max: 40 }), (records, cut) => {
        const days = [...foldInto(new Map(), records.slice(0, cut)).values()];
        const found = insightsOf({ records: records.slice(cut), days }, { toMs: TO_MS }, 10);
        const attempts = found.spans.reduce((total, { summary }) => total + summary.attempts, 0);
        expect([attempts, found.whole.attempts]).toEqual([records.length, records.length]);
      }),
      property,
    );
  });

  it('choose spans that people have a word for, and never too many', () => {
    const day = 86_400_000;
    expect(spanFor(0, day)).toBe(day / 24);
    expect(spanFor(0, 7 * day)).toBe(day / 8);
    expect(spanFor(0, 60 * day)).toBe(day);
    expect(spanFor(0, 365 * day)).toBe(7 * day);
  });
});
