// The server's jobs as records: which there are, which were let in, how they ended, and who waits for their end.
// Every question that is asked often is answered without walking through all of them.
import type { ErrorData } from '../../src/core/errors.ts';
import type { JobState } from '../../src/core/job.ts';
import { createListeners } from '../../src/core/listeners.ts';
import type { Clock } from '../../src/core/ports.ts';
import type { ByteBudget } from '../byte-budget.ts';
import { makeEnded } from './ended.ts';
import { type Entry, entryView, signalBytes } from './entry.ts';
import type { FairQueue } from './fair-queue.ts';
import type { Figures } from './figures.ts';
import { hasEnded, type JobView } from './view.ts';
import { waitFor } from './waiting.ts';

export interface Book {
  find(key: string): Entry | undefined;
  /** In place of one of the same key that has ended. */
  add(entry: Entry): void;
  /** It leaves the queue for the scheduler. */
  letIn(entry: Entry): void;
  /** Let in and not ended yet, in the order of coming. */
  inside(): readonly Entry[];
  /** In the queue, in the order of coming. */
  waiting(): Entry[];
  /** Once only: false when it had ended before. */
  end(entry: Entry, state: JobState, error: ErrorData | null): boolean;
  /** Tells everyone who watches. */
  announce(entry: Entry): void;
  view(entry: Entry): JobView;
  /** Newest first, at most so many; of everyone when owner is null. */
  list(owner: string | null, most: number): { views: JobView[]; total: number };
  /** Resolves with it when it has ended; undefined when `gone` says that nobody waits any more. */
  ended(entry: Entry, gone?: AbortSignal): Promise<JobView | undefined>;
  watch(listener: (view: JobView) => void): () => void;
}

export interface BookOptions {
  queue: FairQueue;
  /** Of the inputs of all jobs that have not ended. */
  inputs: ByteBudget;
  figures: Figures;
  clock: Clock;
  /** An ended job is not remembered any more. */
  onForgotten: (key: string) => void;
}

/** Ended jobs that are remembered, so that a client that was away gets its result. Beyond that the owner who has most of
 * them loses the oldest: nobody pushes out what others wait to hear. */
const KEPT_ENDED = 2000;
const KEPT_MS = 15 * 60_000;
/** A proof and its bookkeeping are a few kilobytes; public signals may be thousands. */
const KEPT_ENDED_BYTES = 64 * 1024 * 1024;
const PROOF_BYTES = 4 * 1024;

export function makeBook({ queue, inputs, figures, clock, onForgotten }: BookOptions): Book {
  const entries = new Map<string, Entry>();
  const inside = new Set<Entry>();
  const endedOnes = makeEnded();
  const waiters = new Map<Entry, Set<(view: JobView) => void>>();
  const listeners = createListeners<JobView>();

  const view = (entry: Entry): JobView => {
    const position = entry.state === 'queued' ? (queue.position(entry.key, clock.nowMs()) ?? 0) : 0;
    return entryView(entry, position);
  };

  function forgetOld(): void {
    const before = clock.nowMs() - KEPT_MS;
    const forget = (entry: Entry): void => {
      endedOnes.remove(entry);
      entries.delete(entry.key);
      onForgotten(entry.key);
    };
    for (
      let entry = endedOnes.oldest();
      entry && (entry.endedAtMs ?? 0) <= before;
      entry = endedOnes.oldest()
    )
      forget(entry);
    for (;;) {
      const { jobs, bytes } = endedOnes.held();
      const entry =
        jobs > KEPT_ENDED
          ? endedOnes.ofMost('jobs')
          : bytes > KEPT_ENDED_BYTES
            ? endedOnes.ofMost('bytes')
            : null;
      if (entry === null) return;
      forget(entry);
    }
  }

  return {
    find: (key) => entries.get(key),

    add(entry) {
      const before = entries.get(entry.key);
      if (before !== undefined) endedOnes.remove(before);
      // To the end of the map, which is in the order of coming.
      entries.delete(entry.key);
      entries.set(entry.key, entry);
      inputs.count(entry.owner, entry.inputBytes);
    },

    letIn(entry) {
      entry.submission = null;
      inside.add(entry);
    },

    inside: () => [...inside],
    waiting: () => [...entries.values()].filter(({ submission }) => submission !== null),

    end(entry, state, error) {
      if (hasEnded(entry)) return false;
      entry.unsetDeadline();
      if (entry.submission !== null) queue.remove(entry.key);
      inside.delete(entry);
      inputs.count(entry.owner, -entry.inputBytes);
      const endedAtMs = clock.nowMs();
      Object.assign(entry, { state, error, endedAtMs, submission: null, inputBytes: 0, etaMs: null });
      if (state === 'succeeded') {
        entry.percent = 100;
        figures.completed(entry.circuit.id, Math.max(0, endedAtMs - (entry.startedAtMs ?? endedAtMs)));
      } else if (state === 'failed') figures.failed();
      else figures.cancelled();
      const told = view(entry);
      // Its result, and what it was held to: the store has that as long.
      const { publicSignals: names } = entry.circuit;
      const bytes = PROOF_BYTES + signalBytes(names) + 2 * signalBytes(entry.result?.publicSignals ?? null);
      endedOnes.add(entry, bytes);
      forgetOld();
      for (const resolve of waiters.get(entry) ?? []) resolve(told);
      waiters.delete(entry);
      listeners.emit(told);
      return true;
    },

    announce: (entry) => listeners.emit(view(entry)),
    view,

    list(owner, most) {
      const all = [...entries.values()].filter((entry) => owner === null || entry.owner === owner);
      const positions = queue.positions(clock.nowMs());
      const shown = all.slice(-most).reverse();
      return {
        views: shown.map((entry) => entryView(entry, positions.get(entry.key) ?? 0)),
        total: all.length,
      };
    },

    ended(entry, gone) {
      if (hasEnded(entry)) return Promise.resolve(view(entry));
      return waitFor((tell) => {
        const all = waiters.get(entry) ?? new Set();
        waiters.set(entry, all.add(tell));
        return () => all.delete(tell);
      }, gone);
    },

    watch: (listener) => listeners.add(listener),
  };
}
