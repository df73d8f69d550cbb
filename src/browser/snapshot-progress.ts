// One fraction over all stages of a snapshot's making, from counted work. It never falls and reaches 1 only
// at the end.

import type { WorkProgress, WorkStage } from '../reputation/work.ts';
import type { SnapshotProgress } from '../services/snapshots.ts';

export type SnapshotStage = WorkStage | 'saving';

/** Milliseconds that each stage took for Bitcoin-OTC (35,592 ratings, 5,858 people) on one 3.5 GHz thread;
 * only their ratios count. */
const PREDICTED_MS: Record<SnapshotStage, number> = {
  reading: 210,
  weights: 2_000,
  identities: 4_300,
  digests: 3_700,
  tree: 1_300,
  checking: 4_300,
  saving: 400,
};

const WORDS: Record<SnapshotStage, string> = {
  reading: 'Reading the network',
  weights: 'Weighing the raters',
  identities: 'Working out demo identities',
  digests: 'Hashing everyone’s evidence',
  tree: 'Building the tree',
  checking: 'Checking commitments',
  saving: 'Saving on this device',
};

export type StageReport = (progress: Omit<WorkProgress, 'stage'> & { stage: SnapshotStage }) => void;

/** Turns stage progress into overall progress; reports at most every `everyMs`, and each stage's end. */
export function makeOverallProgress(
  stages: readonly SnapshotStage[],
  report: (progress: SnapshotProgress) => void,
  everyMs = 50,
  nowMs: () => number = () => performance.now(),
): StageReport {
  const total = stages.reduce((sum, stage) => sum + PREDICTED_MS[stage], 0);
  let reached = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return ({ stage, done, total: of }) => {
    const at = stages.indexOf(stage);
    if (at < 0) return;
    const before = stages.slice(0, at).reduce((sum, earlier) => sum + PREDICTED_MS[earlier], 0);
    const within = of > 0 ? Math.min(1, done / of) : 1;
    reached = Math.max(reached, (before + within * PREDICTED_MS[stage]) / total);
    if (within < 1 && nowMs() - lastMs < everyMs) return;
    lastMs = nowMs();
    report({ step: WORDS[stage], fraction: reached });
  };
}
