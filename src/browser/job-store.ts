// Jobs in IndexedDB, shared by all tabs of the origin. What decides lives in core/job-store.ts; here is
// where the bytes lie, how durable they are, and how other tabs hear of a change.
import type { IDBPDatabase, IDBPIndex, IDBPTransaction } from 'idb';
import { type ErrorData, toErrorData } from '../core/errors.ts';
import { type Job, type JobState, PRIORITIES, type Priority } from '../core/job.ts';
import { createJobStore } from '../core/job-store.ts';
import { createListeners } from '../core/listeners.ts';
import type { Clock, JobArchive, JobStore, Random, StoreEvent } from '../core/ports.ts';
import {
  FIRST_META,
  type Lane,
  laneOf,
  type StoreEngine,
  type StoreTransaction,
} from '../core/store-engine.ts';
import type { JobRules } from '../core/transitions.ts';
import { sealInput, unsealInput } from './input-seal.ts';
import { type JobDatabase, type JobSchema, openJobDatabase, type StoredJob } from './job-database.ts';
import { storageError } from './storage-error.ts';

const STORES = ['jobs', 'inputs', 'meta'] as const;

type Database = IDBPDatabase<JobSchema>;
type Transaction = IDBPTransaction<JobSchema, typeof STORES, 'readwrite'>;

export interface JobStoreOptions {
  clock: Clock;
  random: Random;
  /** Database and channel name. */
  name?: string;
  rules?: JobRules;
  /** Inputs cannot be encrypted here. */
  onWarning?: (warning: ErrorData) => void;
  /** A newer version of the page has taken over the storage: nothing can be saved here until a reload. */
  onOutdated?: (error: ErrorData) => void;
}

/** Opens (or makes) the store. Rejects with `resource.storage-…` when storage cannot be had. */
export async function openJobStore(options: JobStoreOptions): Promise<JobStore & JobArchive> {
  const engine = createIndexedDbEngine(options.name ?? 'gnomon-jobs', options);
  await engine.get('');
  return createJobStore(engine, options.clock, options.random, options.rules);
}

function createIndexedDbEngine(
  name: string,
  { onWarning, onOutdated }: Pick<JobStoreOptions, 'onWarning' | 'onOutdated'>,
): StoreEngine {
  const listeners = createListeners<StoreEvent>();
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<{ storeEvents?: StoreEvent[] }>) => {
    for (const event of data.storeEvents ?? []) listeners.emit(event);
  };
  let opened: Promise<JobDatabase> | undefined;
  let closed = false;
  let outdated = false;

  /** The connection; opened again after the browser closed it, but never against a newer page. */
  function connection(): Promise<JobDatabase> {
    if (outdated) return Promise.reject(outdatedError());
    if (closed) return Promise.reject(new DOMException('The job store is closed.', 'InvalidStateError'));
    if (opened !== undefined) return opened;
    const forget = () => {
      if (opened === mine) opened = undefined;
    };
    const mine = openJobDatabase({
      name,
      onGone(forNewer) {
        forget();
        if (!forNewer || outdated || closed) return;
        outdated = true;
        onOutdated?.(toErrorData(storageError(outdatedError())));
      },
      ...(onWarning === undefined ? {} : { onWarning }),
    }).catch((thrown) => {
      forget();
      throw thrown;
    });
    opened = mine;
    return mine;
  }

  async function use<T>(work: (database: Database) => Promise<T>): Promise<T> {
    try {
      return await work((await connection()).database);
    } catch (thrown) {
      // The connection was closed under the work, by a newer page or by the browser.
      if (thrown instanceof Error && thrown.name === 'InvalidStateError') opened = undefined;
      throw storageError(thrown);
    }
  }

  async function sealKey(): Promise<CryptoKey | null> {
    return use(async () => (await connection()).key);
  }

  return {
    write: (durability, work) =>
      use(async (database) => {
        const transaction = database.transaction(STORES, 'readwrite', { durability });
        // Heard here, so that an abort is never also an unhandled rejection.
        const done = transaction.done.then(
          () => null,
          (thrown: unknown) => ({ thrown }),
        );
        try {
          const result = await work(wrap(transaction));
          const failure = await done;
          if (failure !== null) throw failure.thrown;
          return result;
        } catch (thrown) {
          try {
            transaction.abort();
          } catch {
            // It has ended by itself; `thrown` says why.
          }
          await done;
          throw thrown;
        }
      }),

    async seal(jobId, input) {
      const key = await sealKey();
      return key === null ? input : sealInput(key, jobId, input);
    },

    unseal: async (jobId, kept) => unsealInput(await sealKey(), jobId, kept),

    get: (jobId) => use(async (database) => unwrap(await database.get('jobs', jobId))),

    list: ({ states, limit = Number.POSITIVE_INFINITY }) =>
      use(async (database) => {
        const stored =
          states === undefined
            ? await newest(database.transaction('jobs').store.index('sequence'), null, limit)
            : await newestOf(database, states, limit);
        return stored.map((one) => unwrap(one) as Job);
      }),

    announce(events) {
      if (events.length === 0) return;
      for (const event of events) listeners.emit(event);
      if (!closed) channel.postMessage({ storeEvents: events });
    },

    watch: (listener) => listeners.add(listener),

    async close() {
      if (closed) return;
      const last = opened;
      closed = true;
      channel.close();
      listeners.clear();
      (await last?.catch(() => undefined))?.database.close();
    },
  };
}

