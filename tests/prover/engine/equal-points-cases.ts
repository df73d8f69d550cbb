// Equal and opposite points in one batch of a tier, also when the same coordinate is stored in two ways: what circuits whose
// wires stand in the same rows put into a key's tables.
import { P } from '../../../src/prover/engine/constants.ts';
import { batchScratch, FREE_BASE } from '../../../src/prover/engine/kernels/scratch.ts';
import type { Tier } from '../../../src/prover/engine/kernels/tier.ts';
import { type G1, G1_GENERATOR, g1 } from '../../../src/prover/engine/reference/curve.ts';
import { inverse, power } from '../../../src/prover/engine/reference/field.ts';
import { littleEndian } from '../../../src/prover/engine/sections.ts';
import type { Instantiate } from './sums-cases.ts';

const POINT_BYTES = 64;

/** A point whose x, in Montgomery's form, is below p·2⁻¹⁹: only such numbers have two forms in memory. */
function withSmallX(radix: bigint): { x: bigint; y: bigint } {
  const back = inverse(radix, P);
  for (let stored = 1n; ; stored++) {
    const x = (stored * back) % P;
    const square = (x ** 3n + 3n) % P;
    const y = power(square, (P + 1n) / 4n, P);
    if ((y * y) % P === square) return { x, y };
  }
}

/** What came out wrong. */
export async function wrongEqualPoints(tier: Tier, instantiate: Instantiate): Promise<string[]> {
  const instance = await instantiate(16);
  const { kernels, u8, u32 } = instance;
  const radix = 1n << BigInt(tier.width * tier.digits);
  kernels.set_scratch(FREE_BASE);
  u8[FREE_BASE + batchScratch(tier, 1).dummyB] = 1;
  let next = FREE_BASE + 0x60000;
  const list = FREE_BASE + 0x40000;
  const put = (point: G1, extra = 0n): number => {
    next += POINT_BYTES;
    if (point !== null) instance.write(next, ((point.x * radix) % P) + extra);
    if (point !== null) instance.write(next + 32, (point.y * radix) % P);
    return next;
  };
  const small = withSmallX(radix);
  const other = g1.affine(g1.multiply(g1.from(G1_GENERATOR), 77n));
  const NEGATED = 1;
  // Each: the stored summands, and what they are.
  const cases: { a: number; b: number; points: [G1, G1] }[] = [];
  const add = (p: G1, q: G1, sign = 0, extra = 0n) => {
    const negated = q === null || sign === 0 ? q : { x: q.x, y: P - q.y };
    cases.push({ a: put(p), b: put(q, extra) | sign, points: [p, negated] });
  };
  for (let i = 0; i < 50; i++) {
    add(other, g1.affine(g1.multiply(g1.from(G1_GENERATOR), BigInt(i + 100))), i % 2);
    add(other, other);
    add(small, other);
    add(small, small);
    add(small, small, 0, P);
    add(small, small, NEGATED, P);
    add(other, other, NEGATED);
    add(other, null);
    add(null, small, NEGATED, 0n);
    add(null, null);
  }
  const results = cases.map(() => put(null));
  cases.forEach(({ a, b }, i) => {
    u32.set([a, b, results[i]!], (list >> 2) + 3 * i);
  });
  kernels.g1_add_batch(list, cases.length);
  const back = inverse(radix, P);
  const read = (at: number) => (littleEndian(u8.subarray(at, at + 32)) * back) % P;
  return cases.flatMap(({ points: [p, q] }, i) => {
    const sum = g1.affine(g1.add(g1.from(p), g1.from(q)));
    const [x, y] = [read(results[i]!), read(results[i]! + 32)];
    return x === (sum?.x ?? 0n) && y === (sum?.y ?? 0n) ? [] : [`case ${i % 10}: ${x}, ${y}`];
  });
}
