// What the tiers of one lane in 64-bit integers have in common.
import { accumulate } from './column.ts';
import { get, i32, i64 } from './instructions.ts';
import { type Tier, widest } from './tier.ts';

export const oneLane: Omit<
  Tier,
  'name' | 'lanes' | 'digits' | 'width' | 'multiplyInto' | 'quotient' | 'negatedMultiple' | 'addMultiple'
> = {
  reg: 'i64',
  add: i64.add,
  sub: i64.sub,
  and: i64.and,
  or: i64.or,
  xor: i64.xor,
  shl: (a, bits) => i64.shl(a, i64.const(BigInt(bits))),
  shrU: (a, bits) => i64.shrU(a, i64.const(BigInt(bits))),
  constant: (_fn, value) => i64.const(value),
  loadWords: (fn, [a]) => [0, 8, 16, 24].map((offset) => get(fn.let('i64', i64.load(a!, offset)))),
  storeWords(fn, [a], words) {
    words.forEach((word, i) => {
      fn.emit(i64.store(a!, word, 8 * i));
    });
  },
  loadReg: (address, offset) => i64.load(address, offset),
  loadSplat: (address, offset) => i64.load(address, offset),
  storeReg: (address, value, offset) => i64.store(address, value, offset),
  laneMask: (_fn, [a]) => i64.sub(i64.const(0n), i64.fromI32u(i32.ne(a!, i32.const(0)))),
  select: (a, b, mask) => i64.or(i64.and(a, mask), i64.and(b, i64.xor(mask, i64.const(-1n)))),
  transpose: (a, b) => [a, b],
  reverseLanes: (a) => a,

  operand: (fn, limbs) => ({
    regs: limbs.regs.map((reg, i) => {
      const offset = limbs.offset[i]!;
      return offset === 0n ? reg : get(fn.let('i64', i64.sub(reg, i64.const(offset))));
    }),
    max: limbs.lo.map((lo, i) => widest(lo, limbs.hi[i]!)),
    k: Math.max(-limbs.kLo, limbs.kHi),
  }),

  known: (_fn, digits) => digits.map((digit) => i64.const(digit)),
  negate: (fn, operand) => ({
    ...operand,
    regs: operand.regs.map((reg) => get(fn.let('i64', i64.sub(i64.const(0n), reg)))),
  }),
  double: (fn, operand) => ({
    regs: operand.regs.map((reg) => get(fn.let('i64', i64.add(reg, reg)))),
    max: operand.max.map((max) => 2n * max),
    k: 2 * operand.k,
  }),

  operandMask: (_fn, mask) => mask,
  negateWhere: (fn, operand, mask) => ({
    ...operand,
    regs: operand.regs.map((reg) => get(fn.let('i64', i64.sub(i64.xor(reg, mask), mask)))),
  }),
  subtract: (fn, a, b) => ({
    regs: a.regs.map((reg, i) => get(fn.let('i64', i64.sub(reg, b.regs[i]!)))),
    max: a.max.map((max, i) => max + b.max[i]!),
    k: a.k + b.k,
  }),
};

/** See Tier.quotient. */
export const quotientOf =
  (width: number): Tier['quotient'] =>
  (fn, low, factor) => {
    const half = i64.const(1n << BigInt(width - 1));
    const product = i64.mul(i64.sub(low, half), i64.const(factor));
    const masked = i64.and(i64.add(product, half), i64.const((1n << BigInt(width)) - 1n));
    return get(fn.let('i64', i64.sub(masked, half)));
  };

/** See Tier.addMultiple. */
export const multipleFor =
  (arithmetic: Parameters<typeof accumulate>[1]): Tier['addMultiple'] =>
  (fn, column, s, sMax, digit) => {
    const size = sMax * (digit < 0n ? -digit : digit);
    accumulate(fn, arithmetic, column, i64.mul(s, i64.const(digit)), 0n, -size, size);
  };
