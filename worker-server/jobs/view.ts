// A job as its owner sees it, over REST and WebSocket alike.
import type { ErrorData } from '../../src/core/errors.ts';
import type { JobState, Priority, ProofResult, Stage } from '../../src/core/job.ts';

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
  /** Of them, those that were given up because whoever had it fell silent; left out where nobody is elsewhere. */
  stalls?: number;
  result: ProofResult | null;
  error: ErrorData | null;
  /** Whatever came with the job, for its owner's answer. */
  context: Record<string, unknown>;
}

/** It waits, runs or has succeeded: a submission of its id is the same job. One that did not starts anew. */
export function stands({ state }: Pick<JobView, 'state'>): boolean {
  return state !== 'failed' && state !== 'cancelled';
}

export function hasEnded({ state }: Pick<JobView, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}