/** Newest first. One request for all is many times faster than a cursor's request for each. */
async function newest(
  index: IDBPIndex<JobSchema, ['jobs'], 'jobs', 'sequence' | 'waiting'>,
  range: IDBKeyRange | null,
  limit: number,
): Promise<StoredJob[]> {
  if (limit === Number.POSITIVE_INFINITY) return (await index.getAll(range)).reverse();
  const found: StoredJob[] = [];
  for (let cursor = await index.openCursor(range, 'prev'); cursor; cursor = await cursor.continue()) {
    found.push(cursor.value);
    if (found.length >= limit) break;
  }
  return found;
}

/** Of some states only, without looking at the others: a few that succeeded may be among 100,000 that wait. */
async function newestOf(
  database: Database,
  states: readonly JobState[],
  limit: number,
): Promise<StoredJob[]> {
  const index = database.transaction('jobs').store.index('waiting');
  const lanes = states.flatMap((state): Lane[] => (state === 'queued' ? ['queued', 'held'] : [state]));
  const parts = await Promise.all(
    lanes.flatMap((lane) => PRIORITIES.map((priority) => newest(index, laneRange(lane, priority), limit))),
  );
  return parts
    .flat()
    .sort((a, b) => b.sequence - a.sequence)
    .slice(0, limit);
}

function laneRange(lane: Lane, priority: Priority): IDBKeyRange {
  return IDBKeyRange.bound([lane, priority, -1], [lane, priority, Number.POSITIVE_INFINITY]);
}

function outdatedError(): DOMException {
  return new DOMException('A newer page has upgraded the job store.', 'VersionError');
}

function wrap(transaction: Transaction): StoreTransaction {
  const jobs = transaction.objectStore('jobs');
  const inputs = transaction.objectStore('inputs');
  const meta = transaction.objectStore('meta');
  return {
    get: async (jobId) => unwrap(await jobs.get(jobId)),
    async put(job) {
      await jobs.put({ ...job, lane: laneOf(job) });
    },
    delete: (jobId) => jobs.delete(jobId),
    getInput: (jobId) => inputs.get(jobId),
    async putInput(jobId, input) {
      await inputs.put(input, jobId);
    },
    deleteInput: (jobId) => inputs.delete(jobId),
    // Kept by an earlier version, it may lack what is new.
    getMeta: async () => ({ ...FIRST_META, ...(await meta.get('meta')) }),
    async putMeta(next) {
      await meta.put(next, 'meta');
    },
    async *lane(lane, priority) {
      const range = laneRange(lane, priority);
      const index = jobs.index('waiting');
      for (let cursor = await index.openCursor(range); cursor; cursor = await cursor.continue()) {
        yield unwrap(cursor.value) as Job;
      }
    },
  };
}

function unwrap(stored: StoredJob | undefined): Job | undefined {
  if (stored === undefined) return undefined;
  const { lane: _lane, ...job } = stored;
  // Kept by an earlier version, it may lack what is new.
  return { ...job, paused: job.paused ?? false };
}
