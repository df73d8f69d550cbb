// Whether the other side still speaks, without comparing clocks: counts ticks without a word. A tick that comes
// late (a hidden tab, a laptop that slept) counts a little only, since the network slept as well.
import type { Clock } from '../core/ports.ts';

const TICK_MS = 1_000;

export interface Liveness {
  /** Something was heard. */
  heard(): void;
  setLimit(limitMs: number): void;
  end(): void;
}

export function watchLiveness(clock: Clock, limitMs: number, onSilence: () => void): Liveness {
  let silentMs = 0;
  let limit = limitMs;
  let tickedAtMs = clock.monotonicMs();
  let unset = () => {};
  const tick = (): void => {
    const nowMs = clock.monotonicMs();
    silentMs += Math.min(nowMs - tickedAtMs, 2 * TICK_MS);
    tickedAtMs = nowMs;
    if (silentMs >= limit) onSilence();
    else unset = clock.setTimer(TICK_MS, tick);
  };
  unset = clock.setTimer(TICK_MS, tick);
  return {
    heard() {
      silentMs = 0;
    },
    setLimit(next) {
      limit = next;
    },
    end: () => unset(),
  };
}
