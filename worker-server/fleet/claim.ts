// Taking the next job of a fleet: BullMQ says which, the record says whether it still waits, and the lease is written
// there under the token that also holds it in the queue.
import type { Job } from '../../src/core/job.ts';
import type { Claim, ClaimOptions, ClaimResult, Clock, Holder, Random } from '../../src/core/ports.ts';
import { jobRules } from '../../src/core/transitions.ts';
import type { Dispatch } from './dispatch.ts';
import { doubtsOf, isOver, othersMayTell, type Records, type Stored } from './records.ts';
import { unreadable } from './refusals.ts';
import type { Sealer } from './sealer.ts';

export interface ClaimSurroundings {
  /** This machine. */
  name: string;
  records: Records;
  dispatch: Dispatch;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  announce(stored: Stored): Promise<void>;
  follow(job: Job): Promise<void>;
}

/** What a machine of a fleet adds: the circuits that it has, by their digests; left out: any. */
export interface FleetClaimOptions extends ClaimOptions {
  circuits?: ReadonlySet<string>;
}

/** A machine takes no more out of others' reach than these, and only while it looks. */
const MOST_HELD = 64;
/** A job that BullMQ is about to give back: it does that within its stalled check. */
const LOOK_AGAIN_MS = 1_000;
const FEW = 32;
/** A prover without the key of a job leaves it to others for this long. */
const NO_KEY_MS = 5_000;

export async function claimNext(
  around: ClaimSurroundings,
  holder: Holder,
  options: FleetClaimOptions,
): Promise<ClaimResult> {
  const { dispatch, random } = around;
  const { circuits } = options;
  /** Taken, but not for this machine: given back when it has looked at all. */
  const passedOver: { key: string; token: string }[] = [];
  try {
    for (;;) {
      const token = random.id();
      const key = await dispatch.take(token);
      if (key === null) return { claim: null, nextDueAtMs: await nextDue(around) };
      const found = await begin(around, holder, options, key, token);
      if (found === 'gone') continue;
      if (found !== 'passed-over' && found !== 'lacks-circuit') return { claim: found, nextDueAtMs: null };
      passedOver.push({ key, token });
      const held = new Set(passedOver.map((one) => one.key));
      const mayBeNext =
        found === 'passed-over' || circuits === undefined || (await dispatch.lift(circuits, held));
      if (!mayBeNext || held.size >= MOST_HELD) return { claim: null, nextDueAtMs: await nextDue(around) };
    }
  } finally {
    for (const { key, token } of passedOver) await dispatch.putBack(key, token);
  }
}

async function begin(
  around: ClaimSurroundings,
  holder: Holder,
  options: FleetClaimOptions,
  key: string,
  token: string,
): Promise<Claim | 'gone' | 'passed-over' | 'lacks-circuit'> {
  const { records, dispatch, sealer, clock } = around;
  for (;;) {
    const before = await records.get(key);
    if (before === undefined || isOver(before.job) || before.offer !== null) {
      await dispatch.finish(key, token);
      return 'gone';
    }
    const nowMs = clock.nowMs();
    // Given out again while the record says that it runs: whoever had it fell silent.
    const waiting = before.job.state === 'running' ? jobRules.expire(before.job, nowMs) : before.job;
    if (isOver(waiting)) {
      if (!(await replace(around, before, waiting))) continue;
      await dispatch.finish(key, token);
      return 'gone';
    }
    if (!jobRules.isAvailable(waiting, nowMs)) {
      await dispatch.finish(key, token);
      await around.follow(waiting);
      return 'gone';
    }
    if (options.circuits?.has(waiting.circuit.artifacts.zkey.sha256) === false) return 'lacks-circuit';
    if (await leavesToOthers(around, before)) return 'passed-over';
    const placed = options.place(waiting);
    if (placed === null) return 'passed-over';
    const sealed = await records.input(key);
    if (sealed === null) {
      if (!(await replace(around, before, jobRules.loseInput(waiting, nowMs)))) continue;
      await dispatch.finish(key, token);
      return 'gone';
    }
    const input = await sealer.open(sealed, waiting);
    if (input === 'no-key') {
      const later = { ...waiting, availableAtMs: nowMs + NO_KEY_MS, revision: waiting.revision + 1 };
      if (!(await replace(around, before, later))) continue;
      await dispatch.finish(key, token);
      await around.follow(later);
      return 'gone';
    }
    const grant = { token, durationMs: options.leaseMs };
    const job = jobRules.begin(waiting, holder, grant, placed, nowMs);
    if (input === null) {
      const error = unreadable().toData();
      const ended = jobRules.finish(job, holder, { jobId: job.id, token }, { kind: 'failed', error }, nowMs);
      if (!ended.ok || !(await replace(around, before, ended.job))) continue;
      await dispatch.finish(key, token);
      return 'gone';
    }
    if (!(await replace(around, before, job))) continue;
    return { job, input, lease: { jobId: job.id, token } };
  }
}

/** A machine has a job again that it has failed only where no other can be asked. */
async function leavesToOthers({ records, name }: ClaimSurroundings, stored: Stored): Promise<boolean> {
  if (!doubtsOf(stored).some(({ by }) => by === name)) return false;
  return othersMayTell(stored, name, await records.beats());
}

async function replace(around: ClaimSurroundings, before: Stored, job: Job): Promise<boolean> {
  const after = { ...before, job, offer: null };
  if (!(await around.records.replace(before, after))) return false;
  await around.announce(after);
  return true;
}

/** When something may be claimed that cannot be now: a back-off or a lease ends. */
async function nextDue({ records, clock }: ClaimSurroundings): Promise<number | null> {
  const nowMs = clock.nowMs();
  const [queued, running] = await Promise.all([records.count('queued'), records.count('running')]);
  // Read one by one only while that is quick.
  if (queued + running > FEW) return nowMs + LOOK_AGAIN_MS;
  let dueMs = Number.POSITIVE_INFINITY;
  for (const { job, offer } of await records.list(['queued', 'running'])) {
    if (offer !== null) continue;
    if (job.state === 'running') dueMs = Math.min(dueMs, job.lease?.expiresAtMs ?? nowMs);
    else if (job.held === null && !job.paused) dueMs = Math.min(dueMs, job.availableAtMs);
  }
  if (!Number.isFinite(dueMs)) return null;
  return dueMs <= nowMs ? nowMs + LOOK_AGAIN_MS : dueMs;
}
