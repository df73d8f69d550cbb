// Which waiting job is let in next. Owners take turns, whoever has least running first, so that one client's
// thousand jobs do not starve another's one; within an owner by priority with ageing.
import { compareWaiting } from '../../src/core/ageing.ts';
import type { Priority } from '../../src/core/job.ts';

interface Waiting {
  key: string;
  priority: Priority;
  queuedAtMs: number;
  sequence: number;
}

export interface FairQueue {
  add(owner: string, key: string, priority: Priority, nowMs: number): void;
  /** False: it does not wait (any more). */
  remove(key: string): boolean;
  /** Takes the next one out. `running` says how many of an owner's jobs run now. */
  take(nowMs: number, running: (owner: string) => number): string | null;
  /** Jobs that go before it if nothing new comes; null: it does not wait. */
  position(key: string, nowMs: number): number | null;
  /** The same of all that wait, at the price of sorting them once. */
  positions(nowMs: number): Map<string, number>;
  size(): number;
  sizeOf(owner: string): number;
  /** When the one that has waited longest began to; null when nobody waits. */
  oldestMs(): number | null;
}

export function makeFairQueue(): FairQueue {
  const lanes = new Map<string, Waiting[]>();
  const ownerOf = new Map<string, string>();
  /** When each owner was last served; a count, since clocks jump. */
  const servedAt = new Map<string, number>();
  let sequence = 0;
  let turns = 0;

  function drop(owner: string, lane: Waiting[], at: number): Waiting | undefined {
    const [gone] = lane.splice(at, 1);
    if (gone !== undefined) ownerOf.delete(gone.key);
    if (lane.length === 0) lanes.delete(owner);
    return gone;
  }

  function best(lane: Waiting[], nowMs: number): number {
    let found = 0;
    for (let at = 1; at < lane.length; at++) {
      if (compareWaiting(lane[at]!, lane[found]!, nowMs) < 0) found = at;
    }
    return found;
  }

  return {
    add(owner, key, priority, nowMs) {
      const lane = lanes.get(owner) ?? [];
      lane.push({ key, priority, queuedAtMs: nowMs, sequence: sequence++ });
      lanes.set(owner, lane);
      ownerOf.set(key, owner);
    },

    remove(key) {
      const owner = ownerOf.get(key);
      const lane = owner === undefined ? undefined : lanes.get(owner);
      if (owner === undefined || lane === undefined) return false;
      drop(
        owner,
        lane,
        lane.findIndex((job) => job.key === key),
      );
      return true;
    },

    take(nowMs, running) {
      let chosen: string | null = null;
      for (const owner of lanes.keys()) {
        if (chosen === null || goesBefore(owner, chosen)) chosen = owner;
      }
      const lane = chosen === null ? undefined : lanes.get(chosen);
      if (chosen === null || lane === undefined) return null;
      // An owner who comes and goes would otherwise be kept for ever.
      if (servedAt.size > 2 * lanes.size + 1000) servedAt.clear();
      servedAt.set(chosen, ++turns);
      return drop(chosen, lane, best(lane, nowMs))?.key ?? null;

      function goesBefore(a: string, b: string): boolean {
        const [busyA, busyB] = [running(a), running(b)];
        return busyA !== busyB ? busyA < busyB : (servedAt.get(a) ?? 0) < (servedAt.get(b) ?? 0);
      }
    },

    position(key, nowMs) {
      const owner = ownerOf.get(key);
      const lane = owner === undefined ? undefined : lanes.get(owner);
      const job = lane?.find((one) => one.key === key);
      if (lane === undefined || job === undefined) return null;
      const ahead = lane.filter((one) => one !== job && compareWaiting(one, job, nowMs) < 0).length;
      // The others take a turn each before each of ours.
      let others = 0;
      for (const [other, waiting] of lanes) {
        if (other !== owner) others += Math.min(waiting.length, ahead + 1);
      }
      return ahead + others;
    },

    positions(nowMs) {
      const turns = countTurns([...lanes.values()].map(({ length }) => length));
      const found = new Map<string, number>();
      for (const lane of lanes.values()) {
        const sorted = [...lane].sort((a, b) => compareWaiting(a, b, nowMs));
        // With its own turn among them.
        for (const [ahead, { key }] of sorted.entries()) found.set(key, turns(ahead + 1) - 1);
      }
      return found;
    },

    size: () => ownerOf.size,
    sizeOf: (owner) => lanes.get(owner)?.length ?? 0,
    oldestMs() {
      let oldest: number | null = null;
      for (const lane of lanes.values()) {
        for (const { queuedAtMs } of lane) oldest = Math.min(oldest ?? queuedAtMs, queuedAtMs);
      }
      return oldest;
    },
  };
}

/** How many jobs are served in so many rounds, by lanes of these lengths. */
function countTurns(lengths: number[]): (rounds: number) => number {
  lengths.sort((a, b) => a - b);
  const shorter = [0];
  for (const length of lengths) shorter.push(shorter.at(-1)! + length);
  return (rounds) => {
    let [from, to] = [0, lengths.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (lengths[middle]! < rounds) from = middle + 1;
      else to = middle;
    }
    return shorter[from]! + (lengths.length - from) * rounds;
  };
}
