// The server's jobs as a gateway of a fleet sees them: everything lasting is in the store, and what is here can be lost
// at any time. Any gateway knows any job; a proof counts once a gateway has verified it.
import type { ErrorData } from '../../src/core/errors.ts';
import { toErrorData } from '../../src/core/errors.ts';
import type { Job, Progress } from '../../src/core/job.ts';
import { createListeners } from '../../src/core/listeners.ts';
import type { Backend, Clock, Verifier } from '../../src/core/ports.ts';
import { heldBytes, refuseOtherCount, type Submission, tooLate } from '../jobs/entry.ts';
import { type Figures, makeFigures } from '../jobs/figures.ts';
import type { ServerHistory } from '../jobs/server-history.ts';
import type { QueueTotals, ServerJobs } from '../jobs/server-jobs.ts';
import { hasEnded, type JobView, stands } from '../jobs/view.ts';
import { waitFor } from '../jobs/waiting.ts';
import type { ChildInputs } from '../proving/child-inputs.ts';
import { makeAnew } from './anew.ts';
import { makeExpected } from './expected.ts';
import type { KeyRing } from './keys.ts';
import type { Lanes } from './lanes.ts';
import { type Beat, isOver, type Records } from './records.ts';
import {
  cannotTell,
  goingAway,
  lostJob,
  nearlyFull,
  onlyProves,
  takesNoWitness,
  unknownKey,
} from './refusals.ts';
import { overQueue } from './storage-errors.ts';
import type { FleetStore } from './store.ts';
import { makeVerdicts, type Verdicts } from './verdicts.ts';
import { makeViews } from './views.ts';

export interface GatewayOptions {
  store: FleetStore;
  records: Records;
  ring: KeyRing;
  lanes: Lanes;
  verifier: Verifier;
  /** What a proof must show of a job that came without saying so. */
  inputs: Pick<ChildInputs, 'signalsOf' | 'hasCalculator'>;
  clock: Clock;
  history: ServerHistory;
  /** Where this machine proves, for predictions. */
  places: () => readonly Backend[];
  /** False on a machine that only proves. */
  takesJobs: boolean;
  onTrouble: (error: ErrorData) => void;
  /** A proof was wrong: its prover has been set aside. */
  onWrongProof: (prover: string, jobId: string, detail: string) => void;
  /** It found fault with an input that another has proved, and has been set aside. */
  onWrongRefusal: (prover: string, jobId: string) => void;
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
  check: Verdicts['check'];
  /** News can get lost: looks again at what clients here wait for. `listed`: all that wait or run, read just now. */
  catchUp(listed: readonly Job[]): Promise<void>;
}

/** What a gateway keeps with a job for whoever asks later, sealed since it may tell about the input. */
interface Kept {
  sealed?: string;
  deadlineAtMs?: number;
  /** Of the input. */
  bytes?: number;
}

type Context = JobView['context'];

const MAX_VIEWS = 20_000;

