// Whether the pool should grow or shrink, from how full it is and how long jobs wait. Pure.
import type { QueueFigures, ScalingAdvice } from '../pool-port.ts';

export interface PoolFigures extends QueueFigures {
  /** Workers that are connected, and a fleet's provers but one: those that could go. */
  activeWorkers: number;
  /** Places for attempts, here and on workers, and how many are taken. */
  capacity: number;
  running: number;
  /** For how long there has been little to do; 0 while there is enough. */
  calmMs: number;
}

/** Above this a job is likely to find every place taken. */
const FULL = 0.9;
/** Below this half of the places could go and the rest would still not be full. */
const CALM = 0.3;
/** Starting a machine takes about as long; shorter waits pass by themselves. */
const LONG_WAIT_MS = 15_000;
/** Not for the pause between two bursts. */
const CALM_ENOUGH_MS = 300_000;

export function isCalm({
  queued,
  running,
  capacity,
}: Pick<PoolFigures, 'queued' | 'running' | 'capacity'>): boolean {
  return queued === 0 && running <= CALM * capacity;
}

export function adviseScaling(figures: PoolFigures): ScalingAdvice {
  const { queued, oldestWaitMs, capacity, running, activeWorkers, calmMs } = figures;
  const use = `${running} of ${capacity} places taken`;
  const waiting = `${queued} waiting, the first for ${Math.round(oldestWaitMs / 1000)} s`;
  if (queued > 0 && capacity === 0) {
    return { advice: 'scale-up', reason: `${waiting}, and nothing that could prove is connected` };
  }
  const full = running >= FULL * capacity;
  if (queued > 0 && full && oldestWaitMs >= LONG_WAIT_MS) {
    return { advice: 'scale-up', reason: `${use}; ${waiting}` };
  }
  if (queued > 0 && queued >= 2 * capacity && full) {
    return { advice: 'scale-up', reason: `${use}; ${waiting}: more than two rounds of work` };
  }
  if (activeWorkers > 0 && isCalm(figures) && calmMs >= CALM_ENOUGH_MS) {
    return { advice: 'scale-down', reason: `${use}, none waiting, for ${Math.round(calmMs / 60_000)} min` };
  }
  return { advice: 'steady', reason: queued === 0 ? `${use}, none waiting` : `${use}; ${waiting}` };
}
