// The time left covers all stages to come, begins with what was measured before, and corrects itself by what this
// run shows; deadlines follow from the same times.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadlineMsFor, MIN_DEADLINE_MS } from '../../src/core/attempt.ts';
import { createEstimates } from '../../src/core/estimates.ts';
import { STAGES, type Stage } from '../../src/core/job.ts';
import { makeTimeLeft, type StageTimes } from '../../src/core/time-left.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const times = (most: number) =>
  fc.record(
    Object.fromEntries(STAGES.map((stage) => [stage, fc.integer({ min: 50, max: most })])),
  ) as fc.Arbitrary<StageTimes>;

/** A run whose stages take `real`, told of in `reports` even steps each. */
function* run(
  real: StageTimes,
  reports: number,
): Generator<{ stage: Stage; fraction: number; nowMs: number; leftMs: number }> {
  const totalMs = STAGES.reduce((sum, stage) => sum + real[stage], 0);
  let beganMs = 0;
  for (const stage of STAGES) {
    for (let step = 0; step <= reports; step++) {
      const nowMs = beganMs + (real[stage] * step) / reports;
      yield { stage, fraction: step / reports, nowMs, leftMs: totalMs - nowMs };
    }
    beganMs += real[stage];
  }
}

describe('the time left', () => {
  it('is right from the first moment to the last when the run is as expected', () => {
    fc.assert(
      fc.property(times(20_000), fc.integer({ min: 1, max: 50 }), (expected, reports) => {
        const left = makeTimeLeft(expected, 0);
        for (const { stage, fraction, nowMs, leftMs } of run(expected, reports)) {
          expect(Math.abs(left.at({ stage, fraction, etaMs: null }, nowMs).ms - leftMs)).toBeLessThan(2);
        }
      }),
      { numRuns: runs(100, 2_000), seed: testSeed },
    );
  });

  it('covers what is still to come, whatever the stage says of itself', () => {
    const expected = { artifacts: 1_000, witness: 500, proving: 10_000, verifying: 300 };
    const left = makeTimeLeft(expected, 0);
    expect(left.at({ stage: 'artifacts', fraction: 0, etaMs: null }, 0).ms).toBe(11_800);
    // A download that is measured to take a minute.
    expect(left.at({ stage: 'artifacts', fraction: 0.5, etaMs: 60_000 }, 100).ms).toBe(70_800);
    // A short stage that was over at once says little of the long one behind it.
    expect(left.at({ stage: 'witness', fraction: 1, etaMs: 0 }, 60_000).ms).toBeGreaterThan(8_000);
  });

  it('corrects itself: a device that is slower or faster than before is found out by half of the proof', () => {
    fc.assert(
      fc.property(times(20_000), fc.double({ min: 0.3, max: 6, noNaN: true }), (expected, pace) => {
        const real = Object.fromEntries(STAGES.map((stage) => [stage, expected[stage] * pace])) as StageTimes;
        const left = makeTimeLeft(expected, 0);
        for (const { stage, fraction, nowMs, leftMs } of run(real, 20)) {
          const { ms: says, lowMs, highMs } = left.at({ stage, fraction, etaMs: null }, nowMs);
          expect(lowMs).toBeLessThanOrEqual(says);
          expect(highMs).toBeGreaterThanOrEqual(says);
          expect(says).toBeGreaterThanOrEqual(0);
          if (stage !== 'proving' || fraction < 0.5) continue;
          // What is left of the proof is measured by now; of the check, only expected.
          expect(Math.abs(says - leftMs)).toBeLessThan(2 + expected.verifying * Math.abs(pace - 1));
        }
      }),
      { numRuns: runs(100, 2_000), seed: testSeed },
    );
  });

  it('says between what it lies: as far apart as runs have been at first, and closer with what this run shows', () => {
    const expected = { artifacts: 0, witness: 500, proving: 10_000, verifying: 500 };
    const left = makeTimeLeft(expected, 0, { spread: { low: 0.5, high: 3 } });
    expect(left.at({ stage: 'witness', fraction: 0, etaMs: null }, 0)).toEqual({
      ms: 11_000,
      lowMs: 5_500,
      highMs: 33_000,
    });
    const widths = [0, 0.1, 0.25, 0.5].map((fraction) => {
      const { ms, lowMs, highMs } = left.at(
        { stage: 'proving', fraction, etaMs: null },
        500 + 10_000 * fraction,
      );
      expect(ms).toBe(500 + 10_000 * (1 - fraction));
      return highMs / lowMs;
    });
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(widths.at(-1)).toBeLessThan(0.7 * widths[0]!);
    // Another machine tells its time left and no bounds: what its runs have shown says those.
    const away = makeTimeLeft(expected, 0, { spread: { low: 0.5, high: 3 }, wholeEta: true });
    expect(away.at({ stage: 'artifacts', fraction: 0, etaMs: 3_500 }, 0)).toEqual({
      ms: 4_000,
      lowMs: 2_000,
      highMs: 12_000,
    });
  });

  it('takes another machine’s word for all but the check here', () => {
    const expected = { artifacts: 1_000, witness: 500, proving: 10_000, verifying: 300 };
    const left = makeTimeLeft(expected, 0, { wholeEta: true });
    expect(left.at({ stage: 'proving', fraction: 0.1, etaMs: 4_000 }, 5).ms).toBe(4_300);
    expect(left.at({ stage: 'verifying', fraction: 0, etaMs: null }, 9_000).ms).toBeLessThanOrEqual(2_400);
  });
});

describe('the stages expected', () => {
  const { circuit } = requestFor('a');
  const large = {
    ...circuit,
    constraints: 1_000_000,
    artifacts: { ...circuit.artifacts, zkey: { ...circuit.artifacts.zkey, sha256: 'f'.repeat(64) } },
  };
  const rung = 'engine-threaded' as const;

  it('are those of a reference machine at first, then the median of what was measured here', () => {
    const estimates = createEstimates();
    const first = estimates.stages('local', rung, large);
    expect(first.proving).toBeGreaterThan(100_000);
    expect(deadlineMsFor(first)).toBe(20 * (first.witness + first.proving + first.verifying));
    for (const proving of [900, 40_000, 1_000, 1_100, 800]) {
      estimates.record('local', rung, large, 10 + proving, { witness: 10, proving, verifying: 5 });
    }
    const { witness, proving, verifying } = estimates.stages('local', rung, large);
    // Together as long as is predicted, in the proportions of the medians.
    expect(witness + proving).toBeCloseTo(estimates.expect('local', rung, large)!.ms, 6);
    expect(proving / witness).toBeCloseTo(100, 6);
    expect(verifying).toBe(5);
    expect(deadlineMsFor(estimates.stages('local', rung, large))).toBe(MIN_DEADLINE_MS);
    // Another prover's runs say nothing of this one's.
    expect(estimates.stages('local', 'snarkjs-single', large)).toEqual(first);
  });

  it('are scaled from a circuit of another size, but for the check, which takes the same', () => {
    const estimates = createEstimates();
    const plain = 'snarkjs-single' as const;
    estimates.record('local', plain, { ...circuit, constraints: 91_000 }, 1_010, {
      witness: 10,
      proving: 1_000,
      verifying: 5,
    });
    const { witness, proving, verifying } = estimates.stages('local', plain, large);
    expect([Math.round(witness), Math.round(proving), verifying]).toEqual([100, 10_000, 5]);
  });
});