export function createGateway(options: GatewayOptions): Gateway {
  const { store, ring, lanes, clock } = options;
  const figures: Figures = makeFigures();
  const listeners = createListeners<JobView>();
  const unwatch: (() => void)[] = [];
  let stopping = false;
  let state: FleetState = {
    ...{ queued: 0, running: 0, oldestWaitMs: 0, up: true, tight: false },
    ...{ positions: new Map(), provers: [] },
  };

  const idOf = (owner: string, jobId: string): string => `${owner}\n${jobId}`;
  const trouble = (thrown: unknown): void => options.onTrouble(toErrorData(thrown));
  const views = makeViews((job) => state.positions.get(job.id) ?? state.queued, MAX_VIEWS);
  const anew = makeAnew(options);
  const expected = makeExpected({
    ...{ records: options.records, ring, inputs: options.inputs },
    onRefused: (job, error) => void verdicts.refuse(job, error).catch(trouble),
  });
  const verdicts = makeVerdicts({ ...options, expected, onTrouble: trouble });

  /** Who follows a job is told by whichever gateway they are at; others need not keep it. */
  function onChange(job: Job, context?: Context): void {
    if (!views.isNews(job)) return;
    if (isOver(job)) count(job);
    const known = views.get(job.id) !== undefined;
    listeners.emit(known ? views.remember(job, context) : views.viewOf(job));
  }

  /** For the verdict on its proof. A job is its owner's gateway's, while that is there. */
  function follow(job: Job): void {
    if (isOver(job)) verdicts.forget(job.id);
    else if (options.takesJobs && views.get(job.id) !== undefined) expected.begin(job);
  }

  function count(job: Job): void {
    const startedAtMs = job.attempts[0]?.startedAtMs ?? job.createdAtMs;
    const endedAtMs = job.endedAtMs ?? startedAtMs;
    if (job.state === 'succeeded') figures.completed(job.circuit.id, Math.max(0, endedAtMs - startedAtMs));
    else if (job.state === 'failed') figures.failed();
    else figures.cancelled();
  }

  /** From now on its owner's view is here; whoever waits for it already hears what they have missed. */
  function learn(job: Job, context?: Context): JobView {
    if (views.get(job.id) !== undefined) onChange(job, context);
    if (options.takesJobs) expected.begin(job);
    return views.remember(job, context);
  }

  /** Its record is gone, as after a crash of a queue that had not written it to the disk yet. */
  function lose(id: string): void {
    const view = views.get(id);
    views.forget(id);
    if (view === undefined || hasEnded(view)) return;
    listeners.emit({ ...view, state: 'failed', error: lostJob().toData(), endedAtMs: clock.nowMs() });
  }

  function onProgress(jobId: string, progress: Progress): void {
    const view = views.report(jobId, progress);
    if (view !== undefined) listeners.emit({ ...view });
  }

  /** Undefined: it cannot be read here, or not yet. */
  async function contextOf(job: Job): Promise<Context | undefined> {
    const { sealed } = job.context as Kept;
    if (sealed === undefined) return {};
    const text = await ring.openText(sealed, { circuit: 'context', jobId: job.id });
    return text === null ? undefined : (JSON.parse(text) as Context);
  }

  /** What was heard of it may be old, unless it was the end. */
  async function recall(owner: string, jobId: string): Promise<void> {
    const id = idOf(owner, jobId);
    const hasContext = views.hasContext(id);
    if (hasContext && views.get(id)?.state === 'succeeded') return;
    const job = await overQueue(() => store.get(id));
    if (job === undefined) lose(id);
    else if (!hasContext || views.isNews(job)) learn(job, await contextOf(job));
  }

  async function catchUp(listed: readonly Job[]): Promise<void> {
    lanes.reset(listed);
    const byId = new Map(listed.map((job) => [job.id, job]));
    expected.keep(byId);
    for (const id of views.pending()) {
      const job = byId.get(id) ?? (await store.get(id));
      if (job === undefined) lose(id);
      else onChange(job);
    }
  }

  async function standing(owner: string, jobId: string): Promise<JobView | undefined> {
    await recall(owner, jobId);
    const id = idOf(owner, jobId);
    const view = views.get(id);
    if (view?.state !== 'queued') return view && stands(view) ? view : undefined;
    const job = await store.get(id);
    return job !== undefined && (await anew.goesOn(job)) ? view : undefined;
  }

  async function submit(submission: Submission): Promise<JobView> {
    if (!options.takesJobs) throw onlyProves();
    if (stopping) throw goingAway();
    if (submission.witness !== undefined) throw takesNoWitness();
    refuseOtherCount(submission);
    const { owner, jobId, circuit, priority, deadlineMs, context = {} } = submission;
    const id = idOf(owner, jobId);
    const known = await store.get(id);
    if (known !== undefined && (await anew.goesOn(known))) {
      return learn(known, await contextOf(known));
    }
    if (state.tight) throw nearlyFull();
    const isTold = submission.expectedPublicSignals !== null;
    if (!isTold && !(await options.inputs.hasCalculator(circuit))) throw cannotTell(circuit);
    // Nobody could open it: said now, rather than after it has waited for a day.
    if (submission.sealed !== undefined && !(await ring.knows(submission.sealed))) throw unknownKey();
    const nowMs = clock.nowMs();
    const kept: Kept = {
      bytes: heldBytes(submission),
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
    const { inputJson = new Uint8Array(), sealed = await ring.sealJson(inputJson, request) } = submission;
    const { job, added } = await anew.add(request, sealed, known);
    // Somebody else was quicker, and it is that one's job: its deadline and its context.
    if (!added) return learn(job, await contextOf(job));
    const view = learn(job, context);
    if (deadlineMs !== undefined) {
      const end = () => store.fail(id, tooLate(), ({ sequence }) => sequence === job.sequence);
      views.atEnd(
        id,
        clock.setTimer(deadlineMs, () => void end().catch(trouble)),
      );
    }
    return view;
  }

  return {
    figures,
    history: options.history,
    places: options.places,
    check: verdicts.check,
    catchUp,
    recall,
    standing: (owner, jobId) => overQueue(() => standing(owner, jobId)),
    submit: (submission) => overQueue(() => submit(submission)),
    update(next) {
      state = next;
    },
    state: () => state,

    async start() {
      unwatch.push(
        store.watch((event) => {
          if (event.type === 'changed') {
            lanes.note(event.job);
            follow(event.job);
            onChange(event.job);
          } else if (event.type === 'removed') {
            lanes.forget(event.jobId);
            verdicts.forget(event.jobId);
            lose(event.jobId);
          }
        }),
        store.watchProgress(({ jobId, progress }) => onProgress(jobId, progress)),
      );
      // Those whose owner is here are checked at once, the others by upkeep, so that not all do it.
      if (options.takesJobs)
        unwatch.push(store.watchOffers((id) => void (views.get(id) && verdicts.check(id))));
    },

    async cancel(owner, jobId) {
      await recall(owner, jobId);
      const job = await overQueue(() => store.cancel(idOf(owner, jobId)));
      return job === undefined ? undefined : learn(job, await contextOf(job));
    },

    view: (owner, jobId) => views.get(idOf(owner, jobId)),

    async ended(owner, jobId, gone) {
      await recall(owner, jobId);
      const id = idOf(owner, jobId);
      const now = views.get(id);
      if (now === undefined || hasEnded(now)) return now;
      return waitFor(
        (tell) =>
          listeners.add((view) => {
            if (view.owner === owner && view.jobId === jobId && hasEnded(view)) tell(view);
          }),
        gone,
      );
    },

    async list(owner, most) {
      const { jobs, total } = await overQueue(() => store.recent(owner, most));
      return { views: jobs.map((job) => views.viewOf(job)), total };
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
      views.close();
      await verdicts.close();
    },
  };
}
