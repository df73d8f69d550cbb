// How long an attempt still takes: what runs of this circuit took here before, corrected by what this one shows.
// Covers all stages that are left, not only the one under way.
import type { Progress, Stage } from './job.ts';
import { STAGES } from './job.ts';

/** Expected milliseconds of each stage. */
export type StageTimes = Record<Stage, number>;

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

export interface TimeLeft {
  /** The whole attempt's milliseconds, as of this report; its `etaMs` is what the backend says of its stage. */
  at(progress: Progress, nowMs: number): number;
}

/** `wholeEta`: the backend's own estimates cover all but the verification here, as another machine's do. */
export function makeTimeLeft(expected: StageTimes, startMs: number, wholeEta = false): TimeLeft {
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

  return {
    at({ stage: current, fraction, etaMs }, nowMs) {
      if (current !== stage) enter(current, nowMs);
      if (wholeEta && etaMs !== null && stage !== 'verifying') return Math.round(etaMs + expected.verifying);
      const loading = stage === 'artifacts';
      const passedMs = Math.max(0, nowMs - stageFromMs);
      const usualMs = expected[stage] * (loading ? 1 : pace(tookMs, shouldMs));
      const guessMs = fraction > 0 ? usualMs * (1 - fraction) : Math.max(0, usualMs - passedMs);
      const counted = fraction >= MEASURED_FROM && passedMs > 0;
      const measuredMs = etaMs ?? (counted ? (passedMs * (1 - fraction)) / fraction : null);
      const trust = measuredMs === null ? 0 : Math.min(1, fraction / TRUSTED_FROM);
      const stageMs = (1 - trust) * guessMs + trust * (measuredMs ?? 0);
      const known = loading ? 0 : trust;
      const paceNow = pace(tookMs + known * (passedMs + stageMs), shouldMs + known * expected[stage]);
      const later = STAGES.slice(STAGES.indexOf(stage) + 1);
      return Math.round(later.reduce((sum, next) => sum + expected[next] * paceNow, stageMs));
    },
  };
}
