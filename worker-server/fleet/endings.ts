// When a fleet ends a job that has not ended by itself. Pure, so that the question can be asked again where the record is
// written: by then something else may stand under the same id.
import type { Job } from '../../src/core/job.ts';
import { INPUT_KEPT_MS } from './records.ts';

/** The time that its owner gave it is over. */
export function isLate({ context }: Job, nowMs: number): boolean {
  const { deadlineAtMs } = context as { deadlineAtMs?: number };
  return deadlineAtMs !== undefined && deadlineAtMs < nowMs;
}

/** It still waits when its input has expired: nobody can prove it any more. */
export function isForgotten({ state, createdAtMs }: Job, nowMs: number): boolean {
  return state === 'queued' && nowMs - createdAtMs > INPUT_KEPT_MS;
}
