// The real clock and the real randomness, from globals that pages, workers and Node share.
import { GnomonError } from './errors.ts';
import type { Clock, Random } from './ports.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Tokens guard commits, so they come from the platform's cryptographic source or not at all. */
export const systemRandom: Random = {
  fraction: () => Math.random(),
  id() {
    if (typeof crypto === 'undefined') {
      throw new GnomonError('backend.no-randomness', 'This platform has no cryptographic randomness.', {
        nextStep: 'Use a current browser, or Node 20 or later.',
        retryable: false,
      });
    }
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('');
  },
};
