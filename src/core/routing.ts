// What the scheduler knows about where to run things: the policy, the measured times, and which backends have
// lied. Placement itself is pure (placement.ts); this gathers what it needs.
import type { AttemptEnd } from './attempt.ts';
import { type PlacementPolicy, viewOf } from './backend-view.ts';
import type { ErrorData } from './errors.ts';
import { createEstimates, type Estimates, type Expectation } from './estimates.ts';
import { createFaults, type Faults } from './faults.ts';
import type { Attempt, Job } from './job.ts';
import { couldHave, mayStillHave, placement } from './placement.ts';
import type { AttemptOutcome, Backend, BackendList, Clock, JobStore, Placed } from './ports.ts';
import { isAboutInput, NOT_ALLOWED, STAYS_HERE, WRONG_PROOF, WRONG_REFUSAL } from './retry.ts';
import type { StageTimes } from './time-left.ts';

/** What only the host knows: what the person wants, and what became of it. */
export interface RoutingOptions {
  backends: BackendList;
  clock: Clock;
  /** Asked at each placement, so that a change holds from then on. Left out: nothing leaves. */
  policy?: () => PlacementPolicy;
  /** A proof of this server did not verify. The policy's `setAside` should say so from now on. */
  onWrongProof?: (backendId: string, detail: string) => void;
  estimates?: Estimates;
  /** Shared with whoever shows it. */
  faults?: Faults;
  /** True: the host has taught the estimates from its own records, so that saved jobs would tell the same again. */
  taught?: () => Promise<boolean>;
}

export interface Routing {
  /** Null: not now. `ours`: attempts that run on a backend. */
  place(job: Job, ours: (backendId: string) => number): Placed | null;
  anyFree(ours: (backendId: string) => number): boolean;
  /** Until a backend that rests may be placed at again; null: none rests. */
  changesInMs(): number | null;
  /** The stages of a job's attempt on `backend`, in milliseconds. */
  expected(job: Job, backend: Backend): StageTimes;
  /** What such a run takes, with its interval; null: not known. */
  prediction(job: Job, backend: Backend): Expectation | null;
  /** How an attempt on `backend` ended. */
  ended(job: Job, backend: Backend, end: AttemptEnd): void;
  /** What follows from an error of a remote's, where that is not what follows from one of this machine's: its word
   * alone ends no job while this machine can try or, where none can here, another remote; and permission that was
   * withdrawn uses up no attempt. */
  secondOpinion(
    job: Job,
    backend: Backend,
    end: Extract<AttemptEnd, { kind: 'error' }>,
  ): AttemptOutcome | null;
  /** Learns from what has been proved before, by provers that are gone. */
  learn(store: JobStore): Promise<void>;
}

const NOTHING_LEAVES: PlacementPolicy = {
  mode: 'here',
  permission: () => 'nothing',
  setAside: () => null,
  withoutExpectation: 'stay',
};

/** A remote chooses for itself. */
function rungOf(job: Job, backend: Backend): Job['rung'] | null {
  return backend.kind === 'remote' ? null : (job.attempts.at(-1)?.rung ?? job.rung);
}

/** Those that failed, since the person last put it in the queue. */
function triesOf(job: Job): Attempt[] {
  return job.attempts.filter(
    ({ startedAtMs, outcome }) => outcome === 'failed' && startedAtMs >= job.queuedAtMs,
  );
}

/** A remote's word that would end the job, or that was found to be wrong here. */
function isDoubted({ code, retryable }: ErrorData): boolean {
  return !retryable || [STAYS_HERE, WRONG_PROOF, WRONG_REFUSAL].includes(code);
}

/** Enough for a median of each circuit that is used. */
export const LEARN_FROM_JOBS = 100;

