// The JobStore of a fleet (core/ports.ts): what a job is stands in the records, whose turn it is in BullMQ. The
// records are the truth; the queue is made to agree with them after each write, and again by upkeep.ts should a
// process die in between. Transitions are core's (transitions.ts), so that every store means the same.
import { GnomonError } from '../../src/core/errors.ts';
import type { Job, JobRequest, Progress } from '../../src/core/job.ts';
import { createListeners } from '../../src/core/listeners.ts';
import type {
  AttemptOutcome,
  Clock,
  Holder,
  JobStore,
  Random,
  StoreEvent,
  Written,
} from '../../src/core/ports.ts';
import { jobRules } from '../../src/core/transitions.ts';
import { claimNext, type FleetClaimOptions } from './claim.ts';
import type { Dispatch } from './dispatch.ts';
import {
  type Caps,
  type Doubt,
  doubtsOf,
  type HandedIn,
  keyOf,
  type Records,
  type Stored,
} from './records.ts';
import type { Sealer } from './sealer.ts';
import { defaultNumber, makeWriting } from './writing.ts';

export interface FleetStoreOptions {
  records: Records;
  dispatch: Dispatch;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  caps?: Caps;
  /** This machine's name, in offers. */
  name: string;
  /** What would end a job is handed in for a gateway to check (settle), rather than taken at this process's word. */
  offers: boolean;
  /** The place of a new job in the queue: a lower number goes first. */
  numberOf?: (job: Job) => number;
}

/** What others say over the queue. */
export type News =
  | { kind: 'job'; from: string; job: Job; offered: boolean }
  /** Too much to say: to be read from the records. */
  | { kind: 'look'; from: string; jobId: string }
  | { kind: 'removed'; from: string; jobId: string }
  | { kind: 'queue'; from: string; paused: boolean }
  | { kind: 'progress'; from: string; jobId: string; progress: Progress };

export interface FleetStore extends JobStore {
  /** As a store does, of the circuits that this machine has. */
  claim(holder: Holder, options: FleetClaimOptions): ReturnType<JobStore['claim']>;
  /** As `add`, with an input that its owner has sealed. `over`: a job of the same id that it takes the place of, if that
   * has not changed by then: one that has ended, or that waits and nobody can open. */
  addSealed(
    request: Omit<JobRequest, 'input'>,
    sealed: Uint8Array,
    over?: Job,
  ): Promise<{ job: Job; added: boolean }>;
  /** The newest of one owner, or of all (null); `total` counts them all. */
  recent(owner: string | null, most: number): Promise<{ jobs: Job[]; total: number }>;
  /** Something waits to be checked; also after `watch` has told of the job. */
  watchOffers(listener: (jobId: string) => void): () => void;
  /** Ends an offer as the check of it came out, under the token it was handed in with: `checked` is the job as it was
   * then. False: it was settled by then, or the job is another. `doubt`: kept with it. */
  settle(checked: Job, outcome: AttemptOutcome, doubt?: Doubt): Promise<boolean>;
  /** Ends a job that has not ended, whoever runs it, if that still holds of what stands under the id by then. */
  fail(jobId: string, error: GnomonError, holds: (job: Job) => boolean): Promise<Job | undefined>;
  stored(jobId: string): Promise<Stored | undefined>;
  report(jobId: string, progress: Progress): void;
  watchProgress(listener: (event: { jobId: string; progress: Progress }) => void): () => void;
  /** Makes the queue agree with the record. */
  follow(job: Job): Promise<void>;
}

const NO_CAPS: Caps = {
  ...{ maxQueued: 1_000_000, maxQueuedPerOwner: 1_000_000 },
  maxQueuedBytes: Number.MAX_SAFE_INTEGER,
};
/** The queue keeps thousands of news, and nothing can be deleted to make room for them. */
const MOST_NEWS = 8 * 1024;
/** A gateway takes a second to check a proof; a fleet without one keeps the offer. */
const OFFER_MS = 60_000;

