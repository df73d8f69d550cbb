// What the pool is told before it advises, from the running server: its own places, or those of the whole fleet.
import type { ServerParts } from './parts.ts';
import type { QueueFigures } from './pool-port.ts';

export function queueFigures({ jobs, localCapacity, fleet }: ServerParts): QueueFigures {
  const { slots, busy } = localCapacity();
  const { totalQueued: queued, oldestWaitMs } = jobs.totals();
  const provers = fleet?.state().provers.filter(({ draining }) => !draining).length ?? 1;
  return { queued, oldestWaitMs, localSlots: slots, localBusy: busy, others: Math.max(0, provers - 1) };
}
