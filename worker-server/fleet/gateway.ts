// The server's jobs as a gateway of a fleet sees them: everything lasting is in the store, and what is here can be lost
// at any time. Any gateway knows any job; a proof counts once a gateway has verified it.
import type { ErrorData } from '../../src/core/errors.ts';
import { GnomonError, toErrorData } from '../../src/core/errors.ts';
import type { Job, Progress } from '../../src/core/job.ts';
import { createListeners } from '../../src/core/listeners.ts';
import type { Backend, Clock, Verifier } from '../../src/core/ports.ts';
import { WRONG_PROOF } from '../../src/core/retry.ts';
import { percentOf } from '../../src/core/wire/percent.ts';
import { type Submission, tooLate } from '../jobs/entry.ts';
import { type Figures, makeFigures } from '../jobs/figures.ts';
import type { ServerHistory } from '../jobs/server-history.ts';
import type { QueueTotals, ServerJobs } from '../jobs/server-jobs.ts';
import { hasEnded, type JobView } from '../jobs/view.ts';
import type { KeyRing } from './keys.ts';
import { type Beat, isOver, ownerOf, type Records } from './records.ts';
import { goingAway, nearlyFull, onlyProves, takesNoWitness, unknownKey } from './refusals.ts';
import { overQueue } from './storage-errors.ts';
import type { FleetStore } from './store.ts';

export interface GatewayOptions {
  store: FleetStore;
  records: Records;
  ring: KeyRing;
  verifier: Verifier;
  clock: Clock;
  history: ServerHistory;
  /** Where this machine proves, for predictions. */
  places: () => readonly Backend[];
  /** False on a machine that only proves. */
  takesJobs: boolean;
  onTrouble: (error: ErrorData) => void;
  /** A proof was wrong: its prover has been set aside. */
  onWrongProof: (prover: string, jobId: string, detail: string) => void;
}

/** What upkeep found out about the whole fleet. */
export interface FleetState {
  queued: number;
  running: number;
  oldestWaitMs: number;
  /** Whether the queue answers; the rest is as old as its last answer. */
  up: boolean;
  /** The queue's memory is nearly full: no new jobs for now. */
  tight: boolean;
  positions: ReadonlyMap<string, number>;
  provers: Beat[];
}

export interface Gateway extends ServerJobs {
  update(state: FleetState): void;
  state(): FleetState;
  /** Verifies the proof that waits for it, and settles the job. */
  check(jobId: string): Promise<void>;
}

/** What a gateway keeps with a job for whoever asks later, sealed since it may tell about the input. */
interface Kept {
  sealed?: string;
  deadlineAtMs?: number;
  /** Of the input. */
  bytes?: number;
}

const MAX_VIEWS = 20_000;

