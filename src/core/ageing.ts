// Which of two waiting jobs goes first. Priorities are strict for a while; then waiting counts too, so
// that a stream of urgent jobs cannot starve the others.
import { type Job, Priority } from './job.ts';

/** A job rises by one priority for each five minutes of waiting: long against a proof (seconds), short
 * against a person's patience. */
const AGEING_STEP_MS = 300_000;

/** The priority it is treated as, at most CRITICAL. */
function effectivePriority(job: Pick<Job, 'priority' | 'queuedAtMs'>, nowMs: number): number {
  const steps = Math.max(0, Math.floor((nowMs - job.queuedAtMs) / AGEING_STEP_MS));
  return Math.min(Priority.CRITICAL, job.priority + steps);
}

/** Negative when `a` goes first. Equals go in the order they came (by sequence: clocks jump). */
export function compareWaiting(
  a: Pick<Job, 'priority' | 'queuedAtMs' | 'sequence'>,
  b: Pick<Job, 'priority' | 'queuedAtMs' | 'sequence'>,
  nowMs: number,
): number {
  return effectivePriority(b, nowMs) - effectivePriority(a, nowMs) || a.sequence - b.sequence;
}
