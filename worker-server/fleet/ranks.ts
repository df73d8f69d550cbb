// Whose turn it is in a fleet. BullMQ gives out the lowest number first; the numbers say that owners take turns, whoever
// has least running first, and that within an owner priority and waiting count. Pure.
import { compareWaiting } from '../../src/core/ageing.ts';
import type { Job } from '../../src/core/job.ts';
import { keyOf, ownerOf } from './records.ts';

/** So many of each owner are kept in exact order; those behind them wait in the order they came. */
export const EXACT = 64;

export interface Ranking {
  /** The number that each job should have. */
  numbers: Map<string, number>;
  /** How many go before it. */
  positions: Map<string, number>;
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
    for (const [at, job] of lane.entries()) numbered.push({ job, number: 1 + busy + Math.min(at, EXACT) });
  }
  numbered.sort((a, b) => a.number - b.number || a.job.sequence - b.job.sequence);
  return {
    numbers: new Map(numbered.map(({ job, number }) => [keyOf(job.id), number])),
    positions: new Map(numbered.map(({ job }, at) => [job.id, at])),
  };
}
