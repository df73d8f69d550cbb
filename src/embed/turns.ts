// Who goes next. Proofs share the engine, so one is made after the other, first called first, whoever is ready; and of
// one address one download runs at a time, so that many calls do not hold its file many times.

export interface Turns {
  /** A place in the order of calls. */
  ticket(): number;
  /** Runs the work when nobody else's runs and nobody with an earlier ticket waits. */
  take<T>(ticket: number, work: () => Promise<T>): Promise<T>;
}

export function makeTurns(): Turns {
  const waiting: { ticket: number; start: () => void }[] = [];
  let tickets = 0;
  let busy = false;
  const next = () => {
    waiting.sort((a, b) => a.ticket - b.ticket);
    const first = waiting.shift();
    busy = first !== undefined;
    first?.start();
  };
  return {
    ticket: () => tickets++,
    async take(ticket, work) {
      if (busy) await new Promise<void>((start) => waiting.push({ ticket, start }));
      busy = true;
      try {
        return await work();
      } finally {
        next();
      }
    },
  };
}

/** `run` starts the work when the one before in its lane has left it, at its end at the latest. */
export interface Lanes {
  run<T>(lane: unknown, work: (leave: () => void) => Promise<T>): Promise<T>;
}

export function makeLanes(): Lanes {
  const last = new Map<unknown, Promise<void>>();
  return {
    async run(lane, work) {
      const before = last.get(lane);
      let leave = () => {};
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      last.set(lane, left);
      await before;
      try {
        return await work(leave);
      } finally {
        leave();
        if (last.get(lane) === left) last.delete(lane);
      }
    },
  };
}