export function createGateway(options: GatewayOptions): Gateway {
  const { store, records, ring, verifier, clock } = options;
  const views = new Map<string, JobView>();
  const contexts = new Map<string, Record<string, unknown>>();
  const figures: Figures = makeFigures();
  const listeners = createListeners<JobView>();
  const checking = new Map<string, Promise<void>>();
  const deadlines = new Map<string, () => void>();
  const unwatch: (() => void)[] = [];
  let stopping = false;
  let state: FleetState = {
    ...{ queued: 0, running: 0, oldestWaitMs: 0, up: true, tight: false },
    ...{ positions: new Map(), provers: [] },
  };

  const idOf = (owner: string, jobId: string): string => `${owner}\n${jobId}`;

  function viewOf(job: Job, before: JobView | undefined): JobView {
    const again = before !== undefined && before.state === job.state;
    const view: JobView = {
      owner: ownerOf(job.id),
      jobId: job.id.slice(job.id.indexOf('\n') + 1),
      circuitId: job.circuit.id,
      priority: job.priority,
      state: job.state,
      position: job.state === 'queued' ? (state.positions.get(job.id) ?? state.queued) : 0,
      stage: again ? before.stage : null,
      percent: job.state === 'succeeded' ? 100 : again ? before.percent : 0,
      etaMs: again && !isOver(job) ? before.etaMs : null,
      createdAtMs: job.createdAtMs,
      startedAtMs: job.attempts[0]?.startedAtMs ?? null,
      endedAtMs: job.endedAtMs,
      attempts: job.attempts.length,
      stalls: job.attempts.filter(({ outcome }) => outcome === 'stalled').length,
      result: job.result,
      error: isOver(job) ? job.error : null,
      context: contexts.get(job.id) ?? {},
    };
    return view;
  }

  function remember(job: Job): JobView {
    const before = views.get(job.id);
    const view = viewOf(job, before);
    views.delete(job.id);
    views.set(job.id, view);
    for (const [id] of views) {
      if (views.size <= MAX_VIEWS) break;
      forget(id);
    }
    return view;
  }

  function forget(id: string): void {
    views.delete(id);
    contexts.delete(id);
    deadlines.get(id)?.();
    deadlines.delete(id);
  }

  function onChange(job: Job): void {
    if (isOver(job)) {
      deadlines.get(job.id)?.();
      deadlines.delete(job.id);
      count(job);
    }
    // Who follows a job is told by whichever gateway they are at; others need not keep it.
    listeners.emit(views.has(job.id) ? remember(job) : viewOf(job, undefined));
  }

  function count(job: Job): void {
    const startedAtMs = job.attempts[0]?.startedAtMs ?? job.createdAtMs;
    const endedAtMs = job.endedAtMs ?? startedAtMs;
    if (job.state === 'succeeded') figures.completed(job.circuit.id, Math.max(0, endedAtMs - startedAtMs));
    else if (job.state === 'failed') figures.failed();
    else figures.cancelled();
  }

  function onProgress(jobId: string, progress: Progress): void {
    const view = views.get(jobId);
    if (view === undefined || hasEnded(view)) return;
    Object.assign(view, { stage: progress.stage, percent: percentOf(progress), etaMs: progress.etaMs });
    listeners.emit({ ...view });
  }

  async function recall(owner: string, jobId: string): Promise<void> {
    const id = idOf(owner, jobId);
    if (views.has(id)) return;
    const job = await overQueue(() => store.get(id));
    if (job === undefined) return;
    const { sealed } = job.context as Kept;
    if (sealed !== undefined) {
      const text = await ring.openText(sealed, { circuit: 'context', jobId: id });
      if (text !== null) contexts.set(id, JSON.parse(text) as Record<string, unknown>);
    }
    remember(job);
  }

  async function submit(submission: Submission): Promise<JobView> {
    if (!options.takesJobs) throw onlyProves();
    if (stopping) throw goingAway();
    if (submission.witness !== undefined) throw takesNoWitness();
    const { owner, jobId, circuit, priority, deadlineMs, context = {} } = submission;
    const id = idOf(owner, jobId);
    const known = await store.get(id);
    if (known !== undefined && (!isOver(known) || known.state === 'succeeded')) return remember(known);
    if (state.tight) throw nearlyFull();
    // Nobody could open it: said now, rather than after it has waited for a day.
    if (submission.sealed !== undefined && !(await ring.knows(submission.sealed))) throw unknownKey();
    if (known !== undefined) await store.remove(id);
    const nowMs = clock.nowMs();
    const kept: Kept = {
      bytes: submission.inputBytes,
      ...(Object.keys(context).length > 0 && {
        sealed: await ring.sealText(JSON.stringify(context), { circuit: 'context', jobId: id }),
      }),
      ...(deadlineMs !== undefined && { deadlineAtMs: nowMs + deadlineMs }),
    };
    const request = {
      id,
      label: circuit.id,
      circuit,
      secrets: [],
      expectedPublicSignals: submission.expectedPublicSignals,
      priority,
      privacy: 'may-offload' as const,
      maxAttempts: submission.maxAttempts ?? 3,
      ...(submission.rung && { rung: submission.rung }),
      keepInput: 'never' as const,
      context: { ...kept },
    };
    contexts.set(id, context);
    const { job } =
      submission.sealed === undefined
        ? await store.add({ ...request, input: submission.input })
        : await store.addSealed(request, submission.sealed);
    if (deadlineMs !== undefined) {
      deadlines.set(
        id,
        clock.setTimer(deadlineMs, () => void store.fail(id, tooLate()).catch(trouble)),
      );
    }
    return remember(job);
  }

  function trouble(thrown: unknown): void {
    options.onTrouble(toErrorData(thrown));
  }

  async function checkNow(jobId: string): Promise<void> {
    const stored = await store.stored(jobId);
    if (stored?.offer == null) return;
    const { job, offer } = stored;
    const { circuit, expectedPublicSignals } = job;
    const asked = { circuit, result: offer.result, expectedPublicSignals };
    const verdict = await verifier.verify(asked, new AbortController().signal);
    if (verdict.ok) {
      await store.settle(jobId, { kind: 'succeeded', result: offer.result });
      return;
    }
    await records.setAside(offer.by, 'its proof did not verify');
    options.onWrongProof(offer.by, jobId, verdict.detail);
    const error = new GnomonError(WRONG_PROOF, 'A prover’s proof did not verify; it has been set aside.', {
      nextStep: 'Another one tries.',
    }).toData();
    await store.settle(jobId, { kind: 'retry', error, delayMs: 0, rung: job.rung, uncounted: true });
  }

  function check(jobId: string): Promise<void> {
    const known = checking.get(jobId);
    if (known !== undefined) return known;
    const work = checkNow(jobId)
      // Upkeep finds it again.
      .catch(trouble)
      .finally(() => checking.delete(jobId));
    checking.set(jobId, work);
    return work;
  }

  return {
    figures,
    history: options.history,
    places: options.places,
    check,
    recall,
    submit: (submission) => overQueue(() => submit(submission)),
    update(next) {
      state = next;
    },
    state: () => state,

    async start() {
      unwatch.push(
        store.watch((event) => {
          if (event.type === 'changed') onChange(event.job);
          else if (event.type === 'removed') forget(event.jobId);
        }),
        store.watchProgress(({ jobId, progress }) => onProgress(jobId, progress)),
      );
      // Those whose owner is here are checked at once, the others by upkeep, so that not all do it.
      if (options.takesJobs) unwatch.push(store.watchOffers((id) => void (views.has(id) && check(id))));
    },

    async cancel(owner, jobId) {
      await recall(owner, jobId);
      const job = await overQueue(() => store.cancel(idOf(owner, jobId)));
      return job === undefined ? undefined : remember(job);
    },

    view: (owner, jobId) => views.get(idOf(owner, jobId)),

    async ended(owner, jobId) {
      await recall(owner, jobId);
      const id = idOf(owner, jobId);
      const now = views.get(id);
      if (now === undefined || hasEnded(now)) return now;
      return new Promise((resolve) => {
        const unlisten = listeners.add((view) => {
          if (view.owner !== owner || view.jobId !== jobId || !hasEnded(view)) return;
          unlisten();
          resolve(view);
        });
      });
    },

    async list(owner, most) {
      const all = await overQueue(() => store.list());
      const jobs = all.filter(({ id }) => owner === null || ownerOf(id) === owner);
      const listed = jobs.slice(0, most).map((job) => viewOf(job, views.get(job.id)));
      return { views: listed, total: jobs.length };
    },

    watch: (listener) => listeners.add(listener),

    totals(): QueueTotals {
      const { completed, failed, cancelled } = figures.totals();
      const { queued: totalQueued, running: totalProcessing, oldestWaitMs } = state;
      const ended = { totalCompleted: completed, totalFailed: failed, totalCancelled: cancelled };
      return { totalQueued, totalProcessing, ...ended, oldestWaitMs };
    },

    capacity() {
      const slots = state.provers.reduce((sum, prover) => sum + (prover.draining ? 0 : prover.slots), 0);
      return { slots, busy: state.running, queued: state.queued };
    },

    async stop() {
      // Jobs stay in the queue; their owners go on at another gateway.
      stopping = true;
      for (const end of unwatch) end();
      for (const unset of deadlines.values()) unset();
      await Promise.all(checking.values());
    },
  };
}
