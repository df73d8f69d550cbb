// The tests' oracle against those of others: noble-curves for the groups, ffjavascript (snarkjs' arithmetic) for products
// and transforms. The kernels are held against the oracle, whole proofs against snarkjs, and the key maker's
// multiplications, by every tier, against noble-curves (tests/circuits/fixed-base.test.ts).
import { bn254 } from '@noble/curves/bn254.js';
import { buildBn128 } from 'ffjavascript';
import { afterAll, expect, test } from 'vitest';
import { P, R } from '../../../src/prover/engine/constants.ts';
import {
  type Affine,
  type Curve,
  G1_GENERATOR,
  G2_GENERATOR,
  g1,
  g2,
} from '../../../src/prover/engine/reference/curve.ts';
import { type Fp2, fp2, inverse } from '../../../src/prover/engine/reference/field.ts';
import { evaluate, interpolate, rootOfUnity } from '../../../src/prover/engine/reference/ntt.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';

const random = new SeededRandom(testSeed);
const any = (modulus: bigint): bigint =>
  Array.from({ length: 9 }, () => BigInt(random.word())).reduce((sum, word) => (sum << 32n) | word, 0n) %
  modulus;
const edges = (modulus: bigint): bigint[] => [
  0n,
  1n,
  2n,
  modulus - 1n,
  modulus - 2n,
  (modulus - 1n) / 2n,
  2n ** 128n,
];

interface ForeignField {
  e(value: bigint): Uint8Array;
  mul(a: Uint8Array, b: Uint8Array): Uint8Array;
  inv(a: Uint8Array): Uint8Array;
  toObject(a: Uint8Array): bigint;
  fft(values: Uint8Array): Promise<Uint8Array>;
  ifft(values: Uint8Array): Promise<Uint8Array>;
}
const curve = (await buildBn128(true)) as unknown as {
  F1: ForeignField;
  Fr: ForeignField;
  terminate(): Promise<void>;
};
afterAll(() => curve.terminate());

test('products and inverses are ffjavascript’s, and noble-curves’ in Fp2', () => {
  for (const [field, modulus] of [
    [curve.F1, P],
    [curve.Fr, R],
  ] as const) {
    const values = [...edges(modulus), ...Array.from({ length: runs(50, 2_000) }, () => any(modulus))];
    for (const [i, a] of values.entries()) {
      const b = values[(i * 5 + 3) % values.length]!;
      expect((a * b) % modulus).toBe(field.toObject(field.mul(field.e(a), field.e(b))));
      if (a !== 0n) expect(inverse(a, modulus)).toBe(field.toObject(field.inv(field.e(a))));
    }
  }
  const { Fp2: foreign } = bn254.fields;
  for (let i = 0; i < runs(50, 2_000); i++) {
    const [a, b] = [
      [any(P), any(P)],
      [any(P), any(P)],
    ] as [Fp2, Fp2];
    const of = ([c0, c1]: Fp2) => foreign.create({ c0, c1 });
    const product = foreign.mul(of(a), of(b));
    expect(fp2.mul(a, b)).toEqual([product.c0, product.c1]);
  }
});

test('transforms are ffjavascript’s', async () => {
  for (const log of [1, 2, 5, runs(8, 12)]) {
    const values = Array.from({ length: 2 ** log }, (_, i) => (i < 7 ? edges(R)[i % 7]! : any(R)));
    const packed = Uint8Array.from(values.flatMap((value) => [...curve.Fr.e(value)]));
    const numbers = (bytes: Uint8Array) =>
      values.map((_, i) => curve.Fr.toObject(bytes.slice(32 * i, 32 * i + 32)));
    expect(evaluate(values, rootOfUnity(log))).toEqual(numbers(await curve.Fr.fft(packed)));
    expect(interpolate(values, rootOfUnity(log))).toEqual(numbers(await curve.Fr.ifft(packed)));
  }
});

/** A point of noble-curves. */
interface Foreign<P> {
  add(other: P): P;
  negate(): P;
  is0(): boolean;
  toAffine(): { x: unknown; y: unknown };
}

function holdGroup<T, F extends Foreign<F>>(
  own: Curve<T>,
  generator: Affine<T>,
  multiple: (scalar: bigint) => F,
  read: (coordinate: unknown) => T,
): void {
  const base = own.from(generator);
  const scalars = [...edges(R), R - 3n, ...Array.from({ length: runs(6, 200) }, () => any(R))];
  const affine = (point: F): Affine<T> => {
    if (point.is0()) return null;
    const { x, y } = point.toAffine();
    return { x: read(x), y: read(y) };
  };
  const points = scalars.map((scalar) => ({ own: own.multiply(base, scalar), foreign: multiple(scalar) }));
  for (const point of points) expect(own.affine(point.own)).toEqual(affine(point.foreign));
  for (const [i, a] of points.entries()) {
    const b = points[(3 * i + 1) % points.length]!;
    expect(own.affine(own.add(a.own, b.own))).toEqual(affine(a.foreign.add(b.foreign)));
    // P + P, P − P, and infinity on either side.
    expect(own.affine(own.add(a.own, a.own))).toEqual(affine(a.foreign.add(a.foreign)));
    expect(own.affine(own.double(a.own))).toEqual(affine(a.foreign.add(a.foreign)));
    expect(own.affine(own.add(a.own, own.negate(a.own)))).toBeNull();
    expect(own.affine(own.negate(a.own))).toEqual(affine(a.foreign.negate()));
    expect(own.affine(own.add(own.infinity, a.own))).toEqual(affine(a.foreign));
    expect(own.affine(own.add(a.own, own.infinity))).toEqual(affine(a.foreign));
  }
}

test('both groups are noble-curves’', () => {
  const { G1, G2 } = bn254;
  const times =
    <F>(point: { BASE: { multiply(scalar: bigint): F }; ZERO: F }) =>
    (scalar: bigint) =>
      scalar === 0n ? point.ZERO : point.BASE.multiply(scalar);
  holdGroup(g1, G1_GENERATOR, times(G1.Point), (value) => value as bigint);
  holdGroup(g2, G2_GENERATOR, times(G2.Point), (value) => {
    const { c0, c1 } = value as { c0: bigint; c1: bigint };
    return [c0, c1] as Fp2;
  });
});
