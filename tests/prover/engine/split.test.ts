// Scalars as halves and their digits, of every tier's module, against the reference; and that the endomorphism of
// either group multiplies by λ.
import { describe, expect, test } from 'vitest';
import { BETA, LAMBDA, LATTICE, P, R } from '../../../src/prover/engine/constants.ts';
import { FREE_BASE } from '../../../src/prover/engine/kernels/scratch.ts';
import { windowCount } from '../../../src/prover/engine/layout.ts';
import { G1_GENERATOR, G2_GENERATOR, g1, g2 } from '../../../src/prover/engine/reference/curve.ts';
import { HALF_BITS, splitScalar } from '../../../src/prover/engine/reference/split.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { instantiate, TIERS } from './kernels.ts';

const modR = (value: bigint): bigint => ((value % R) + R) % R;
const { short, long } = LATTICE;

/** Scalars are packed, so they may be a little above r. */
const EDGES: bigint[] = [
  ...[0n, 1n, 2n, R / 2n - 1n, R / 2n, R / 2n + 1n, R - 2n, R - 1n, R, R + 1n, R + (R >> 20n)],
  ...[LAMBDA, R - LAMBDA, short, long, long + short].flatMap((value) => [value - 1n, value, value + 1n]),
  ...Array.from({ length: 253 }, (_, bit) => 2n ** BigInt(bit)).flatMap((value) => [value - 1n, value]),
  ...Array.from({ length: 64 }, (_, i) => R - BigInt(i) ** 3n),
];

function scalarsOf(random: SeededRandom): bigint[] {
  const any = (words: number) =>
    Array.from({ length: words }, () => BigInt(random.word())).reduce((sum, word) => (sum << 32n) | word, 0n);
  /** Where a quotient's lower words are all zeros or ones, or just about to be rounded. */
  const boundary = (by: bigint, bits: bigint) => {
    const quotient = (any(4) % (by >> bits)) << bits;
    return ((4n * quotient + BigInt(random.below(9) - 4)) * R) / (4n * by);
  };
  return [
    ...EDGES,
    ...Array.from({ length: runs(300, 20_000) }, () => any(8) % R),
    ...Array.from({ length: runs(300, 20_000) }, () => modR(boundary(long, 64n))),
    ...Array.from({ length: runs(300, 20_000) }, () => modR(boundary(long, BigInt(random.below(120))))),
    ...Array.from({ length: runs(300, 20_000) }, () => modR(boundary(short, BigInt(random.below(60))))),
  ];
}

describe.each(TIERS)('$name', (tier) => {
  test('halves of scalars, and their digits in every width', async () => {
    const scalars = scalarsOf(new SeededRandom(testSeed));
    const n = scalars.length;
    const digits = FREE_BASE + 32 * n;
    const pages = Math.ceil((digits + 4 * windowCount(4) * n) / 65_536);
    const { kernels, memory, write } = await instantiate(tier, pages).then((instance) => ({
      kernels: instance.kernels,
      memory: instance.memory,
      write: instance.write.bind(instance),
    }));
    scalars.forEach((scalar, i) => {
      write(FREE_BASE + 32 * i, scalar);
    });
    kernels.split(FREE_BASE, FREE_BASE, n);
    const view = new DataView(memory.buffer);
    const halves = scalars.map((_, i) =>
      [0, 16].map((offset) => {
        const at = FREE_BASE + 32 * i + offset;
        return (view.getBigInt64(at + 8, true) << 64n) + view.getBigUint64(at, true);
      }),
    );
    const wrong = scalars.filter((scalar, i) => {
      const [first, second] = halves[i] as [bigint, bigint];
      const fits = [first, second].every((half) => half ** 2n < 2n ** 254n);
      return !fits || modR(first + second * LAMBDA) !== modR(scalar);
    });
    expect(wrong).toEqual([]);
    // What is small stays small, or its class would be lost: bits, and small numbers of either sign.
    const small = scalars.filter((scalar) => scalar < 2n ** 120n || (scalar < R && scalar > R - 2n ** 120n));
    expect(small.length).toBeGreaterThan(180);
    for (const scalar of small) {
      expect(halves[scalars.indexOf(scalar)]).toEqual([scalar > R / 2n ? scalar - R : scalar, 0n]);
    }
    for (const bits of [4, 7, 11, 13, 15, 16]) {
      const windows = windowCount(bits);
      kernels.recode_halves(digits, FREE_BASE, n, 2 * n, bits, windows);
      const read = (i: number, from: number) => {
        let sum = 0n;
        for (let w = from + windows - 1; w >= from; w--) {
          const digit = view.getInt16(digits + 2 * (w * n + i), true);
          if (digit < -(2 ** (bits - 1)) || digit >= 2 ** (bits - 1)) return undefined;
          sum = (sum << BigInt(bits)) + BigInt(digit);
        }
        return sum;
      };
      const other = halves.findIndex(
        ([first, second], i) => read(i, 0) !== first || read(i, windows) !== second,
      );
      expect([bits, other === -1 ? 'right' : scalars[other]]).toEqual([bits, 'right']);
    }
  });
});

test('the reference’s halves are congruent and as short as the lattice allows', () => {
  for (const scalar of scalarsOf(new SeededRandom(testSeed + 1))) {
    const [first, second] = splitScalar(scalar);
    expect(modR(first + second * LAMBDA)).toBe(modR(scalar));
    for (const half of [first, second]) expect(half ** 2n).toBeLessThan(2n ** BigInt(2 * (HALF_BITS - 2)));
  }
});

test('β times x multiplies points of either group by λ', () => {
  for (const factor of [1n, 2n, 12345n, R - 1n]) {
    const p = g1.affine(g1.multiply(g1.from(G1_GENERATOR), factor))!;
    expect(g1.affine(g1.multiply(g1.from(p), LAMBDA))).toEqual({ x: (p.x * BETA.g1) % P, y: p.y });
    const q = g2.affine(g2.multiply(g2.from(G2_GENERATOR), factor))!;
    expect(g2.affine(g2.multiply(g2.from(q), LAMBDA))).toEqual({
      x: q.x.map((part) => (part * BETA.g2) % P),
      y: q.y,
    });
  }
});
