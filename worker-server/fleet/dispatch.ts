// BullMQ behind a few verbs: which job is next, who has it and for how long, and news for everyone. It knows a job by
// its key, circuit, size and priority, and nothing else; what a job is stands in the records.
import { createPostgresBackend, type Job, Queue, QueueEvents, QueueEventsProducer, Worker } from 'bullmq';
import type { Pool } from 'pg';
import type { Job as CoreJob } from '../../src/core/job.ts';

/** Where the queue lies: options of ioredis, or connections to PostgreSQL that are open. */
export type QueueTarget =
  | { kind: 'redis'; connection: Record<string, unknown> }
  | { kind: 'postgres'; pool: Pool };

export interface About {
  circuit: string;
  bytes: number;
}

/** All that the queue is told of a job, beside its key and number. */
export function aboutOf({ circuit, context }: Pick<CoreJob, 'circuit' | 'context'>): About {
  return { circuit: circuit.artifacts.zkey.sha256, bytes: (context as { bytes?: number }).bytes ?? 0 };
}

export interface Dispatch {
  /** Adds it, or leaves it as it is when it is there. A lower number goes first. */
  put(key: string, about: About, number: number, delayMs: number): Promise<void>;
  /** Takes it out, unless somebody has it. */
  drop(key: string): Promise<void>;
  /** Ends it for whoever holds it by this token; nothing when nobody does. */
  finish(key: string, token: string): Promise<void>;
  /** Back to where it was, for somebody else. */
  putBack(key: string, token: string): Promise<void>;
  /** Holds it for longer; false when it is no longer held by this token. */
  extend(key: string, token: string, leaseMs: number): Promise<boolean>;
  /** The next one, held by this token; null: none now. */
  take(token: string): Promise<string | null>;
  /** Moves the first one that waits for a circuit of these, and that is none of `but`, to the very front; false: there is
   * none. Upkeep gives it its number back should nobody take it. */
  lift(circuits: ReadonlySet<string>, but: ReadonlySet<string>): Promise<boolean>;
  has(key: string): Promise<boolean>;
  /** Those that wait, back-offs included, first ones first. */
  waiting(most: number): Promise<{ key: string; number: number }[]>;
  rank(key: string, number: number): Promise<void>;
  setPaused(paused: boolean): Promise<void>;
  paused(): Promise<boolean>;
  /** Tells everyone who listens, this process included. */
  tell(news: unknown): Promise<void>;
  listen(listener: (news: unknown) => void): () => void;
  /** Called when the queue itself gave a job back, because whoever had it fell silent. */
  onStalled(listener: (key: string) => void): () => void;
  /** For Bull Board. */
  readonly queue: Queue;
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface DispatchOptions {
  target: QueueTarget;
  name: string;
  prefix: string;
  lockMs: number;
  stalledMs: number;
  /** Whether this process runs jobs, and so looks for those that stalled. */
  takes: boolean;
  onTrouble: (error: Error) => void;
}

/** News that a listener who was cut off for a moment can still read. */
const NEWS_KEPT = 5000;
/** Of what waits, where a machine looks for something that it can prove. */
const MOST_LOOKED_AT = 5000;
const PAGE = 200;
/** The records count attempts; BullMQ must not give up by itself. */
const NEVER = 1_000_000_000;

export function openDispatch(options: DispatchOptions): Dispatch {
  const { target, name, prefix, lockMs, stalledMs, onTrouble } = options;
  const { queue, events, producer, worker } = openParts(options);
  queue.on('error', onTrouble);
  events.on('error', onTrouble);
  producer.on('error', onTrouble);
  worker?.on('error', onTrouble);
  const bull = async (key: string): Promise<Job | undefined> => (await queue.getJob(key)) as Job | undefined;

  return {
    queue,

    async put(key, about, number, delayMs) {
      await queue.add('prove', about, {
        jobId: key,
        priority: number,
        delay: delayMs,
        removeOnComplete: true,
        removeOnFail: true,
        attempts: 1,
      });
    },

    async drop(key) {
      await queue.remove(key);
    },

    async finish(key, token) {
      const job = await bull(key);
      // Refused when the token is not the holder's any more: then it is not ours to end.
      await job?.moveToCompleted(null, token, false).catch(() => {});
    },

    async putBack(key, token) {
      const job = await bull(key);
      await job?.moveToWait(token).catch(() => {});
    },

    async extend(key, token, leaseMs) {
      const job = await bull(key);
      if (job === undefined) return false;
      return Number(await job.extendLock(token, leaseMs).catch(() => 0)) === 1;
    },

    async take(token) {
      const job = await worker?.getNextJob(token, { block: false });
      return job?.id ?? null;
    },

    async lift(circuits, but) {
      const look = async (from: number, to: number) => {
        const jobs = await queue.getJobs(['waiting', 'prioritized'], from, to - 1, true);
        const ready = jobs.filter((job) => job?.id !== undefined && circuits.has(job.data.circuit));
        const mine = ready.filter(({ id }) => !but.has(id as string));
        return { isEmpty: jobs.length === 0, first: mine.sort((a, b) => a.priority - b.priority)[0] };
      };
      for (let at = 0; at < MOST_LOOKED_AT; at += PAGE) {
        const { isEmpty, first: found } = await look(at, at + PAGE);
        if (found !== undefined) {
          // What waits moves up while it is read, past the page that it was to be on.
          const first = (at > 0 && (await look(at - PAGE, at + PAGE)).first) || found;
          await first.changePriority({ priority: 0, lifo: true }).catch(() => {});
          return true;
        }
        if (isEmpty) return false;
      }
      return false;
    },

    has: async (key) => (await bull(key)) !== undefined,

    async waiting(most) {
      const jobs = await queue.getJobs(['prioritized', 'waiting', 'delayed'], 0, most - 1, true);
      return jobs.flatMap((job) => (job?.id === undefined ? [] : [{ key: job.id, number: job.priority }]));
    },

    async rank(key, number) {
      // It may have been taken meanwhile: then its place no longer matters.
      await (await bull(key))?.changePriority({ priority: number }).catch(() => {});
    },

    setPaused: (paused) => (paused ? queue.pause() : queue.resume()),
    paused: () => queue.isPaused(),

    async tell(news) {
      await producer.publishEvent({ eventName: 'news', data: JSON.stringify(news) }, NEWS_KEPT);
    },

    listen(listener) {
      const heard = ({ data }: { data: string }) => listener(JSON.parse(data));
      return hear('news', heard);
    },

    onStalled: (listener) => hear('stalled', ({ jobId }: { jobId: string }) => listener(jobId)),

    async ready() {
      await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
      await worker?.waitUntilReady();
      await worker?.startStalledCheckTimer();
    },

    async close() {
      await Promise.allSettled([worker?.close(true), events.close(), producer.close(), queue.close()]);
    },
  };

  function hear<T>(event: string, listener: (told: T) => void): () => void {
    events.on(event as 'stalled', listener as never);
    return () => events.off(event as 'stalled', listener as never);
  }

  function openParts({ takes }: DispatchOptions) {
    const work = {
      autorun: false,
      lockDuration: lockMs,
      stalledInterval: stalledMs,
      maxStalledCount: NEVER,
      // The scheduler renews; BullMQ's own renewal knows only jobs that it runs itself.
      skipLockRenewal: true,
    };
    const keep = { streams: { events: { maxLen: NEWS_KEPT } } };
    if (target.kind === 'redis') {
      const on = { connection: target.connection, prefix };
      return {
        queue: new Queue(name, { ...on, ...keep }),
        events: new QueueEvents(name, on),
        producer: new QueueEventsProducer(name, on),
        worker: takes ? new Worker(name, null, { ...on, ...work }) : null,
      };
    }
    const on = { connection: target.pool };
    // All queues share one schema there.
    const own = `${prefix}:${name}`.replaceAll(':', '-');
    // The same classes on another backend; their types differ by a parameter that nothing here uses.
    return {
      queue: new Queue(own, { ...on, ...keep }, createPostgresBackend) as unknown as Queue,
      events: new QueueEvents(own, on, createPostgresBackend) as unknown as QueueEvents,
      producer: new QueueEventsProducer(
        own,
        on,
        createPostgresBackend as never,
      ) as unknown as QueueEventsProducer,
      worker: takes
        ? (new Worker(own, null, { ...on, ...work }, createPostgresBackend) as unknown as Worker)
        : null,
    };
  }
}
