// So many at once; the others wait. Those that have become urgent go first; of the rest owners take turns, so that one's
// thousand do not keep another's one waiting, and of each the first come is served first.
export interface Turns {
  /** False: aborted before its turn came. Whoever gets true calls `pass` when done. `owner` left out: all are one's. */
  take(signal: AbortSignal, who?: object, owner?: string): Promise<boolean>;
  /** If it waits: from now on before all that are not urgent. */
  hurry(who: object): void;
  pass(): void;
}

export function makeTurns(most: number): Turns {
  const urgent = new Map<object, () => void>();
  /** Of each owner who has any that wait; who was served last comes last. */
  const waiting = new Map<string, Map<object, () => void>>();
  const ownerOf = new Map<object, string>();
  let running = 0;

  /** Undefined: it does not wait (any more). */
  function takeOut(who: object): (() => void) | undefined {
    const owner = ownerOf.get(who);
    const line = owner === undefined ? undefined : waiting.get(owner);
    if (owner === undefined || line === undefined) return undefined;
    const go = line.get(who);
    ownerOf.delete(who);
    line.delete(who);
    if (line.size === 0) waiting.delete(owner);
    return go;
  }

  function next(): (() => void) | undefined {
    for (const [who, go] of urgent) {
      urgent.delete(who);
      return go;
    }
    for (const [owner, line] of waiting) {
      waiting.delete(owner);
      waiting.set(owner, line);
      for (const who of line.keys()) return takeOut(who);
    }
    return undefined;
  }

  return {
    async take(signal, who = {}, owner = '') {
      if (signal.aborted) return false;
      if (running < most) {
        running++;
        return true;
      }
      return new Promise<boolean>((resolve) => {
        const leave = () => {
          urgent.delete(who);
          takeOut(who);
          resolve(false);
        };
        signal.addEventListener('abort', leave, { once: true });
        const line = waiting.get(owner) ?? new Map<object, () => void>();
        waiting.set(owner, line);
        ownerOf.set(who, owner);
        line.set(who, () => {
          signal.removeEventListener('abort', leave);
          resolve(true);
        });
      });
    },

    hurry(who) {
      const go = takeOut(who);
      if (go !== undefined) urgent.set(who, go);
    },

    pass() {
      const go = next();
      if (go === undefined) running--;
      else go();
    },
  };
}
