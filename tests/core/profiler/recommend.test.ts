// What is recommended follows from the figures, carries them, and is withheld where they do not support it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Advice, AdviceKind } from '../../../src/core/profiler/recommend.ts';
import type { MeasuredCell } from '../../../src/core/profiler/samples.ts';
import { timeText } from '../../../src/core/profiler/words.ts';
import { cellOf, reportWith } from './made-up.ts';

const advise = (...cells: MeasuredCell[]): Advice => reportWith(cells).advice;
const given = (advice: Advice, kind: AdviceKind) => advice.recommendations.find((one) => one.kind === kind);
const withheld = (advice: Advice, kind: AdviceKind) => advice.withheld.find((one) => one.kind === kind)?.why;
/** Five times around a middle, within 2 %. */
const around = (ms: number) => [0.98, 0.99, 1, 1.01, 1.02].map((factor) => factor * ms);
const failed = {
  ...{ group: 'resource' as const, code: 'resource.memory', message: 'There is not enough memory.' },
  ...{ nextStep: 'Take less.', retryable: true },
};
const unreachable = {
  ...{ group: 'network' as const, code: 'network.unreachable', message: 'The file could not be fetched.' },
  ...{ nextStep: 'Try again.', retryable: true },
};

describe('threads', () => {
  it('are the fewest that are as good as the best', () => {
    const advice = advise(
      cellOf(around(2_000), { threads: 1 }),
      cellOf(around(1_100), { threads: 2 }),
      cellOf(around(1_095), { threads: 4 }),
    );
    expect(given(advice, 'threads')?.setting).toEqual({ threads: 2 });
    expect(given(advice, 'threads')?.figures.map(({ value }) => value)).toEqual([2_000, 1_100, 1_095]);
    expect(given(advice, 'threads')?.text).toContain('2.00 s with 1');
  });

  it('go by the largest size that was measured with several', () => {
    const advice = advise(
      cellOf(around(100), { size: 16, threads: 1 }),
      cellOf(around(120), { size: 16, threads: 2 }),
      cellOf(around(4_000), { size: 64, threads: 1 }),
      cellOf(around(2_500), { size: 64, threads: 2 }),
      cellOf(around(9_000), { size: 256, threads: 2 }),
    );
    expect(given(advice, 'threads')?.setting).toEqual({ threads: 2 });
  });

  it('are withheld for too few proofs, one number of threads, or a difference within the noise', () => {
    expect(
      withheld(advise(cellOf([10, 11], { threads: 1 }), cellOf([5, 6], { threads: 2 })), 'threads'),
    ).toMatch(/3 proofs/);
    expect(withheld(advise(cellOf(around(10))), 'threads')).toMatch(/one number/);
    const noisy = advise(
      cellOf([900, 1_000, 1_400], { threads: 1 }),
      cellOf([800, 950, 1_300], { threads: 2 }),
    );
    expect(withheld(noisy, 'threads')).toMatch(/cannot be told apart/);
    expect(given(noisy, 'threads')).toBeUndefined();
  });

  it('do not depend on the unit of time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 50, max: 500 }), { minLength: 2, maxLength: 4 }),
        fc.double({ min: 0.5, max: 8, noNaN: true }),
        (middles, factor) => {
          const choose = (by: number) =>
            given(advise(...middles.map((ms, at) => cellOf(around(ms * by), { threads: at + 1 }))), 'threads')
              ?.setting;
          expect(choose(factor)).toEqual(choose(1));
        },
      ),
      // Equal spreads have whole degrees of freedom, whatever the last bits say.
      { examples: [[[315, 307], 0.5]] },
    );
  });
});

describe('sizes for here', () => {
  const sizes = (...ms: number[]) =>
    ms.map((one, at) => cellOf(around(one), { size: [16, 64, 256][at] ?? 16 }));

  it('end before the first that keeps a person waiting', () => {
    const advice = advise(...sizes(500, 3_000, 14_000));
    expect(given(advice, 'size')).toMatchObject({ setting: { hereConstraintsMost: 64_000 } });
    expect(given(advice, 'size')?.text).toContain(timeText(1.02 * 14_000));
  });

  it('have no end where all are quick, and lower no limit to what was measured', () => {
    const setting = given(advise(...sizes(500, 3_000, 9_000)), 'size')?.setting;
    expect(setting).toEqual({ hereConstraintsMost: expect.any(Number), atLeast: true });
    expect(setting).not.toEqual(given(advise(...sizes(500, 3_000)), 'size')?.setting);
  });

  it('end before what there is no memory for', () => {
    const advice = advise(...sizes(500), cellOf([], { size: 64, error: failed }));
    expect(given(advice, 'size')).toMatchObject({ setting: { hereConstraintsMost: 16_000 } });
    expect(given(advice, 'size')?.text).toContain('not enough memory');
  });

  it.each([
    ['was cancelled early', cellOf([3_000, 3_010], { size: 64 })],
    ['was not begun', cellOf([], { size: 64 })],
    ['failed for another reason', cellOf([], { size: 64, error: unreachable })],
  ])('are withheld where a larger one %s, so that no limit is lifted', (_why, larger) => {
    for (const cells of [[larger], [larger, cellOf(around(9_000), { size: 256 })]]) {
      const advice = advise(...sizes(500), ...cells);
      expect(given(advice, 'size')).toBeUndefined();
      expect(withheld(advice, 'size')).toMatch(/^64 attestations were not proved 3 times/);
    }
  });

  it('are withheld when none is quick, or none was measured often enough', () => {
    expect(withheld(advise(...sizes(20_000)), 'size')).toMatch(/no measured size/);
    expect(withheld(advise(cellOf([1, 2])), 'size')).toMatch(/3 proofs/);
  });
});

