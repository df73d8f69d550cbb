// Every change a job can go through, as pure functions: job in, job out, or why not. Stores apply them
// inside their transactions, so a stale token is refused where the write happens.
import { compareWaiting } from './ageing.ts';
import { type ErrorData, GnomonError } from './errors.ts';
import type { Attempt, Job, JobRequest, Priority } from './job.ts';
import { RUNGS } from './job.ts';
import type { AttemptOutcome, Holder, LeaseRef, Placed, Written } from './ports.ts';
import { BACKOFF_CAP_MS, lowerRung } from './retry.ts';

/** A new job, queued. */
function accept(request: JobRequest, sequence: number, nowMs: number): Job {
  const { input: _input, keepInput = 'if-mendable', ...rest } = request;
  return {
    ...rest,
    keepInput,
    inputKept: true,
    state: 'queued',
    revision: 1,
    sequence,
    createdAtMs: nowMs,
    queuedAtMs: nowMs,
    availableAtMs: nowMs,
    held: null,
    paused: false,
    rung: rest.rung ?? (RUNGS[0] as Job['rung']),
    endedAtMs: null,
    attempts: [],
    attemptsUsed: 0,
    lease: null,
    result: null,
    error: null,
  };
}

function hasEnded(job: Pick<Job, 'state'>): boolean {
  return job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled';
}

/** Running, but nobody can commit it any more, or nobody has said so for too long. */
function isStalled(job: Job, epoch: number, nowMs: number): boolean {
  if (job.state !== 'running') return false;
  return job.lease === null || job.lease.epoch < epoch || job.lease.expiresAtMs <= nowMs;
}

/** Queued, neither held nor paused, and its back-off is over. A back-off beyond the cap is a clock that was
 * set back. */
function isAvailable(job: Job, nowMs: number): boolean {
  if (job.state !== 'queued' || job.held !== null || job.paused) return false;
  return job.availableAtMs <= nowMs || job.availableAtMs - nowMs > BACKOFF_CAP_MS;
}

/** Whether the queue gives out jobs at all. */
function isOpen(queue: { paused: boolean }): boolean {
  return !queue.paused;
}

/** A lease longer than it was granted for means the clock was set back: cut it, so that a dead owner's
 * job does not wait out the difference. Null when nothing is wrong. */
function cutLease(job: Job, nowMs: number): Job | null {
  const lease = job.lease;
  if (job.state !== 'running' || lease === null || lease.expiresAtMs - nowMs <= lease.durationMs) return null;
  return changed(job, { lease: { ...lease, expiresAtMs: nowMs + lease.durationMs } });
}

/** queued → running. The caller has checked `isAvailable`. */
function begin(
  job: Job,
  holder: Holder,
  grant: { token: string; durationMs: number },
  placed: Placed,
  nowMs: number,
): Job {
  const attempt: Attempt = {
    number: (job.attempts.at(-1)?.number ?? 0) + 1,
    backendId: placed.backendId,
    ...(placed.backendLabel === undefined ? {} : { backendLabel: placed.backendLabel }),
    reason: placed.reason,
    rung: placed.rung,
    startedAtMs: nowMs,
    endedAtMs: null,
    outcome: 'running',
    error: null,
  };
  return changed(job, {
    state: 'running',
    attempts: [...job.attempts, attempt],
    attemptsUsed: job.attemptsUsed + 1,
    lease: { ...grant, ...holder, expiresAtMs: nowMs + grant.durationMs },
  });
}

/** Its input should be there and is not: a store that was tampered with or half deleted. */
function loseInput(job: Job, nowMs: number): Job {
  const error = new GnomonError('internal.input-missing', "This job's input is missing from storage.", {
    nextStep: 'Start again from the claim.',
  }).toData();
  return { ...end(job, 'failed', { error }, nowMs), inputKept: false };
}

