// How long an attempt still takes, and between which bounds: what runs of this circuit took here before, corrected by
// what this one shows. Covers all stages that are left, not only the one under way.
import type { Progress, Stage } from './job.ts';
import { STAGES } from './job.ts';

/** Expected milliseconds of each stage. */
export type StageTimes = Record<Stage, number>;

/** Milliseconds left; nine of ten end between `lowMs` and `highMs`. */
export interface Left {
  ms: number;
  lowMs: number;
  highMs: number;
}

/** Actual ÷ expected of all but the lowest and the highest twentieth. */
export interface Ratios {
  low: number;
  high: number;
}

/** A run may be this much faster or slower than the ones before; beyond that it is a stage that was skipped, or
 * a laptop that slept. */
const PACE_MIN = 0.25;
const PACE_MAX = 8;
/** What was expected counts as this part of a run that has been seen already. */
const EXPECTED_WEIGHT = 0.25;
/** With so much of a stage done, only its own pace counts for the rest of it. */
const TRUSTED_FROM = 0.5;
/** Below this share of the work an estimate from it says little. */
const MEASURED_FROM = 0.05;
/** The rest of a proof by the pace of its beginning: work is counted, not timed, and other programs come and go. Of 39
 * proofs of 61,002 constraints on a machine with ten times more to do than cores, nine of ten lay between 0.66 and 2.3 at
 * three tenths, between 0.71 and 2.9 at half. */
const RUN_SPREAD: Ratios = { low: 0.7, high: 2.3 };

export interface TimeLeft {
  /** Of the whole attempt, as of this report; its `etaMs` is what the backend says of its stage. */
  at(progress: Progress, nowMs: number): Left;
}

export interface TimeLeftOptions {
  /** How far runs lie from what was expected; nobody knows: as far as the rest of a run from its beginning. */
  spread?: Ratios;
  /** The backend's own estimates cover all but the verification here, as another machine's do. */
  wholeEta?: boolean;
}

export function makeTimeLeft(expected: StageTimes, startMs: number, options: TimeLeftOptions = {}): TimeLeft {
  const { spread = RUN_SPREAD, wholeEta = false } = options;
  let stage: Stage = 'artifacts';
  let stageFromMs = startMs;
  // What computing took so far, and what it was expected to. Loading goes by the network, and says nothing of the
  // processor; a short stage says little of a long one, hence the weight of what was expected.
  const weightMs = EXPECTED_WEIGHT * (expected.witness + expected.proving + expected.verifying);
  let tookMs = weightMs;
  let shouldMs = weightMs;
  const pace = (took: number, should: number) =>
    should === 0 ? 1 : Math.min(PACE_MAX, Math.max(PACE_MIN, took / should));

  function enter(next: Stage, nowMs: number): void {
    if (stage !== 'artifacts') {
      tookMs += nowMs - stageFromMs;
      shouldMs += expected[stage];
    }
    stage = next;
    stageFromMs = nowMs;
  }

  /** `seenMs`: how much of what was expected this run has shown by now, at its own pace. */
  function within(ms: number, seenMs: number): Left {
    const seen = seenMs + weightMs === 0 ? 1 : seenMs / (seenMs + weightMs);
    const between = (before: number, now: number) =>
      Math.exp((1 - seen) * Math.log(before) + seen * Math.log(now));
    return {
      ms: Math.round(ms),
      lowMs: Math.floor(ms * Math.min(1, between(spread.low, RUN_SPREAD.low))),
      highMs: Math.ceil(ms * Math.max(1, between(spread.high, RUN_SPREAD.high))),
    };
  }

  return {
    at({ stage: current, fraction, etaMs }, nowMs) {
      if (current !== stage) enter(current, nowMs);
      const trustFrom = (measured: boolean) => (measured ? Math.min(1, fraction / TRUSTED_FROM) : 0);
      if (wholeEta && etaMs !== null && stage !== 'verifying') {
        const seenMs = shouldMs - weightMs + (stage === 'artifacts' ? 0 : trustFrom(true) * expected[stage]);
        return within(etaMs + expected.verifying, seenMs);
      }
      const loading = stage === 'artifacts';
      const passedMs = Math.max(0, nowMs - stageFromMs);
      const usualMs = expected[stage] * (loading ? 1 : pace(tookMs, shouldMs));
      const guessMs = fraction > 0 ? usualMs * (1 - fraction) : Math.max(0, usualMs - passedMs);
      const counted = fraction >= MEASURED_FROM && passedMs > 0;
      const measuredMs = etaMs ?? (counted ? (passedMs * (1 - fraction)) / fraction : null);
      const trust = trustFrom(measuredMs !== null);
      const stageMs = (1 - trust) * guessMs + trust * (measuredMs ?? 0);
      const known = loading ? 0 : trust;
      const paceNow = pace(tookMs + known * (passedMs + stageMs), shouldMs + known * expected[stage]);
      const later = STAGES.slice(STAGES.indexOf(stage) + 1);
      const allMs = later.reduce((sum, next) => sum + expected[next] * paceNow, stageMs);
      return within(allMs, shouldMs - weightMs + known * expected[stage]);
    },
  };
}
