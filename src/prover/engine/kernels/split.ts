// Scalars as two halves of at most 127 bits and a sign, k ≡ first + second·λ: sums over the halves share their
// buckets' weights, see endomorphism.ts. Products of words in 32-bit parts, so that every tier has it.
import { LATTICE, R } from '../constants.ts';
import type { Fn, Module } from './asm.ts';
import { type Code, get, i32, i64 } from './instructions.ts';

/** Quotients are scalar·factor/2^SHIFT with factor ≈ vector·2^SHIFT/r, which fit two words and one. A rounding is off
 * by less than 0.38 of a vector then, so halves stay below (0.5 + 0.38)·2^126.8 < 2^126.7. */
const SHIFT = 254n;
/** Small scalars are their own first half. */
const SMALL_BITS = 61n;
const HALF_OF_WORD = i64.const(32n);
const LOW_PART = i64.const(0xffffffffn);

interface Wide {
  lo: number;
  hi: number;
}

/** `split`: (halves, scalars, n). Scalars are packed and below r(1 + 2⁻¹⁹); each becomes two signed numbers of 128
 * bits, so `halves` may be `scalars`. */
export function emitSplit(module: Module): void {
  const fn = module.fn('split', ['i32', 'i32', 'i32'], []);
  const [halves, scalars, n] = [fn.param(0), fn.param(1), fn.param(2)];
  const i = fn.local('i32');
  const k = [0, 1, 2, 3].map(() => fn.local('i64'));
  const halfOfTwo = [0, 1, 2, 3].map(() => fn.local('i64'));
  fn.while(
    () => i32.ltU(get(i), n),
    () => {
      fn.scope(() => {
        const offset = fn.let('i32', i32.shl(get(i), i32.const(5)));
        const from = fn.let('i32', i32.add(scalars, get(offset)));
        k.forEach((word, w) => {
          fn.set(word, i64.load(get(from), 8 * w));
        });
        const upper = i64.or(i64.or(get(k[2]!), get(k[3]!)), i64.shrU(get(k[1]!), i64.const(SMALL_BITS)));
        fn.if(
          i64.eqz(upper),
          () => {
            fn.set(halfOfTwo[0]!, get(k[0]!));
            fn.set(halfOfTwo[1]!, get(k[1]!));
            fn.set(halfOfTwo[2]!, i64.const(0n));
            fn.set(halfOfTwo[3]!, i64.const(0n));
          },
          () => fn.scope(() => splitOne(fn, k, halfOfTwo)),
        );
        const to = fn.let('i32', i32.add(halves, get(offset)));
        halfOfTwo.forEach((word, w) => {
          fn.emit(i64.store(get(to), get(word), 8 * w));
        });
      });
      fn.set(i, i32.add(get(i), i32.const(1)));
    },
  );
}

/** first = k − c₁·(long + short) − c₂·short, second = c₂·long − c₁·short, modulo 2¹²⁸, with c₁ ≈ k·long/r and
 * c₂ ≈ k·short/r. */