export function createFleetStore(options: FleetStoreOptions): FleetStore {
  const { records, dispatch, sealer, clock, random, caps = NO_CAPS, numberOf = defaultNumber } = options;
  const from = random.id();
  const events = createListeners<StoreEvent>();
  const offers = createListeners<string>();
  const progress = createListeners<{ jobId: string; progress: Progress }>();

  const unlisten = dispatch.listen((heard) => {
    const news = heard as News;
    if (news.from === from) return;
    if (news.kind === 'job') emit(news.job, news.offered);
    else if (news.kind === 'look') void look(news.jobId);
    else if (news.kind === 'removed') events.emit({ type: 'removed', jobId: news.jobId });
    else if (news.kind === 'queue') events.emit({ type: 'queue', paused: news.paused });
    else progress.emit(news);
  });

  function emit(job: Job, offered: boolean): void {
    events.emit({ type: 'changed', job });
    if (offered) offers.emit(job.id);
  }

  async function look(jobId: string): Promise<void> {
    // Whoever cannot read it now asks again, as when the news itself had been lost.
    const stored = await records.get(keyOf(jobId)).catch(() => undefined);
    if (stored !== undefined) emit(stored.job, stored.offer !== null);
  }

  async function tell(news: News): Promise<void> {
    // Whoever misses it asks again; the write itself has been made.
    await dispatch.tell(news).catch(() => {});
  }

  async function announce({ job, offer }: Stored): Promise<void> {
    emit(job, offer !== null);
    const isShort = JSON.stringify(job).length <= MOST_NEWS;
    const offered = offer !== null;
    await tell(isShort ? { kind: 'job', from, job, offered } : { kind: 'look', from, jobId: job.id });
  }

  const { change, write, pass, follow } = makeWriting({ records, dispatch, clock, numberOf, announce });

  async function addSealed(request: Omit<JobRequest, 'input'>, sealed: Uint8Array, over?: Job) {
    const key = keyOf(request.id);
    const known = over === undefined ? await records.get(key) : undefined;
    if (known !== undefined) return { job: known.job, added: false };
    const sequence = await records.nextSequence();
    const job = jobRules.accept({ ...request, input: {} }, sequence, clock.nowMs());
    const how = await records.insert(job, sealed, caps, over);
    if (how === 'full') throw full('as many jobs waiting as it takes', 'Try again later.');
    if (how === 'full-owner') {
      throw full(`${caps.maxQueuedPerOwner} of your jobs waiting`, 'Wait until some are done.');
    }
    if (how === 'full-bytes') throw full('as much input waiting as it takes', 'Try again later.');
    if (how === 'full-owner-bytes') {
      throw full('as much of your input waiting as it leaves room for others', 'Wait until some are done.');
    }
    if (how === 'known') {
      const other = await records.get(key);
      return { job: other?.job ?? job, added: false };
    }
    await follow(job);
    await announce({ job, offer: null });
    return { job, added: true };
  }

  return {
    // Many schedulers share this store, and none is another's leader.
    beginEpoch: async () => 0,

    async releaseOwner(ownerId) {
      for (const { job } of await records.list(['running'])) {
        if (job.lease?.ownerId !== ownerId) continue;
        await write(job.id, (now) => jobRules.handBack(now, ownerId, clock.nowMs()));
      }
    },

    async add({ input, ...request }) {
      return addSealed(request, await sealer.seal(input, request));
    },
    addSealed,

    async claim(holder, claimOptions) {
      const around = { name: options.name, records, dispatch, sealer, clock, random, announce, follow };
      return claimNext(around, holder, claimOptions);
    },

    async renew(holder, lease) {
      let written: Written = { ok: false, refusal: 'unknown-job' };
      const changed = await change(lease.jobId, (stored) => {
        written = jobRules.renew(stored.job, holder, lease, clock.nowMs());
        return written.ok ? { ...stored, job: written.job } : null;
      });
      if (changed === undefined || !written.ok) return written;
      const key = keyOf(lease.jobId);
      const leaseMs = (written as { job: Job }).job.lease?.durationMs ?? 0;
      // The lock ran out but nobody has claimed the job: it is still this holder's, so nobody shall.
      if (!(await dispatch.extend(key, lease.token, leaseMs))) await dispatch.drop(key);
      return written;
    },

    async commit(holder, lease, outcome) {
      let written: Written = { ok: false, refusal: 'unknown-job' };
      const changed = await change(lease.jobId, (stored) => {
        const { job } = stored;
        const nowMs = clock.nowMs();
        written = jobRules.finish(job, holder, lease, outcome, nowMs);
        if (!written.ok) return null;
        const handedIn = options.offers ? toHandIn(outcome) : null;
        if (handedIn === null) return { ...stored, job: written.job, offer: null };
        // Handed in once; a second time by the same holder is late.
        if (stored.offer !== null) {
          written = { ok: false, refusal: 'not-running' };
          return null;
        }
        const held = { ...job.lease!, expiresAtMs: nowMs + OFFER_MS };
        const offered = { ...job, lease: held, revision: job.revision + 1 };
        written = { ok: true, job: offered };
        return { ...stored, job: offered, offer: { ...handedIn, by: options.name } };
      });
      const key = keyOf(lease.jobId);
      if (changed?.after == null) {
        await dispatch.finish(key, lease.token);
        if (changed !== undefined) await follow(changed.before.job);
        return written;
      }
      if (changed.after.offer !== null) {
        await dispatch.finish(key, lease.token);
        await announce(changed.after);
      } else await pass(changed.before.job, changed.after);
      return written;
    },

    async settle({ id: jobId, sequence, lease: held }, outcome, doubt) {
      if (held === null) return false;
      const lease = { jobId, token: held.token };
      const changed = await change(jobId, (stored) => {
        if (stored.offer === null || stored.job.sequence !== sequence) return null;
        const written = jobRules.finish(stored.job, held, lease, outcome, clock.nowMs());
        if (!written.ok) return null;
        const doubts = doubt && [...doubtsOf(stored), doubt];
        return { ...stored, job: written.job, offer: null, ...(doubts && { doubts }) };
      });
      if (changed?.after == null) return false;
      await pass(changed.before.job, changed.after);
      return true;
    },

    fail: (jobId, error, holds) =>
      write(jobId, (job) => {
        if (!holds(job)) return null;
        const ended = jobRules.cancel(job, clock.nowMs());
        return ended && { ...ended, state: 'failed', error: error.toData(), inputKept: false };
      }),

    cancel: (jobId) => write(jobId, (job) => jobRules.cancel(job, clock.nowMs())),

    async retry(jobId) {
      const sequence = await records.nextSequence();
      const job = await write(jobId, (now) => jobRules.retry(now, sequence, clock.nowMs()));
      if (job !== undefined) return job;
      throw new GnomonError('input.job-unknown', 'There is no such job in this fleet.', {
        nextStep: 'Submit it again.',
      });
    },

    setPriority: (jobId, priority) => write(jobId, (job) => jobRules.setPriority(job, priority)),
    setPaused: (jobId, paused) => write(jobId, (job) => jobRules.setPaused(job, paused, clock.nowMs())),
    keepHere: (jobId, isElsewhere) =>
      write(jobId, (job) => jobRules.keepHere(job, isElsewhere, clock.nowMs())),

    async setQueuePaused(paused) {
      if ((await dispatch.paused()) === paused) return;
      await dispatch.setPaused(paused);
      events.emit({ type: 'queue', paused });
      await tell({ kind: 'queue', from, paused });
    },
    queuePaused: () => dispatch.paused(),

    async remove(jobId) {
      const key = keyOf(jobId);
      const stored = await records.get(key);
      await records.remove(key);
      const token = stored?.job.lease?.token;
      if (token !== undefined) await dispatch.finish(key, token);
      await dispatch.drop(key);
      events.emit({ type: 'removed', jobId });
      await tell({ kind: 'removed', from, jobId });
    },

    async forgetInput(jobId) {
      await write(jobId, jobRules.forgetInput);
    },

    get: async (jobId) => (await records.get(keyOf(jobId)))?.job,
    stored: (jobId) => records.get(keyOf(jobId)),

    async list({ states, limit } = {}) {
      const all = states ?? (['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const);
      return (await records.list(all, limit)).map(({ job }) => job);
    },

    async recent(owner, most) {
      const { found, total } = await records.recent(owner, most);
      return { jobs: found.map(({ job }) => job), total };
    },

    report(jobId, now) {
      progress.emit({ jobId, progress: now });
      void tell({ kind: 'progress', from, jobId, progress: now });
    },

    follow,
    watch: (listener) => events.add(listener),
    watchOffers: (listener) => offers.add(listener),
    watchProgress: (listener) => progress.add(listener),

    async close() {
      unlisten();
      events.clear();
      offers.clear();
      progress.clear();
      await dispatch.close();
      await records.close();
    },
  };
}

/** Null: taken at the prover's word. That may pass counts as an attempt like any other, the last one too. */
function toHandIn(outcome: AttemptOutcome): HandedIn | null {
  if (outcome.kind === 'succeeded') return { result: outcome.result };
  return outcome.kind === 'failed' && !outcome.error.retryable ? { refusal: outcome.error } : null;
}

function full(what: string, nextStep: string): GnomonError {
  return new GnomonError('resource.queue-full', `This fleet has ${what}.`, { nextStep });
}
