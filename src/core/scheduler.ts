// Takes jobs from the store, has backends run them, and commits what was verified. Holds nothing that the
// store does not: a scheduler may die at any time, and the next one goes on from there.
import { type AttemptEnd, deadlineMsFor, runAttempt } from './attempt.ts';
import { asBackendList, hasLeft, watchBackends } from './backend-list.ts';
import { type ErrorData, toErrorData } from './errors.ts';
import { ratiosOf } from './estimates.ts';
import type { Job, Progress } from './job.ts';
import { createListeners } from './listeners.ts';
import type { MetricsSink } from './metrics/attempt-record.ts';
import { createRecorder, type EndedAs } from './metrics/recorder.ts';
import type {
  AttemptOutcome,
  Backend,
  BackendList,
  Claim,
  Clock,
  ExpectSignals,
  Holder,
  InputResolver,
  JobStore,
  LeaseRef,
  Random,
  StoreEvent,
  Verifier,
} from './ports.ts';
import { outcomeOfFailure } from './retry.ts';
import { createRouting, type RoutingOptions } from './routing.ts';
import { keepForgetting } from './upkeep.ts';

export interface SchedulerOptions extends Omit<RoutingOptions, 'backends'> {
  store: JobStore;
  /** Where attempts run; in the order in which they are tried. */
  backends: readonly Backend[] | BackendList;
  verifier: Verifier;
  inputs: InputResolver;
  clock: Clock;
  random: Random;
  /** Names this host in leases; drawn at random when left out. */
  ownerId?: string;
  /** How long a lease lasts unless renewed (thrice in that time). Where epochs fence, it may be long: hidden
   * tabs get a timer a minute. Default 30 s. */
  leaseMs?: number;
  /** Another leader has taken over; the scheduler has stopped and `start` would take over again. */
  onFenced?: () => void;
  /** Storage failed while nobody was asking; it goes on trying. */
  onTrouble?: (error: ErrorData) => void;
  /** Gets a record of each attempt. */
  metrics?: MetricsSink;
  /** For jobs that leave and come without expected signals; where the policy says `compute`. */
  expect?: ExpectSignals;
  /** Decides what a failed attempt leads to; replaced only by tests that plant bugs. */
  decide?: typeof outcomeOfFailure;
}

export interface ProgressEvent {
  jobId: string;
  progress: Progress;
}

/** Submitting, cancelling, retrying and removing are writes to the store, from any tab: the scheduler hears
 * of them there. */
export interface Scheduler {
  /** Begins a new epoch, taking over whatever a gone leader left running, and works until `stop` or until
   * fenced. */
  start(): Promise<void>;
  /** Ends running attempts, gives their leases back and stops. Resolves when all have wound up. */
  stop(): Promise<void>;
  /** How many attempts have begun here and not ended, checking included. */
  running(): number;
  /** Progress of the attempts that run here, never going back within one. */
  watchProgress(listener: (event: ProgressEvent) => void): () => void;
}

/** Looks again even if no news came, should a broadcast ever be lost. */
const IDLE_POLL_MS = 60_000;
const COMMIT_TRIES = 5;
const STORAGE_PAUSE_MS = 1_000;

interface Running {
  claim: Claim;
  backendId: string;
  controller: AbortController;
  /** Why it was aborted: `lost` commits nothing, `leaving` gives the lease back. */
  abortedAs: 'lost' | 'leaving' | null;
  /** For the metrics, where it was aborted. */
  endedAs: EndedAs;
  ended: Promise<void>;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { store, verifier, inputs, clock, random, leaseMs = 30_000 } = options;
  const ownerId = options.ownerId ?? random.id();
  const decide = options.decide ?? outcomeOfFailure;
  const backends = asBackendList(options.backends);
  const listeners = createListeners<ProgressEvent>();
  const running = new Map<string, Running>();
  const routing = createRouting({ ...options, backends });
  const recorder = createRecorder(options.metrics, clock);
  const orphans = new Map<LeaseRef, AttemptOutcome>();
  let holder: Holder | null = null;
  let pumping: Promise<void> | null = null;
  let pumpAgain = false;
  let renewedAtMs = 0;
  let unsetWake = () => {};
  let unsetRenewal = () => {};
  let unwatch: (() => void)[] = [];

