// What a job is doing, where, and what it costs in time, in words. Pure, so that every page says it alike.
import type { ErrorData } from '../../../core/errors.ts';
import type { Job, JobState, PrivacyTier, Progress, Stage } from '../../../core/job.ts';

export const STATE_WORDS: Record<JobState, string> = {
  queued: 'Waiting',
  running: 'Proving',
  succeeded: 'Proved',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** Present tense, while it happens. */
export const STAGE_WORDS: Record<Stage, string> = {
  artifacts: 'Getting the circuit',
  witness: 'Working out the numbers',
  proving: 'Making the proof',
  verifying: 'Checking the proof',
};

/** For tables of what was done. */
export const STAGE_NAMES: Record<Stage, string> = {
  artifacts: 'Circuit loaded',
  witness: 'Numbers worked out',
  proving: 'Proof made',
  verifying: 'Proof checked',
};

/** A length of time as a person says it: "under 1 s", "12 s", "2 min", "1 h 5 min". */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 1000) return 'under 1 s';
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** A measured length of time: "840 ms", "3.27 s", "2 min". */
export function formatMeasured(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 90_000 ? `${(ms / 1000).toFixed(2)} s` : formatDuration(ms);
}

/** Time left at `nowMs` from an estimate received earlier. Null when there is no estimate; an estimate
 * that has run out is said to have run out, and is not renewed by guessing. */
export function timeLeftWords(progress: Progress | null, receivedAtMs: number, nowMs: number): string | null {
  if (progress?.etaMs == null) return null;
  const leftMs = progress.etaMs - Math.max(0, nowMs - receivedAtMs);
  if (leftMs <= -1000) return 'taking longer than expected';
  if (leftMs < 1500) return 'almost done';
  return `about ${formatDuration(leftMs)} left`;
}

/** One line about now: what is happening and how long it may take. */
export function nowWords(job: Job, progress: Progress | null, receivedAtMs: number, nowMs: number): string {
  if (job.state === 'queued') {
    const waitMs = job.availableAtMs - nowMs;
    if (job.attempts.length > 0 && waitMs > 0) return `Trying again in ${formatDuration(waitMs)}`;
    return job.attempts.length > 0 ? 'Trying again' : 'Waiting its turn';
  }
  if (job.state !== 'running') return STATE_WORDS[job.state];
  const left = timeLeftWords(progress, receivedAtMs, nowMs);
  const what = progress === null ? 'Starting' : STAGE_WORDS[progress.stage];
  return left === null ? what : `${what}, ${left}`;
}

/** Where the last attempt ran, in words. */
export function whereItRan(job: Job): string {
  const last = job.attempts.at(-1);
  if (last === undefined) return 'Has not run yet';
  return isLocal(last.backendId) ? 'On this device' : `On ${last.backendId}`;
}

/** The backends of this device are named `local…`; anything else is reached over the network. */
export function isLocal(backendId: string): boolean {
  return /^local($|[-:.])/.test(backendId);
}

export const PRIVACY_WORDS: Record<PrivacyTier, string> = {
  'local-only': 'Stays on this device',
  'may-offload': 'May go to a server you allow',
};

/** From submission to the end, or null while it goes on. */
export function totalMs(job: Job): number | null {
  return job.endedAtMs === null ? null : Math.max(0, job.endedAtMs - job.createdAtMs);
}

export interface FailureView {
  what: string;
  nextStep: string;
  where: string | null;
  code: string;
  /** Why `Try again` is offered or is not. */
  retry: { offered: boolean; why: string };
  /** The identity to unlock before trying again. */
  lockedIdentityId: string | null;
}

/** A failed or cancelled job's end, with what a person can do about it. */
export function failureView(job: Job): FailureView | null {
  if (job.state !== 'failed' && job.state !== 'cancelled') return null;
  const error: ErrorData = job.error ?? cancelledError(job);
  const lockedIdentityId =
    error.code === 'input.identity-locked' ? (job.secrets[0]?.identityId ?? null) : null;
  return {
    what: error.message,
    nextStep: error.nextStep,
    where: error.where ?? null,
    code: error.code,
    retry: retryOf(job, error, lockedIdentityId),
    lockedIdentityId,
  };
}

function cancelledError(job: Job): ErrorData {
  return job.state === 'cancelled'
    ? {
        group: 'cancelled',
        code: 'cancelled.by-person',
        message: 'You cancelled this proof.',
        nextStep: 'Nothing was made or sent. You can start it again.',
        retryable: false,
      }
    : {
        group: 'internal',
        code: 'internal.no-reason',
        message: 'This proof failed and no reason was kept.',
        nextStep: 'Try again.',
        retryable: false,
      };
}

function retryOf(job: Job, error: ErrorData, lockedIdentityId: string | null): FailureView['retry'] {
  if (job.input === null) {
    return {
      offered: false,
      why: 'What went into this proof has been deleted from this device. Start again from the claim.',
    };
  }
  if (lockedIdentityId !== null)
    return { offered: true, why: 'It runs again once the identity is unlocked.' };
  const sameAgain = error.group === 'input' || error.group === 'witness' || error.group === 'circuit';
  if (sameAgain && !error.retryable) {
    return { offered: false, why: 'The same input would fail again.' };
  }
  return { offered: true, why: 'It runs again from the start with the same input.' };
}
