// Jobs as the pages see them: asking for proofs, following them, and what can be done with one.
import type { Job, JobRequest, Priority, Progress } from '../core/job.ts';

export type Unsubscribe = () => void;

export type JobEvent =
  | { type: 'changed'; job: Job }
  | { type: 'removed'; jobId: string }
  | { type: 'queue'; paused: boolean }
  /** The page had been put away, and news went past it: whoever keeps a list reads it anew. */
  | { type: 'missed' }
  | { type: 'progress'; jobId: string; progress: Progress };

export interface JobsService {
  /** Resolves once the job is durably saved; the same id twice is the same job. */
  submit(request: JobRequest): Promise<Job>;
  get(id: string): Promise<Job | undefined>;
  /** Newest first. */
  list(): Promise<Job[]>;
  cancel(id: string): Promise<void>;
  /** A failed or cancelled job whose input is still kept runs again. */
  retry(id: string): Promise<void>;
  /** A new job like this one, from its input; rejects with `input.gone` when that has been deleted. */
  again(id: string): Promise<Job>;
  /** Of a job that has not ended; others stay as they are. */
  setPriority(id: string, priority: Priority): Promise<void>;
  /** A paused job waits and keeps its place; a running one is put back first, and starts over later. */
  setPaused(id: string, paused: boolean): Promise<void>;
  /** Of the whole queue: what runs is finished, and nothing more begins until it goes on. */
  setQueuePaused(paused: boolean): Promise<void>;
  queuePaused(): Promise<boolean>;
  /** A job that might leave stays on this device from now on; one that runs elsewhere is put back and made here. */
  keepHere(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  watch(listener: (event: JobEvent) => void): Unsubscribe;
}
