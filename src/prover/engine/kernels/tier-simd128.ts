// Two lanes of 9 × 29-bit digits in plain 128-bit SIMD, for platforms without relaxed SIMD. Digits ready to be
// multiplied are 32 bits wide and lie side by side in the register's first half, as extended multiplication
// takes them: (digit of lane 0, digit of lane 1, unused, unused).
import type { Fn } from './asm.ts';
import { accumulate } from './column.ts';
import { type Code, get, i32x4, i64x2, v128 } from './instructions.ts';
import { TIER_SHAPES } from './scratch.ts';
import { type Tier, widest } from './tier.ts';
import { integer, twoLanes } from './two-lanes.ts';

const WIDTH = 29;
const TOP_BITS = 232n;
const ESTIMATE_BITS = 48;
const BIAS = 1n << 62n;
const NARROW = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

/** The low 32 bits of both lanes, as a factor. */
const narrow = (fn: Fn, value: Code): Code => {
  const own = get(fn.let('v128', value));
  return get(fn.let('v128', v128.shuffle(own, own, NARROW)));
};

/** A known factor. */
const factor = (fn: Fn, value: bigint): Code => {
  if (BigInt.asIntN(32, value) !== value) throw new Error('A factor has 32 bits.');
  const part = BigInt.asUintN(32, value);
  return integer(fn, part | (part << 32n));
};

function narrowEnough(max: bigint[]): bigint[] {
  if (max.some((digit) => digit >= 1n << 31n)) throw new Error('A digit is too wide to be multiplied.');
  return max;
}

export const simd128Tier: Tier = {
  ...TIER_SHAPES.simd128,
  ...twoLanes,

  operand: (fn, limbs) => ({
    regs: limbs.regs.map((reg, i) => {
      const offset = limbs.offset[i]!;
      return narrow(fn, offset === 0n ? reg : i64x2.sub(reg, integer(fn, offset)));
    }),
    max: narrowEnough(limbs.lo.map((lo, i) => widest(lo, limbs.hi[i]!))),
    k: Math.max(-limbs.kLo, limbs.kHi),
  }),

  known: (fn, digits) => digits.map((digit) => factor(fn, digit)),
  negate: (fn, operand) => ({
    ...operand,
    regs: operand.regs.map((reg) => get(fn.let('v128', i32x4.sub(integer(fn, 0n), reg)))),
  }),
  double: (fn, operand) => ({
    regs: operand.regs.map((reg) => get(fn.let('v128', i32x4.add(reg, reg)))),
    max: narrowEnough(operand.max.map((max) => 2n * max)),
    k: 2 * operand.k,
  }),

  operandMask: narrow,
  negateWhere(fn, operand, mask) {
    const own = narrow(fn, mask);
    const negated = (reg: Code) => get(fn.let('v128', i32x4.sub(v128.xor(reg, own), own)));
    return { ...operand, regs: operand.regs.map(negated) };
  },
  subtract: (fn, a, b) => ({
    regs: a.regs.map((reg, i) => get(fn.let('v128', i32x4.sub(reg, b.regs[i]!)))),
    max: narrowEnough(a.max.map((max, i) => max + b.max[i]!)),
    k: a.k + b.k,
  }),

  multiplyInto(fn, columns, k, terms) {
    for (const { a, b, aMax, bMax } of terms) {
      const size = aMax * bMax;
      accumulate(fn, simd128Tier, columns[k]!, i64x2.extmulLow(a, b), 0n, -size, size);
    }
  },

  quotient(fn, low, by) {
    const half = integer(fn, 1n << BigInt(WIDTH - 1));
    const product = i64x2.extmulLow(narrow(fn, i64x2.sub(low, half)), factor(fn, by));
    const masked = v128.and(i64x2.add(product, half), integer(fn, (1n << BigInt(WIDTH)) - 1n));
    return narrow(fn, i64x2.sub(masked, half));
  },

  negatedMultiple(fn, top, bias, modulus, shift) {
    const ratio = (1n << (TOP_BITS + BigInt(ESTIMATE_BITS))) / modulus;
    const half = BigInt(Math.round((0.5 - shift) * 2 ** ESTIMATE_BITS));
    const scaled = i64x2.extmulLow(narrow(fn, i64x2.sub(top, integer(fn, bias))), factor(fn, ratio));
    const multiple = i64x2.shrU(i64x2.add(scaled, integer(fn, BIAS + half)), ESTIMATE_BITS);
    return narrow(fn, i64x2.sub(integer(fn, BIAS >> BigInt(ESTIMATE_BITS)), multiple));
  },

  addMultiple(fn, column, s, sMax, digit) {
    const size = sMax * (digit < 0n ? -digit : digit);
    accumulate(fn, simd128Tier, column, i64x2.extmulLow(s, factor(fn, digit)), 0n, -size, size);
  },
};
