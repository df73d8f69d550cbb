// Taking the next job of a fleet: BullMQ says which, the record says whether it still waits, and the lease is written
// there under the token that also holds it in the queue.
import type { Job } from '../../src/core/job.ts';
import type { Claim, ClaimOptions, ClaimResult, Clock, Holder, Random } from '../../src/core/ports.ts';
import { jobRules } from '../../src/core/transitions.ts';
import type { Dispatch } from './dispatch.ts';
import { type Beat, doubtsOf, isOver, othersMayTell, type Records, type Stored } from './records.ts';
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
const NO_KEY = 'no-key';

export async function claimNext(
  around: ClaimSurroundings,
  holder: Holder,
  options: FleetClaimOptions,
): Promise<ClaimResult> {
  const { dispatch, random } = around;
  const { circuits } = options;
  const others = makeOthers(around);
  /** Circuits of which this machine has not left a job to others just now. */
  let trusted = circuits;
  /** Taken, but not for this machine: given back when it has looked at all. */
  const passedOver: { key: string; token: string }[] = [];
  try {
    for (;;) {
      const token = random.id();
      const key = await dispatch.take(token);
      if (key === null) return { claim: null, nextDueAtMs: await nextDue(around) };
      const found = await begin(around, holder, options, others, key, token);
      if (found === 'gone') continue;
      if (typeof found !== 'string' && 'lease' in found) return { claim: found, nextDueAtMs: null };
      passedOver.push({ key, token });
      const held = new Set(passedOver.map((one) => one.key));
      // What it fails of one circuit keeps it from no other's jobs behind.
      if (typeof found !== 'string' && trusted?.has(found.left)) {
        trusted = new Set([...trusted].filter((digest) => digest !== found.left));
        if (trusted.size > 0) await dispatch.lift(trusted, held);
        continue;
      }
      const mayBeNext =
        found !== 'lacks-circuit' || circuits === undefined || (await dispatch.lift(circuits, held));
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
  others: Others,
  key: string,
  token: string,
): Promise<Claim | 'gone' | 'passed-over' | 'lacks-circuit' | { left: string }> {
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
    const digest = waiting.circuit.artifacts.zkey.sha256;
    if (options.circuits?.has(digest) === false) return 'lacks-circuit';
    if (await others.mayTell(before)) return { left: digest };
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
      // It is not waited for by those that doubt the job.
      const doubt = { by: around.name, sequence: waiting.sequence, code: NO_KEY };
      const known = doubtsOf(before).some(({ by }) => by === around.name);
      const doubts = known ? before.doubts : [...doubtsOf(before), doubt];
      if (!(await replace(around, before, later, doubts))) continue;
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

interface Others {
  /** A machine has a job again that it has failed only where no other can be asked. */
  mayTell(stored: Stored): Promise<boolean>;
}

/** Of one look: who lives is read once. */
function makeOthers({ records, name }: ClaimSurroundings): Others {
  let beats: Promise<Beat[]> | null = null;
  return {
    async mayTell(stored) {
      if (!doubtsOf(stored).some(({ by }) => by === name)) return false;
      beats ??= records.beats();
      return othersMayTell(stored, name, await beats);
    },
  };
}

async function replace(
  around: ClaimSurroundings,
  before: Stored,
  job: Job,
  doubts = before.doubts,
): Promise<boolean> {
  const after = { ...before, job, offer: null, ...(doubts && { doubts }) };
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
