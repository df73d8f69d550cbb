// What a JobStore (job-store.ts) needs of a place that keeps bytes: transactions, lanes in order, news.
import type { CircuitInput } from './groth16.ts';
import type { Job, JobState, Priority } from './job.ts';
import type { ListOptions, StoreEvent } from './ports.ts';

export interface StoreMeta {
  epoch: number;
  /** The last one given out. */
  sequence: number;
  /** Nothing is claimed. */
  paused: boolean;
}

export const FIRST_META: StoreMeta = { epoch: 0, sequence: 0, paused: false };

/** Where a job waits: its state, but held and paused jobs apart, so that claims need not step over them. */
export type Lane = JobState | 'held';

export function laneOf(job: Job): Lane {
  return job.state === 'queued' && (job.held !== null || job.paused) ? 'held' : job.state;
}

/** An input as its engine keeps it. Only `unseal` can read it: encryption cannot be awaited inside a
 * transaction, so it happens before and after. */
export type KeptInput = unknown;

/** What work can do inside one transaction. Nothing else may be awaited there. */
export interface StoreTransaction {
  get(jobId: string): Promise<Job | undefined>;
  put(job: Job): Promise<void>;
  delete(jobId: string): Promise<void>;
  getInput(jobId: string): Promise<KeptInput | undefined>;
  putInput(jobId: string, input: KeptInput): Promise<void>;
  deleteInput(jobId: string): Promise<void>;
  getMeta(): Promise<StoreMeta>;
  putMeta(meta: StoreMeta): Promise<void>;
  /** Jobs of one lane and priority by sequence, as they were when it is called or later. */
  lane(lane: Lane, priority: Priority): AsyncIterator<Job>;
}

export interface StoreEngine {
  /** All or nothing, one at a time; resolves when it is durable. `strict` survives a power cut. */
  write<T>(durability: 'strict' | 'relaxed', work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  /** Encrypts an input for storage, where the platform can. */
  seal(jobId: string, input: CircuitInput): Promise<KeptInput>;
  /** Null: it cannot be read any more. */
  unseal(jobId: string, kept: KeptInput): Promise<CircuitInput | null>;
  get(jobId: string): Promise<Job | undefined>;
  list(options: ListOptions): Promise<Job[]>;
  /** Tells all who share the store, this listener's own writes included. */
  announce(events: StoreEvent[]): void;
  watch(listener: (event: StoreEvent) => void): () => void;
  close(): Promise<void>;
}
