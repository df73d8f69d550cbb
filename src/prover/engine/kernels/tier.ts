// What a tier must offer: lanes of 64-bit integers, and exact products of digits. field.ts builds
// modular arithmetic on it and is the same for all tiers.

import type { Fn, ValType } from './asm.ts';
import type { Column } from './column.ts';
import type { Code } from './instructions.ts';
import type { TierShape } from './scratch.ts';

/** A number as digits of `width` bits, one per register: digit = register − offset, within [lo, hi].
 * The value of the whole lies within [kLo, kHi] times the modulus. Bounds are tracked while emitting. */
export interface Limbs {
  regs: Code[];
  offset: bigint[];
  lo: bigint[];
  hi: bigint[];
  kLo: number;
  kHi: number;
}

/** Digits ready to be multiplied; |digit| ≤ max. */
export interface Operand {
  regs: Code[];
  max: bigint[];
  k: number;
}

/** A product of two digits, |a| ≤ aMax and |b| ≤ bMax. */
export interface Term {
  a: Code;
  b: Code;
  aMax: bigint;
  bMax: bigint;
}

export interface Tier extends TierShape {
  /** Register that holds one 64-bit integer per lane. */
  reg: ValType;
  add(a: Code, b: Code): Code;
  sub(a: Code, b: Code): Code;
  and(a: Code, b: Code): Code;
  or(a: Code, b: Code): Code;
  xor(a: Code, b: Code): Code;
  shl(a: Code, bits: number): Code;
  shrU(a: Code, bits: number): Code;
  /** The same 64-bit integer in every lane. */
  constant(fn: Fn, value: bigint): Code;
  /** Four little-endian words from one address per lane. */
  loadWords(fn: Fn, addresses: Code[]): Code[];
  storeWords(fn: Fn, addresses: Code[], words: Code[]): void;
  /** One register from contiguous memory, 8 bytes per lane. */
  loadReg(address: Code, offset: number): Code;
  /** One 64-bit integer from memory in all lanes. */
  loadSplat(address: Code, offset: number): Code;
  storeReg(address: Code, value: Code, offset: number): Code;
  /** All ones in the lanes whose i32 is not zero. */
  laneMask(fn: Fn, flags: Code[]): Code;
  /** a where the mask is set, else b. */
  select(a: Code, b: Code, mask: Code): Code;
  /** Elements (0, 1, …) of a and b become lanes: [even parts, odd parts]; its own inverse. */
  transpose(a: Code, b: Code): [Code, Code];
  /** The lanes the other way round. */
  reverseLanes(a: Code): Code;
  operand(fn: Fn, limbs: Limbs): Operand;
  /** A known number as digits within ±2^(width−1). */
  known(fn: Fn, digits: bigint[]): Code[];
  negate(fn: Fn, operand: Operand): Operand;
  double(fn: Fn, operand: Operand): Operand;
  /** A mask of lanes as `select` needs it for registers of operands. */
  operandMask(fn: Fn, mask: Code): Code;
  /** −operand in the lanes whose mask is set. */
  negateWhere(fn: Fn, operand: Operand, mask: Code): Operand;
  subtract(fn: Fn, a: Operand, b: Operand): Operand;
  /** Adds all a·b at column k (and k + 1). */
  multiplyInto(fn: Fn, columns: Column[], k: number, terms: Term[]): void;
  /** low·factor modulo 2^width, balanced; `low` is a register with digit = register − 2^(width−1). */
  quotient(fn: Fn, low: Code, factor: bigint): Code;
  /** −round(top·2^(width·(digits−1))/modulus − shift), ready to be multiplied; top = register − bias. */
  negatedMultiple(fn: Fn, top: Code, bias: bigint, modulus: bigint, shift: number): Code;
  /** Adds s·d to one column, for a small |s| ≤ sMax and a known digit d. */
  addMultiple(fn: Fn, column: Column, s: Code, sMax: bigint, digit: bigint): void;
}

/** The largest magnitude between lo and hi. */
export function widest(lo: bigint, hi: bigint): bigint {
  const [a, b] = [lo < 0n ? -lo : lo, hi < 0n ? -hi : hi];
  if (a > b) return a;
  return b;
}
