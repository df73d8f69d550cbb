// The server's jobs: who asked for what, in which order they are let into the scheduler, how they stand. Work in
// progress only, in memory: whoever owns a job submits it again when this server is gone.
import type { PlacementPolicy } from '../../src/core/backend-view.ts';
import { type ErrorData, GnomonError } from '../../src/core/errors.ts';
import type { Job, JobState, Progress } from '../../src/core/job.ts';
import { createListeners } from '../../src/core/listeners.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import type { Backend, BackendList, Clock, Random, Verifier } from '../../src/core/ports.ts';
import { createScheduler } from '../../src/core/scheduler.ts';
import { percentOf } from '../../src/core/wire/percent.ts';
import type { Limits } from '../config.ts';
import { type Entry, entryView, newEntry, type Submission, shuttingDown, tooLate } from './entry.ts';
import { makeFairQueue } from './fair-queue.ts';
import { type Figures, makeFigures } from './figures.ts';
import { makeServerHistory, type ServerHistory } from './server-history.ts';
import { hasEnded, type JobView } from './view.ts';

export interface ServerJobsOptions {
  backends: BackendList;
  verifier: Verifier;
  clock: Clock;
  random: Random;
  limits: Pick<Limits, 'maxQueued' | 'maxQueuedPerClient' | 'maxQueuedBytes'>;
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
  submit(submission: Submission): JobView;
  /** Undefined: no such job of this owner. */
  cancel(owner: string, jobId: string): Promise<JobView | undefined>;
  view(owner: string, jobId: string): JobView | undefined;
  /** Resolves when it has ended; undefined when there is no such job. */
  ended(owner: string, jobId: string): Promise<JobView | undefined>;
  /** Newest first; of everyone when owner is null. */
  list(owner: string | null): JobView[];
  /** Each change of state and each report of progress. */
  watch(listener: (view: JobView) => void): () => void;
  totals(): QueueTotals;
  capacity(): { slots: number; busy: number; queued: number };
  /** Takes nothing more, hands back what waits, and gives what runs this long to finish. */
  stop(graceMs: number): Promise<void>;
}

/** Whoever registered a worker has allowed it; the jobs' owners hold every result to what they expect. */
const POLICY: PlacementPolicy = {
  mode: 'automatic',
  permission: () => 'secrets',
  setAside: () => null,
  withoutExpectation: 'trust',
};

/** Ended jobs that are remembered, so that a client that was away gets its result; a few kilobytes each. */
const KEPT_ENDED = 2000;
const KEPT_MS = 15 * 60_000;

