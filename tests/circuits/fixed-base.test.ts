// The key maker's multiplications, with every tier of the engine's kernels: held against noble-curves, edges of
// scalars, digits and chunks included; and damage to the tables is noticed.
import { bn254 } from '@noble/curves/bn254.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHUNK, FixedBase, type GroupName } from '../../circuits/fixed-base.ts';
import { FIELD_ORDER_Q as Q, FIELD_ORDER_R as R } from '../../src/core/groth16.ts';
import type { Instance } from '../../src/prover/engine/instance.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { TIERS } from '../prover/engine/kernels.ts';

const FIELD_BYTES = 32;

/** As numbers; null is infinity. */
function coordinates(points: Uint8Array, pointBytes: number, i: number): bigint[] | null {
  const bytes = points.subarray(i * pointBytes, (i + 1) * pointBytes);
  if (bytes.every((byte) => byte === 0)) return null;
  return Array.from({ length: pointBytes / FIELD_BYTES }, (_, k) => {
    const field = bytes.slice(k * FIELD_BYTES, (k + 1) * FIELD_BYTES).reverse();
    const value = BigInt(`0x${Buffer.from(field).toString('hex')}`);
    expect(value < Q).toBe(true);
    return (value * FROM_MONTGOMERY) % Q;
  });
}

const FROM_MONTGOMERY = bn254.fields.Fp.inv(2n ** 256n % Q);

function expected(group: GroupName, scalar: bigint): bigint[] | null {
  if (scalar === 0n) return null;
  if (group === 'G1') {
    const { x, y } = bn254.G1.Point.BASE.multiply(scalar);
    return [x, y];
  }
  const { x, y } = bn254.G2.Point.BASE.multiply(scalar);
  return [x.c0, x.c1, y.c0, y.c1];
}

async function compare(base: FixedBase, group: GroupName, values: bigint[], at: number[]): Promise<void> {
  const points = await base.multiply(values);
  expect(points.length).toBe(values.length * base.pointBytes);
  for (const i of at) expect(coordinates(points, base.pointBytes, i)).toEqual(expected(group, values[i]!));
}

const EDGES = [
  ...[0n, 1n, 2n, R - 1n, R - 2n, (R - 1n) / 2n, (R + 1n) / 2n, 2n ** 253n, 2n ** 128n - 1n],
  // One digit only, positive and negative, for windows of several widths.
  ...[4n, 8n, 13n, 14n, 15n].flatMap((bits) => [2n ** (bits - 1n), R - 2n ** (bits * 3n), 2n ** (bits * 5n)]),
];
const scalar = fc.oneof(fc.bigInt(0n, R - 1n), fc.constantFrom(...EDGES));

describe.each(TIERS.map(({ name }) => name))('fixed-base products, %s tier', (tier) => {
  describe.each(['G1', 'G2'] as const)('%s', (group) => {
    test.each([10, 20_000, 1_000_000])('equal noble-curves, with a table for %i', async (count) => {
      const base = await FixedBase.create(group, count, tier);
      await compare(base, group, EDGES, [...EDGES.keys()]);
      const lists = fc.array(scalar, { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(lists, (values) => compare(base, group, values, [...values.keys()])),
        { numRuns: runs(3, 30), seed: testSeed },
      );
    });

    test('take equal and opposite scalars, in any order', async () => {
      const base = await FixedBase.create(group, 10, tier);
      const few = fc.constantFrom(0n, 5n, R - 5n, 7n, R - 7n);
      await fc.assert(
        fc.asyncProperty(fc.array(few, { maxLength: 24 }), (values) =>
          compare(base, group, values, [...values.keys()]),
        ),
        { numRuns: runs(20, 200), seed: testSeed },
      );
    });

    test('go on from one chunk to the next', async () => {
      const base = await FixedBase.create(group, 2000, tier);
      const values = Array.from({ length: 2 * CHUNK + 3 }, (_, i) => (BigInt(i) ** 17n * 0x9e3779b9n) % R);
      const at = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 2];
      await compare(base, group, values, at);
    });

    test('a damaged table is noticed', async () => {
      const base = await FixedBase.create(group, 10, tier);
      const { instance, table } = base as unknown as { instance: Instance; table: number };
      const damaged = table + 3;
      instance.u8[damaged]! ^= 4;
      await expect(base.multiply([1n, 2n, 3n])).rejects.toMatchObject({ code: 'internal.key-check' });
      instance.u8[damaged]! ^= 4;
      await compare(base, group, [1n, 2n, 3n], [0, 1, 2]);
    });
  });
});
