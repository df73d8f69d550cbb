// So many at once; the others wait, first come first served, but for those that have become urgent.
export interface Turns {
  /** False: aborted before its turn came. Whoever gets true calls `pass` when done. */
  take(signal: AbortSignal, who?: object): Promise<boolean>;
  /** If it waits: from now on before all that are not urgent. */
  hurry(who: object): void;
  pass(): void;
}

export function makeTurns(most: number): Turns {
  const urgent = new Map<object, () => void>();
  const waiting = new Map<object, () => void>();
  let running = 0;

  return {
    async take(signal, who = {}) {
      if (signal.aborted) return false;
      if (running < most) {
        running++;
        return true;
      }
      return new Promise<boolean>((resolve) => {
        const leave = () => {
          urgent.delete(who);
          waiting.delete(who);
          resolve(false);
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.set(who, () => {
          signal.removeEventListener('abort', leave);
          resolve(true);
        });
      });
    },

    hurry(who) {
      const go = waiting.get(who);
      if (go === undefined || !waiting.delete(who)) return;
      urgent.set(who, go);
    },

    pass() {
      const line = urgent.size > 0 ? urgent : waiting;
      for (const [who, go] of line) {
        line.delete(who);
        go();
        return;
      }
      running--;
    },
  };
}
