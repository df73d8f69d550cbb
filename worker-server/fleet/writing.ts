// A change to a job of a fleet: the rule applied to its record until nobody else wrote in between, the queue made to
// agree with it, and everyone told.
import { GnomonError } from '../../src/core/errors.ts';
import type { Job } from '../../src/core/job.ts';
import type { Clock } from '../../src/core/ports.ts';
import { aboutOf, type Dispatch } from './dispatch.ts';
import { keyOf, type Records, type Stored } from './records.ts';

export interface Writing {
  /** Null after: the rule had nothing to do. Undefined: no such job. */
  change(
    jobId: string,
    rule: (stored: Stored) => Stored | null,
  ): Promise<{ before: Stored; after: Stored | null } | undefined>;
  /** The same, and then lets the queue and everyone know. */
  write(jobId: string, rule: (job: Job) => Job | null): Promise<Job | undefined>;
  pass(before: Job, after: Stored): Promise<void>;
  /** Makes the queue agree with the record. */
  follow(job: Job): Promise<void>;
}

export interface WritingOptions {
  records: Records;
  dispatch: Dispatch;
  clock: Clock;
  /** The place of a new job in the queue: a lower number goes first. */
  numberOf: (job: Job) => number;
  announce(stored: Stored): Promise<void>;
}

/** BullMQ's priorities end at 2^21: a quarter for each of ours. Within one by sequence, so that a job that was put
 * back keeps its place; once in half a million jobs the count begins anew. */
const BAND = 524_000;
const TRIES = 50;

export function defaultNumber(job: Job): number {
  return (3 - job.priority) * BAND + (job.sequence % BAND) + 1;
}

export function makeWriting({ records, dispatch, clock, numberOf, announce }: WritingOptions): Writing {
  async function follow(job: Job): Promise<void> {
    const key = keyOf(job.id);
    if (job.state === 'queued' && job.held === null && !job.paused) {
      const delayMs = Math.max(0, job.availableAtMs - clock.nowMs());
      await dispatch.drop(key);
      await dispatch.put(key, aboutOf(job), numberOf(job), delayMs);
    } else if (job.state !== 'running') await dispatch.drop(key);
  }

  async function change(
    jobId: string,
    rule: (stored: Stored) => Stored | null,
  ): Promise<{ before: Stored; after: Stored | null } | undefined> {
    const key = keyOf(jobId);
    for (let left = TRIES; left > 0; left--) {
      const before = await records.get(key);
      if (before === undefined) return undefined;
      const after = rule(before);
      if (after === null) return { before, after: null };
      if (await records.replace(before, after)) return { before, after };
    }
    throw new GnomonError('resource.storage-busy', 'The queue is too busy to change this job.', {
      nextStep: 'Try again in a moment.',
    });
  }

  async function write(jobId: string, rule: (job: Job) => Job | null): Promise<Job | undefined> {
    const written = await change(jobId, (stored) => {
      const after = rule(stored.job);
      return after === null ? null : { ...stored, job: after, offer: null };
    });
    if (written === undefined) return undefined;
    const { before, after } = written;
    if (after === null) return before.job;
    await pass(before.job, after);
    return after.job;
  }

  async function pass(before: Job, after: Stored): Promise<void> {
    const token = before.lease?.token;
    if (token !== undefined && after.job.lease?.token !== token) {
      await dispatch.finish(keyOf(before.id), token);
    }
    await follow(after.job);
    await announce(after);
  }

  return { change, write, pass, follow };
}
