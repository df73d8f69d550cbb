// Chooses the fastest kernels that this platform runs and computes rightly: the module must validate, and known
// answers must come out, since relaxed multiply-adds may round twice where the hardware has no fused ones.

import { P, R } from './constants.ts';
import { EngineError } from './errors.ts';
import { bytesFor, Instance } from './instance.ts';
import type { Kernels } from './kernels/module.ts';
import { batchScratch, FREE_BASE, TIER_SHAPES, type TierShape } from './kernels/scratch.ts';
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
import { littleEndian } from './sections.ts';
import { type WasmModule, wasm } from './wasm.ts';

export type TierName = TierShape['name'];

/** Fastest first. */
const ORDER: TierName[] = ['fma', 'scalar'];

export interface ChosenTier {
  name: TierName;
  module: WasmModule;
}

/** A kernel as scripts/kernels.ts writes it. */
interface GeneratedKernel {
  base64: string;
  memoryFlagOffset: number;
}

async function load(name: TierName): Promise<Kernels> {
  const { kernel }: { kernel: GeneratedKernel } =
    name === 'fma' ? await import('./generated/kernel-fma.ts') : await import('./generated/kernel-scalar.ts');
  const text = (globalThis as unknown as { atob: (base64: string) => string }).atob(kernel.base64);
  return {
    bytes: Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
    memoryFlagOffset: kernel.memoryFlagOffset,
  };
}

/** Loads, probes and checks tiers until one is right. `refused` are skipped. Throws EngineError
 * `resource.no-tier`. */
export async function chooseTier(
  shared: boolean,
  wanted?: TierName,
  refused: ReadonlySet<TierName> = new Set(),
  loadKernels: (name: TierName) => Promise<Kernels> = load,
): Promise<ChosenTier> {
  for (const name of wanted === undefined ? ORDER : [wanted]) {
    if (refused.has(name)) continue;
    const kernels = await loadKernels(name);
    const trial = bytesFor(kernels, false);
    if (!wasm.validate(trial)) continue;
    const module = await wasm.compile(trial);
    if (!selfCheck(name, module)) continue;
    return { name, module: shared ? await wasm.compile(bytesFor(kernels, true)) : module };
  }
  throw new EngineError('resource.no-tier', 'None of the proving kernels runs right on this platform.', {
    nextStep: 'Update the browser, or use another prover.',
  });
}

/** Field products of edge values and random ones, and additions of points of both groups, against BigInt. */
export function selfCheck(name: TierName, module: WasmModule): boolean {
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
      ['fp', P],
      ['fr', R],
    ] as const
  ).every(([name, modulus]) => {
    const values = sampleValues(modulus);
    const [a, b, to] = [FREE_BASE, FREE_BASE + 0x10100, FREE_BASE + 0x20200];
    values.forEach((value, i) => {
      instance.write(a + 32 * i, value);
      instance.write(b + 32 * i, values[(i * 7 + 3) % values.length]!);
    });
    const exports = instance.kernels as unknown as Record<string, (...args: number[]) => void>;
    exports[`${name}_mul`]!(to, a, b, values.length);
    const back = inverse(radix, modulus);
    return values.every((value, i) => {
      const expected = (((value * values[(i * 7 + 3) % values.length]!) % modulus) * back) % modulus;
      return littleEndian(instance.u8.subarray(to + 32 * i, to + 32 * i + 32)) % modulus === expected;
    });
  });

/** Edges of every digit, and multiples of an odd constant that look random. */
function sampleValues(modulus: bigint): bigint[] {
  const edges = [0n, 1n, modulus - 1n, modulus - 2n, (modulus - 1n) / 2n];
  for (const width of [29n, 51n]) {
    for (let bits = width; bits < 253n; bits += width)
      edges.push((1n << bits) - 1n, 1n << bits, (1n << bits) >> 1n);
  }
  let mixed = 0x9e3779b97f4a7c15n;
  while (edges.length < 512) {
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
  for (let i = 1; i <= 16; i++) {
    coordinates(curve.affine(curve.multiply(generator, BigInt(i)))).forEach((value, k) => {
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
    const q = curve.multiply(generator, BigInt(j));
    const sum = curve.add(curve.multiply(generator, BigInt(i)), k % 3 === 1 ? curve.negate(q) : q);
    return coordinates(curve.affine(sum)).every((value, c) => {
      const from = results + bytes * k + 32 * c;
      return (littleEndian(instance.u8.subarray(from, from + 32)) * back) % P === value;
    });
  });
}
