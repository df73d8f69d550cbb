// How many threads may have a memory of their own. Each then holds the whole key, so that memory grows with the cores
// of the machine unless somebody counts.
import { TIER_SHAPES } from './kernels/scratch.ts';
import { layOut, type Sizes } from './layout.ts';

const MIB = 2 ** 20;

/** What a thread takes besides its memory: heap, stack and compiled code, as measured in Chromium. */
const THREAD_BYTES = 25 * MIB;

/** snarkjs 0.7.6 added 205, 359 and 657 MiB to a page by proving, with keys of 6, 43 and 159 MiB: half of that, and
 * straight lines between. */
export const halfOfSnarkjs = (keyBytes: number): number =>
  Math.min(90 * MIB + 2 * keyBytes, 128 * MIB + 1.25 * keyBytes);

/** What the threads of these sizes take together when each has its own memory. */
export const privateBytes = (sizes: Sizes): number =>
  sizes.threads * (layOut(sizes, TIER_SHAPES[sizes.tier], 1).bytes + THREAD_BYTES);

/** The same sizes with as many of their threads as stay within the bytes; one at least. */
export function fitPrivate(sizes: Sizes, mostBytes: number): Sizes {
  for (let { threads } = sizes; threads > 1; threads--) {
    const fewer = { ...sizes, threads };
    if (privateBytes(fewer) <= mostBytes) return fewer;
  }
  return { ...sizes, threads: 1 };
}
