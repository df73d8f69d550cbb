// Public signals as a caller may have them: bigints and whole numbers, each of which is written in one way only. Text
// is left as it is; verify takes only the canonical decimal, since a second spelling would be a second nullifier.
import { MAX_PUBLIC_SIGNALS } from '../prover/shape.ts';

/** Never throws; what it cannot read is left to verify. */
export function signalTexts(signals: unknown): unknown {
  try {
    if (!Array.isArray(signals) || signals.length > MAX_PUBLIC_SIGNALS) return signals;
    return Array.from(signals, (signal: unknown) =>
      typeof signal === 'bigint' || Number.isSafeInteger(signal) ? String(signal) : signal,
    );
  } catch {
    return signals;
  }
}
