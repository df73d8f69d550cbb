// Watches a job store during a simulation and holds every change against the invariants of the
// scheduler's design. Written from the design, not from the code: it uses none of core's rules.
import type { Job, Rung } from '../../src/core/job.ts';
import type { AttemptOutcome, Clock, Holder, LeaseRef, StoreEvent, Written } from '../../src/core/ports.ts';
import { isValid } from '../helpers/scripted-prover.ts';

const BACKOFF_CAP_MS = 30_000;
const AGEING_MS = 300_000;
/** Errors that the same attempt would meet again. */
const FINAL_GROUPS = ['input', 'circuit', 'witness', 'protocol', 'internal', 'cancelled'];
/** Top first. */
const LADDER: Rung[] = ['engine-threaded', 'engine-single', 'snarkjs-threaded', 'snarkjs-single'];
const ENDED = ['succeeded', 'failed', 'cancelled'];

export interface Auditor {
  readonly violations: string[];
  /** Back-off delays seen, as parts of their ceiling. */
  readonly delays: number[];
  /** What was seen, for tests that a simulation exercised anything. */
  readonly counts: Record<string, number>;
  event(event: StoreEvent): void;
  epoch(epoch: number): void;
  accepted(jobId: string): void;
  removalAsked(jobId: string): void;
  retryAsked(jobId: string): void;
  pauseAsked(jobId: string, paused: boolean): void;
  committed(holder: Holder, lease: LeaseRef, outcome: AttemptOutcome, written: Written): void;
  /** Renewals are not announced. */
  renewed(job: Job): void;
  progress(where: string, stageAndFraction: number): void;
  /** After the drain: what the store lists must be all that was accepted, ended. */
  finish(listed: readonly Job[]): void;
  note(what: string): void;
  blame(what: string): void;
}

