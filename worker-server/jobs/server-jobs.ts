// The server's jobs, from submission to end: taken within limits, let into the scheduler in fair order, followed
// there. Work in progress only, in memory: whoever owns a job submits it again when this server is gone.

import { watchBackends } from '../../src/core/backend-list.ts';
import type { PlacementPolicy } from '../../src/core/backend-view.ts';
import type { ErrorData, GnomonError } from '../../src/core/errors.ts';
import type { Faults } from '../../src/core/faults.ts';
import type { Job, JobState, Progress } from '../../src/core/job.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import type { Backend, BackendList, Clock, Random, Verifier } from '../../src/core/ports.ts';
import { createScheduler } from '../../src/core/scheduler.ts';
import { percentOf } from '../../src/core/wire/percent.ts';
import { makeByteBudget } from '../byte-budget.ts';
import type { Limits } from '../config.ts';
import { isActive, makeAdmission } from './admission.ts';
import { makeBook } from './book.ts';
import {
  type Entry,
  heldBytes,
  newEntry,
  queueFull,
  refuseOtherCount,
  type Submission,
  shuttingDown,
  tooLate,
} from './entry.ts';
import { makeFairQueue } from './fair-queue.ts';
import { type Figures, makeFigures } from './figures.ts';
import { holdPayloads } from './payloads.ts';
import { makeServerHistory, type ServerHistory } from './server-history.ts';
import { holdSignals, type SignalsOf } from './signals.ts';
import { hasEnded, type JobView, stands } from './view.ts';

export interface ServerJobsOptions {
  backends: BackendList;
  verifier: Verifier;
  clock: Clock;
  random: Random;
  limits: Pick<Limits, 'maxQueued' | 'maxQueuedPerClient' | 'maxQueuedBytes' | 'maxPayloadBytes'>;
  /** Why a backend gets no jobs, or null. */
  setAside?: (backendId: string) => string | null;
  /** Left out: its own. */
  faults?: Faults;
  /** What a proof must show, worked out on this machine before a job that does not say so goes to another. Left out:
   * such a job goes to none. */
  expect?: SignalsOf;
  /** Another machine's proof was wrong; `setAside` should say so from now on. */
  onWrongProof?: (backendId: string, detail: string) => void;
  onTrouble?: (error: ErrorData) => void;
}

export interface QueueTotals {
  totalQueued: number;
  totalProcessing: number;
  totalCompleted: number;
  totalFailed: number;
  totalCancelled: number;
  oldestWaitMs: number;
}

export interface ServerJobs {
  readonly figures: Figures;
  /** Attempts, and what is predicted from them. */
  readonly history: ServerHistory;
  /** Where proofs can be made: here, and on the workers of the pool. */
  places(): readonly Backend[];
  start(): Promise<void>;
  /**
   * Takes a job, or returns the one of the same id; one that failed or was cancelled starts anew.
   * Throws `resource.queue-full` or `resource.shutting-down`.
   */
  submit(submission: Submission): JobView | Promise<JobView>;
  /** The job that a submission of this id would be. Undefined: it would be a new one. */
  standing(owner: string, jobId: string): Promise<JobView | undefined>;
  /** Looks for a job that another gateway of a fleet may have taken, so that `view` knows it. */
  recall?(owner: string, jobId: string): Promise<void>;
  /** Undefined: no such job of this owner. */
  cancel(owner: string, jobId: string): Promise<JobView | undefined>;
  view(owner: string, jobId: string): JobView | undefined;
  /** Resolves when it has ended; undefined when there is no such job, or when `gone` says that nobody waits any more. */
  ended(owner: string, jobId: string, gone?: AbortSignal): Promise<JobView | undefined>;
  /** Newest first, at most so many; of everyone when owner is null. */
  list(owner: string | null, most: number): Listed | Promise<Listed>;
  /** Each change of state and each report of progress. */
  watch(listener: (view: JobView) => void): () => void;
  totals(): QueueTotals;
  capacity(): { slots: number; busy: number; queued: number };
  /** Takes nothing more, hands back what waits, and gives what runs this long to finish. */
  stop(graceMs: number): Promise<void>;
}

export interface Listed {
  views: JobView[];
  total: number;
}

/** One server's own: nothing has to be waited for. */
export interface OwnJobs extends ServerJobs {
  submit(submission: Submission): JobView;
  list(owner: string | null, most: number): Listed;
}

