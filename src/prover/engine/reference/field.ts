// Slow, obvious arithmetic with BigInt, modulo a prime and in Fp2: the tests' oracle, and the few steps of a
// proof that happen once.
import { P } from '../constants.ts';

/** The operations that curve.ts needs from a field. */
export interface FieldOps<T> {
  zero: T;
  one: T;
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  inverse(a: T): T;
  isZero(a: T): boolean;
}

export const mod = (a: bigint, m: bigint): bigint => {
  const rest = a % m;
  return rest < 0n ? rest + m : rest;
};

export function power(base: bigint, exponent: bigint, m: bigint): bigint {
  let [result, square, rest] = [1n, mod(base, m), exponent];
  while (rest > 0n) {
    if (rest & 1n) result = (result * square) % m;
    square = (square * square) % m;
    rest >>= 1n;
  }
  return result;
}

/** Inverse by Euclid's algorithm; of 0 it is 0. */
export function inverse(a: bigint, m: bigint): bigint {
  let [r0, r1, s0, s1] = [m, mod(a, m), 0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
  }
  return r0 === 1n ? mod(s0, m) : 0n;
}

export const fp: FieldOps<bigint> = {
  zero: 0n,
  one: 1n,
  add: (a, b) => mod(a + b, P),
  sub: (a, b) => mod(a - b, P),
  mul: (a, b) => (a * b) % P,
  inverse: (a) => inverse(a, P),
  isZero: (a) => a === 0n,
};

export type Fp2 = readonly [bigint, bigint];

/** Fp[u]/(u² + 1). */
export const fp2: FieldOps<Fp2> = {
  zero: [0n, 0n],
  one: [1n, 0n],
  add: (a, b) => [fp.add(a[0], b[0]), fp.add(a[1], b[1])],
  sub: (a, b) => [fp.sub(a[0], b[0]), fp.sub(a[1], b[1])],
  mul: (a, b) => [mod(a[0] * b[0] - a[1] * b[1], P), mod(a[0] * b[1] + a[1] * b[0], P)],
  inverse: (a) => {
    const norm = inverse(mod(a[0] * a[0] + a[1] * a[1], P), P);
    return [mod(a[0] * norm, P), mod(-a[1] * norm, P)];
  },
  isZero: (a) => a[0] === 0n && a[1] === 0n,
};
