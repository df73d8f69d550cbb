// What the scheduler does to jobs that do not run: frees held ones, forgets inputs kept long enough.
import { type ErrorData, toErrorData } from './errors.ts';
import type { Clock, JobStore } from './ports.ts';
import { IDENTITY_LOCKED } from './retry.ts';

/** How long the input of a failure that nobody mended is kept. */
const INPUT_KEPT_MS = 24 * 3_600_000;

/** A page may stay open for days. */
const FORGET_EVERY_MS = 3_600_000;

/** Forgets now and every hour, until what it returns is called. */
export function keepForgetting(
  store: JobStore,
  clock: Clock,
  onTrouble: (error: ErrorData) => void,
): () => void {
  let unset = () => {};
  const forget = () => {
    unset = clock.setTimer(FORGET_EVERY_MS, forget);
    forgetOldInputs(store, clock).catch((thrown) => onTrouble(toErrorData(thrown)));
  };
  forget();
  return () => unset();
}

/** Deletes inputs that `if-mendable` kept for a retry that never came. */
async function forgetOldInputs(store: JobStore, clock: Clock): Promise<void> {
  for (const job of await store.list({ states: ['failed'] })) {
    const overdue = (job.endedAtMs ?? 0) < clock.nowMs() - INPUT_KEPT_MS;
    if (overdue && job.inputKept && job.keepInput === 'if-mendable') await store.forgetInput(job.id);
  }
}

/** Frees every job that is held for a locked identity. */
export async function releaseHeld(store: JobStore): Promise<void> {
  for (const job of await store.list({ states: ['queued'] })) {
    if (job.held?.code === IDENTITY_LOCKED) await store.retry(job.id);
  }
}