/** A stalled job goes back to the queue one rung lower, or fails when its attempts are used up. */
function expire(job: Job, nowMs: number): Job {
  const error = new GnomonError('resource.died-while-proving', 'The page or its prover ended in mid-proof.', {
    nextStep: 'Close other tabs and programs to free memory, then try again.',
  }).toData();
  const attempts = closeAttempt(job, 'stalled', error, nowMs);
  const rung = lowerRung(job.attempts.at(-1)?.rung ?? job.rung) ?? job.rung;
  if (job.attemptsUsed >= job.maxAttempts) return end(job, 'failed', { attempts, error, rung }, nowMs);
  return changed(job, { state: 'queued', attempts, error, rung, lease: null, availableAtMs: nowMs });
}

/** Extends the lease from now, even if it had expired: the token still being there says nobody took it. */
function renew(job: Job, holder: Holder, ref: LeaseRef, nowMs: number): Written {
  const refusal = refuse(job, holder, ref);
  if (refusal !== null || job.lease === null) return { ok: false, refusal: refusal ?? 'not-running' };
  return {
    ok: true,
    job: changed(job, { lease: { ...job.lease, expiresAtMs: nowMs + job.lease.durationMs } }),
  };
}

/** Ends the running attempt as `outcome` says. */
function finish(job: Job, holder: Holder, ref: LeaseRef, outcome: AttemptOutcome, nowMs: number): Written {
  const refusal = refuse(job, holder, ref);
  if (refusal !== null) return { ok: false, refusal };
  return { ok: true, job: finished(job, outcome, nowMs) };
}

function finished(job: Job, outcome: AttemptOutcome, nowMs: number): Job {
  switch (outcome.kind) {
    case 'succeeded': {
      const attempts = closeAttempt(job, 'succeeded', null, nowMs);
      return end(job, 'succeeded', { attempts, result: outcome.result, error: null }, nowMs);
    }
    case 'failed': {
      const attempts = closeAttempt(job, 'failed', outcome.error, nowMs);
      return end(job, 'failed', { attempts, error: outcome.error }, nowMs);
    }
    case 'retry':
      return changed(job, {
        state: 'queued',
        attempts: closeAttempt(job, 'failed', outcome.error, nowMs),
        lease: null,
        rung: outcome.rung,
        attemptsUsed: outcome.uncounted ? job.attemptsUsed - 1 : job.attemptsUsed,
        error: outcome.error,
        availableAtMs: nowMs + outcome.delayMs,
      });
    case 'held':
      return changed(job, {
        state: 'queued',
        attempts: job.attempts.slice(0, -1),
        attemptsUsed: job.attemptsUsed - 1,
        lease: null,
        held: outcome.error,
        error: outcome.error,
      });
    case 'released':
      return changed(job, {
        state: 'queued',
        attempts: closeAttempt(job, 'released', outcome.error ?? null, nowMs),
        attemptsUsed: job.attemptsUsed - 1,
        lease: null,
        availableAtMs: nowMs,
      });
  }
}

/** The owner is known to have left in good order: as if it had said `released` itself. */
function handBack(job: Job, ownerId: string, nowMs: number): Job | null {
  if (job.state !== 'running' || job.lease?.ownerId !== ownerId) return null;
  return finished(job, { kind: 'released' }, nowMs);
}

/** The person's wish beats every lease. An ended job stays as it is (null). */
function cancel(job: Job, nowMs: number): Job | null {
  if (hasEnded(job)) return null;
  const attempts = job.state === 'running' ? closeAttempt(job, 'cancelled', null, nowMs) : job.attempts;
  return end(job, 'cancelled', { attempts, held: null, paused: false, error: null }, nowMs);
}

/** Failed or cancelled: back in the queue, behind the others, with all attempts. Held or backing off: now.
 * Null: nothing to do. Throws `input.gone`. */
function retry(job: Job, sequence: number, nowMs: number): Job | null {
  if (job.state === 'queued') {
    if (job.held === null && job.availableAtMs <= nowMs) return null;
    return changed(job, { held: null, error: null, availableAtMs: nowMs });
  }
  if (job.state === 'running' || job.state === 'succeeded') return null;
  if (!job.inputKept) {
    throw new GnomonError('input.gone', "This job's input has been deleted from this device.", {
      nextStep: 'Start again from the claim.',
    });
  }
  return changed(job, {
    state: 'queued',
    sequence,
    queuedAtMs: nowMs,
    availableAtMs: nowMs,
    attemptsUsed: 0,
    endedAtMs: null,
    error: null,
  });
}