function splitOne(fn: Fn, k: number[], to: number[]): void {
  const { short, long } = LATTICE;
  const word = (value: bigint, which: number) => i64.const((value >> BigInt(64 * which)) & (2n ** 64n - 1n));
  const scaled = (value: bigint) => ((value << SHIFT) + R / 2n) / R;
  const [forOne, forTwo] = [scaled(long), scaled(short)];
  const first = new Quotient(fn);
  first.add(0, wideProduct(fn, get(k[2]!), word(forOne, 1)));
  first.add(0, wideProduct(fn, get(k[3]!), word(forOne, 0)));
  first.addUpper(wideProduct(fn, get(k[1]!), word(forOne, 1)));
  first.addUpper(wideProduct(fn, get(k[2]!), word(forOne, 0)));
  first.add(1, wideProduct(fn, get(k[3]!), word(forOne, 1)));
  const c1 = first.words();
  const second = new Quotient(fn);
  second.add(0, wideProduct(fn, get(k[3]!), word(forTwo, 0)));
  second.addUpper(wideProduct(fn, get(k[2]!), word(forTwo, 0)));
  const c2 = second.words();
  /** c·b modulo 2¹²⁸. */
  const low = (c: { lo: Code; hi: Code }, b: bigint): Wide => {
    const product = wideProduct(fn, c.lo, word(b, 0));
    for (const [x, which] of [
      [c.lo, 1],
      [c.hi, 0],
    ] as const) {
      fn.set(product.hi, i64.add(get(product.hi), i64.mul(x, word(b, which))));
    }
    return product;
  };
  const half = (lo: number, hi: number, from: Wide, less: Wide[]) => {
    fn.set(lo, get(from.lo));
    fn.set(hi, get(from.hi));
    for (const part of less) {
      const borrow = i64.fromI32u(i64.ltU(get(lo), get(part.lo)));
      fn.set(hi, i64.sub(i64.sub(get(hi), get(part.hi)), borrow));
      fn.set(lo, i64.sub(get(lo), get(part.lo)));
    }
  };
  half(to[0]!, to[1]!, { lo: k[0]!, hi: k[1]! }, [low(c1, long + short), low(c2, short)]);
  half(to[2]!, to[3]!, low(c2, long), [low(c1, short)]);
}

/** A sum of products in units of 2¹⁹², to be rounded and divided by 2^SHIFT. */
class Quotient {
  private readonly fn: Fn;
  private readonly sum: number[];

  constructor(fn: Fn) {
    this.fn = fn;
    const half = 1n << (SHIFT - 193n);
    this.sum = [half, 0n, 0n].map((value) => fn.let('i64', i64.const(value)));
  }

  /** Adds a word at a place and what is carried. */
  private addWord(place: number, value: Code): void {
    const { fn, sum } = this;
    if (place === 2) {
      fn.set(sum[2]!, i64.add(get(sum[2]!), value));
      return;
    }
    const own = fn.let('i64', value);
    fn.set(sum[place]!, i64.add(get(sum[place]!), get(own)));
    this.addWord(place + 1, i64.fromI32u(i64.ltU(get(sum[place]!), get(own))));
  }

  add(place: 0 | 1, product: Wide): void {
    this.addWord(place + 1, get(product.hi));
    this.addWord(place, get(product.lo));
  }

  /** Of a product in units of 2¹²⁸. */
  addUpper(product: Wide): void {
    this.addWord(0, get(product.hi));
  }

  words(): { lo: Code; hi: Code } {
    const { fn, sum } = this;
    const shift = SHIFT - 192n;
    const part = (low: number, high: number) =>
      get(
        fn.let(
          'i64',
          i64.or(
            i64.shrU(get(sum[low]!), i64.const(shift)),
            i64.shl(get(sum[high]!), i64.const(64n - shift)),
          ),
        ),
      );
    return { lo: part(0, 1), hi: part(1, 2) };
  }
}

/** All 128 bits of a product of words. */
function wideProduct(fn: Fn, x: Code, y: Code): Wide {
  const part = (value: Code) => get(fn.let('i64', value));
  const [a, b] = [part(x), part(y)];
  const [a0, a1] = [part(i64.and(a, LOW_PART)), part(i64.shrU(a, HALF_OF_WORD))];
  const [b0, b1] = [part(i64.and(b, LOW_PART)), part(i64.shrU(b, HALF_OF_WORD))];
  const low = part(i64.mul(a0, b0));
  const middle = part(i64.add(i64.mul(a1, b0), i64.shrU(low, HALF_OF_WORD)));
  const other = part(i64.add(i64.mul(a0, b1), i64.and(middle, LOW_PART)));
  const upper = i64.add(i64.shrU(middle, HALF_OF_WORD), i64.shrU(other, HALF_OF_WORD));
  return {
    lo: fn.let('i64', i64.or(i64.shl(other, HALF_OF_WORD), i64.and(low, LOW_PART))),
    hi: fn.let('i64', i64.add(i64.mul(a1, b1), upper)),
  };
}
