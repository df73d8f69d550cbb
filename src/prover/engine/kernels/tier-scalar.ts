// One lane of 9 × 29-bit digits in 64-bit integers: runs wherever WebAssembly does.
import { accumulate } from './column.ts';
import { type Code, get, i64 } from './instructions.ts';
import { multipleFor, oneLane, quotientOf } from './one-lane.ts';
import { TIER_SHAPES } from './scratch.ts';
import type { Tier } from './tier.ts';

const WIDTH = 29;
const TOP_BITS = 232n;
const ESTIMATE_BITS = 48;

export const scalarTier: Tier = {
  ...TIER_SHAPES.scalar,
  ...oneLane,

  multiplyInto(fn, columns, k, terms) {
    for (const { a, b, aMax, bMax } of terms) {
      const size = aMax * bMax;
      accumulate(fn, scalarTier, columns[k]!, i64.mul(a, b), 0n, -size, size);
    }
  },

  quotient: quotientOf(WIDTH),

  negatedMultiple(fn, top, bias, modulus, shift) {
    const ratio = (1n << (TOP_BITS + BigInt(ESTIMATE_BITS))) / modulus;
    const half = BigInt(Math.round((0.5 - shift) * 2 ** ESTIMATE_BITS));
    const scaled: Code = i64.add(i64.mul(i64.sub(top, i64.const(bias)), i64.const(ratio)), i64.const(half));
    return get(fn.let('i64', i64.sub(i64.const(0n), i64.shrS(scaled, i64.const(BigInt(ESTIMATE_BITS))))));
  },

  addMultiple: multipleFor(oneLane),
};
