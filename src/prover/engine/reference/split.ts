// A scalar as two halves, k ≡ first + second·λ, by the nearest vector of a lattice: the slow, exact way.
import { LATTICE, R } from '../constants.ts';

/** Halves lie within ±2^(HALF_BITS − 1). */
export const HALF_BITS = 128;

const nearest = (a: bigint, b: bigint): bigint => (2n * a + b) / (2n * b);

export function splitScalar(scalar: bigint): [bigint, bigint] {
  const { short, long } = LATTICE;
  const c1 = nearest(scalar * long, R);
  const c2 = nearest(scalar * short, R);
  return [scalar - c1 * (long + short) - c2 * short, c2 * long - c1 * short];
}
