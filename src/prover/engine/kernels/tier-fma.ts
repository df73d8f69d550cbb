// Two lanes of 5 × 51-bit digits: exact products of digits from pairs of fused multiply-adds (after Emmart,
// Zheng and Weems, "Faster modular exponentiation using double precision floating point arithmetic on the
// GPU", ARITH 2018). |a·b| must stay within 2¹⁰² so that hi and lo keep fixed exponents, whose bit patterns
// are then integers with a known bias.
import type { Fn } from './asm.ts';
import { accumulate, type Column } from './column.ts';
import { type Code, f64x2, get, i64x2, v128 } from './instructions.ts';
import { TIER_SHAPES } from './scratch.ts';
import { type Term, type Tier, widest } from './tier.ts';
import { integer, twoLanes } from './two-lanes.ts';

const bitsOf = (value: number): bigint => new BigInt64Array(new Float64Array([value]).buffer)[0]!;
const TOP = 3 * 2 ** 102;
const LOW = 3 * 2 ** 51;
const LIMIT = 1n << 102n;

const float = (fn: Fn, value: number): Code => integer(fn, bitsOf(value));
const sizeOf = ({ aMax, bMax }: Term): bigint => aMax * bMax;

/** Adds the bit patterns of a chain of `count` products: `hi` in units of 2⁵¹, `low` within ±2⁵⁰ each. */
function addChain(
  fn: Fn,
  columns: Column[],
  k: number,
  hi: Code,
  low: Code,
  size: bigint,
  count: bigint,
): void {
  const high = (size >> 51n) + count;
  accumulate(fn, fmaTier, columns[k + 1]!, hi, bitsOf(TOP), -high, high);
  accumulate(fn, fmaTier, columns[k]!, low, bitsOf(LOW), -count << 50n, count << 50n);
}

export const fmaTier: Tier = {
  ...TIER_SHAPES.fma,
  ...twoLanes,

  operand(fn, limbs) {
    const regs = limbs.regs.map((reg, i) => {
      const offset = limbs.offset[i]!;
      const [lo, hi] = [limbs.lo[i]! + offset, limbs.hi[i]! + offset];
      if (lo < -(1n << 51n) || hi > 1n << 51n) throw new Error(`Digit ${i} is too wide to be converted.`);
      const raised = i64x2.add(reg, integer(fn, bitsOf(LOW)));
      return get(fn.let('v128', f64x2.sub(raised, float(fn, LOW + Number(offset)))));
    });
    return {
      regs,
      max: limbs.lo.map((lo, i) => widest(lo, limbs.hi[i]!)),
      k: Math.max(-limbs.kLo, limbs.kHi),
    };
  },

  known: (fn, digits) => digits.map((digit) => float(fn, Number(digit))),

  negate: (fn, operand) => ({
    ...operand,
    regs: operand.regs.map((reg) => get(fn.let('v128', f64x2.neg(reg)))),
  }),

  double: (fn, operand) => ({
    regs: operand.regs.map((reg) => get(fn.let('v128', f64x2.add(reg, reg)))),
    max: operand.max.map((max) => 2n * max),
    k: 2 * operand.k,
  }),

  operandMask: (_fn, mask) => mask,
  negateWhere(fn, operand, mask) {
    const sign = get(fn.let('v128', v128.and(mask, integer(fn, 1n << 63n))));
    return { ...operand, regs: operand.regs.map((reg) => get(fn.let('v128', v128.xor(reg, sign)))) };
  },

  subtract: (fn, a, b) => ({
    regs: a.regs.map((reg, i) => get(fn.let('v128', f64x2.sub(reg, b.regs[i]!)))),
    max: a.max.map((max, i) => max + b.max[i]!),
    k: a.k + b.k,
  }),

  multiplyInto(fn, columns, k, terms) {
    for (let i = 0; i < terms.length; i++) {
      const [first, second] = [terms[i]!, terms[i + 1]];
      const size = sizeOf(first);
      if (size > LIMIT) throw new Error('Digits of this size overflow a product.');
      const hi = get(fn.let('v128', f64x2.madd(first.a, first.b, float(fn, TOP))));
      const low = f64x2.madd(first.a, first.b, f64x2.sub(float(fn, TOP + LOW), hi));
      // Two products share a chain where their sum, the first one's rounding included, keeps the exponent.
      if (second !== undefined && size + sizeOf(second) + (1n << 51n) <= LIMIT) {
        const lowOfFirst = get(fn.let('v128', low));
        const both = get(fn.let('v128', f64x2.madd(second.a, second.b, hi)));
        const lowOfSecond = f64x2.madd(second.a, second.b, f64x2.sub(hi, both));
        addChain(fn, columns, k, both, f64x2.add(lowOfFirst, lowOfSecond), size + sizeOf(second), 2n);
        i++;
      } else addChain(fn, columns, k, hi, low, size, 1n);
    }
  },

  quotient(fn, low, factor) {
    const raised = v128.or(low, integer(fn, bitsOf(2 ** 52)));
    const digit = get(fn.let('v128', f64x2.sub(raised, float(fn, 2 ** 52 + 2 ** 50))));
    const by = float(fn, Number(factor));
    const hi = f64x2.madd(digit, by, float(fn, TOP));
    const lo = f64x2.madd(digit, by, f64x2.sub(float(fn, TOP + LOW), hi));
    return get(fn.let('v128', f64x2.sub(lo, float(fn, LOW))));
  },

  negatedMultiple(fn, top, bias, modulus, shift) {
    // A sixteenth of the top column, as f64: exact enough, since the top digit has about 50 bits.
    const raised = i64x2.shrU(i64x2.add(top, integer(fn, (1n << 55n) - bias)), 4);
    const value = f64x2.sub(v128.or(raised, integer(fn, bitsOf(2 ** 52))), float(fn, 2 ** 52 + 2 ** 51));
    const ratio = (16 / Number(modulus / (1n << 153n))) * 2 ** 51;
    return get(fn.let('v128', f64x2.nearest(f64x2.madd(value, float(fn, -ratio), float(fn, shift)))));
  },

  addMultiple(fn, column, s, sMax, digit) {
    // Each part must stay below 2⁵¹ to keep the exponent of LOW.
    const size = (value: bigint) => sMax * (value < 0n ? -value : value);
    const parts = size(digit) / (1n << 51n) + 1n;
    for (let i = 0n; i < parts; i++) {
      const part = (digit * (i + 1n)) / parts - (digit * i) / parts;
      const product = f64x2.madd(s, float(fn, Number(part)), float(fn, LOW));
      accumulate(fn, fmaTier, column, product, bitsOf(LOW), -size(part), size(part));
    }
  },
};
