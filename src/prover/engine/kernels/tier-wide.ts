// One lane of 5 × 51-bit digits in 64-bit integers, for platforms with wide arithmetic (products of 128 bits:
// github.com/WebAssembly/wide-arithmetic). All products of a column are added up exactly, then split once.
import { accumulate } from './column.ts';
import { type Code, drop, get, i64, setTop } from './instructions.ts';
import { multipleFor, oneLane, quotientOf } from './one-lane.ts';
import { TIER_SHAPES } from './scratch.ts';
import type { Tier } from './tier.ts';

const WIDTH = 51;
const MASK = (1n << BigInt(WIDTH)) - 1n;
/** Sums of products stay below this, so that their upper parts are numbers of 62 bits. */
const LIMIT = 1n << BigInt(WIDTH + 61);
const TOP_BITS = 204n;
/** Of the estimate of a quotient; its product with a top digit has about 100 bits. */
const ESTIMATE_BITS = 98n;

export const wideTier: Tier = {
  ...TIER_SHAPES.wide,
  ...oneLane,

  multiplyInto(fn, columns, k, terms) {
    if (terms.length === 0) return;
    const size = terms.reduce((sum, { aMax, bMax }) => sum + aMax * bMax, 0n);
    if (size >= LIMIT) throw new Error('Digits of this size overflow a product.');
    const [lo, hi] = [fn.local('i64'), fn.local('i64')];
    fn.emit(terms.map(({ a, b }) => i64.mulWideS(a, b)).reduce((sum, product) => i64.add128(sum, product)));
    fn.emit(setTop(hi), setTop(lo));
    const upper: Code = i64.or(
      i64.shl(get(hi), i64.const(BigInt(64 - WIDTH))),
      i64.shrU(get(lo), i64.const(BigInt(WIDTH))),
    );
    const upperMax = (size >> BigInt(WIDTH)) + 1n;
    accumulate(fn, wideTier, columns[k]!, i64.and(get(lo), i64.const(MASK)), 0n, 0n, MASK);
    accumulate(fn, wideTier, columns[k + 1]!, upper, 0n, -upperMax, upperMax);
  },

  quotient: quotientOf(WIDTH),

  negatedMultiple(fn, top, bias, modulus, shift) {
    const ratio = (1n << (TOP_BITS + ESTIMATE_BITS)) / modulus;
    const hi = fn.local('i64');
    fn.emit(i64.mulWideS(i64.sub(top, i64.const(bias)), i64.const(ratio)), setTop(hi), drop);
    const bits = Number(ESTIMATE_BITS - 64n);
    const half = BigInt(Math.round((0.5 - shift) * 2 ** bits));
    const rounded = i64.shrS(i64.add(get(hi), i64.const(half)), i64.const(BigInt(bits)));
    return get(fn.let('i64', i64.sub(i64.const(0n), rounded)));
  },

  addMultiple: multipleFor(oneLane),
};
