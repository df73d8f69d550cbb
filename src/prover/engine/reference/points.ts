// Points and numbers between a zkey's bytes and BigInt.
import { FIELD_BYTES, P } from '../constants.ts';
import { littleEndian } from '../sections.ts';
import type { G1, G2 } from './curve.ts';
import { inverse } from './field.ts';

/** Bytes hold x·2²⁵⁶ mod p. */
const FROM_MONTGOMERY = inverse((1n << 256n) % P, P);

const number = (bytes: Uint8Array, index: number, factor: bigint): bigint =>
  (littleEndian(bytes.subarray(index * FIELD_BYTES, (index + 1) * FIELD_BYTES)) * factor) % P;

/** Point `index` of a table of G1 points; `factor` undoes the table's Montgomery form. */
export function readG1(bytes: Uint8Array, index = 0, factor = FROM_MONTGOMERY): G1 {
  const [x, y] = [0, 1].map((i) => number(bytes, 2 * index + i, factor)) as [bigint, bigint];
  return x === 0n && y === 0n ? null : { x, y };
}

export function readG2(bytes: Uint8Array, index = 0, factor = FROM_MONTGOMERY): G2 {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => number(bytes, 4 * index + i, factor)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return (a | b | c | d) === 0n ? null : { x: [a, b], y: [c, d] };
}
