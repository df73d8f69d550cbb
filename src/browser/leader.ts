// One tab leads: a Web Lock elects it, and the next in line takes over when it closes or crashes. One that
// stands still keeps its lock, so it is taken away. The store's epoch fences a leader that wakes up late
// (core/job-store.ts).
import { makePulse, type PulseTiming } from './pulse.ts';

export interface Lead {
  /** Starts leading; rejects when it cannot. */
  begin(): Promise<void>;
  /** Winds up; the lock is passed on after this. */
  end(): Promise<void>;
}

export interface Leadership {
  leading(): boolean;
  /** Gives the lead away and lines up for it again: called when fenced. */
  stepDown(): void;
  /** Leaves the line for good. Resolves when the lead, if held, has been wound up. */
  leave(): Promise<void>;
}

/** Before lining up again after `begin` or the lock failed, so that a broken storage is not hammered. */
const PAUSE_MS = 1_000;
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS));

/** Lines up for the lead at once. Without a lock manager (old browsers, plain http) the tab that no leader answers
 * leads; of two that begin together the epoch fences one, which then hears the other. */
export function makeLeadership(
  locks: LockManager | undefined,
  name: string,
  lead: Lead,
  timing: PulseTiming = {},
): Leadership {
  const leaving = new AbortController();
  let leading = false;
  /** Holds the lock, though it may not have begun yet. */
  let serving = false;
  let stepDown = () => {};
  const pulse = makePulse(`${name}-lead`, () => serving, timing);

  async function term(): Promise<void> {
    if (leaving.signal.aborted) return;
    const over = new Promise<void>((resolve) => {
      stepDown = resolve;
      leaving.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    serving = true;
    pulse.beat();
    try {
      await lead.begin();
      leading = true;
      await over;
    } catch {
      // Whoever began says why (storage); the line goes on.
      await pause();
    } finally {
      leading = false;
      await lead.end();
      serving = false;
    }
  }

  async function inLine(from: LockManager): Promise<void> {
    const waiting = new AbortController();
    let served: Promise<void> | null = null;
    let outOfTurn = false;
    const stopWatching = pulse.watch(() => {
      outOfTurn = true;
      waiting.abort();
    });
    const serve = () => {
      stopWatching();
      served = term();
      return served;
    };
    const onLeave = () => waiting.abort();
    leaving.signal.addEventListener('abort', onLeave);
    try {
      await from.request(name, { signal: waiting.signal }, serve).catch((thrown) => {
        if (served !== null || !outOfTurn || leaving.signal.aborted) throw thrown;
        return from.request(name, { steal: true }, serve);
      });
    } catch {
      // We left the line, or another tab stole the lock: wind up before anything else.
      // Not at once again, since where locks are forbidden this would never end.
      stepDown();
      await served;
      if (!leaving.signal.aborted) await pause();
    } finally {
      stopWatching();
      leaving.signal.removeEventListener('abort', onLeave);
    }
  }

  /** Were each to lead at once, tabs would take each other's work away until no try is left. */
  async function withoutLocks(): Promise<void> {
    if (await pulse.answered(leaving.signal)) {
      await new Promise<void>((resolve) => {
        const stopWatching = pulse.watch(resolve);
        leaving.signal.addEventListener('abort', () => {
          stopWatching();
          resolve();
        });
      });
    }
    await term();
  }

  async function line(): Promise<void> {
    while (!leaving.signal.aborted) {
      if (locks === undefined) await withoutLocks();
      else await inLine(locks);
    }
    pulse.close();
  }

  const ended = line();
  return {
    leading: () => leading,
    stepDown: () => stepDown(),
    async leave() {
      leaving.abort();
      await ended;
    },
  };
}
