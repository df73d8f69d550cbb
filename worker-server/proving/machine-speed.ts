// How fast this machine computes, by a proving child of its own that ends with the answer: for predictions before there
// has been any proof. Measured when it is first asked for, since it takes a second with the child's start.
import type { DeviceSpeed } from '../../src/core/assumed-speed.ts';
import type { Child } from './child.ts';
import type { ProveReport, SpeedOrder } from './orders.ts';

/** A child that has said nothing by then never will. */
const SILENCE_MS = 30_000;

/** Null: it cannot be measured; asked again, it is tried again. */
export function makeMachineSpeed(spawn: () => Child, threads: number): () => Promise<DeviceSpeed | null> {
  let known: Promise<DeviceSpeed | null> | null = null;
  async function measure(): Promise<DeviceSpeed | null> {
    const speed = await askChild(spawn());
    if (speed === null) known = null;
    return speed && { ...speed, threads };
  }
  return () => {
    known ??= measure();
    return known;
  };
}

async function askChild(child: Child): Promise<Omit<DeviceSpeed, 'threads'> | null> {
  let timer: NodeJS.Timeout | undefined;
  const report = await new Promise<ProveReport | null>((resolve) => {
    timer = setTimeout(() => resolve(null), SILENCE_MS);
    child.onDeath = () => resolve(null);
    // From our own code in our own process: its shape is not in doubt.
    child.onMessage = (message) => resolve(message as ProveReport);
    child.send({ kind: 'speed' } satisfies SpeedOrder);
  });
  clearTimeout(timer);
  await child.end();
  return report?.type === 'speed' && report.outcome.ok ? report.outcome.value : null;
}
