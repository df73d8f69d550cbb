// Lets waiting jobs into the scheduler, as many as can run now: the scheduler chooses places, not whose turn it is.
import type { Clock, JobArchive, JobStore } from '../../src/core/ports.ts';
import type { Book } from './book.ts';
import type { Entry, Submission } from './entry.ts';
import type { FairQueue } from './fair-queue.ts';
import { hasEnded } from './view.ts';

export interface AdmissionOptions {
  book: Book;
  queue: FairQueue;
  store: JobStore & JobArchive;
  clock: Clock;
  /** Attempts that all backends could run at once. */
  slots: () => number;
}

/** Returns what lets in whatever can run now. */
export function makeAdmission({ book, queue, store, clock, slots }: AdmissionOptions): () => void {
  return function letIn(): void {
    const active = book.inside().filter(isActive);
    const runningOf = new Map<string, number>();
    for (const { owner } of active) runningOf.set(owner, (runningOf.get(owner) ?? 0) + 1);
    for (let free = slots() - active.length; free > 0; free--) {
      const key = queue.take(clock.nowMs(), (owner) => runningOf.get(owner) ?? 0);
      const entry = key === null ? undefined : book.find(key);
      const submission = entry?.submission;
      if (entry === undefined || submission == null) return;
      runningOf.set(entry.owner, (runningOf.get(entry.owner) ?? 0) + 1);
      book.letIn(entry);
      void admit(entry, submission);
    }
  };

  async function admit(entry: Entry, submission: Submission): Promise<void> {
    // A job of this id that ended before starts anew.
    await store.remove(entry.key);
    await store.add({
      id: entry.key,
      label: submission.circuit.id,
      circuit: submission.circuit,
      // It comes to the backend as bytes (payloads.ts).
      input: {},
      secrets: [],
      expectedPublicSignals: submission.expectedPublicSignals,
      priority: submission.priority,
      privacy: submission.fromServer === true ? 'local-only' : 'may-offload',
      maxAttempts: submission.maxAttempts ?? 3,
      ...(submission.rung && { rung: submission.rung }),
      keepInput: 'never',
      context: {},
    });
    // Cancelled between being chosen and being there.
    if (hasEnded(entry)) await store.cancel(entry.key);
  }
}

/** One that waits out a back-off takes no place. */
export function isActive(entry: Entry): boolean {
  return !entry.backingOff;
}
