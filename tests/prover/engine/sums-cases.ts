// Batched additions and whole multi-scalar multiplications of a tier, held against the reference wherever WebAssembly
// runs: equal, opposite and infinite points, repeated bases, one huge bucket, nothing at all. They tell what came out wrong.
import { LAMBDA, P, R } from '../../../src/prover/engine/constants.ts';
import { combine } from '../../../src/prover/engine/groth16.ts';
import type { Instance } from '../../../src/prover/engine/instance.ts';
import { batchScratch } from '../../../src/prover/engine/kernels/scratch.ts';
import type { Tier } from '../../../src/prover/engine/kernels/tier.ts';
import { layOut, PAGE_BYTES, type Sizes, windowCount } from '../../../src/prover/engine/layout.ts';
import {
  type Affine,
  type Curve,
  G1_GENERATOR,
  G2_GENERATOR,
  g1,
  g2,
} from '../../../src/prover/engine/reference/curve.ts';
import { type Fp2, inverse } from '../../../src/prover/engine/reference/field.ts';
import { readG1, readG2 } from '../../../src/prover/engine/reference/points.ts';
import { Thread } from '../../../src/prover/engine/thread.ts';
import { SeededRandom } from '../../helpers/random.ts';

/** Kernels of the tier over a memory of so many pages. */
export type Instantiate = (pages: number) => Promise<Instance>;

export interface SumCase {
  degree: 1 | 2;
  n: number;
}

const G1 = g1.from(G1_GENERATOR);
const G2 = g2.from(G2_GENERATOR);

const radixOf = (tier: Tier) => 1n << BigInt(tier.width * tier.digits);
const coordinates = (point: Affine<bigint> | Affine<Fp2>): bigint[] =>
  point === null ? [] : [point.x, point.y].flat().map((value) => value as bigint);

/** 1·G, 2·G, …, n·G, affine. */
function multiples<T>(curve: Curve<T>, generator: ReturnType<Curve<T>['from']>, n: number): Affine<T>[] {
  let sum = curve.infinity;
  return Array.from({ length: n }, () => {
    sum = curve.add(sum, generator);
    return curve.affine(sum);
  });
}

const TABLE = 300;
const tables = { 1: multiples(g1, G1, TABLE), 2: multiples(g2, G2, TABLE) };

const EDGES = [0n, 1n, R - 1n, LAMBDA, LAMBDA - 1n, LAMBDA + 1n, R - LAMBDA, R / 2n, 2n ** 127n];
const SCALARS: Record<string, (random: SeededRandom, i: number) => bigint> = {
  random: (random) =>
    Array.from({ length: 8 }, () => BigInt(random.word())).reduce((sum, word) => (sum << 32n) | word, 0n) % R,
  'all equal': () => 0x1234_5678_9abc_def0_1234_5678n,
  zeros: () => 0n,
  bits: (random) => BigInt(random.below(2)),
  'minus one': () => R - 1n,
  edges: (_, i) => EDGES[i % EDGES.length]!,
  'around r/2': (_, i) => R / 2n + BigInt(i % 3) - 1n,
  'one not zero': (_, i) => (i === 0 ? R - 12345n : 0n),
};
export const sumCases = (isFull: boolean): SumCase[] => [
  { degree: 1 as const, n: 0 },
  { degree: 1 as const, n: 1 },
  { degree: 1 as const, n: 2 },
  { degree: 1 as const, n: 100 },
  { degree: 1 as const, n: 4097 },
  { degree: 2 as const, n: 1 },
  { degree: 2 as const, n: isFull ? 1025 : 65 },
  // Past the size of a chunk, and what lies between.
  ...(isFull ? [3, 17, 255, 1000, 2049, 4095, 40_000].map((n) => ({ degree: 1 as const, n })) : []),
];

