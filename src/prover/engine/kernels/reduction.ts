// Reduction of products modulo a prime, emitted inline. Products are folded: the low columns but one are
// normalised and multiplied by constants, which needs no quotient digits; then one round of Montgomery's
// reduction, whose factor is 2^(width·digits). Every digit's range is tracked, and what could overflow is refused
// while emitting.
import type { Fn } from './asm.ts';
import { accumulate, BIAS, type Column, columnPlus, deduct, emptyColumns } from './column.ts';
import { type Code, get } from './instructions.ts';
import type { Limbs, Operand, Term, Tier } from './tier.ts';

/** How far a product is brought down: `loose` as it comes, `tight` to about ±p/2, `packed` to [0, p(1 + 2⁻¹⁹)). */
export type Finish = 'loose' | 'tight' | 'packed';

/** Slack of a packed value above the modulus. */
export const PACKED_SLACK = 2 ** -19;

export interface Addend {
  value: Limbs;
  sign: 1 | -1;
}

/** Balanced digits: each within ±2^(width−1), the top one takes what is left. */
export function balancedDigits(value: bigint, digits: number, width: number): bigint[] {
  const base = 1n << BigInt(width);
  const half = base >> 1n;
  const result: bigint[] = [];
  let rest = value;
  for (let i = 0; i < digits - 1; i++) {
    const digit = ((((rest + half) % base) + base) % base) - half;
    result.push(digit);
    rest = (rest - digit) / base;
  }
  return [...result, rest];
}

export const abs = (value: bigint): bigint => (value < 0n ? -value : value);

export class Reduction {
  readonly fn: Fn;
  readonly tier: Tier;
  readonly modulus: bigint;
  protected readonly shift: bigint;
  protected readonly mask: bigint;

  constructor(fn: Fn, tier: Tier, modulus: bigint) {
    this.fn = fn;
    this.tier = tier;
    this.modulus = modulus;
    this.shift = BigInt(tier.width);
    this.mask = (1n << this.shift) - 1n;
  }

  /** Montgomery's factor. */
  get radix(): bigint {
    return 1n << (this.shift * BigInt(this.tier.digits));
  }

  protected keep(value: Code): Code {
    return get(this.fn.let(this.tier.reg, value));
  }

  protected constant(value: bigint): Code {
    return this.tier.constant(this.fn, BigInt.asUintN(64, value));
  }

  /** Bound of the top digit for values up to k times the modulus. */
  protected top(k: number): bigint {
    const scaled = this.modulus * BigInt(Math.ceil(k * 2 ** 30));
    return (scaled >> (30n + this.shift * BigInt(this.tier.digits - 1))) + 2n;
  }

  protected limbs(
    regs: Code[],
    offset: bigint,
    lo: bigint,
    hi: bigint,
    kLo: number,
    kHi: number,
    topLo: bigint,
    topHi: bigint,
  ): Limbs {
    const last = regs.length - 1;
    const each = (value: bigint, top: bigint) => regs.map((_, i) => (i === last ? top : value));
    return { regs, offset: each(offset, 0n), lo: each(lo, topLo), hi: each(hi, topHi), kLo, kHi };
  }

