// How fast this device computes, measured once by the kernels in a proving worker and kept: a third of a second, of it a
// tenth of one core. Only for predictions, so that whatever goes wrong leaves those of a usual device.
import * as v from 'valibot';
import type { DeviceSpeed } from '../core/assumed-speed.ts';
import { createListeners } from '../core/listeners.ts';

export interface DeviceSpeeds {
  /** Null: not measured yet. */
  now(): DeviceSpeed | null;
  /** Measures what is not known. Resolves when that is done, or cannot be. */
  learn(): Promise<void>;
  watch(listener: () => void): () => void;
}

export interface DeviceSpeedOptions {
  /** `localStorage`; throws where it is forbidden. */
  storage: () => Pick<Storage, 'getItem' | 'setItem'>;
  key: string;
  measure: () => Promise<Omit<DeviceSpeed, 'threads'>>;
  threads: () => number;
  nowMs: () => number;
}

/** A browser's compilers and kernels change with its updates. */
const KEPT_MS = 30 * 24 * 60 * 60_000;

const KeptSchema = v.object({
  tier: v.picklist(['fma', 'wide', 'simd128', 'scalar']),
  nsPerProduct: v.pipe(v.number(), v.minValue(0.1), v.maxValue(1e6)),
  measuredAtMs: v.number(),
});
type Kept = v.InferOutput<typeof KeptSchema>;

export function makeDeviceSpeed(options: DeviceSpeedOptions): DeviceSpeeds {
  const { storage, key, nowMs } = options;
  const changed = createListeners<void>();
  let known = read();
  let learning: Promise<void> | null = null;

  function read(): Kept | null {
    try {
      const parsed = v.safeParse(KeptSchema, JSON.parse(storage().getItem(key) ?? 'null'));
      if (!parsed.success) return null;
      const ageMs = nowMs() - parsed.output.measuredAtMs;
      return ageMs >= 0 && ageMs < KEPT_MS ? parsed.output : null;
    } catch {
      return null;
    }
  }

  async function measure(): Promise<void> {
    const parsed = v.safeParse(KeptSchema, { ...(await options.measure()), measuredAtMs: nowMs() });
    if (!parsed.success) return;
    known = parsed.output;
    changed.emit();
    storage().setItem(key, JSON.stringify(known));
  }

  return {
    now: () => known && { tier: known.tier, nsPerProduct: known.nsPerProduct, threads: options.threads() },
    async learn() {
      if (known !== null) return;
      // A worker that proves, one that cannot start, no room to keep it: the first proof will tell as well.
      learning ??= measure()
        .catch(() => {})
        .finally(() => {
          learning = null;
        });
      await learning;
    },
    watch: (listener) => changed.add(listener),
  };
}
