// Field products, sums and differences of every tier against BigInt: edge values of every digit, all pairs of
// them, and random ones.
import { expect, test } from 'vitest';
import { P, R } from '../../../src/prover/engine/constants.ts';
import { Module } from '../../../src/prover/engine/kernels/asm.ts';
import { Field } from '../../../src/prover/engine/kernels/field.ts';
import { fmaTier } from '../../../src/prover/engine/kernels/tier-fma.ts';
import { inverse } from '../../../src/prover/engine/reference/field.ts';
import { littleEndian } from '../../../src/prover/engine/sections.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { instantiate, TIERS } from './kernels.ts';

const random = new SeededRandom(testSeed);
const wide = () =>
  Array.from({ length: 9 }, () => BigInt(random.word())).reduce((sum, word) => (sum << 32n) | word, 0n);

/** What a packed value may be: up to the modulus and a little above. */
function edges(modulus: bigint, width: bigint): bigint[] {
  const values = [
    0n,
    1n,
    2n,
    modulus - 1n,
    modulus,
    modulus + (modulus >> 20n),
    modulus - 2n,
    modulus >> 1n,
    (modulus >> 1n) + 1n,
  ];
  for (let bit = width - 1n; bit < 253n; bit += width) {
    for (const at of [bit, bit + 1n]) values.push((1n << at) - 1n, 1n << at, (1n << at) + 1n);
  }
  return values.filter((value) => value <= modulus + (modulus >> 20n));
}

for (const tier of TIERS) {
  for (const [name, modulus] of [
    ['fp', P],
    ['fr', R],
  ] as const) {
    test(`${tier.name}: ${name} agrees with BigInt`, async () => {
      const special = edges(modulus, BigInt(tier.width));
      const pairs = special.flatMap((a) => special.map((b) => [a, b] as const));
      for (let i = 0; i < runs(20_000, 200_000); i++) pairs.push([wide() % modulus, wide() % modulus]);
      const [a, b, to] = [1 << 17, (1 << 17) + 32 * pairs.length, (1 << 17) + 64 * pairs.length];
      const instance = await instantiate(tier, 4 + Math.ceil((96 * pairs.length) / 65536));
      pairs.forEach(([left, right], i) => {
        instance.write(a + 32 * i, left);
        instance.write(b + 32 * i, right);
      });
      const back = inverse(1n << BigInt(tier.width * tier.digits), modulus);
      const expected: Record<string, (x: bigint, y: bigint) => bigint> = {
        mul: (x, y) => (x * y * back) % modulus,
        sqr: (x) => (x * x * back) % modulus,
        add: (x, y) => (x + y) % modulus,
        sub: (x, y) => (x - y + 2n * modulus) % modulus,
      };
      const exports = instance.kernels as unknown as Record<string, (...args: number[]) => void>;
      for (const [operation, oracle] of Object.entries(expected)) {
        exports[`${name}_${operation}`]!(to, a, b, pairs.length);
        const wrong = pairs.findIndex(([x, y], i) => {
          const got = littleEndian(instance.u8.subarray(to + 32 * i, to + 32 * i + 32));
          return got % modulus !== oracle(x, y) || got > modulus + (modulus >> 19n);
        });
        expect([operation, wrong === -1 ? 'right' : pairs[wrong]]).toEqual([operation, 'right']);
      }
    });
  }
}

test('a product whose digits might overflow is refused while emitting', () => {
  const fn = new Module(1024).fn(null, ['i32'], []);
  const field = new Field(fn, fmaTier, P);
  const a = field.loadPacked([fn.param(0), fn.param(0)]);
  const twice = field.add(a, a);
  expect(() => field.multiply(twice, a)).toThrow('too wide');
  expect(() => field.square(a)).toThrow('overflow');
});
