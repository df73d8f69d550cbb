// The JobStore over any engine with transactions: memory (memory-engine.ts) and IndexedDB
// (browser/job-store.ts) differ in where bytes lie, and share everything that decides.
import { GnomonError } from './errors.ts';
import type { CircuitInput } from './groth16.ts';
import type { Job, JobState, Priority } from './job.ts';
import type {
  ClaimOptions,
  ClaimResult,
  Clock,
  Holder,
  JobStore,
  LeaseRef,
  ListOptions,
  Placed,
  Random,
  StoreEvent,
  Written,
} from './ports.ts';
import { type JobRules, jobRules } from './transitions.ts';

export interface StoreMeta {
  epoch: number;
  /** The last one given out. */
  sequence: number;
}

/** Where a job waits: its state, but held jobs apart, so that claims need not step over them. */
export type Lane = JobState | 'held';

export function laneOf(job: Job): Lane {
  return job.held !== null && job.state === 'queued' ? 'held' : job.state;
}

/** What work can do inside one transaction. Nothing else may be awaited there. */
export interface StoreTransaction {
  get(jobId: string): Promise<Job | undefined>;
  put(job: Job): Promise<void>;
  delete(jobId: string): Promise<void>;
  getInput(jobId: string): Promise<CircuitInput | undefined>;
  putInput(jobId: string, input: CircuitInput): Promise<void>;
  deleteInput(jobId: string): Promise<void>;
  getMeta(): Promise<StoreMeta>;
  putMeta(meta: StoreMeta): Promise<void>;
  /** Jobs of one lane and priority by sequence, as they were when it is called or later. */
  lane(lane: Lane, priority: Priority): AsyncIterator<Job>;
}