  /** The upper columns of the reduced products, not yet normalised, and the bounds of their value. */
  columns(products: [Operand, Operand][]): { columns: Column[]; kLo: number; kHi: number } {
    const { fn, tier, modulus, shift } = this;
    const n = tier.digits;
    const columns = emptyColumns(fn, tier, 2 * n);
    const ready = products.map(([a, b]) => ({ a, b, doubled: a === b ? tier.double(fn, a) : undefined }));
    const folds = Array.from({ length: n - 1 }, (_, i) => {
      const inverse = inverseOfTwoPower(this.shift * BigInt(n - 1 - i), modulus);
      const centred = inverse > modulus / 2n ? inverse - modulus : inverse;
      return balancedDigits(centred, n, tier.width);
    });
    const half = 1n << (shift - 1n);
    const modulusDigits = balancedDigits(modulus, n, tier.width);
    const low: Operand[] = [];
    // All products first, so that only the carries wait for each other.
    for (let k = 0; k < 2 * n - 1; k++) {
      const terms = ready.flatMap(({ a, b, doubled }) => columnTerms(tier.digits, k, a, b, doubled));
      tier.multiplyInto(fn, columns, k, terms);
    }
    for (let k = 0; k < 2 * n - 1; k++) {
      if (k < n - 1) {
        // The column is complete: take its digit, pass on the rest.
        const raw = this.takeDigit(columns[k]!, columns[k + 1]!, half);
        const limbs: Limbs = { regs: [raw], offset: [half], lo: [-half], hi: [half - 1n], kLo: 0, kHi: 0 };
        low.push(tier.operand(fn, limbs));
        continue;
      }
      const terms = low.map((digit, i): Term => {
        const by = folds[i]![k - (n - 1)]!;
        return { a: digit.regs[0]!, b: tier.known(fn, [by])[0]!, aMax: half, bMax: abs(by) };
      });
      if (k === n - 1) {
        tier.multiplyInto(fn, columns, k, terms.splice(0));
        this.montgomeryRound(columns);
      }
      const by = modulusDigits[k - (n - 1)]!;
      terms.push({ a: this.quotient, b: tier.known(fn, [by])[0]!, aMax: half, bMax: abs(by) });
      tier.multiplyInto(fn, columns, k, terms);
      if (k === n - 1) this.passExact(columns[k]!, columns[k + 1]!);
    }
    const size =
      products.reduce((sum, [a, b]) => sum + a.k * b.k, 0) * (Number(modulus) / Number(this.radix));
    const folded = folds.reduce(
      (sum, _, i) => sum + Number(abs(centredFold(i, n, shift, modulus))) / Number(modulus) / 2,
      0,
    );
    const k = (size + folded + 0.5) * (1 + 2 ** -30);
    return { columns: columns.slice(n), kLo: -k, kHi: k };
  }

  private quotient: Code = [];

  private montgomeryRound(columns: Column[]): void {
    const { fn, tier, shift, mask } = this;
    const n = tier.digits;
    const half = 1n << (shift - 1n);
    const column = columns[n - 1]!;
    const low = this.keep(tier.and(columnPlus(fn, tier, column, half), this.constant(mask)));
    const base = 1n << shift;
    const inverse = (base - inverseModulo(this.modulus % base, base)) % base;
    this.quotient = tier.quotient(fn, low, inverse >= half ? inverse - base : inverse);
  }

  /** Carries a column whose low bits are zero by now. */
  private passExact(column: Column, next: Column): void {
    const { fn, tier, shift } = this;
    const carry = tier.shrU(columnPlus(fn, tier, column, BIAS), tier.width);
    accumulate(fn, tier, next, carry, BIAS >> shift, (column.lo >> shift) - 1n, (column.hi >> shift) + 1n);
  }

  /** The column's low bits as digit + offset; the rest is carried into the next. */
  takeDigit(column: Column, next: Column, offset: bigint): Code {
    const { fn, tier, shift, mask } = this;
    const sum = this.keep(columnPlus(fn, tier, column, BIAS + offset));
    const carry = tier.shrU(sum, tier.width);
    accumulate(fn, tier, next, carry, BIAS >> shift, (column.lo >> shift) - 1n, (column.hi >> shift) + 2n);
    return this.keep(tier.and(sum, this.constant(mask)));
  }

  /** Adds `addends`, subtracts the multiple of the modulus that `finish` asks for, and normalises. */
  finish(upper: Column[], kLow: number, kHigh: number, finish: Finish, addends: Addend[] = []): Limbs {
    const { shift } = this;
    let [kLo, kHi] = [kLow, kHigh];
    for (const { value, sign } of addends) {
      upper.forEach((column, i) => {
        this.addLimb(column, value, i, sign);
      });
      kLo += sign === 1 ? value.kLo : -value.kHi;
      kHi += sign === 1 ? value.kHi : -value.kLo;
    }
    const half = 1n << (shift - 1n);
    const offset = finish === 'packed' ? 0n : half;
    if (finish !== 'loose') {
      this.subtractMultiple(upper, kLo, kHi, finish);
      return this.normalise(upper, offset, ...this.finishedBounds(finish));
    }
    return this.normalise(upper, offset, kLo, kHi);
  }

