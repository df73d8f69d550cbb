// What jobs must show that came without saying so: worked out once for each, before it first goes to another machine.
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { Expected, ExpectSignals } from '../../src/core/ports.ts';
import type { Payload, Payloads } from './payloads.ts';

/** Rejects as proving would. `onAlive` is called every so often while it waits and works. */
export type SignalsOf = (
  job: Payload & { circuit: CircuitEntry },
  signal: AbortSignal,
  onAlive: () => void,
) => Promise<string[]>;

export interface HeldSignals {
  readonly expect: ExpectSignals;
  drop(key: string): void;
}

export function holdSignals(payloads: Payloads, signalsOf: SignalsOf): HeldSignals {
  const held = new Map<string, Expected>();
  return {
    async expect({ jobId, circuit }, signal, onAlive) {
      const known = held.get(jobId);
      if (known !== undefined) return known;
      const payload = payloads.of(jobId);
      const publicSignals = await signalsOf({ circuit, ...payload }, signal, onAlive);
      // A witness that the client gave was only read.
      const found = { publicSignals, calculated: payload?.witness === undefined };
      // It may have ended meanwhile.
      if (payloads.of(jobId) !== undefined) held.set(jobId, found);
      return found;
    },
    drop: (key) => void held.delete(key),
  };
}
