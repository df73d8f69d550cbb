// Orders kernels by measured speed. The usual order stays unless a later tier is clearly and lastingly faster: a
// machine that is busy, or a compiler that has finished with one tier and not yet with another, must not decide.
import type { TierShape } from './kernels/scratch.ts';

type TierName = TierShape['name'];

/** Slices are long enough for coarse clocks. */
const SLICE_MS = 2;
const USUAL_MS = 20;
/** Of every tier, however little a busy machine lets run within the usual time. */
const LEAST_ROUNDS = 3;
/** Before the usual order is given up; with pauses in which compilers get on, about a quarter of a second. */
const CONFIRMING_ROUNDS = 25;
const PAUSE_MS = 4;
const SPEED_ROUNDS = 40;
const CLEARLY_FASTER = 1.6;

export interface Timed {
  name: TierName;
  /** A fixed piece of work. */
  work: () => void;
}

export interface Clock {
  now(): number;
  pause(ms: number): Promise<unknown>;
}

interface Platform {
  performance: { now(): number };
  setTimeout(run: (value: unknown) => void, ms: number): unknown;
}
const platform = globalThis as unknown as Platform;

const ownClock: Clock = {
  now: () => platform.performance.now(),
  pause: (ms) => new Promise((resolve) => platform.setTimeout(resolve, ms)),
};

/** Fastest first; given in the usual order. In turns, and the best slice of each counts, so that other load meets
 * all of them and decides nothing. */
export async function rankBySpeed(given: readonly Timed[], clock: Clock = ownClock): Promise<TierName[]> {
  const rates = given.map(({ name }) => ({ name, rate: 0 }));
  const begun = clock.now();
  for (let rounds = 1; ; rounds++) {
    given.forEach(({ work }, i) => {
      rates[i]!.rate = Math.max(rates[i]!.rate, rateOf(work, clock));
    });
    if (rounds < LEAST_ROUNDS || clock.now() - begun < USUAL_MS) continue;
    const order = bySpeed(rates);
    if (order[0] === given[0]?.name || rounds >= CONFIRMING_ROUNDS) return order;
    await clock.pause(PAUSE_MS);
  }
}

/** How often a millisecond holds `work`, once compilers are done with it and other load lets it run. */
export async function bestRate(work: () => void, clock: Clock = ownClock): Promise<number> {
  let rate = 0;
  for (let round = 0; round < SPEED_ROUNDS; round++) {
    rate = Math.max(rate, rateOf(work, clock));
    await clock.pause(PAUSE_MS);
  }
  return rate;
}

/** Fastest first. An earlier tier stays before a later one that is only a little faster in so short a time. */
export function bySpeed(timed: { name: TierName; rate: number }[]): TierName[] {
  const rest = [...timed];
  const order: TierName[] = [];
  while (rest.length > 0) {
    const best = Math.max(...rest.map(({ rate }) => rate));
    const at = rest.findIndex(({ rate }) => rate * CLEARLY_FASTER >= best);
    order.push(rest.splice(at, 1)[0]!.name);
  }
  return order;
}

function rateOf(work: () => void, clock: Clock): number {
  const begun = clock.now();
  for (let times = 1; ; times++) {
    work();
    const ms = clock.now() - begun;
    if (ms >= SLICE_MS) return times / ms;
  }
}
