// How a claim finds its job inside a transaction: stalled ones first go back, then the best waiting one that can
// be placed. Written for any engine (store-engine.ts); what each step means is in transitions.ts.
import { type Job, PRIORITIES } from './job.ts';
import type { ClaimOptions, Holder, Placed } from './ports.ts';
import type { StoreTransaction } from './store-engine.ts';
import type { JobRules } from './transitions.ts';

export async function allRunning(tx: StoreTransaction): Promise<Job[]> {
  const running: Job[] = [];
  for (const priority of PRIORITIES) {
    const jobs = tx.lane('running', priority);
    for (let step = await jobs.next(); !step.done; step = await jobs.next()) running.push(step.value);
  }
  return running;
}

/** Puts stalled jobs back (or fails them). Returns when the next lease of another owner ends. */
export async function reclaimStalled(
  tx: StoreTransaction,
  put: (job: Job, before: Job) => Promise<void>,
  rules: JobRules,
  holder: Holder,
  nowMs: number,
): Promise<number> {
  let leaseEndsMs = Number.POSITIVE_INFINITY;
  for (const job of await allRunning(tx)) {
    if (rules.isStalled(job, holder.epoch, nowMs)) {
      await put(rules.expire(job, nowMs), job);
      continue;
    }
    const cut = rules.cutLease(job, nowMs);
    if (cut !== null) await put(cut, job);
    const lease = (cut ?? job).lease;
    if (lease !== null && lease.ownerId !== holder.ownerId) {
      leaseEndsMs = Math.min(leaseEndsMs, lease.expiresAtMs);
    }
  }
  return leaseEndsMs;
}

/** Of the first available job of each priority, takes the first by aged priority that is placed. Within a
 * queue strictly by sequence: ages can lie after a clock jump. */
export async function nextWaiting(
  tx: StoreTransaction,
  rules: JobRules,
  options: ClaimOptions,
  nowMs: number,
): Promise<{ next: { job: Job; placed: Placed } | null; availableMs: number }> {
  let availableMs = Number.POSITIVE_INFINITY;
  const nextAvailable = async (queue: AsyncIterator<Job>): Promise<Job | null> => {
    for (let step = await queue.next(); !step.done; step = await queue.next()) {
      if (rules.isAvailable(step.value, nowMs)) return step.value;
      availableMs = Math.min(availableMs, step.value.availableAtMs);
    }
    return null;
  };
  const queues = PRIORITIES.map((priority) => tx.lane('queued', priority));
  const heads = await Promise.all(queues.map(nextAvailable));
  for (;;) {
    const waiting = heads.filter((head) => head !== null);
    const job = waiting.sort((a, b) => rules.compareWaiting(a, b, nowMs))[0];
    if (job === undefined) return { next: null, availableMs };
    const placed = options.place(job);
    if (placed !== null) return { next: { job, placed }, availableMs };
    const at = heads.indexOf(job);
    heads[at] = await nextAvailable(queues[at] as AsyncIterator<Job>);
  }
}
