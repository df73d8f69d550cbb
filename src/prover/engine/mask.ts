// Scalars moved by numbers that depend on the key's opening only, so that how long their sums take says nothing
// about the witness: Σ (wᵢ + mᵢ)·Pᵢ − Σ mᵢ·Pᵢ, the second sum made once. Zeros, bits and equal values become as good
// as random. The numbers m come from a small generator: they hide a duration, not a value.
import { R } from './constants.ts';

/** 128 random bits. */
export type MaskSeed = [number, number, number, number];

const WORDS = 8;
const ORDER = Array.from({ length: WORDS }, (_, i) => Number((R >> BigInt(32 * i)) & 0xffffffffn));

/** Adds the next numbers of the sequence to `count` scalars of 8 words each, modulo r. Without branches on what
 * the scalars are. */
export type Mask = (scalars: Uint32Array, at: number, count: number) => void;

/** A sequence of its own for each stream. xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021). */
export function makeMask(seed: MaskSeed, stream: number): Mask {
  let [a, b, c, d] = [seed[0] ^ stream, seed[1], seed[2], seed[3] | 1];
  const next = (): number => {
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  // Streams of one seed drift apart.
  for (let i = 0; i < 64; i++) next();
  const mask = new Float64Array(WORDS);
  const sum = new Float64Array(WORDS);
  const less = new Float64Array(WORDS);
  return (scalars, at, count) => {
    for (let i = 0; i < count; i++) {
      for (let word = 0; word < WORDS - 1; word++) mask[word] = next();
      // Uniform below r but for one in a billion, where the topmost words are the same.
      do mask[WORDS - 1] = next() >>> 2;
      while (mask[WORDS - 1]! >= ORDER[WORDS - 1]!);
      const first = at + WORDS * i;
      let carry = 0;
      for (let word = 0; word < WORDS; word++) {
        const total = scalars[first + word]! + mask[word]! + carry;
        carry = total >= 0x100000000 ? 1 : 0;
        sum[word] = total - carry * 0x100000000;
      }
      // Below 2r.
      let borrow = 0;
      for (let word = 0; word < WORDS; word++) {
        const difference = sum[word]! - ORDER[word]! - borrow;
        borrow = difference < 0 ? 1 : 0;
        less[word] = difference + borrow * 0x100000000;
      }
      // Both were computed; the smaller is kept where it did not go below zero.
      for (let word = 0; word < WORDS; word++) {
        scalars[first + word] = borrow * sum[word]! + (1 - borrow) * less[word]!;
      }
    }
  };
}
