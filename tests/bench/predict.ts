// How long a proof should take by the kernels' first measurements alone: counts of additions, butterflies and
// terms, times ns per product. What is measured beside it says how much is lost around the arithmetic.

import { FIELD_ORDER_R as R } from '../../src/core/groth16.ts';
import { measureAtMost } from '../../src/prover/engine/import.ts';
import { TIER_SHAPES } from '../../src/prover/engine/kernels/scratch.ts';
import { windowCount } from '../../src/prover/engine/layout.ts';
import { splitScalar } from '../../src/prover/engine/reference/split.ts';
import { littleEndian } from '../../src/prover/engine/sections.ts';
import type { TierName } from '../../src/prover/engine/tiers.ts';
import { readWitness } from '../../src/prover/engine/wtns.ts';
import { readProvingKey } from '../../src/prover/engine/zkey.ts';

/** ns per product in the prototypes, in second-level cache, on a two-core Xeon at about 3.5 GHz. */
const PRODUCT_NS: Record<'Chromium' | 'Node', Partial<Record<string, number>>> = {
  Chromium: { fma: 16.7, wide: 18.3, simd128: 36, scalar: 47 },
  Node: { fma: 18.2, simd128: 54.3, scalar: 47.9 },
};
/** Products that an affine addition takes, its share of the inversion and its loads included. */
const ADDITION = { g1: 7.5, g2: 20 };
/** Additions per bucket: of both halves, into running sums and into the total. */
const PER_BUCKET = 3;
const FIELD_BYTES = 32;

export interface Weight {
  /** Shares of the witness, of 1. */
  zeros: number;
  ones: number;
  /** Other values within ±2⁶⁴. */
  small: number;
  full: number;
}

export interface Prediction {
  weight: Weight;
  /** Products in Fp or Fr of the whole proof. */
  products: number;
  /** null for a tier that has no early measurement. */
  ms(place: 'Chromium' | 'Node', tier: TierName, threads: number): number | null;
}

export function predict(zkey: Uint8Array, wtns: Uint8Array): Prediction {
  const key = readProvingKey(zkey);
  const { count, values } = readWitness(wtns);
  // Sizes hardly depend on tier and threads.
  const sizes = measureAtMost(key, TIER_SHAPES.fma, 2);
  const magnitudes = Array.from({ length: count }, (_, i) => {
    const value = littleEndian(values.subarray(FIELD_BYTES * i, FIELD_BYTES * (i + 1)));
    return value > R / 2n ? R - value : value;
  });
  const bitsOfHalves = magnitudes.map((value) =>
    splitScalar(value).map((half) => (half < 0n ? -half : half).toString(2).length * (half === 0n ? 0 : 1)),
  );
  const additions = (points: Uint8Array, pointBytes: number, firstSignal: number, bits: number) => {
    let sum = 0;
    for (let i = 0; i < points.length / pointBytes; i++) {
      if (points.subarray(i * pointBytes, (i + 1) * pointBytes).every((byte) => byte === 0)) continue;
      for (const half of bitsOfHalves[firstSignal + i]!) sum += Math.ceil(half / bits);
    }
    return sum;
  };
  const { a, b1, b2, ch } = sizes.windowBits;
  const ofBuckets = (bits: number) => windowCount(bits) * PER_BUCKET * 2 ** (bits - 1);
  const inG1 =
    additions(key.a, 64, 0, a) +
    additions(key.b1, 64, 0, b1) +
    additions(key.c, 64, key.publicSignals + 1, ch) +
    2 * windowCount(ch) * key.domain +
    [a, b1, ch].reduce((sum, bits) => sum + ofBuckets(bits), 0);
  const inG2 = additions(key.b2, 128, 0, b2) + ofBuckets(b2);
  const butterflies = 6 * (key.domain / 2) * Math.log2(key.domain);
  const terms = sizes.terms[0] + sizes.terms[1];
  const products = inG1 * ADDITION.g1 + inG2 * ADDITION.g2 + butterflies + terms + 10 * key.domain;
  return {
    weight: weigh(magnitudes),
    products,
    ms(place, tier, threads) {
      const ns = PRODUCT_NS[place][tier];
      return ns === undefined ? null : (products * ns) / threads / 1e6;
    },
  };
}

function weigh(magnitudes: bigint[]): Weight {
  const share = (fits: (value: bigint) => boolean) => magnitudes.filter(fits).length / magnitudes.length;
  const [zeros, ones] = [share((value) => value === 0n), share((value) => value === 1n)];
  const small = share((value) => value > 1n && value < 2n ** 64n);
  return { zeros, ones, small, full: 1 - zeros - ones - small };
}