describe('servers', () => {
  const pair = (size: number, here: number, there: number) => [
    cellOf(around(here), { size }),
    cellOf(around(there), { size, server: 'Office' }),
  ];

  it('pay off from the size on where all larger ones pay too', () => {
    const advice = advise(...pair(16, 600, 900), ...pair(64, 3_000, 1_500), ...pair(256, 9_000, 2_500));
    expect(given(advice, 'server')?.text).toMatch(/^Office pays off from 64 attestations on: 1\.50 s there/);
    expect(given(advice, 'server')?.setting).toEqual({ offload: 'automatic' });
    expect(given(advice, 'server')?.figures).toHaveLength(6);
  });

  it('do not pay where they save less than placement asks for', () => {
    const advice = advise(...pair(16, 900, 500), ...pair(64, 5_000, 4_400));
    expect(given(advice, 'server')?.text).toMatch(/^A server does not pay off/);
    expect(given(advice, 'server')?.setting).toBeNull();
  });

  it('pay for what there is no memory for here', () => {
    const advice = advise(
      cellOf([], { size: 64, error: failed }),
      cellOf(around(2_000), { size: 64, server: 'Office' }),
    );
    expect(given(advice, 'server')?.text).toContain('too little memory here');
  });

  it('are withheld when none was measured, or the noise hides it', () => {
    expect(withheld(advise(cellOf(around(1))), 'server')).toMatch(/no server/);
    const noisy = advise(
      cellOf([2_000, 9_000, 2_500], { size: 64 }),
      cellOf([700, 4_000, 1_200], { size: 64, server: 'Office' }),
    );
    expect(withheld(noisy, 'server')).toMatch(/cannot be told apart/);
  });
});

describe('memory and provers', () => {
  it('allow more than was ever held', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1e6, max: 3e10 }), { minLength: 1, maxLength: 4 }), (peaks) => {
        const setting = given(advise(cellOf(around(10), { peakBytes: peaks })), 'memory')?.setting;
        expect(setting).toBeDefined();
        const { memoryLimitBytes } = setting as { memoryLimitBytes: number };
        expect(memoryLimitBytes).toBeGreaterThanOrEqual(1.25 * Math.max(...peaks));
      }),
    );
    expect(withheld(advise(cellOf(around(10))), 'memory')).toMatch(/does not tell/);
  });

  it('set a limit only where something larger failed for want of it', () => {
    const small = cellOf(around(10), { size: 16, peakBytes: [7e8] });
    const larger = (error: MeasuredCell['error']) => cellOf([], { size: 64, error });
    for (const advice of [advise(small), advise(small, larger(null)), advise(small, larger(unreachable))]) {
      expect(given(advice, 'memory')?.setting).toEqual({ memoryLimitBytes: 1e9, atLeast: true });
      expect(given(advice, 'memory')?.text).toMatch(/^Allow at least 1/);
    }
    const advice = advise(small, larger(failed));
    expect(given(advice, 'memory')?.setting).toEqual({ memoryLimitBytes: 1e9 });
  });

  it('say how much the engine gains, with the noise', () => {
    const advice = advise(cellOf(around(100)), cellOf(around(600), { prover: 'snarkjs' }));
    expect(given(advice, 'prover')?.text).toMatch(/6\.0 times as fast/);
    expect(given(advise(cellOf(around(100))), 'prover')).toBeUndefined();
  });
});

it('carries figures with every recommendation, and either gives or withholds each', () => {
  const times = fc.array(fc.double({ min: 1, max: 30_000, noNaN: true }), { maxLength: 6 });
  fc.assert(
    fc.property(times, times, times, times, (a, b, c, d) => {
      const { recommendations, withheld: kept } = advise(
        cellOf(a, { threads: 1 }),
        cellOf(b, { threads: 2, peakBytes: [5e7] }),
        cellOf(c, { prover: 'snarkjs', threads: 2 }),
        cellOf(d, { server: 'Office' }),
      );
      for (const { figures, text } of recommendations) {
        expect(figures.length).toBeGreaterThan(0);
        expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
      }
      const kinds = [...recommendations.map(({ kind }) => kind), ...kept.map(({ kind }) => kind)];
      expect(new Set(kinds).size).toBe(kinds.length);
      for (const kind of ['threads', 'size', 'server', 'memory'] as const) expect(kinds).toContain(kind);
    }),
  );
});
