// How good predictions are: recorded attempts are gone through in the order in which they ended, each predicted from
// those before it alone, and then learnt from.
import { assumedSpeed } from '../../src/core/assumed-speed.ts';
import { createEstimates, type Expectation, type TaughtBy } from '../../src/core/estimates.ts';
import type { AttemptRecord } from '../../src/core/metrics/attempt-record.ts';
import { medianOf } from '../../src/core/metrics/statistics.ts';
import { CHILD_IDLE_MS } from '../../worker-server/proving/thread-backend.ts';
import { keptRunsNames, readKeptRuns } from './kept-runs.ts';

export interface BackTest {
  predicted: number;
  /** Of |actual - predicted| ÷ actual. */
  medianError: number;
  /** Share of actual times within the interval. */
  coverage: number;
  /** Of high ÷ low: an interval may not buy its coverage by being wide. */
  medianWidth: number;
  byBasis: Record<Expectation['basis'], number>;
}

/** Also the first runs count, which are predicted from the reference machine. */
export function backTest(records: readonly (TaughtBy & Pick<AttemptRecord, 'totalMs'>)[]): BackTest {
  let nowMs = 0;
  const estimates = createEstimates((_backendId, rung) => rung && assumedSpeed(rung, null), {
    nowMs: () => nowMs,
    keptMs: CHILD_IDLE_MS,
  });
  const errors: number[] = [];
  const widths: number[] = [];
  const byBasis = { measured: 0, scaled: 0, calibrated: 0, assumed: 0 };
  let within = 0;
  for (const record of records) {
    const { backendId, kind, rung, constraints, zkeySha256, proveMs, outcome } = record;
    if (outcome !== 'succeeded' || proveMs === null) continue;
    nowMs = record.endedAtMs - record.totalMs;
    const circuit = { constraints, artifacts: { zkey: { sha256: zkeySha256 } } };
    const expected = estimates.expect(backendId, kind === 'remote' ? null : rung, circuit);
    estimates.learnRecords([record]);
    if (expected === null) continue;
    const { ms, lowMs, highMs, basis } = expected;
    errors.push(Math.abs(proveMs - ms) / proveMs);
    widths.push(highMs / lowMs);
    byBasis[basis]++;
    if (proveMs >= lowMs && proveMs <= highMs) within++;
  }
  return {
    predicted: errors.length,
    medianError: medianOf(errors),
    coverage: errors.length === 0 ? 0 : within / errors.length,
    medianWidth: medianOf(widths),
    byBasis,
  };
}

export function backTestWords({ predicted, medianError, coverage, medianWidth, byBasis }: BackTest): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    `${predicted} proofs predicted: ${byBasis.measured} from runs of the same circuit, ${byBasis.scaled} from another size, ${byBasis.calibrated} from the speed measured, ${byBasis.assumed} from the reference machine`,
    `median absolute error: ${percent(medianError)} (under 15 % wanted)`,
    `within the interval:   ${percent(coverage)} (90 % wanted); half of the intervals end at less than ${medianWidth.toFixed(2)} times where they begin`,
  ].join('\n');
}

/** Over each of the recordings that are kept for the tests. */
export function keptRunsWords(): string {
  return keptRunsNames()
    .map((name) => {
      const { about, runs } = readKeptRuns(name);
      return `${name}: ${about}\n${backTestWords(backTest(runs))}\n`;
    })
    .join('\n');
}
