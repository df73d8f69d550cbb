// What a fleet keeps of each job, wherever it keeps it: the job as core/job.ts has it, the sealed input apart, and
// what its prover has handed in, which waits to be checked. Writes compare revision and sequence, so that of two at once
// one is taken.
import { createHash } from 'node:crypto';
import type { ErrorData } from '../../src/core/errors.ts';
import type { Job, JobState, ProofResult } from '../../src/core/job.ts';

/** What a prover has handed in and a gateway has not checked yet: a proof, or an error that would end the job. */
export type HandedIn = { result: ProofResult } | { refusal: ErrorData };

/** `by`: the name of the prover's machine. */
export type Offer = HandedIn & { by: string };

/** That a machine said what would have ended the job, or cannot open its input. */
export interface Doubt {
  by: string;
  /** The job's, by then. */
  sequence: number;
  /** Of the error that it said. */
  code: string;
}

export interface Stored {
  job: Job;
  offer: Offer | null;
  /** Left out: none. */
  doubts?: Doubt[];
}

export interface Caps {
  maxQueued: number;
  maxQueuedPerOwner: number;
  /** Of inputs and records that wait or run; an owner's may be as many as are left for the others. */
  maxQueuedBytes: number;
}

export type Inserted = 'added' | 'known' | 'full' | 'full-owner' | 'full-bytes' | 'full-owner-bytes';

/** What one owner's ended records may be; the oldest go first. */
export interface Kept {
  jobs: number;
  bytes: number;
  /** So long after its end a record stays even where there is no room: its owner may be about to ask. */
  atLeastMs: number;
}

/** What a prover says of itself every few seconds. */
export interface Beat {
  name: string;
  /** It stays the same when the process starts again. */
  machine: string;
  slots: number;
  busy: number;
  /** What its attempts have taken since it started, as far as they have ended. */
  busyMs: number;
  /** Ids of the circuits it has. */
  circuits: string[];
  /** Takes no more jobs. */
  draining: boolean;
  atMs: number;
}

export interface Records {
  get(key: string): Promise<Stored | undefined>;
  /** Saves job and input together, unless the id is known or too much waits. `over`: a job of the same id that it takes
   * the place of, if that is still as it was read: one that has ended, or that waits and nobody can open. */
  insert(job: Job, sealed: Uint8Array, caps: Caps, over?: Job): Promise<Inserted>;
  /** False: it has changed since, is gone, or was submitted anew: then revisions begin again, and the sequence is
   * another. Deletes the input in the same step when the job has let go of it. */
  replace(before: Stored, after: Stored): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** Or so many of its first bytes. Null: deleted, or expired. */
  input(key: string, mostBytes?: number): Promise<Uint8Array | null>;
  nextSequence(): Promise<number>;
  /** Newest first. */
  list(states: readonly JobState[], limit?: number): Promise<Stored[]>;
  /** The newest of one owner, or of all (null), however many there are; `total` counts them all. */
  recent(owner: string | null, most: number): Promise<{ found: Stored[]; total: number }>;
  count(state: JobState): Promise<number>;
  /** Counts one request of an owner; false when that is more than its share of this minute. */
  spend(owner: string, perMinute: number): Promise<boolean>;
  beat(beat: Beat): Promise<void>;
  beats(): Promise<Beat[]>;
  /** A machine that was found to be wrong gets no more jobs until its operator lets it. */
  setAside(name: string, reason: string): Promise<void>;
  aside(): Promise<Map<string, string>>;
  letBack(name: string): Promise<void>;
  /** The fleet's name, drawn once: every gateway says the same to its clients. */
  identity(drawn: string): Promise<string>;
  /** So little room is left that what has been taken should have it. */
  isTight(): Promise<boolean>;
  /** Deletes old ended records until there is room again, of whoever has most first; their keys. */
  makeRoom(): Promise<string[]>;
  /** Deletes what has expired, where the storage does not do that by itself, and ended records above what is kept of an
   * owner; the keys of the latter. */
  sweep(): Promise<string[]>;
  close(): Promise<void>;
}

/** Ended jobs are kept this long, so that a second submission of one is the same job. */
export const ENDED_KEPT_MS = 24 * 3_600_000;
/** Of one owner: of a few kilobytes each, unless a circuit has thousands of public signals. */
export const KEPT: Kept = { jobs: 10_000, bytes: 64 * 1024 * 1024, atLeastMs: 60_000 };
/** Of an ended record, beside its text: its place in indexes. */
export const ENDED_BYTES = 1024;
/** An input outlives a fleet that stands still, but not for ever. */
export const INPUT_KEPT_MS = 24 * 3_600_000;
/** A prover that has not been heard of for this long is gone. */
export const BEAT_KEPT_MS = 10_000;

/** The name of a job in keys and in the queue, where its own may hold anything. */
export function keyOf(jobId: string): string {
  return createHash('sha256').update(jobId).digest('hex');
}

/** Whose job: ids are `owner\njob` in a fleet. */
export function ownerOf(jobId: string): string {
  const at = jobId.indexOf('\n');
  return at < 0 ? '' : jobId.slice(0, at);
}

export function isOver({ state }: Pick<Job, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** Since the job was last put in the queue by its owner. */
export function doubtsOf({ job, doubts = [] }: Stored): Doubt[] {
  return doubts.filter(({ sequence }) => sequence === job.sequence);
}

/** Whether a prover lives on another machine that has the circuit and does not doubt this job. */
export function othersMayTell(stored: Stored, by: string, beats: readonly Beat[]): boolean {
  // Provers of an older version do not say which machine they are.
  const asked = new Set<string | undefined>([by, undefined, ...doubtsOf(stored).map((doubt) => doubt.by)]);
  const digest = stored.job.circuit.artifacts.zkey.sha256;
  return beats.some(
    ({ machine, draining, circuits }) => !draining && !asked.has(machine) && circuits.includes(digest),
  );
}

/** How long a job is kept from now on; 0: until it has ended. */
export function keptMs(job: Pick<Job, 'state'>): number {
  return isOver(job) ? ENDED_KEPT_MS : 0;
}

/** What an ended record takes, about. */
export function endedBytes(text: string): number {
  return Buffer.byteLength(text) + ENDED_BYTES;
}

/** As every storage writes it. */
export function toText(stored: Stored): string {
  return JSON.stringify(stored);
}

export function fromText(text: string): Stored {
  return JSON.parse(text) as Stored;
}
