// What a job is doing, where, and what it costs in time, in words. Pure, so that every page says it alike.
import { betweenMs } from '../../../core/duration-words.ts';
import type { ErrorData } from '../../../core/errors.ts';
import type { Attempt, Job, JobState, PrivacyTier, Stage } from '../../../core/job.ts';
import type { Left } from '../../../core/time-left.ts';
import { aboutMs } from '../../components/format.ts';
import type { LiveProgress } from './create-jobs.ts';

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

/** What is left at `nowMs` of an estimate received earlier; negative when it has run out, null when there was none. An
 * estimate is never renewed by guessing. */
export function leftAt(live: LiveProgress | null, nowMs: number): Left | null {
  if (live?.progress.etaMs == null) return null;
  const { etaMs, etaWithin = { lowMs: etaMs, highMs: etaMs } } = live.progress;
  const passedMs = Math.max(0, nowMs - live.receivedAtMs);
  return {
    ms: etaMs - passedMs,
    lowMs: etaWithin.lowMs - passedMs,
    highMs: etaWithin.highMs - passedMs,
  };
}

/** An estimate this far past is no longer "almost done". */
const LATE_MS = -1000;
/** Over before it is read. */
const ALMOST_MS = 1500;

/** Time left in words; null when nothing is known. */
export function timeLeftWords(left: Left | null): string | null {
  if (left === null) return null;
  if (left.ms <= LATE_MS) return 'taking longer than expected';
  return left.highMs < ALMOST_MS ? 'almost done' : `${betweenMs(left)} left`;
}

/** What is happening now, without the time. */
export function nowWords(job: Job, live: LiveProgress | null, nowMs: number, queuePaused = false): string {
  if (job.state === 'queued') {
    if (job.paused) return 'Paused';
    if (job.held !== null) return 'Waiting for you';
    if (queuePaused) return 'Waiting until the queue goes on';
    const waitMs = job.availableAtMs - nowMs;
    if (job.attempts.length > 0 && waitMs > 0) return `Trying again in ${aboutMs(waitMs)}`;
    return job.attempts.length > 0 ? 'Trying again' : 'Waiting its turn';
  }
  if (job.state !== 'running') return STATE_WORDS[job.state];
  if (live === null) return 'Under way';
  const last = job.attempts.at(-1);
  return last === undefined || isLocal(last.backendId)
    ? STAGE_WORDS[live.progress.stage]
    : awayWords(live.progress, nameOf(last));
}

/** What is happening on a server, or on the way there. */
function awayWords({ stage, waitsFor }: LiveProgress['progress'], server: string): string {
  if (waitsFor === 'connection') return `The connection to ${server} was lost, and is tried again`;
  if (waitsFor === 'turn') return `Waiting its turn at ${server}`;
  return stage === 'artifacts' ? `Giving it to ${server}` : STAGE_WORDS[stage];
}

/** Where the last attempt ran, in words, and whether an earlier one left the device. */
export function whereItRan(job: Job): string {
  const last = job.attempts.at(-1);
  if (last === undefined) return 'Has not run yet';
  if (!isLocal(last.backendId)) return `On ${nameOf(last)}`;
  const earlier = job.attempts.findLast((attempt) => !isLocal(attempt.backendId));
  return earlier === undefined ? 'On this device' : `On this device, earlier on ${nameOf(earlier)}`;
}

/** A server as it was called when the attempt began. */
export function nameOf(attempt: Pick<Attempt, 'backendId' | 'backendLabel'>): string {
  return attempt.backendLabel ?? attempt.backendId;
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

export interface TroubleView {
  what: string;
  nextStep: string;
  where: string | null;
  code: string;
  /** Whether `Try again` can help, and why or why not. */
  retry: { offered: boolean; why: string };
  /** The identity to unlock before going on. */
  lockedIdentityId: string | null;
}

/** Why a job stopped (failed, cancelled, or waiting for the person), with what they can do about it; null
 * while it goes on by itself or has its proof. */
export function troubleView(job: Job): TroubleView | null {
  const held = job.state === 'queued' ? job.held : null;
  if (held === null && job.state !== 'failed' && job.state !== 'cancelled') return null;
  const error: ErrorData = held ?? job.error ?? unexplained(job.state);
  const locked = error.code === 'input.identity-locked';
  return {
    what: error.message,
    nextStep: error.nextStep,
    where: error.where ?? null,
    code: error.code,
    retry: retryOf(job, error, locked),
    lockedIdentityId: locked ? (job.secrets[0]?.identityId ?? null) : null,
  };
}

const GROUP_WORDS: Readonly<Record<string, string>> = {
  artifact: 'circuit file',
  witness: 'numbers worked out',
  backend: 'prover',
  resource: 'this device',
  protocol: 'server',
};

/** An error's code as words, for reports: diagnostics have the code itself. */
export function codeWords(code: string): string {
  const [group = '', what = ''] = code.split('.');
  return `${GROUP_WORDS[group] ?? group}, ${what.replaceAll('-', ' ')}`;
}

function unexplained(state: JobState): ErrorData {
  return state === 'cancelled'
    ? {
        group: 'cancelled',
        code: 'cancelled.by-person',
        message: 'You cancelled this proof.',
        nextStep: 'No proof was made.',
        retryable: false,
      }
    : {
        group: 'internal',
        code: 'internal.no-reason',
        message: 'This proof failed and no reason was kept.',
        nextStep: 'Make the proof again.',
        retryable: false,
      };
}

function retryOf(job: Job, error: ErrorData, locked: boolean): TroubleView['retry'] {
  if (!job.inputKept) {
    return {
      offered: false,
      why: 'What went into this proof has been deleted from this device. Start again from the claim.',
    };
  }
  if (locked) return { offered: true, why: 'It goes on once the identity is unlocked.' };
  const sameAgain = error.group === 'input' || error.group === 'witness' || error.group === 'circuit';
  if (sameAgain && !error.retryable && job.held === null) {
    return { offered: false, why: 'The same input would fail again.' };
  }
  return { offered: true, why: 'It runs again from the start with the same input.' };
}
