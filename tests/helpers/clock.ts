// A clock that stands still until a test moves it. Timers fire in order, and everything they set off
// settles before the next one.
import type { Clock } from '../../src/core/ports.ts';

interface Timer {
  dueMs: number;
  order: number;
  call: () => void;
}

export class VirtualClock implements Clock {
  #monotonicMs = 0;
  #wallOffsetMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 1_700_000_000_000) {
    this.#wallOffsetMs = startMs;
  }

  nowMs(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimer(delayMs: number, call: () => void): () => void {
    const timer = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** The wall clock is set forward or back; durations and timers do not notice. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Lets time pass, firing timers on the way. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#monotonicMs + byMs;
    await settle();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      next.call();
      await settle();
    }
    this.#monotonicMs = endMs;
  }

  /** Time passes while nothing runs (a sleeping laptop): due timers fire at the end, late. */
  async sleep(byMs: number): Promise<void> {
    this.#monotonicMs += byMs;
    await this.advance(0);
  }

  #next(endMs: number): Timer | undefined {
    let found: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (found === undefined || timer.dueMs < found.dueMs) found = timer;
      else if (timer.dueMs === found.dueMs && timer.order < found.order) found = timer;
    }
    return found;
  }
}

const channel = typeof setImmediate === 'function' ? null : new MessageChannel();

/** All promises that can settle without time passing have settled. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (channel === null) {
      setImmediate(resolve);
    } else {
      channel.port1.onmessage = () => resolve();
      channel.port2.postMessage(null);
    }
  });
}
