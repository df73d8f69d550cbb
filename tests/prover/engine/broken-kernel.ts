// Kernels broken on purpose, for self-checks to notice.
import type { Kernels } from '../../../src/prover/engine/kernels/module.ts';
import type { TierName } from '../../../src/prover/engine/tiers.ts';

/** Constants that each tier rounds or folds with. */
export const VITAL: Record<TierName, Uint8Array> = {
  fma: new Uint8Array(new Float64Array([3 * 2 ** 102]).buffer),
  // The mask of a digit, in both lanes and as an instruction's constant.
  simd128: new Uint8Array(new BigUint64Array([(1n << 29n) - 1n, (1n << 29n) - 1n]).buffer),
  scalar: Uint8Array.from([0x42, 0xff, 0xff, 0xff, 0xff, 0x01]),
  wide: Uint8Array.from([0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03]),
};

/** One bit wrong in each place where the bytes are found. */
export function broken({ bytes, memoryFlagOffset }: Kernels, needle: Uint8Array): Kernels {
  const copy = bytes.slice();
  let found = 0;
  for (let at = 0; at + needle.length <= bytes.length; at++) {
    if (!needle.every((byte, i) => bytes[at + i] === byte)) continue;
    copy[at + 1]! ^= 4;
    found++;
  }
  if (found === 0) throw new Error('The bytes that should be broken are not there.');
  return { bytes: copy, memoryFlagOffset };
}
