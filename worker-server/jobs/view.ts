// A job as its owner sees it, over REST and WebSocket alike.
import type { ErrorData } from '../../src/core/errors.ts';
import type { JobState, Priority, Progress, ProofResult, Stage } from '../../src/core/job.ts';

export interface JobView {
  owner: string;
  jobId: string;
  circuitId: string;
  priority: Priority;
  state: JobState;
  /** Jobs ahead of it; 0 once it runs or has ended. */
  position: number;
  /** Null while it waits. */
  stage: Stage | null;
  /** 0…100 over the whole job. */
  percent: number;
  etaMs: number | null;
  createdAtMs: number;
  startedAtMs: number | null;
  endedAtMs: number | null;
  attempts: number;
  result: ProofResult | null;
  error: ErrorData | null;
  /** Whatever came with the job, for its owner's answer. */
  context: Record<string, unknown>;
}

export function hasEnded({ state }: Pick<JobView, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** Where each stage begins on a scale of 100: proving is nearly all of the work. */
const BEGINS: Record<Stage, number> = { artifacts: 0, witness: 5, proving: 15, verifying: 98 };
const SPANS: Record<Stage, number> = { artifacts: 5, witness: 10, proving: 83, verifying: 2 };

export function percentOf({ stage, fraction }: Pick<Progress, 'stage' | 'fraction'>): number {
  return BEGINS[stage] + SPANS[stage] * fraction;
}