export function makeAuditor(clock: Clock): Auditor {
  const violations: string[] = [];
  const delays: number[] = [];
  const counts: Record<string, number> = {};
  const known = new Map<string, Job>();
  const accepted = new Set<string>();
  const removalAsked = new Set<string>();
  const retriesAsked = new Map<string, number>();
  /** The last wish for each. */
  const pausesAsked = new Map<string, boolean>();
  const lastLease = new Map<string, NonNullable<Job['lease']>>();
  const tokens = new Set<string>();
  const claims = new Map<string, number>();
  /** When it joined the queue, by our own count. */
  const arrivals = new Map<string, number>();
  const lastProgress = new Map<string, number>();
  let arrived = 0;
  let epoch = 0;
  let queuePaused = false;

  const blame = (what: string): void => {
    violations.push(`${what} (at ${clock.monotonicMs()} ms)`);
  };
  const note = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };

  function changed(job: Job): void {
    const before = known.get(job.id);
    known.set(job.id, job);
    if (job.lease !== null) lastLease.set(job.id, job.lease);
    const name = `job ${job.id}`;
    if (job.attemptsUsed > job.maxAttempts) blame(`${name} used more attempts than it has`);
    if (job.attemptsUsed < 0) blame(`${name} used fewer than no attempts`);
    if ((job.state === 'running') !== (job.lease !== null)) blame(`${name} is ${job.state}, lease or not`);
    const open = job.attempts.filter(({ outcome }) => outcome === 'running').length;
    if (open !== (job.state === 'running' ? 1 : 0))
      blame(`${name} is ${job.state} with ${open} open attempts`);
    if (before === undefined) {
      if (job.state !== 'queued') blame(`${name} appeared as ${job.state}`);
      claims.set(job.id, 0);
      arrivals.set(job.id, ++arrived);
      return;
    }
    if (job.revision <= before.revision) blame(`${name} went back to revision ${job.revision}`);
    note(`${before.state} → ${job.state}`);
    if (job.paused !== before.paused && !ENDED.includes(job.state)) {
      if (pausesAsked.get(job.id) !== job.paused) blame(`${name} was paused or let go by nobody`);
      if (job.paused) note(`${before.state} → paused`);
    }
    if (job.paused && job.state !== 'queued') blame(`${name} is paused and ${job.state}`);
    if (ENDED.includes(before.state)) afterEnd(name, before, job);
    else if (job.state === 'running') begun(name, before, job);
    else if (ENDED.includes(job.state)) ended(name, before, job);
    else if (before.state === 'running') requeued(name, before, job);
  }

  function afterEnd(name: string, before: Job, job: Job): void {
    if (job.state === before.state) {
      if (JSON.stringify(job.result) !== JSON.stringify(before.result)) blame(`${name} changed its result`);
      if (!before.inputKept && job.inputKept) blame(`${name} got its input back from nowhere`);
      return;
    }
    const asked = retriesAsked.get(job.id) ?? 0;
    if (job.state !== 'queued' || asked === 0) blame(`${name} went from ${before.state} to ${job.state}`);
    if (before.state === 'succeeded') blame(`${name} had succeeded and runs again`);
    retriesAsked.set(job.id, asked - 1);
    claims.set(job.id, 0);
    arrivals.set(job.id, ++arrived);
  }

  function begun(name: string, before: Job, job: Job): void {
    const atMs = job.attempts.at(-1)?.startedAtMs ?? 0;
    if (before.state === 'running') {
      if (job.lease?.token !== before.lease?.token) blame(`${name} changed hands without being given up`);
      return;
    }
    if (before.held !== null) blame(`${name} was claimed while held`);
    if (before.paused) blame(`${name} was claimed while paused`);
    if (queuePaused) blame(`${name} was claimed from a paused queue`);
    if (!due(before, atMs)) blame(`${name} was claimed during its back-off`);
    const token = job.lease?.token ?? '';
    if (tokens.has(token)) blame(`${name} got a token that was used before`);
    tokens.add(token);
    const first = firstOf([before, ...waitingBut(job.id, atMs)], arrivals, atMs);
    if (first.id !== job.id) blame(`${name} was claimed before job ${first.id}`);
    claims.set(job.id, (claims.get(job.id) ?? 0) + 1);
    if ((claims.get(job.id) ?? 0) > job.maxAttempts) blame(`${name} runs more often than it may`);
    const fell = before.attempts.at(-1);
    const lower = LADDER.indexOf(job.attempts.at(-1)!.rung) > LADDER.indexOf(fell?.rung ?? LADDER[3]!);
    if (fell?.outcome === 'stalled' && !lower && fell.rung !== LADDER[3]) {
      blame(`${name} crashed and was tried on the same rung`);
    }
  }

  function waitingBut(jobId: string, atMs: number): Job[] {
    return [...known.values()].filter(
      (job) =>
        job.id !== jobId && job.state === 'queued' && job.held === null && !job.paused && due(job, atMs),
    );
  }

  function requeued(name: string, before: Job, job: Job): void {
    const attempt = job.attempts.find(({ number }) => number === before.attempts.at(-1)?.number);
    if (attempt === undefined) {
      if (job.held === null) blame(`${name} lost an attempt`);
      claims.set(job.id, (claims.get(job.id) ?? 0) - 1);
    } else if (attempt.outcome === 'stalled') {
      stalled(name, before);
    } else if (attempt.outcome === 'released') {
      if (job.attemptsUsed !== before.attemptsUsed - 1) blame(`${name} was put back, and it counted`);
      claims.set(job.id, (claims.get(job.id) ?? 0) - 1);
    } else {
      if (FINAL_GROUPS.includes(attempt.error?.group ?? 'internal'))
        blame(`${name} is tried again after ${attempt.error?.code}`);
      if (job.attemptsUsed >= job.maxAttempts) blame(`${name} is tried again with no attempts left`);
      const delayMs = job.availableAtMs - (attempt.endedAtMs ?? 0);
      const ceilingMs = Math.min(BACKOFF_CAP_MS, 1_000 * 2 ** (job.attemptsUsed - 1));
      if (delayMs < 0 || delayMs > ceilingMs) blame(`${name} backs off for ${delayMs} of ${ceilingMs} ms`);
      delays.push(delayMs / ceilingMs);
    }
  }

  /** Only a lease that ran out, or one of an earlier epoch, may be taken away. */
  function stalled(name: string, before: Job): void {
    const lease = before.lease;
    if (lease === null) return;
    if (lease.epoch >= epoch && lease.expiresAtMs > clock.nowMs()) blame(`${name} lost a lease that held`);
  }

  function ended(name: string, before: Job, job: Job): void {
    if (job.attempts.at(-1)?.outcome === 'stalled') stalled(name, before);
    if (job.state === 'succeeded') {
      if (job.result === null) blame(`${name} succeeded without a result`);
      else if (!isValid(job.result)) blame(`${name} succeeded with a proof that does not verify`);
      else if (job.result.publicSignals[0] !== '1') blame(`${name} succeeded with other public signals`);
      if (before.state !== 'running') blame(`${name} succeeded without running`);
    }
    if (job.state === 'failed' && job.error === null) blame(`${name} failed without a cause`);
    const mendable = job.state === 'failed' && job.error?.retryable === true;
    const kept = job.keepInput === 'always' || (job.keepInput === 'if-mendable' && mendable);
    if (job.inputKept !== kept) blame(`${name} ${job.state}, input kept: ${job.inputKept}`);
  }

  return {
    violations,
    delays,
    counts,
    note,
    blame,
    event(event) {
      if (event.type === 'changed') return changed(event.job);
      if (event.type === 'queue') {
        queuePaused = event.paused;
        return;
      }
      if (!removalAsked.has(event.jobId)) blame(`job ${event.jobId} was removed by nobody`);
      known.delete(event.jobId);
    },
    epoch(next) {
      if (next <= epoch) blame(`epoch ${next} after ${epoch}`);
      epoch = next;
    },
    accepted: (jobId) => accepted.add(jobId),
    removalAsked: (jobId) => removalAsked.add(jobId),
    pauseAsked: (jobId, paused) => pausesAsked.set(jobId, paused),
    retryAsked: (jobId) => retriesAsked.set(jobId, (retriesAsked.get(jobId) ?? 0) + 1),
    committed(holder, lease, outcome, written) {
      if (!written.ok) return note(`commit refused: ${written.refusal}`);
      note(`committed ${outcome.kind}`);
      const held = lastLease.get(lease.jobId);
      if (held?.token !== lease.token) blame(`job ${lease.jobId} was committed with a stale token`);
      if (held?.epoch !== holder.epoch || epoch !== holder.epoch) {
        blame(`job ${lease.jobId} was committed by a leader that was replaced`);
      }
    },
    renewed(job) {
      const before = known.get(job.id);
      if (before !== undefined && before.revision < job.revision) known.set(job.id, job);
    },
    progress(where, stageAndFraction) {
      if (stageAndFraction < (lastProgress.get(where) ?? 0)) blame(`progress of ${where} went back`);
      lastProgress.set(where, stageAndFraction);
    },
    finish(listed) {
      const ids = new Set(listed.map(({ id }) => id));
      for (const id of accepted) {
        if (!ids.has(id) && !removalAsked.has(id)) blame(`job ${id} was lost`);
      }
      for (const job of listed) {
        if (!ENDED.includes(job.state)) blame(`job ${job.id} never ended: ${job.state}`);
      }
    },
  };
}

/** Beyond the cap, the clock was set back. */
function due(job: Job, atMs: number): boolean {
  return job.availableAtMs <= atMs || job.availableAtMs - atMs > BACKOFF_CAP_MS;
}

/** Within a priority strictly as they came; between the heads of the four by aged priority. (Ages alone
 * would not do: after a clock jump, who came later may seem to have waited longer.) */
function firstOf(waiting: readonly Job[], arrivals: ReadonlyMap<string, number>, atMs: number): Job {
  const arrival = (job: Job) => arrivals.get(job.id) ?? 0;
  const level = (job: Job) =>
    Math.min(3, job.priority + Math.max(0, Math.floor((atMs - job.queuedAtMs) / AGEING_MS)));
  const heads = new Map<number, Job>();
  for (const job of waiting) {
    const head = heads.get(job.priority);
    if (head === undefined || arrival(job) < arrival(head)) heads.set(job.priority, job);
  }
  return [...heads.values()].reduce((a, b) =>
    level(b) > level(a) || (level(b) === level(a) && arrival(b) < arrival(a)) ? b : a,
  );
}