export function createRouting(options: RoutingOptions): Routing {
  const { backends, estimates = createEstimates(), faults = createFaults(options.clock) } = options;
  const lied = new Map<string, string>();
  const policyNow = (): PlacementPolicy => {
    const policy = { ...(options.policy?.() ?? NOTHING_LEAVES), falters: faults.falters };
    // A host that hears of wrong proofs keeps them; else they are kept here.
    if (options.onWrongProof !== undefined) return policy;
    return { ...policy, setAside: (id) => lied.get(id) ?? policy.setAside(id) };
  };
  const locals = () => backends.list().filter(({ kind }) => kind !== 'remote');

  /** A guard that is stricter than placement must not send a job round for ever. */
  function isStuck(job: Job, backend: Backend): boolean {
    if (job.attempts.at(-2)?.error?.code !== NOT_ALLOWED) return false;
    const policy = policyNow();
    return mayStillHave(job, viewOf(backend, 0, policy, estimates, job), policy);
  }

  /** Where only remotes prove, whoever doubts one asks another. That ends: with two that find the same fault with
   * what is to be proved, since then it is not one of them that lies or is damaged, or when none is left to ask. */
  function anotherMayTell(job: Job, backend: Backend, error: ErrorData): boolean {
    const failed = triesOf(job);
    const agrees = (other: Attempt) => other.backendId !== backend.id && other.error?.code === error.code;
    if (isAboutInput(error) && failed.some(agrees)) return false;
    // One that comes and goes, whenever it is its turn, is waited for so often only.
    const doubts = failed.filter((other) => other.error !== null && isDoubted(other.error)).length;
    if (doubts >= backends.list().length) return false;
    const asked = new Set([backend.id, ...failed.map(({ backendId }) => backendId)]);
    const policy = policyNow();
    return backends
      .list()
      .some(
        (other) => !asked.has(other.id) && couldHave(job, viewOf(other, 0, policy, estimates, job), policy),
      );
  }

  return {
    place(job, ours) {
      const policy = policyNow();
      const views = backends
        .list()
        .map((backend) => viewOf(backend, ours(backend.id), policy, estimates, job));
      const placed = placement(job, views, policy);
      return 'backendId' in placed ? placed : null;
    },
    anyFree: (ours) =>
      backends.list().some((backend) => {
        const { slots, busy } = backend.capacity();
        return slots - Math.max(busy, ours(backend.id)) > 0;
      }),
    changesInMs: () => faults.nextInMs(),
    prediction: (job, backend) => estimates.expect(backend.id, rungOf(job, backend), job.circuit),
    expected: (job, backend) => estimates.stages(backend.id, rungOf(job, backend), job.circuit),
    ended(job, backend, end) {
      if (end.kind === 'proved') {
        const { timingsMs } = end.result;
        estimates.record(backend.id, rungOf(job, backend), job.circuit, end.proveMs, timingsMs);
        faults.proved(backend.id);
        for (const { backendId, error } of triesOf(job)) {
          const isRemote = !locals().some(({ id }) => id === backendId);
          if (isRemote && backendId !== backend.id && error !== null && isAboutInput(error))
            faults.refuted(backendId, job.id);
        }
        return;
      }
      if (end.kind !== 'error') return;
      if (backend.kind === 'remote' && end.ours !== true) faults.failed(backend.id, job.id, end.error);
      if (end.untrusted) {
        const detail = end.error.where ?? '';
        if (options.onWrongProof === undefined) lied.set(backend.id, 'its proof did not verify');
        else options.onWrongProof(backend.id, detail);
      }
    },
    secondOpinion(job, backend, { error, ours }) {
      if (backend.kind !== 'remote' || error.code.startsWith('cancelled.')) return null;
      if (error.code === NOT_ALLOWED && !isStuck(job, backend)) return { kind: 'released', error };
      if (!isDoubted(error)) return null;
      const goesOn = locals().length > 0 || (ours !== true && anotherMayTell(job, backend, error));
      return goesOn ? { kind: 'retry', error, delayMs: 0, rung: job.rung, uncounted: true } : null;
    },
    async learn(store) {
      if (!(await options.taught?.())) {
        const jobs = await store.list({ states: ['succeeded'], limit: LEARN_FROM_JOBS });
        estimates.learn(jobs.reverse(), (backendId) => !locals().some(({ id }) => id === backendId));
      }
      estimates.startAnew();
    },
  };
}
