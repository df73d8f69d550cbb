// Where a new job enters the queue: where ranks.ts would put it, from what a gateway has read and heard of what waits and
// runs. Upkeep corrects what it did not know of within seconds.
import { compareWaiting } from '../../src/core/ageing.ts';
import type { Job } from '../../src/core/job.ts';
import { BACK_AGAIN, BEHIND, numberAt } from './ranks.ts';
import { isOver, ownerOf } from './records.ts';

export interface Lanes {
  /** The number of a job that goes into the queue now; it counts as waiting from here on. */
  enter(job: Job): number;
  note(job: Job): void;
  forget(jobId: string): void;
  /** All that wait or run, as read a moment ago. */
  reset(listed: readonly Job[]): void;
}

interface Lane {
  waiting: Map<string, Job>;
  running: Set<string>;
}

export function makeLanes(nowMs: () => number): Lanes {
  let lanes: Map<string, Lane> | null = null;

  function put(all: Map<string, Lane>, job: Job): void {
    const owner = ownerOf(job.id);
    const lane = all.get(owner) ?? { waiting: new Map(), running: new Set() };
    lane.waiting.delete(job.id);
    lane.running.delete(job.id);
    if (job.state === 'running') lane.running.add(job.id);
    else if (!isOver(job) && job.held === null && !job.paused) lane.waiting.set(job.id, job);
    if (lane.waiting.size + lane.running.size > 0) all.set(owner, lane);
    else all.delete(owner);
  }

  return {
    enter(job) {
      // It had its turn.
      if (job.attempts.length > 0) return BACK_AGAIN;
      // Nothing is known yet: behind all, until upkeep has looked.
      if (lanes === null) return BEHIND;
      const lane = lanes.get(ownerOf(job.id));
      let [before, behind] = [0, 0];
      for (const other of lane?.waiting.values() ?? []) {
        if (other.id === job.id) continue;
        if (compareWaiting(other, job, nowMs()) < 0) before++;
        else behind++;
      }
      put(lanes, job);
      // Between the one before and the one whose place it takes, who moves on with the next upkeep.
      return numberAt(lane?.running.size ?? 0, before) - (behind > 0 ? 1 : 0);
    },

    note(job) {
      if (lanes !== null) put(lanes, job);
    },

    forget(jobId) {
      const lane = lanes?.get(ownerOf(jobId));
      lane?.waiting.delete(jobId);
      lane?.running.delete(jobId);
    },

    reset(listed) {
      const newest = listed.reduce((most, { sequence }) => Math.max(most, sequence), 0);
      const all = new Map<string, Lane>();
      for (const job of listed) put(all, job);
      // What came while it was read.
      for (const { waiting } of lanes?.values() ?? []) {
        for (const job of waiting.values()) if (job.sequence > newest) put(all, job);
      }
      lanes = all;
    },
  };
}
