// The kernels of a tier, emitted in this process, over a memory of the test's own.
import v8 from 'node:v8';
import { bytesFor, Instance } from '../../../src/prover/engine/instance.ts';
import { emitKernels, emitProbe, type Kernels } from '../../../src/prover/engine/kernels/module.ts';
import type { Tier } from '../../../src/prover/engine/kernels/tier.ts';
import { fmaTier } from '../../../src/prover/engine/kernels/tier-fma.ts';
import { scalarTier } from '../../../src/prover/engine/kernels/tier-scalar.ts';
import { simd128Tier } from '../../../src/prover/engine/kernels/tier-simd128.ts';
import { wasm } from '../../../src/prover/engine/wasm.ts';

// Node 20 has relaxed SIMD behind this flag; later versions ignore it.
v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

export const TIERS: Tier[] = [fmaTier, simd128Tier, scalarTier];

const emitted = new Map<string, Kernels>();

export function kernelsOf(tier: Tier): Kernels {
  const known = emitted.get(tier.name) ?? emitKernels(tier);
  emitted.set(tier.name, known);
  return known;
}

export const probeOf = (tier: Tier): Kernels => emitProbe(tier);

export async function instantiate(tier: Tier, pages: number): Promise<Instance> {
  const module = await wasm.compile(bytesFor(kernelsOf(tier), false));
  return new Instance(module, new wasm.Memory({ initial: pages, maximum: pages }));
}
