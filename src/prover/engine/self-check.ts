// Known answers that kernels must give before they are used: relaxed multiply-adds may round twice where the
// hardware has no fused ones, and compilers have bugs.
import { FIELD_BYTES, P, R } from './constants.ts';
import { Instance } from './instance.ts';
import { batchScratch, FREE_BASE, PROBE_VALUES, TIER_SHAPES, type TierShape } from './kernels/scratch.ts';
import {
  type Affine,
  type Curve,
  G1_GENERATOR,
  G2_GENERATOR,
  g1,
  g2,
  type Jacobian,
} from './reference/curve.ts';
import { inverse, mod } from './reference/field.ts';
import { littleEndian, toBytes } from './sections.ts';
import { type WasmModule, wasm } from './wasm.ts';

/** Field products of edge values and random ones, and additions of points of both groups, against BigInt. */
export function selfCheck(name: TierShape['name'], module: WasmModule): boolean {
  const pages = 16;
  const instance = new Instance(module, new wasm.Memory({ initial: pages, maximum: pages }));
  const shape = TIER_SHAPES[name];
  return (
    checkProducts(instance, radixOf(shape)) &&
    checkAdditions(instance, shape, g1, g1.from(G1_GENERATOR)) &&
    checkAdditions(instance, shape, g2, g2.from(G2_GENERATOR))
  );
}

const radixOf = (shape: TierShape): bigint => 1n << BigInt(shape.width * shape.digits);

const checkProducts = (instance: Instance, radix: bigint): boolean =>
  (
    [
      ['fp_mul', P],
      ['fr_mul', R],
    ] as const
  ).every(([name, modulus]) => checkMultiply(instance.kernels[name], instance.u8, radix, modulus));

/** Products of a probe's memory; leaves values to be timed with. */
export function checkProbe(multiply: Multiply, u8: Uint8Array, shape: TierShape): boolean {
  return checkMultiply(multiply, u8, radixOf(shape), P);
}

type Multiply = (to: number, a: number, b: number, n: number) => unknown;

function checkMultiply(multiply: Multiply, u8: Uint8Array, radix: bigint, modulus: bigint): boolean {
  const values = sampleValues(modulus);
  const others = values.map((_, i) => values[(i * 7 + 3) % values.length]!);
  const bytes = FIELD_BYTES * PROBE_VALUES;
  const [a, b, to] = [FREE_BASE, FREE_BASE + bytes, FREE_BASE + 2 * bytes];
  values.forEach((value, i) => {
    u8.set(toBytes(value), a + FIELD_BYTES * i);
    u8.set(toBytes(others[i]!), b + FIELD_BYTES * i);
  });
  multiply(to, a, b, values.length);
  const back = inverse(radix, modulus);
  return values.every((value, i) => {
    const expected = (((value * others[i]!) % modulus) * back) % modulus;
    const at = to + FIELD_BYTES * i;
    return littleEndian(u8.subarray(at, at + FIELD_BYTES)) % modulus === expected;
  });
}

/** Edges of every digit, and multiples of an odd constant that look random. */
function sampleValues(modulus: bigint): bigint[] {
  const edges = [0n, 1n, modulus - 1n, modulus - 2n, (modulus - 1n) / 2n];
  for (const width of [29n, 51n]) {
    for (let bits = width; bits < 253n; bits += width)
      edges.push((1n << bits) - 1n, 1n << bits, (1n << bits) >> 1n);
  }
  let mixed = 0x9e3779b97f4a7c15n;
  while (edges.length < PROBE_VALUES) {
    mixed = mod(mixed * mixed + 0x5851f42d4c957f2dn, modulus);
    edges.push(mixed);
  }
  return edges;
}

/** (i·G) + (±j·G) for a few i and j, a doubling among them. */
function checkAdditions<T>(
  instance: Instance,
  shape: TierShape,
  curve: Curve<T>,
  generator: Jacobian<T>,
): boolean {
  const { kernels } = instance;
  const degree = (curve as unknown) === g2 ? 2 : 1;
  const radix = radixOf(shape);
  const bytes = 64 * degree;
  kernels.set_scratch(FREE_BASE);
  const at = batchScratch(shape, degree);
  instance.u8.fill(0, FREE_BASE, FREE_BASE + at.packed);
  instance.u8[FREE_BASE + at.dummyB] = 1;
  const points = FREE_BASE + 0x60000;
  const list = points + 0x1000;
  const results = list + 0x1000;
  const coordinates = (point: Affine<T>): bigint[] =>
    point === null ? [] : ([point.x, point.y].flat() as bigint[]);
  const multiples = [curve.infinity];
  for (let i = 1; i <= 16; i++) multiples.push(curve.add(multiples[i - 1]!, generator));
  for (let i = 1; i <= 16; i++) {
    coordinates(curve.affine(multiples[i]!)).forEach((value, k) => {
      instance.write(points + bytes * i + 32 * k, (value * radix) % P);
    });
  }
  const pairs = Array.from({ length: 15 }, (_, k) => ({
    i: k + 1,
    j: k === 4 ? 5 : ((k * 5) % 16) + 1,
  })).filter(({ i, j }, k) => i !== j || k === 4);
  pairs.forEach(({ i, j }, k) => {
    const sign = k % 3 === 1 ? 1 : 0;
    instance.u32.set(
      [points + bytes * i, (points + bytes * j) | sign, results + bytes * k],
      (list >> 2) + 3 * k,
    );
  });
  (degree === 1 ? kernels.g1_add_batch : kernels.g2_add_batch)(list, pairs.length);
  const back = inverse(radix, P);
  return pairs.every(({ i, j }, k) => {
    const q = multiples[j]!;
    const sum = curve.add(multiples[i]!, k % 3 === 1 ? curve.negate(q) : q);
    return coordinates(curve.affine(sum)).every((value, c) => {
      const from = results + bytes * k + 32 * c;
      return (littleEndian(instance.u8.subarray(from, from + 32)) * back) % P === value;
    });
  });
}
