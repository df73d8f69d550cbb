// Jobs as pages of others see them: plain values without leases, inputs or rungs.
import type { ErrorData } from '../core/errors.ts';
import { type Attempt, type Job, type JobState, type Progress, STAGES } from '../core/job.ts';
import type { MetricsSummary } from '../core/metrics/summary.ts';
import type { StageTimes } from '../core/time-left.ts';
import type { Figures, ProofError, ProofJob, ProofOutcome, ProofProgress } from './types.ts';

/** Each stage's part of the whole, 0…1. */
export function sharesOf(times: StageTimes): { id: keyof StageTimes; share: number }[] {
  const total = STAGES.reduce((sum, stage) => sum + Math.max(0, times[stage]), 0);
  return STAGES.map((id) => ({
    id,
    share: total === 0 ? 1 / STAGES.length : Math.max(0, times[id]) / total,
  }));
}

/** `floor`: how far this attempt has been already, since nothing goes back. */
export function progressView(job: Job, progress: Progress, times: StageTimes, floor: number): ProofProgress {
  const shares = sharesOf(times);
  const at = STAGES.indexOf(progress.stage);
  const before = shares.slice(0, at).reduce((sum, { share }) => sum + share, 0);
  const overall = Math.min(1, before + (shares[at]?.share ?? 0) * progress.fraction);
  return {
    id: job.id,
    stage: progress.stage,
    fraction: progress.fraction,
    overall: Math.max(floor, overall),
    remainingMs: progress.etaMs,
    remainingWithin: progress.etaWithin ?? null,
    attempt: job.attempts.length,
  };
}

export function jobView(job: Job, progress: ProofProgress | null): ProofJob {
  const last = job.attempts.at(-1);
  return {
    id: job.id,
    label: job.label,
    circuit: job.circuit.id,
    state: job.state,
    priority: job.priority,
    privacy: job.privacy,
    placed: last === undefined ? null : { where: labelOf(last), reason: last.reason },
    attempts: job.attempts.length,
    progress: job.state === 'running' ? progress : null,
    outcome: outcomeOf(job),
    error: errorOf(job),
  };
}

function labelOf({ backendId, backendLabel }: Attempt): string {
  return backendLabel ?? (backendId === 'local' ? 'this device' : backendId);
}

export function outcomeOf(job: Job): ProofOutcome | null {
  const last = job.attempts.at(-1);
  if (job.state !== 'succeeded' || job.result === null || last === undefined) return null;
  const { proof, publicSignals, timingsMs } = job.result;
  const claim = job.context.kind === 'client' ? (job.context.claim as Record<string, unknown>) : undefined;
  return {
    id: job.id,
    proof: proof as ProofOutcome['proof'],
    publicSignals,
    circuit: job.circuit.id,
    verified: true,
    developmentKey: job.circuit.setup === 'development',
    madeBy: labelOf(last),
    durationMs: Math.max(0, (last.endedAtMs ?? last.startedAtMs) - last.startedAtMs),
    timingsMs: { ...timingsMs },
    ...(claim === undefined ? {} : { claim }),
  };
}

export function errorOf(job: Job): ProofError | null {
  const error = job.held ?? (job.state === 'succeeded' ? null : job.error);
  return error === null ? null : errorView(error);
}

export function errorView({ group, code, message, nextStep, where, retryable }: ErrorData): ProofError {
  return { group, code, message, nextStep, retryable, ...(where === undefined ? {} : { where }) };
}

/** Of the jobs that are kept in this browser, and of the tries that the summary is of. */
export function figuresOf(jobs: readonly Job[], { successRate, whole }: MetricsSummary): Figures {
  const count = (state: JobState) => jobs.filter((job) => job.state === state).length;
  return {
    queued: count('queued'),
    running: count('running'),
    succeeded: count('succeeded'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    successRate,
    p50Ms: whole?.p50Ms ?? null,
    p95Ms: whole?.p95Ms ?? null,
    p99Ms: whole?.p99Ms ?? null,
  };
}
