// How much memory a proof takes, and what that means on this device. Estimates only: what really runs out is
// noticed by the backend, and the job goes on a rung lower.
import { GnomonError } from '../core/errors.ts';
import { proverOf, type Rung } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import { TOO_SMALL } from '../core/retry.ts';

/** For each element of a circuit's domain, and for each element and thread. */
export interface MemoryCosts {
  bytes: number;
  bytesPerThread: number;
}

const BASE_BYTES = 50e6;

/**
 * snarkjs' peak, measured over what Node needs by itself: domain 2¹⁴ 83 MB with one thread and 138 MB with two,
 * 2¹⁶ 175 and 325 MB, 2¹⁸ 570 and 905 MB. Each thread holds its own copy of what it works on.
 */
const SNARKJS: MemoryCosts = { bytes: 1_000, bytesPerThread: 1_250 };
/** The engine: 20 MiB at 2¹⁴ and 77 MiB at 2¹⁶, once when memory is shared, else for each thread; and the key's
 * file, about 430 bytes for each element, while it is converted. */
const ENGINE_SHARED: MemoryCosts = { bytes: 2_200, bytesPerThread: 50 };
const ENGINE_PRIVATE: MemoryCosts = { bytes: 500, bytesPerThread: 1_750 };

/** `shared`: the page is cross-origin isolated, so that threads may share memory. */
export function memoryCosts(rung: Rung, shared: boolean): MemoryCosts {
  if (proverOf(rung) === 'snarkjs') return SNARKJS;
  return shared ? ENGINE_SHARED : ENGINE_PRIVATE;
}

export function peakBytes(
  { domain }: Pick<CircuitEntry, 'domain'>,
  threads: number,
  costs: MemoryCosts,
): number {
  return BASE_BYTES + domain * (costs.bytes + threads * costs.bytesPerThread);
}

/** As many of `threads` as fit into the memory. Throws `resource.too-small` when not even one does, which no
 * other attempt on this device would change. Null: nobody knows what it has, so it is tried. */
export function threadsThatFit(
  circuit: Pick<CircuitEntry, 'domain'>,
  threads: number,
  memoryBytes: number | null,
  costs: MemoryCosts,
): number {
  if (memoryBytes === null) return threads;
  for (let fits = threads; fits >= 1; fits--) {
    if (peakBytes(circuit, fits, costs) <= memoryBytes) return fits;
  }
  throw new GnomonError(
    TOO_SMALL,
    `This proof needs about ${gigabytes(peakBytes(circuit, 1, costs))} of memory; it may take ${gigabytes(memoryBytes)} here.`,
    {
      nextStep:
        'Use a device with more memory or a campaign with a smaller size, or raise the limit in Settings.',
    },
  );
}

/** The lesser of two amounts, where null is one that nobody knows. */
export function leastOf(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** What this page holds with its workers now, WebAssembly memories included, which never shrink; so after a proof it is
 * most of what the proof took, and not the most that it took. Isolated pages of Chromium only; it answers
 * after the next garbage collection, which may take 20 seconds. Null elsewhere. */
export async function measurePageMemory(
  page: { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> } = performance as object,
): Promise<number | null> {
  if (globalThis.crossOriginIsolated !== true) return null;
  const measured = await page.measureUserAgentSpecificMemory?.();
  return measured?.bytes ?? null;
}