  protected finishedBounds(finish: Finish): [number, number] {
    return finish === 'packed' ? [0, 1 + PACKED_SLACK] : [-0.5 - PACKED_SLACK, 0.5 + PACKED_SLACK];
  }

  protected addLimb(column: Column, value: Limbs, i: number, sign: 1 | -1): void {
    const { fn, tier } = this;
    const [reg, offset, lo, hi] = [value.regs[i]!, value.offset[i]!, value.lo[i]!, value.hi[i]!];
    (sign === 1 ? accumulate : deduct)(fn, tier, column, reg, offset, lo, hi);
  }

  private subtractMultiple(columns: Column[], kLo: number, kHi: number, finish: Finish): void {
    const { fn, tier, modulus } = this;
    const n = tier.digits;
    const shift = finish === 'packed' ? 0.5 + 2 ** -20 : 0;
    const sMax = BigInt(Math.ceil(Math.max(-kLo + shift, kHi) + 0.5));
    const top = this.topEstimate(columns);
    const s = tier.negatedMultiple(fn, this.keep(top), 0n, modulus, shift);
    balancedDigits(modulus, n, tier.width).forEach((digit, i) => {
      tier.addMultiple(fn, columns[i]!, s, sMax, digit);
    });
  }

  /** About the value over 2^(width·(digits − 1)), never above it: the top column, and of narrow digits what the
   * two below it carry, before those columns are normalised. */
  private topEstimate(columns: Column[]): Code {
    const { fn, tier, shift } = this;
    const [top, next, third] = [...columns].reverse() as [Column, Column, Column];
    if (tier.width > 40) return columnPlus(fn, tier, top, 0n);
    const carry = tier.shrU(columnPlus(fn, tier, third, BIAS), tier.width);
    const below = tier.add(columnPlus(fn, tier, next, BIAS - (BIAS >> shift)), carry);
    return tier.add(columnPlus(fn, tier, top, -(BIAS >> shift)), tier.shrU(below, tier.width));
  }

  private normalise(columns: Column[], offset: bigint, kLo: number, kHi: number): Limbs {
    const { tier, mask } = this;
    const n = tier.digits;
    const regs: Code[] = [];
    for (let i = 0; i < n - 1; i++) regs.push(this.takeDigit(columns[i]!, columns[i + 1]!, offset));
    const last = columns[n - 1]!;
    regs.push(this.keep(columnPlus(this.fn, tier, last, 0n)));
    const topLo = kLo >= 0 ? 0n : -this.top(-kLo);
    return this.limbs(regs, offset, -offset, mask - offset, kLo, kHi, topLo, this.top(kHi));
  }
}

/** The products of digits that belong to column k of a·b, or of a² when the doubled digits are given. */
function columnTerms(digits: number, k: number, a: Operand, b: Operand, doubled?: Operand): Term[] {
  const terms: Term[] = [];
  for (let i = 0; i < digits; i++) {
    const j = k - i;
    if (j < 0 || j >= digits || (doubled !== undefined && j < i)) continue;
    const left = doubled !== undefined && j > i ? doubled : a;
    terms.push({ a: left.regs[i]!, b: b.regs[j]!, aMax: left.max[i]!, bMax: b.max[j]! });
  }
  return terms;
}

function centredFold(i: number, digits: number, shift: bigint, modulus: bigint): bigint {
  const inverse = inverseOfTwoPower(shift * BigInt(digits - 1 - i), modulus);
  return inverse > modulus / 2n ? inverse - modulus : inverse;
}

function inverseOfTwoPower(bits: bigint, modulus: bigint): bigint {
  return inverseModulo((1n << bits) % modulus, modulus);
}

/** a⁻¹ modulo m, for coprime a and m. */
export function inverseModulo(a: bigint, m: bigint): bigint {
  let [r0, r1, s0, s1] = [m, ((a % m) + m) % m, 0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
  }
  if (r0 !== 1n) throw new Error('Not invertible.');
  return ((s0 % m) + m) % m;
}
