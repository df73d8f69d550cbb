// How fast a device is taken for before its first proof: like the reference machine, or as a short measurement of its
// arithmetic says.
import { isSingleThreaded, proverOf, type Rung } from './job.ts';

/** Milliseconds for each constraint (usual-times.ts) of a warm proof: reputation and Semaphore circuits of 11,592 to
 * 61,002 constraints on the 2-core reference machine, in Chromium and Node. */
const REFERENCE_MS: Record<Rung, number> = {
  'engine-threaded': 0.0105,
  'engine-single': 0.0175,
  'snarkjs-threaded': 0.083,
  'snarkjs-single': 0.11,
};
/** Nanoseconds of one product on that machine. */
const REFERENCE_NS = { fma: 17, wide: 18.5, simd128: 36, scalar: 47 };
/** Logical cores share a core, phones have small ones: each further thread adds half of the first, up to eight. */
const SHARE_OF_A_THREAD = 0.5;
const MOST_THREADS = 8;

/** What was measured of a device. */
export interface DeviceSpeed {
  /** Which kernels. */
  tier: keyof typeof REFERENCE_NS;
  nsPerProduct: number;
  /** That a proof takes. */
  threads: number;
}

export interface AssumedSpeed {
  msPerConstraint: number;
  /** Whether this device was measured. */
  calibrated: boolean;
}

/** `measured` is null before there is anything of this device. */
export function assumedSpeed(rung: Rung, measured: DeviceSpeed | null): AssumedSpeed {
  const reference = REFERENCE_MS[rung];
  if (measured === null) return { msPerConstraint: reference, calibrated: false };
  // snarkjs has kernels of its own, so that only the machine counts for it.
  const kernels = proverOf(rung) === 'engine' ? REFERENCE_NS.fma : REFERENCE_NS[measured.tier];
  const slower = measured.nsPerProduct / kernels;
  const gain = (threads: number) => 1 + SHARE_OF_A_THREAD * (Math.min(threads, MOST_THREADS) - 1);
  const threads = isSingleThreaded(rung) ? 1 : gain(measured.threads) / gain(2);
  return { msPerConstraint: (reference * slower) / threads, calibrated: true };
}