export function createServerJobs(options: ServerJobsOptions): OwnJobs {
  const { clock, random, limits } = options;
  const store = createMemoryStore(clock, random);
  const queue = makeFairQueue();
  const figures = makeFigures();
  const history = makeServerHistory();
  const payloads = holdPayloads(options.backends);
  const { backends } = payloads;
  const signals = options.expect ? holdSignals(payloads, options.expect) : null;
  const inputs = makeByteBudget(limits.maxQueuedBytes, limits.maxPayloadBytes);
  const book = makeBook({ queue, inputs, figures, clock, onForgotten: (key) => void store.remove(key) });
  const setAside = options.setAside ?? (() => null);
  let stopping = false;

  /** Whoever registered a worker has allowed it to see inputs, and to prove what it was given: nothing else. */
  const policy: PlacementPolicy = {
    mode: 'automatic',
    permission: () => 'secrets',
    setAside,
    withoutExpectation: signals === null ? 'stay' : 'compute',
  };
  const scheduler = createScheduler({
    store,
    backends,
    verifier: options.verifier,
    inputs: { resolve: async () => ({}) },
    clock,
    random,
    policy: () => policy,
    estimates: history.estimates,
    metrics: history,
    ...(signals && { expect: signals.expect }),
    ...(options.faults && { faults: options.faults }),
    ...(options.onWrongProof && { onWrongProof: options.onWrongProof }),
    ...(options.onTrouble && { onTrouble: options.onTrouble }),
  });

  const keyOf = (owner: string, jobId: string): string => `${owner}\n${jobId}`;
  const find = (owner: string, jobId: string): Entry | undefined => book.find(keyOf(owner, jobId));
  const slots = (): number =>
    backends
      .list()
      .filter((backend) => backend.health().state === 'ready' && setAside(backend.id) === null)
      .reduce((total, backend) => total + backend.capacity().slots, 0);
  const letIn = makeAdmission({ book, queue, store, clock, slots });
  const pump = (): void => {
    if (!stopping) letIn();
  };

  function end(entry: Entry, state: JobState, error: ErrorData | null): void {
    if (!book.end(entry, state, error)) return;
    payloads.drop(entry.key);
    signals?.drop(entry.key);
    pump();
  }

  function closeEntry(entry: Entry, error: GnomonError): void {
    const wasLetIn = entry.submission === null;
    end(entry, 'failed', error.toData());
    if (wasLetIn) void store.cancel(entry.key);
  }

  function onStored(job: Job): void {
    const entry = book.find(job.id);
    if (entry === undefined || hasEnded(entry) || entry.submission !== null) return;
    entry.attempts = job.attempts.length;
    entry.backingOff = job.state === 'queued' && job.availableAtMs > clock.nowMs();
    if (job.state === 'succeeded') entry.result = job.result;
    if (job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled') {
      end(entry, job.state, job.error);
      return;
    }
    if (job.state === entry.state) return;
    entry.state = job.state;
    if (job.state === 'running') entry.startedAtMs ??= clock.nowMs();
    else Object.assign(entry, { stage: null, percent: 0, etaMs: null });
    book.announce(entry);
    pump();
  }

  function onProgress(key: string, progress: Progress): void {
    const entry = book.find(key);
    if (entry === undefined || entry.state !== 'running') return;
    Object.assign(entry, { stage: progress.stage, percent: percentOf(progress), etaMs: progress.etaMs });
    book.announce(entry);
  }

  function refuseWhenFull(submission: Submission): void {
    const { owner } = submission;
    if (stopping) throw shuttingDown();
    if (queue.sizeOf(owner) >= limits.maxQueuedPerClient)
      throw queueFull(`${limits.maxQueuedPerClient} of your jobs waiting`, 'Wait until some are done.');
    if (queue.size() >= limits.maxQueued) throw queueFull('as many jobs waiting as it takes');
    inputs.refuseBeyond(owner, heldBytes(submission));
  }

  let unwatch: (() => void)[] = [];

  return {
    figures,
    history,
    places: () => backends.list(),

    async start() {
      unwatch = [
        store.watch((event) => {
          if (event.type === 'changed') onStored(event.job);
        }),
        scheduler.watchProgress(({ jobId, progress }) => onProgress(jobId, progress)),
        // Also of each one's places: a worker is in the list before it is connected.
        watchBackends(backends, pump),
      ];
      await scheduler.start();
    },

    async standing(owner, jobId) {
      const known = find(owner, jobId);
      return known !== undefined && stands(known) ? book.view(known) : undefined;
    },

    submit(submission) {
      const { owner, jobId, priority, deadlineMs, inputJson, witness } = submission;
      const known = find(owner, jobId);
      if (known !== undefined && stands(known)) return book.view(known);
      refuseOtherCount(submission);
      refuseWhenFull(submission);
      const entry = newEntry(keyOf(owner, jobId), submission, clock.nowMs());
      if (deadlineMs !== undefined) {
        entry.unsetDeadline = clock.setTimer(deadlineMs, () => closeEntry(entry, tooLate()));
      }
      book.add(entry);
      payloads.put(entry.key, witness === undefined ? { ...(inputJson && { inputJson }) } : { witness });
      queue.add(owner, entry.key, priority, entry.createdAtMs);
      pump();
      return book.view(entry);
    },

    async cancel(owner, jobId) {
      const entry = find(owner, jobId);
      if (entry === undefined) return undefined;
      const wasLetIn = entry.submission === null;
      if (!hasEnded(entry)) {
        end(entry, 'cancelled', null);
        if (wasLetIn) await store.cancel(entry.key);
      }
      return book.view(entry);
    },

    view(owner, jobId) {
      const entry = find(owner, jobId);
      return entry === undefined ? undefined : book.view(entry);
    },

    ended(owner, jobId, gone) {
      const entry = find(owner, jobId);
      return entry === undefined ? Promise.resolve(undefined) : book.ended(entry, gone);
    },

    list: (owner, most) => book.list(owner, most),
    watch: (listener) => book.watch(listener),

    totals() {
      const { completed, failed, cancelled } = figures.totals();
      const oldest = queue.oldestMs();
      return {
        totalQueued: queue.size(),
        totalProcessing: book.inside().length,
        totalCompleted: completed,
        totalFailed: failed,
        totalCancelled: cancelled,
        oldestWaitMs: oldest === null ? 0 : Math.max(0, clock.nowMs() - oldest),
      };
    },

    capacity: () => ({ slots: slots(), busy: book.inside().filter(isActive).length, queued: queue.size() }),

    async stop(graceMs) {
      stopping = true;
      for (const entry of book.waiting()) closeEntry(entry, shuttingDown());
      const running = Promise.all(book.inside().map((entry) => book.ended(entry)));
      await new Promise<void>((resolve) => {
        const unset = clock.setTimer(graceMs, resolve);
        void running.then(() => {
          unset();
          resolve();
        });
      });
      for (const entry of book.inside()) closeEntry(entry, shuttingDown());
      await scheduler.stop();
      for (const unlisten of unwatch) unlisten();
    },
  };
}
