// A Groth16 proof step by step (J. Groth, "On the size of pairing-based non-interactive arguments", EUROCRYPT
// 2016, section 3.2), with BigInt: the tests' oracle. For the same r and s it gives snarkjs' proof.
import { FIELD_BYTES, R } from '../constants.ts';
import { littleEndian } from '../sections.ts';
import { readWitness } from '../wtns.ts';
import { COEFFICIENT_BYTES, type ProvingKey, readProvingKey } from '../zkey.ts';
import { g1, g2, type Jacobian } from './curve.ts';
import type { Fp2 } from './field.ts';
import { inverse, mod } from './field.ts';
import { evaluate, interpolate, rootOfUnity } from './ntt.ts';
import { readG1, readG2 } from './points.ts';

export interface Blinding {
  r: bigint;
  s: bigint;
}

/** The five sums that a proof is made of. */
export interface ProofSums {
  a: Jacobian<bigint>;
  b1: Jacobian<bigint>;
  b2: Jacobian<Fp2>;
  /** C and H together. */
  c: Jacobian<bigint>;
}

export interface ProofPoints {
  a: { x: bigint; y: bigint };
  b: { x: Fp2; y: Fp2 };
  c: { x: bigint; y: bigint };
}

/** Blinds the sums into a proof; undefined when a point is at infinity, which no honest key gives. */
export function blind(key: ProvingKey, sums: ProofSums, { r, s }: Blinding): ProofPoints | undefined {
  const one = (bytes: Uint8Array) => g1.from(readG1(bytes));
  const two = (bytes: Uint8Array) => g2.from(readG2(bytes));
  const delta = one(key.delta1);
  const a = g1.add(g1.add(sums.a, one(key.alpha1)), g1.multiply(delta, r));
  const b1 = g1.add(g1.add(sums.b1, one(key.beta1)), g1.multiply(delta, s));
  const b2 = g2.add(g2.add(sums.b2, two(key.beta2)), g2.multiply(two(key.delta2), s));
  const mixed = g1.add(g1.multiply(a, s), g1.multiply(b1, r));
  const c = g1.add(g1.add(sums.c, mixed), g1.negate(g1.multiply(delta, (r * s) % R)));
  const [pa, pb, pc] = [g1.affine(a), g2.affine(b2), g1.affine(c)];
  return pa === null || pb === null || pc === null ? undefined : { a: pa, b: pb, c: pc };
}

/** Scalars of the H points: A·B − C at the odd points of the doubled domain. */
export function quotientScalars(key: ProvingKey, witness: bigint[]): bigint[] {
  const n = key.domain;
  const rows = [new Array<bigint>(n).fill(0n), new Array<bigint>(n).fill(0n)];
  const view = new DataView(
    key.coefficients.buffer,
    key.coefficients.byteOffset,
    key.coefficients.byteLength,
  );
  const plain = inverse((1n << 512n) % R, R);
  for (let at = 0; at < key.coefficients.length; at += COEFFICIENT_BYTES) {
    const [matrix, row, signal] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const value = littleEndian(key.coefficients.subarray(at + 12, at + COEFFICIENT_BYTES)) * plain;
    rows[matrix]![row] = mod(rows[matrix]![row]! + (value % R) * witness[signal]!, R);
  }
  const [a, b] = rows as [bigint[], bigint[]];
  const c = a.map((value, i) => (value * b[i]!) % R);
  const log = Math.log2(n);
  const [root, shift] = [rootOfUnity(log), rootOfUnity(log + 1)];
  const atOddPoints = (values: bigint[]) => {
    let factor = 1n;
    const shifted = interpolate(values, root).map((coefficient) => {
      const result = (coefficient * factor) % R;
      factor = (factor * shift) % R;
      return result;
    });
    return evaluate(shifted, root);
  };
  const [oddA, oddB, oddC] = [atOddPoints(a), atOddPoints(b), atOddPoints(c)];
  return oddA.map((value, i) => mod(value * oddB[i]! - oddC[i]!, R));
}

/** The whole proof and its public signals. */
export function proveSlowly(zkey: Uint8Array, wtns: Uint8Array, blinding: Blinding) {
  const key = readProvingKey(zkey);
  const { values, count } = readWitness(wtns);
  const witness = Array.from({ length: count }, (_, i) =>
    littleEndian(values.subarray(i * FIELD_BYTES, (i + 1) * FIELD_BYTES)),
  );
  const ones = (bytes: Uint8Array) => Array.from({ length: bytes.length / 64 }, (_, i) => readG1(bytes, i));
  const twos = (bytes: Uint8Array) => Array.from({ length: bytes.length / 128 }, (_, i) => readG2(bytes, i));
  const sums: ProofSums = {
    a: g1.sum(ones(key.a), witness),
    b1: g1.sum(ones(key.b1), witness),
    b2: g2.sum(twos(key.b2), witness),
    c: g1.add(
      g1.sum(ones(key.c), witness.slice(key.publicSignals + 1)),
      g1.sum(ones(key.h), quotientScalars(key, witness)),
    ),
  };
  return {
    points: blind(key, sums, blinding),
    publicSignals: witness.slice(1, key.publicSignals + 1).map(String),
  };
}
