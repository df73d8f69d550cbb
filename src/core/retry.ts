// What happens after an attempt failed: give up, wait for the person, or run again, when, and how.
import type { ErrorData } from './errors.ts';
import { GnomonError } from './errors.ts';
import { isSingleThreaded, type Job, proverOf, RUNGS, type Rung } from './job.ts';
import type { AttemptOutcome, Random } from './ports.ts';

export const BACKOFF_BASE_MS = 1_000;
export const BACKOFF_CAP_MS = 30_000;

/** Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter", 2015): uniform below
 * a ceiling that doubles with each attempt. `attemptsUsed` counts the one that just failed. */
export function backoffMs(attemptsUsed: number, random: Random): number {
  const ceilingMs = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.max(0, attemptsUsed - 1));
  return Math.floor(random.fraction() * ceilingMs);
}

/** The next rung down, or null at the bottom. Whoever had to give up threads does not get them back, so that
 * the usual three attempts reach the last rung. */
export function lowerRung(rung: Rung): Rung | null {
  const below = RUNGS.slice(RUNGS.indexOf(rung) + 1);
  return below.find((lower) => !isSingleThreaded(rung) || isSingleThreaded(lower)) ?? null;
}

/** The next rung down that another prover works on, with as many threads where it can. */
function otherProver(rung: Rung): Rung | null {
  const below = RUNGS.slice(RUNGS.indexOf(rung) + 1).filter((lower) => proverOf(lower) !== proverOf(rung));
  return below.find((lower) => isSingleThreaded(lower) === isSingleThreaded(rung)) ?? null;
}

/** The one code that holds a job rather than ending it: only the person can unlock an identity. */
export const IDENTITY_LOCKED = 'input.identity-locked';
export const INVALID_PROOF = 'backend.invalid-proof';
/** Known before it starts: the least that can be done on this device takes more than it has. */
export const TOO_SMALL = 'resource.too-small';
/** Of no use to try again with the same prover: its proof was wrong, it cannot run here, or it broke down. */
const PROVER_FAILURES = [INVALID_PROOF, 'resource.no-tier', 'backend.prover-failed'];
/** After this a job stays here, whatever the policy: what it must show could not be worked out here. */
export const STAYS_HERE = 'backend.stays-here';
/** The server that had the job, or was to have it, cannot be reached: it says nothing about the job. */
export const SERVER_AWAY = ['network.server-lost', 'network.server-unreachable'];
/** The person does not let this server have the job, or not any more: it says nothing about the job or the server. */
export const NOT_ALLOWED = 'backend.not-allowed';
/** A remote's proof that does not verify: unlike this machine's own, it says nothing about the input. */
export const WRONG_PROOF = 'backend.wrong-proof';
/** A remote found fault with an input from which the witness had been calculated here: that says something of the
 * remote only. */
export const WRONG_REFUSAL = 'backend.wrong-refusal';

/** Finds fault with what is to be proved; anything else is about the place where that was tried, its limits too. */
export function isAboutInput({ group, code }: ErrorData): boolean {
  return group === 'witness' || (group === 'input' && code !== 'input.too-large');
}

/** Decides how a failed attempt ends. `job` is the running one, its last attempt the one that failed. */
export function outcomeOfFailure(job: Job, error: ErrorData, random: Random): AttemptOutcome {
  if (error.code === IDENTITY_LOCKED) return { kind: 'held', error };
  if (!error.retryable) return { kind: 'failed', error };
  const current = job.attempts.at(-1)?.rung ?? job.rung;
  const proverFailed = PROVER_FAILURES.includes(error.code);
  const lower = (proverFailed ? otherProver(current) : null) ?? lowerRung(current);

  // Two provers that agree on a bad proof blame the witness: the zkey holds no C matrix, so an input that
  // does not satisfy the circuit shows only here (engine.md, "always verify before returning").
  if (error.code === INVALID_PROOF && job.attempts.slice(0, -1).at(-1)?.error?.code === INVALID_PROOF) {
    return { kind: 'failed', error: unsatisfied() };
  }
  // Less memory than the least we can do with: more attempts would only fail slower.
  const tooSmall = error.code === TOO_SMALL || (error.code === 'resource.memory' && lower === null);
  if (tooSmall) return { kind: 'failed', error };
  if (job.attemptsUsed >= job.maxAttempts) return { kind: 'failed', error };

  const stepsDown = error.group === 'resource' || error.code === 'backend.died' || proverFailed;
  return {
    kind: 'retry',
    error,
    delayMs: backoffMs(job.attemptsUsed, random),
    rung: stepsDown ? (lower ?? current) : current,
  };
}

function unsatisfied(): ErrorData {
  return new GnomonError('witness.unsatisfied', 'The input does not satisfy the circuit.', {
    nextStep: 'Check that the input belongs to this circuit, and start again from the claim.',
  }).toData();
}