  const ours = (id: string): number =>
    [...running.values()].filter(({ backendId }) => backendId === id).length;

  /** Looks for work; safe to call at any time, from anywhere. */
  function wake(): void {
    if (holder === null) return;
    pumpAgain = true;
    pumping ??= pump();
  }

  async function pump(): Promise<void> {
    try {
      while (pumpAgain) {
        pumpAgain = false;
        // After a sleep our own leases may have run out; whoever still works keeps them.
        if (holder !== null && clock.nowMs() - renewedAtMs > leaseMs / 2) await renewAll(holder);
        await settleOrphans();
        await claimAll();
      }
    } catch (thrown) {
      options.onTrouble?.(toErrorData(thrown));
      wakeIn(STORAGE_PAUSE_MS);
    } finally {
      pumping = null;
    }
  }

  async function settleOrphans(): Promise<void> {
    for (const [lease, outcome] of orphans) {
      if (holder !== null) await store.commit(holder, lease, outcome);
      orphans.delete(lease);
    }
  }

  async function claimAll(): Promise<void> {
    for (;;) {
      const mine = holder;
      if (mine === null || !routing.anyFree(ours)) return;
      const found = await store.claim(mine, {
        leaseMs,
        place: (job) => routing.place(job, ours),
      });
      if ('refusal' in found) return fenced(mine);
      if (found.claim === null) {
        const { nextDueAtMs } = found;
        const dueInMs = nextDueAtMs === null ? IDLE_POLL_MS : Math.max(1, nextDueAtMs - clock.nowMs());
        return wakeIn(Math.min(dueInMs, routing.changesInMs() ?? IDLE_POLL_MS, IDLE_POLL_MS));
      }
      if (holder === mine) launch(mine, found.claim);
      else await store.commit(mine, found.claim.lease, { kind: 'released' });
    }
  }

  function wakeIn(delayMs: number): void {
    unsetWake();
    unsetWake = clock.setTimer(delayMs, wake);
  }

  function launch(mine: Holder, claim: Claim): void {
    const backendId = claim.job.attempts.at(-1)?.backendId ?? '';
    const controller = new AbortController();
    const entry: Running = {
      claim,
      backendId,
      controller,
      abortedAs: null,
      endedAs: 'released',
      ended: Promise.resolve(),
    };
    const before = running.get(claim.job.id);
    if (before !== undefined) abort(before, 'lost');
    running.set(claim.job.id, entry);
    entry.ended = run(mine, entry)
      .catch((thrown) => {
        const error = toErrorData(thrown);
        options.onTrouble?.(error);
        // Ours, but nobody runs it: ends like any failed attempt as soon as storage takes that.
        if (entry.abortedAs === null) orphans.set(claim.lease, decide(claim.job, error, random));
      })
      .then(() => {
        if (running.get(claim.job.id) === entry) running.delete(claim.job.id);
        wake();
      });
  }

  async function run(mine: Holder, entry: Running): Promise<void> {
    const { job } = entry.claim;
    const backend = backends.list().find(({ id }) => id === entry.backendId);
    if (backend === undefined) throw hasLeft();
    const expected = routing.expected(job, backend);
    const predicted = routing.prediction(job, backend);
    const watch = recorder.begins(entry.claim, backend, predicted);
    const end = await runAttempt(
      entry.claim,
      {
        clock,
        inputs,
        verifier,
        backend,
        deadlineMs: deadlineMsFor(expected),
        expected,
        spread: predicted === null ? undefined : ratiosOf(predicted),
        expect: options.expect,
        mayStay: backends.list().some(({ kind }) => kind !== 'remote'),
      },
      entry.controller.signal,
      (progress) => {
        watch.progress(progress);
        listeners.emit({ jobId: job.id, progress });
      },
    );
    routing.ended(job, backend, end);
    const outcome = outcomeOf(entry, backend, end);
    // A held attempt is struck from the record, since it never began.
    const ended: AttemptEnd = outcome?.kind === 'released' ? { kind: 'aborted' } : end;
    if (outcome?.kind !== 'held') watch.ended(ended, entry.endedAs);
    if (outcome !== null) await commit(mine, entry, outcome);
  }

