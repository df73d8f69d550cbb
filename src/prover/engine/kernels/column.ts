// Columns of a product under summation, their ranges tracked while emitting: what could overflow is refused.
import type { Fn, ValType } from './asm.ts';
import { type Code, get } from './instructions.ts';

/** sum = register − bias modulo 2⁶⁴, within [lo, hi]. */
export interface Column {
  local: number;
  started: boolean;
  bias: bigint;
  lo: bigint;
  hi: bigint;
}

/** What of a tier columns need. */
interface Arithmetic {
  reg: ValType;
  add(a: Code, b: Code): Code;
  sub(a: Code, b: Code): Code;
  constant(fn: Fn, value: bigint): Code;
}

/** Makes a column's register an unsigned number: half of 64 bits. */
export const BIAS = 1n << 63n;
/** Columns stay below this, so that an offset can be added. */
const LIMIT = BIAS - (1n << 60n);
const U64 = (1n << 64n) - 1n;

export const emptyColumns = (fn: Fn, tier: Arithmetic, count: number): Column[] =>
  Array.from({ length: count }, () => ({
    local: fn.local(tier.reg),
    started: false,
    bias: 0n,
    lo: 0n,
    hi: 0n,
  }));

/** Adds a register to a column: its value is `value` + `bias`, the value within [lo, hi]. */
export function accumulate(
  fn: Fn,
  tier: Arithmetic,
  column: Column,
  value: Code,
  bias: bigint,
  lo: bigint,
  hi: bigint,
): void {
  fn.set(column.local, column.started ? tier.add(get(column.local), value) : value);
  column.started = true;
  widen(column, bias, lo, hi);
}

/** Subtracts a register whose value is `value` + `bias`. */
export function deduct(
  fn: Fn,
  tier: Arithmetic,
  column: Column,
  value: Code,
  bias: bigint,
  lo: bigint,
  hi: bigint,
): void {
  const from = column.started ? get(column.local) : tier.constant(fn, 0n);
  fn.set(column.local, tier.sub(from, value));
  column.started = true;
  widen(column, -bias, -hi, -lo);
}

function widen(column: Column, bias: bigint, lo: bigint, hi: bigint): void {
  column.bias = (column.bias + bias) & U64;
  column.lo += lo;
  column.hi += hi;
  if (column.lo <= -LIMIT || column.hi >= LIMIT) throw new Error('A column may overflow.');
}

/** The column's value plus a number. */
export function columnPlus(fn: Fn, tier: Arithmetic, column: Column, number: bigint): Code {
  const rest = (number - column.bias) & U64;
  if (!column.started) return tier.constant(fn, rest);
  return rest === 0n ? get(column.local) : tier.add(get(column.local), tier.constant(fn, rest));
}
