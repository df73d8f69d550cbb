// Pairs of field elements that arithmetic is tried on, and BigInt's word on each operation.
import { P, R } from '../../../src/prover/engine/constants.ts';
import type { TierShape } from '../../../src/prover/engine/kernels/scratch.ts';
import { inverse } from '../../../src/prover/engine/reference/field.ts';
import type { SeededRandom } from '../../helpers/random.ts';

export const FIELDS = [
  ['fp', P],
  ['fr', R],
] as const;

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

/** All pairs of edge values, and `count` random ones. */
export function fieldPairs(
  modulus: bigint,
  shape: TierShape,
  random: SeededRandom,
  count: number,
): [bigint, bigint][] {
  const wide = () =>
    Array.from({ length: 9 }, () => BigInt(random.word())).reduce((sum, word) => (sum << 32n) | word, 0n);
  const special = edges(modulus, BigInt(shape.width));
  const pairs = special.flatMap((a) => special.map((b): [bigint, bigint] => [a, b]));
  for (let i = 0; i < count; i++) pairs.push([wide() % modulus, wide() % modulus]);
  return pairs;
}

/** What `<field>_<operation>` must give, in the tier's Montgomery form. */
export function oracles(modulus: bigint, shape: TierShape): Record<string, (x: bigint, y: bigint) => bigint> {
  const back = inverse(1n << BigInt(shape.width * shape.digits), modulus);
  return {
    mul: (x, y) => (x * y * back) % modulus,
    sqr: (x) => (x * x * back) % modulus,
    add: (x, y) => (x + y) % modulus,
    sub: (x, y) => (x - y + 2n * modulus) % modulus,
  };
}