export interface StoreEngine {
  /** All or nothing, one at a time; resolves when it is durable. `strict` survives a power cut. */
  write<T>(durability: 'strict' | 'relaxed', work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  get(jobId: string): Promise<Job | undefined>;
  list(options: ListOptions): Promise<Job[]>;
  /** Tells all who share the store, this listener's own writes included. */
  announce(events: StoreEvent[]): void;
  watch(listener: (event: StoreEvent) => void): () => void;
  close(): Promise<void>;
}

const PRIORITIES: readonly Priority[] = [0, 1, 2, 3];

/** See JobStore for what each method promises. `rules` is for tests that plant bugs. */
export function createJobStore(
  engine: StoreEngine,
  clock: Clock,
  random: Random,
  rules: JobRules = jobRules,
): JobStore {
  /** Runs work in a transaction and announces what it put, once it is durable. */
  async function write<T>(
    durability: 'strict' | 'relaxed',
    work: (tx: StoreTransaction, put: (job: Job, before?: Job) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const events: StoreEvent[] = [];
    const result = await engine.write(durability, (tx) =>
      work(tx, async (job, before) => {
        events.push({ type: 'changed', job });
        await tx.put(job);
        if (before?.inputKept && !job.inputKept) await tx.deleteInput(job.id);
      }),
    );
    // Only renewals are relaxed, and nobody waits for news of them.
    if (durability === 'strict') engine.announce(events);
    return result;
  }

  async function nextSequence(tx: StoreTransaction): Promise<number> {
    const meta = await tx.getMeta();
    await tx.putMeta({ ...meta, sequence: meta.sequence + 1 });
    return meta.sequence + 1;
  }

  /** Applies a rule that may say "nothing to do" (null). */
  function change(jobId: string, rule: (job: Job) => Job | null): Promise<Job | undefined> {
    return write('strict', async (tx, put) => {
      const before = await tx.get(jobId);
      if (before === undefined) return undefined;
      const after = rule(before);
      if (after === null) return before;
      await put(after, before);
      return after;
    });
  }

  /** Applies a rule to a leased job, if epoch and token allow. */
  function writeLeased(
    durability: 'strict' | 'relaxed',
    holder: Holder,
    lease: LeaseRef,
    rule: (job: Job) => Written,
  ): Promise<Written> {
    return write(durability, async (tx, put) => {
      if ((await tx.getMeta()).epoch > holder.epoch) return { ok: false, refusal: 'fenced' };
      const before = await tx.get(lease.jobId);
      if (before === undefined) return { ok: false, refusal: 'unknown-job' };
      const written = rule(before);
      if (written.ok) await put(written.job, before);
      return written;
    });
  }

  return {
    beginEpoch(_ownerId) {
      return engine.write('strict', async (tx) => {
        const meta = await tx.getMeta();
        await tx.putMeta({ ...meta, epoch: meta.epoch + 1 });
        return meta.epoch + 1;
      });
    },

    releaseOwner(ownerId) {
      return write('strict', async (tx, put) => {
        for (const job of await allRunning(tx)) {
          const after = rules.handBack(job, ownerId, clock.nowMs());
          if (after !== null) await put(after, job);
        }
      });
    },

    add(request) {
      return write('strict', async (tx, put) => {
        const known = await tx.get(request.id);
        if (known !== undefined) return { job: known, added: false };
        const job = rules.accept(request, await nextSequence(tx), clock.nowMs());
        await tx.putInput(job.id, request.input);
        await put(job);
        return { job, added: true };
      });
    },

    claim(holder, options) {
      return write<ClaimResult | { refusal: 'fenced' }>('strict', async (tx, put) => {
        if ((await tx.getMeta()).epoch > holder.epoch) return { refusal: 'fenced' };
        const nowMs = clock.nowMs();
        const leaseEndsMs = await reclaimStalled(tx, put, rules, holder, nowMs);
        for (;;) {
          const found = await nextWaiting(tx, rules, options, nowMs);
          if (found.next === null) {
            const dueMs = Math.min(found.availableMs, leaseEndsMs);
            return { claim: null, nextDueAtMs: Number.isFinite(dueMs) ? dueMs : null };
          }
          const { job: before, placed } = found.next;
          const input = await tx.getInput(before.id);
          if (input === undefined) {
            await put(rules.loseInput(before, nowMs), before);
            continue;
          }
          const token = random.id();
          const job = rules.begin(before, holder, { token, durationMs: options.leaseMs }, placed, nowMs);
          await put(job, before);
          return { claim: { job, input, lease: { jobId: job.id, token } }, nextDueAtMs: null };
        }
      });
    },

    renew: (holder, lease) =>
      writeLeased('relaxed', holder, lease, (job) => rules.renew(job, holder, lease, clock.nowMs())),

    commit: (holder, lease, outcome) =>
      writeLeased('strict', holder, lease, (job) => rules.finish(job, holder, lease, outcome, clock.nowMs())),

    cancel: (jobId) => change(jobId, (job) => rules.cancel(job, clock.nowMs())),

    retry(jobId) {
      return write('strict', async (tx, put) => {
        const before = await tx.get(jobId);
        if (before === undefined) {
          throw new GnomonError('input.job-unknown', 'There is no such job on this device.', {
            nextStep: 'Start again from the claim.',
          });
        }
        const after = rules.retry(before, await nextSequence(tx), clock.nowMs());
        if (after === null) return before;
        await put(after, before);
        return after;
      });
    },

    setPriority: (jobId, priority) => change(jobId, (job) => rules.setPriority(job, priority)),

    async remove(jobId) {
      await engine.write('strict', async (tx) => {
        await tx.delete(jobId);
        await tx.deleteInput(jobId);
      });
      engine.announce([{ type: 'removed', jobId }]);
    },

    async forgetInput(jobId) {
      await change(jobId, rules.forgetInput);
    },

    get: (jobId) => engine.get(jobId),
    list: (options = {}) => engine.list(options),
    watch: (listener) => engine.watch(listener),
    close: () => engine.close(),
  };
}

async function allRunning(tx: StoreTransaction): Promise<Job[]> {
  const running: Job[] = [];
  for (const priority of PRIORITIES) {
    const jobs = tx.lane('running', priority);
    for (let step = await jobs.next(); !step.done; step = await jobs.next()) running.push(step.value);
  }
  return running;
}

/** Puts stalled jobs back (or fails them). Returns when the next lease of another owner ends. */
async function reclaimStalled(
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
async function nextWaiting(
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