/** Batched additions, up to `most` at once. */
export async function wrongAdditions(
  tier: Tier,
  degree: 1 | 2,
  instantiate: Instantiate,
  { seed, most }: { seed: number; most: number },
): Promise<string[]> {
  const found: string[] = [];
  const random = new SeededRandom(seed);
  const instance = await instantiate(64);
  const scratch = 1 << 16;
  const at = batchScratch(tier, degree);
  const bytes = 64 * degree;
  const points = 1 << 20;
  const list = points + (TABLE + 1) * bytes;
  const results = list + 12 * 2100;
  const curve = (degree === 1 ? g1 : g2) as Curve<unknown>;
  const table = tables[degree] as Affine<unknown>[];
  // Entry 0 is infinity.
  table.forEach((point, i) => {
    coordinates(point as Affine<bigint>).forEach((value, k) => {
      instance.write(points + bytes * (i + 1) + 32 * k, (value * radixOf(tier)) % P);
    });
  });
  instance.kernels.set_scratch(scratch);
  const back = inverse(radixOf(tier), P);
  for (const n of [0, 1, 2, 3, 5, 64, 333, most]) {
    for (const [special, warned] of [
      [0, false],
      [0.05, false],
      [1, false],
      [0.05, true],
      [1, true],
    ] as const) {
      const pairs = Array.from({ length: n }, () => {
        const [a, signA, signB] = [1 + random.below(TABLE), random.below(2), random.below(2)];
        if (!random.chance(special))
          return { a, b: 1 + ((a + random.below(TABLE - 1)) % TABLE), signA, signB };
        const equal = [
          { a, b: a, signA, signB: signA },
          { a, b: a, signA, signB: 1 - signA },
        ];
        const infinite = [
          { a: 0, b: a, signA: 0, signB },
          { a, b: 0, signA, signB: 0 },
          { a: 0, b: 0, signA: 0, signB: 0 },
        ];
        return random.pick(warned ? [...equal, ...infinite] : equal);
      });
      instance.u8.fill(0, scratch, scratch + at.packed);
      instance.u8[scratch + at.dummyB] = 1;
      // Infinite operands are only ever met after the kernels themselves have said that there are some.
      instance.kernels.set_careful(warned ? 1 : 0);
      pairs.forEach(({ a, b, signA, signB }, i) => {
        instance.u32.set(
          [(points + a * bytes) | signA, (points + b * bytes) | signB, results + i * bytes],
          (list >> 2) + 3 * i,
        );
      });
      instance.kernels[degree === 1 ? 'g1_add_batch' : 'g2_add_batch'](list, n);
      const side = (index: number, sign: number) => {
        const point = curve.from(index === 0 ? null : table[index - 1]!);
        return sign === 1 ? curve.negate(point) : point;
      };
      const wrong = pairs.findIndex(({ a, b, signA, signB }, i) => {
        const slice = instance.u8.slice(results + i * bytes, results + (i + 1) * bytes);
        const got = degree === 1 ? readG1(slice, 0, back) : readG2(slice, 0, back);
        const expected = curve.affine(curve.add(side(a, signA), side(b, signB)));
        return String(coordinates(got)) !== String(coordinates(expected as Affine<bigint>));
      });
      if (wrong !== -1) found.push(`${n} pairs, ${special} special: ${JSON.stringify(pairs[wrong])}`);
    }
  }
  return found;
}

/** Sums of n points, by every kind of scalars. */
export async function wrongSums(
  tier: Tier,
  { degree, n }: SumCase,
  instantiate: Instantiate,
  seed: number,
): Promise<string[]> {
  const found: string[] = [];
  const random = new SeededRandom(seed + n);
  const windowBits = 4 + random.below(9);
  const none = { a: 0, b1: 0, b2: 0, c: 0, h: 0 };
  const name = degree === 1 ? 'a' : 'b2';
  const sizes: Sizes = {
    tier: tier.name,
    threads: 1,
    signals: n,
    publicSignals: 0,
    domain: 8,
    points: { ...none, [name]: n },
    terms: [0, 0],
    coefficients: 2,
    windowBits: { a: windowBits, b1: windowBits, b2: windowBits, ch: windowBits },
  };
  const layout = layOut(sizes, tier);
  const instance = await instantiate(layout.bytes / PAGE_BYTES);
  const thread = new Thread(instance, sizes, 0);
  const table = tables[degree] as Affine<unknown>[];
  // Bases are multiples of G with repetitions, so that the sum is known from the scalars alone.
  const factors = Array.from({ length: n }, () => 1 + random.below(TABLE));
  factors.forEach((factor, i) => {
    coordinates(table[factor - 1] as Affine<bigint>).forEach((value, k) => {
      instance.write(layout.points[name] + 64 * degree * i + 32 * k, (value * radixOf(tier)) % P);
    });
    instance.u32[(layout.index[name] >> 2) + i] = i;
  });
  for (const [what, scalar] of Object.entries(SCALARS)) {
    const scalars = Array.from({ length: n }, (_, i) => scalar(random, i));
    scalars.forEach((value, i) => {
      instance.write(layout.witness + 32 * i, value);
    });
    thread.run({ kind: 'recode-witness' });
    const windows = thread.run({
      kind: 'sum',
      sum: name,
      firstWindow: 0,
      windows: windowCount(windowBits),
    })!;
    const curve = (degree === 1 ? g1 : g2) as Curve<unknown>;
    const total = scalars.reduce((sum, value, i) => sum + value * BigInt(factors[i]!), 0n) % R;
    const expected = curve.affine(curve.multiply((degree === 1 ? G1 : G2) as never, total));
    const got = curve.affine(combine(curve, windows, windowBits));
    if (String(coordinates(got as Affine<bigint>)) !== String(coordinates(expected as Affine<bigint>))) {
      found.push(what);
    }
  }
  return found;
}
