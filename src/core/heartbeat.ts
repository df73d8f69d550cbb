// Progress as backends pass it on: at least every 100 ms while proving, with a watch on whoever makes it.
import type { Progress } from './job.ts';
import type { CircuitEntry } from './manifest.ts';

const HEARTBEAT_MS = 100;

/**
 * The longest step without a report is one window of the G2 multiplication: about 4 µs for each point here,
 * so that 2²⁰ points take 5 s; a phone takes several times that. The witness is one step as well, about
 * 8 µs for each variable. Small circuits get 8 s: a dead worker ends the attempt within 10 s.
 */
export function silenceLimitMs({ domain }: Pick<CircuitEntry, 'domain'>): number {
  return 8_000 + 0.03 * domain;
}

export interface Heartbeat {
  report(progress: Progress): void;
  end(): void;
}

/** Passes reports on; while proving, repeats the last measured fraction every 100 ms with the time that has
 * passed taken off the estimate. Repeats do not count as signs of life: `onSilence` is called when the prover
 * itself has said nothing for `limitMs`. */
export function makeHeartbeat(
  onProgress: (progress: Progress) => void,
  limitMs: number,
  onSilence: () => void,
): Heartbeat {
  let last: Progress | null = null;
  let lastAtMs = performance.now();
  let tickedAtMs = lastAtMs;
  let silentMs = 0;
  let ended = false;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    // A tick that comes late (a hidden tab, a laptop that slept) counts a little only: the worker slept too.
    silentMs += Math.min(nowMs - tickedAtMs, 4 * HEARTBEAT_MS);
    tickedAtMs = nowMs;
    if (silentMs >= limitMs) {
      onSilence();
      return;
    }
    const passedMs = nowMs - lastAtMs;
    if (last?.stage !== 'proving' || passedMs < HEARTBEAT_MS / 2) return;
    const etaMs = last.etaMs === null ? null : Math.max(0, Math.round(last.etaMs - passedMs));
    onProgress({ ...last, etaMs });
  }, HEARTBEAT_MS);
  return {
    report(progress: Progress): void {
      if (ended) return; // a late message of a worker that has just been ended
      last = progress;
      lastAtMs = performance.now();
      silentMs = 0;
      onProgress(progress);
    },
    end(): void {
      ended = true;
      clearInterval(timer);
    },
  };
}
