// Field products, sums and differences of every tier against BigInt: edge values of every digit, all pairs of
// them, and random ones.
import { expect, test } from 'vitest';
import { P } from '../../../src/prover/engine/constants.ts';
import { Module } from '../../../src/prover/engine/kernels/asm.ts';
import { Field } from '../../../src/prover/engine/kernels/field.ts';
import { fmaTier } from '../../../src/prover/engine/kernels/tier-fma.ts';
import { littleEndian } from '../../../src/prover/engine/sections.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { FIELDS, fieldPairs, oracles } from './field-cases.ts';
import { instantiate, TIERS } from './kernels.ts';

const random = new SeededRandom(testSeed);

for (const tier of TIERS) {
  for (const [name, modulus] of FIELDS) {
    test(`${tier.name}: ${name} agrees with BigInt`, async () => {
      const pairs = fieldPairs(modulus, tier, random, runs(20_000, 200_000));
      const [a, b, to] = [1 << 17, (1 << 17) + 32 * pairs.length, (1 << 17) + 64 * pairs.length];
      const instance = await instantiate(tier, 4 + Math.ceil((96 * pairs.length) / 65536));
      pairs.forEach(([left, right], i) => {
        instance.write(a + 32 * i, left);
        instance.write(b + 32 * i, right);
      });
      const exports = instance.kernels as unknown as Record<string, (...args: number[]) => void>;
      for (const [operation, oracle] of Object.entries(oracles(modulus, tier))) {
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