export function createServerJobs(options: ServerJobsOptions): ServerJobs {
  const { backends, clock, random, limits } = options;
  const store = createMemoryStore(clock, random);
  const queue = makeFairQueue();
  const figures = makeFigures();
  const history = makeServerHistory();
  const entries = new Map<string, Entry>();
  const listeners = createListeners<JobView>();
  let queuedBytes = 0;
  let stopping = false;
  const scheduler = createScheduler({
    store,
    backends,
    verifier: options.verifier,
    inputs: { resolve: async () => ({}) },
    clock,
    random,
    policy: () => POLICY,
    estimates: history.estimates,
    metrics: history,
    ...(options.onTrouble && { onTrouble: options.onTrouble }),
  });

  const keyOf = (owner: string, jobId: string): string => `${owner}\n${jobId}`;
  const slots = (): number =>
    backends
      .list()
      .filter((backend) => backend.health().state === 'ready')
      .reduce((total, backend) => total + backend.capacity().slots, 0);
  const letIn = (): Entry[] =>
    [...entries.values()].filter((entry) => entry.submission === null && !hasEnded(entry));
  const isActive = (entry: Entry): boolean => !entry.backingOff;

  const viewOf = (entry: Entry): JobView => {
    const position = entry.state === 'queued' ? (queue.position(entry.key, clock.nowMs()) ?? 0) : 0;
    return entryView(entry, position);
  };
  const announce = (entry: Entry): void => listeners.emit(viewOf(entry));

  /** Lets in what can run now; the scheduler has nothing to choose from but that. */
  function pump(): void {
    if (stopping) return;
    const active = letIn().filter(isActive);
    const runningOf = new Map<string, number>();
    for (const { owner } of active) runningOf.set(owner, (runningOf.get(owner) ?? 0) + 1);
    for (let free = slots() - active.length; free > 0; free--) {
      const key = queue.take(clock.nowMs(), (owner) => runningOf.get(owner) ?? 0);
      const entry = key === null ? undefined : entries.get(key);
      const submission = entry?.submission;
      if (entry === undefined || submission == null) return;
      runningOf.set(entry.owner, (runningOf.get(entry.owner) ?? 0) + 1);
      entry.submission = null;
      void admit(entry, submission);
    }
  }

  async function admit(entry: Entry, submission: Submission): Promise<void> {
    // A job of this id that ended before starts anew.
    await store.remove(entry.key);
    await store.add({
      id: entry.key,
      label: submission.circuit.id,
      circuit: submission.circuit,
      input: submission.input,
      secrets: [],
      expectedPublicSignals: submission.expectedPublicSignals,
      priority: submission.priority,
      privacy: 'may-offload',
      maxAttempts: submission.maxAttempts ?? 3,
      ...(submission.rung && { rung: submission.rung }),
      keepInput: 'never',
      context: {},
    });
    // Cancelled between being chosen and being there.
    if (hasEnded(entry)) await store.cancel(entry.key);
  }

  function end(entry: Entry, state: JobState, error: ErrorData | null): void {
    if (hasEnded(entry)) return;
    entry.unsetDeadline();
    if (entry.submission !== null) queue.remove(entry.key);
    queuedBytes -= entry.inputBytes;
    const endedAtMs = clock.nowMs();
    Object.assign(entry, { state, error, endedAtMs, submission: null, inputBytes: 0, etaMs: null });
    if (state === 'succeeded') {
      entry.percent = 100;
      figures.completed(entry.circuit.id, Math.max(0, endedAtMs - (entry.startedAtMs ?? endedAtMs)));
    } else if (state === 'failed') figures.failed();
    else figures.cancelled();
    forgetOld();
    announce(entry);
    pump();
  }

  function forgetOld(): void {
    const ended = [...entries.values()].filter(hasEnded);
    const before = clock.nowMs() - KEPT_MS;
    ended.forEach((entry, at) => {
      if (at >= ended.length - KEPT_ENDED && (entry.endedAtMs ?? 0) > before) return;
      entries.delete(entry.key);
      void store.remove(entry.key);
    });
  }

  function onStored(job: Job): void {
    const entry = entries.get(job.id);
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
    announce(entry);
    pump();
  }

  function onProgress(key: string, progress: Progress): void {
    const entry = entries.get(key);
    if (entry === undefined || entry.state !== 'running') return;
    Object.assign(entry, { stage: progress.stage, percent: percentOf(progress), etaMs: progress.etaMs });
    announce(entry);
  }

  function refuseWhenFull({ owner, inputBytes }: Submission): void {
    if (stopping) throw shuttingDown();
    const full = (what: string, nextStep: string) =>
      new GnomonError('resource.queue-full', `This server has ${what}.`, { nextStep });
    if (queue.sizeOf(owner) >= limits.maxQueuedPerClient)
      throw full(`${limits.maxQueuedPerClient} of your jobs waiting`, 'Wait until some are done.');
    if (queue.size() >= limits.maxQueued) throw full('as many jobs waiting as it takes', 'Try again later.');
    if (queuedBytes + inputBytes > limits.maxQueuedBytes)
      throw full('no room for another input', 'Try again later.');
  }

  function closeEntry(entry: Entry, error: GnomonError): void {
    const admitted = entry.submission === null;
    end(entry, 'failed', error.toData());
    if (admitted) void store.cancel(entry.key);
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
        backends.watch(pump),
      ];
      await scheduler.start();
    },

    submit(submission) {
      const key = keyOf(submission.owner, submission.jobId);
      const known = entries.get(key);
      if (known !== undefined && (!hasEnded(known) || known.state === 'succeeded')) return viewOf(known);
      refuseWhenFull(submission);
      const { owner, priority, inputBytes, deadlineMs } = submission;
      const entry = newEntry(key, submission, clock.nowMs());
      if (deadlineMs !== undefined) {
        entry.unsetDeadline = clock.setTimer(deadlineMs, () => closeEntry(entry, tooLate()));
      }
      // To the end of the map, which is in the order of coming.
      entries.delete(key);
      entries.set(key, entry);
      queuedBytes += inputBytes;
      queue.add(owner, key, priority, entry.createdAtMs);
      pump();
      return viewOf(entry);
    },

    async cancel(owner, jobId) {
      const entry = entries.get(keyOf(owner, jobId));
      if (entry === undefined) return undefined;
      const admitted = entry.submission === null;
      if (!hasEnded(entry)) {
        end(entry, 'cancelled', null);
        if (admitted) await store.cancel(entry.key);
      }
      return viewOf(entry);
    },

    view(owner, jobId) {
      const entry = entries.get(keyOf(owner, jobId));
      return entry === undefined ? undefined : viewOf(entry);
    },

    ended(owner, jobId) {
      const entry = entries.get(keyOf(owner, jobId));
      if (entry === undefined) return Promise.resolve(undefined);
      if (hasEnded(entry)) return Promise.resolve(viewOf(entry));
      return new Promise((resolve) => {
        const unlisten = listeners.add((view) => {
          if (view.owner !== owner || view.jobId !== jobId || !hasEnded(view)) return;
          unlisten();
          resolve(view);
        });
      });
    },

    list(owner) {
      const all = [...entries.values()].filter((entry) => owner === null || entry.owner === owner);
      return all.reverse().map(viewOf);
    },

    watch: (listener) => listeners.add(listener),

    totals() {
      const { completed, failed, cancelled } = figures.totals();
      const processing = letIn().length;
      const oldest = queue.oldestMs();
      return {
        totalQueued: queue.size(),
        totalProcessing: processing,
        totalCompleted: completed,
        totalFailed: failed,
        totalCancelled: cancelled,
        oldestWaitMs: oldest === null ? 0 : Math.max(0, clock.nowMs() - oldest),
      };
    },

    capacity: () => ({ slots: slots(), busy: letIn().filter(isActive).length, queued: queue.size() }),

    async stop(graceMs) {
      stopping = true;
      for (const entry of entries.values()) {
        if (entry.submission !== null) closeEntry(entry, shuttingDown());
      }
      await new Promise<void>((resolve) => {
        const unset = clock.setTimer(graceMs, resolve);
        const look = () => {
          if (letIn().length > 0) return;
          unset();
          resolve();
        };
        listeners.add(look);
        look();
      });
      for (const entry of letIn()) closeEntry(entry, shuttingDown());
      await scheduler.stop();
      for (const unlisten of unwatch) unlisten();
    },
  };
}
