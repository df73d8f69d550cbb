// What the Insights page says of its figures.
import { describe, expect, it } from 'vitest';
import { createInsights } from '../../src/core/metrics/insights.ts';
import {
  causeText,
  failuresSay,
  memorySays,
  percentilesSay,
  placesSay,
  predictionSays,
  shareText,
  spanName,
  throughputSays,
} from '../../src/ui/pages/insights/insight-words.ts';

describe('insights in words', () => {
  it('write shares and spans', () => {
    expect([null, 0, 0.034, 0.5, 0.999, 1].map(shareText)).toEqual([
      '–',
      '0 %',
      '3.4 %',
      '50 %',
      '99.9 %',
      '100 %',
    ]);
    const hour = 3_600_000;
    expect([1, 3, 24, 168, 672].map((hours) => spanName(hours * hour))).toEqual([
      'hour',
      '3 hours',
      'day',
      'week',
      '4 weeks',
    ]);
    expect(causeText('resource.memory')).toBe('Memory, space or time ran out');
    expect(causeText('foreign.code')).toBe('foreign.code');
  });

  it('count what ended without a proof, and say no more of it', () => {
    const builder = createInsights({ records: [], days: [] }, { toMs: 1e12 });
    while (builder.step(10));
    const { whole } = builder.insights();
    const failures = [
      { code: 'resource.memory', count: 2 },
      { code: 'cancelled.by-person', count: 1 },
    ];
    expect(failuresSay({ whole: { ...whole, failures } })).toBe('3 attempts ended without a proof.');
  });

  it('say of memory when it was measured', () => {
    expect(memorySays({ known: 3, medianBytes: 120.4e6, maxBytes: 310e6 })).toBe(
      'After a proof this page held up to 310.0 MB, after half of them up to 120.4 MB. While proving it may be more.',
    );
  });

  it('say something true of nothing', () => {
    const builder = createInsights({ records: [], days: [] }, { toMs: 1e12 });
    while (builder.step(10));
    const none = builder.insights();
    expect(throughputSays(none)).toBe('0 proofs made, none failed; at most 0 in one hour.');
    expect(percentilesSay(none)).toBe('No proof has been made in this time.');
    expect(failuresSay(none)).toBe('No attempt has failed in this time.');
    expect(placesSay(none)).toBe('Every proof was made on this device.');
    expect(predictionSays(none)).toBe('Predictions can be checked after the first proofs.');
  });
});