  function outcomeOf(entry: Running, backend: Backend, end: AttemptEnd): AttemptOutcome | null {
    if (entry.abortedAs === 'lost') return null;
    if (end.kind === 'proved') return { kind: 'succeeded', result: end.result };
    if (entry.abortedAs === 'leaving' || end.kind === 'aborted') return { kind: 'released' };
    const { job } = entry.claim;
    return routing.secondOpinion(job, backend, end) ?? decide(job, end.error, random);
  }

  /** Storage may be full or locked for a moment; the proof is worth a few tries. */
  async function commit(mine: Holder, entry: Running, outcome: AttemptOutcome): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const written = await store.commit(mine, entry.claim.lease, outcome);
        if (!written.ok && written.refusal === 'fenced') fenced(mine);
        return;
      } catch (thrown) {
        if (attempt === COMMIT_TRIES || entry.abortedAs !== null) throw thrown;
        options.onTrouble?.(toErrorData(thrown));
        await new Promise<void>((resolve) => clock.setTimer(STORAGE_PAUSE_MS * attempt, resolve));
      }
    }
  }

  function abort(entry: Running, as: 'lost' | 'leaving'): void {
    entry.abortedAs ??= as;
    entry.controller.abort();
  }

  async function renewAll(mine: Holder): Promise<void> {
    renewedAtMs = clock.nowMs();
    for (const entry of [...running.values()]) {
      try {
        const written = await store.renew(mine, entry.claim.lease);
        if (!written.ok && written.refusal === 'fenced') return fenced(mine);
        if (!written.ok) abort(entry, 'lost');
      } catch (thrown) {
        options.onTrouble?.(toErrorData(thrown));
      }
    }
  }

  function scheduleRenewal(mine: Holder): void {
    unsetRenewal = clock.setTimer(leaseMs / 3, async () => {
      await renewAll(mine);
      if (holder === mine) scheduleRenewal(mine);
    });
  }

  function onStoreEvent(event: StoreEvent): void {
    if (event.type === 'queue') {
      if (!event.paused) wake();
      return;
    }
    if (event.type === 'changed') recorder.heard(event.job, backends.list());
    const jobId = event.type === 'changed' ? event.job.id : event.jobId;
    const entry = running.get(jobId);
    if (entry !== undefined) {
      const stillOurs = event.type === 'changed' && holdsLease(entry, event.job);
      if (!stillOurs) void checkLease(entry);
    }
    if (event.type !== 'changed' || event.job.state !== 'queued') return;
    if (event.job.held === null && !event.job.paused) wake();
  }

  /** News may be older than the claim; the store knows. */
  async function checkLease(entry: Running): Promise<void> {
    const job = await store.get(entry.claim.job.id).catch(() => entry.claim.job);
    if (holdsLease(entry, job)) return;
    if (job === undefined || job.state === 'cancelled') entry.endedAs = 'cancelled';
    abort(entry, 'lost');
  }

  function fenced(mine: Holder): void {
    if (holder !== mine) return;
    quit();
    for (const entry of running.values()) abort(entry, 'lost');
    options.onFenced?.();
  }

  function quit(): void {
    holder = null;
    unsetWake();
    unsetRenewal();
    for (const end of unwatch) end();
    unwatch = [];
  }

  return {
    async start() {
      if (holder !== null) return;
      holder = { ownerId, epoch: await store.beginEpoch(ownerId) };
      unwatch = [
        store.watch(onStoreEvent),
        watchBackends(backends, wake),
        keepForgetting(store, clock, (error) => options.onTrouble?.(error)),
      ];
      scheduleRenewal(holder);
      void routing.learn(store).catch((thrown) => options.onTrouble?.(toErrorData(thrown)));
      wake();
    },

    async stop() {
      quit();
      for (const entry of running.values()) abort(entry, 'leaving');
      // A claim under way gives its lease back as well.
      await pumping;
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },

    running: () => running.size,
    watchProgress: (listener) => listeners.add(listener),
  };
}

function holdsLease(entry: Running, job: Job | undefined): boolean {
  return job?.lease?.token === entry.claim.lease.token;
}
