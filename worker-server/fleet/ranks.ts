// Whose turn it is in a fleet. BullMQ gives out the lowest number first; the numbers say that owners take turns, whoever
// has least running first, and that within an owner priority and waiting count. Pure.
import { compareWaiting } from '../../src/core/ageing.ts';
import type { Job } from '../../src/core/job.ts';
import { keyOf, ownerOf } from './records.ts';

/** So many of each owner are kept in exact order; those behind them wait in the order they came. */
export const EXACT = 64;

/** What comes back from a prover, until upkeep has ranked it: in front of all. */
export const BACK_AGAIN = 1;

/** Of an owner who has so many running, the job with so many of that owner's before it. Even numbers: a newcomer can go
 * between two of them. */
export function numberAt(running: number, before: number): number {
  return 2 * (1 + running + Math.min(before, EXACT));
}

/** Behind the exact ones of an owner with nothing running. */
export const BEHIND = numberAt(0, EXACT);

export interface Ranking {
  /** The number that each job should have. */
  numbers: Map<string, number>;
  /** How many go before it. */
  positions: Map<string, number>;
}

/** However many they are: a call does not take so many arguments. */
export function longestWaitMs(waiting: readonly Pick<Job, 'queuedAtMs'>[], nowMs: number): number {
  return waiting.reduce((longest, { queuedAtMs }) => Math.max(longest, nowMs - queuedAtMs), 0);
}

export function rankWaiting(
  waiting: readonly Job[],
  running: ReadonlyMap<string, number>,
  nowMs: number,
): Ranking {
  const lanes = new Map<string, Job[]>();
  for (const job of waiting) {
    const owner = ownerOf(job.id);
    const lane = lanes.get(owner) ?? [];
    lane.push(job);
    lanes.set(owner, lane);
  }
  const numbered: { job: Job; number: number }[] = [];
  for (const [owner, lane] of lanes) {
    lane.sort((a, b) => compareWaiting(a, b, nowMs));
    const busy = running.get(owner) ?? 0;
    for (const [at, job] of lane.entries()) numbered.push({ job, number: numberAt(busy, at) });
  }
  numbered.sort((a, b) => a.number - b.number || a.job.sequence - b.job.sequence);
  return {
    numbers: new Map(numbered.map(({ job, number }) => [keyOf(job.id), number])),
    positions: new Map(numbered.map(({ job }, at) => [job.id, at])),
  };
}