function setPriority(job: Job, priority: Priority): Job | null {
  return hasEnded(job) || job.priority === priority ? null : changed(job, { priority });
}

/** The person's wish beats the lease: a running job is put back as if its owner had said `released`. Ageing
 * goes on meanwhile, so that it keeps its place. Null: nothing to do. */
function setPaused(job: Job, paused: boolean, nowMs: number): Job | null {
  if (hasEnded(job) || job.paused === paused) return null;
  if (job.state === 'running' && paused) return { ...finished(job, { kind: 'released' }, nowMs), paused };
  return changed(job, { paused });
}

/** From now on it stays on this machine, which a tier may always do; one that runs elsewhere (`isElsewhere` of its
 * backend's id) is put back. Null: nothing to do. */
function keepHere(job: Job, isElsewhere: (backendId: string) => boolean, nowMs: number): Job | null {
  if (hasEnded(job) || job.privacy === 'local-only') return null;
  const runsElsewhere = job.state === 'running' && isElsewhere(job.attempts.at(-1)?.backendId ?? '');
  const { sendTo: _chosen, ...rest } = runsElsewhere
    ? finished(job, { kind: 'released' }, nowMs)
    : changed(job, {});
  return { ...rest, privacy: 'local-only', availableAtMs: Math.min(rest.availableAtMs, nowMs) };
}

/** Null when there is nothing to forget, or the job still needs it. */
function forgetInput(job: Job): Job | null {
  return hasEnded(job) && job.inputKept ? changed(job, { inputKept: false }) : null;
}

/** A job from a backup, as it was; what ran is queued, since nobody here runs it. */
function restore(job: Job, hasInput: boolean, sequence: number, nowMs: number): Job {
  const kept = { ...job, sequence, inputKept: hasInput, lease: null };
  const settled = job.state === 'running' ? finished(kept, { kind: 'released' }, nowMs) : kept;
  return hasEnded(settled) || hasInput ? settled : loseInput(settled, nowMs);
}

function refuse(job: Job, holder: Holder, ref: LeaseRef) {
  if (job.state !== 'running' || job.lease === null) return 'not-running';
  return job.lease.token === ref.token && job.lease.ownerId === holder.ownerId ? null : 'stale-token';
}

function changed(job: Job, change: Partial<Job>): Job {
  return { ...job, ...change, revision: job.revision + 1 };
}

function end(
  job: Job,
  state: 'succeeded' | 'failed' | 'cancelled',
  change: Partial<Job>,
  nowMs: number,
): Job {
  // A server's damaged file is not worth another automatic try, but someone can mend it.
  const mendable =
    state === 'failed' && (change.error?.retryable === true || change.error?.group === 'artifact');
  const inputKept = job.keepInput === 'always' || (job.keepInput === 'if-mendable' && mendable);
  return changed(job, { ...change, state, inputKept, lease: null, endedAtMs: nowMs });
}

function closeAttempt(
  job: Job,
  outcome: Attempt['outcome'],
  error: ErrorData | null,
  nowMs: number,
): Attempt[] {
  const last = job.attempts.at(-1);
  if (last === undefined) return job.attempts;
  return [...job.attempts.slice(0, -1), { ...last, outcome, error, endedAtMs: nowMs }];
}

/** All rules a store applies, as one value, so that tests can plant a bug in one of them. */
export const jobRules = {
  compareWaiting,
  accept,
  isStalled,
  isAvailable,
  isOpen,
  cutLease,
  begin,
  loseInput,
  expire,
  renew,
  finish,
  handBack,
  cancel,
  retry,
  setPriority,
  setPaused,
  keepHere,
  forgetInput,
  restore,
};
export type JobRules = typeof jobRules;
