// Chooses the fastest kernels that this platform runs and computes rightly. A small probe of each tier is validated,
// checked and timed, all within some 20 ms, so that only the chosen tier's kernels are fetched; those must then
// give known answers, or the next tier is taken.

import { rankBySpeed, type Timed } from './calibrate.ts';
import { EngineError } from './errors.ts';
import { bytesFor } from './instance.ts';
import type { Kernels } from './kernels/module.ts';
import { FREE_BASE, PROBE_VALUES, TIER_SHAPES, type TierShape } from './kernels/scratch.ts';
import { checkProbe, selfCheck } from './self-check.ts';
import { type WasmModule, wasm } from './wasm.ts';

export type TierName = TierShape['name'];

export interface ChosenTier {
  name: TierName;
  module: WasmModule;
}

/** Where kernels come from; tests bring their own. */
export interface KernelSource {
  /** Each tier's small module, the usually fastest first. */
  probes(): Promise<{ name: TierName; kernels: Kernels }[]>;
  kernels(name: TierName): Promise<Kernels>;
}

/** A module as scripts/kernels.ts writes it. */
interface GeneratedKernel {
  base64: string;
  memoryFlagOffset: number;
}

function decode({ base64, memoryFlagOffset }: GeneratedKernel): Kernels {
  const text = (globalThis as unknown as { atob: (base64: string) => string }).atob(base64);
  // Not Uint8Array.from(), which makes a list of letters first: megabytes of heap.
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return { bytes, memoryFlagOffset };
}

const KERNELS: Record<TierName, () => Promise<{ kernel: GeneratedKernel }>> = {
  fma: () => import('./generated/kernel-fma.ts'),
  wide: () => import('./generated/kernel-wide.ts'),
  simd128: () => import('./generated/kernel-simd128.ts'),
  scalar: () => import('./generated/kernel-scalar.ts'),
};

const generated: KernelSource = {
  async probes() {
    const { probes }: { probes: { name: string; kernel: GeneratedKernel }[] } = await import(
      './generated/probes.ts'
    );
    return probes.map(({ name, kernel }) => ({ name: name as TierName, kernels: decode(kernel) }));
  },
  kernels: async (name) => decode((await KERNELS[name]()).kernel),
};

/** What this process has found out; the same for every pool. */
let ranking: Promise<TierName[]> | undefined;
const checked = new Map<string, Promise<ChosenTier | undefined>>();

/** The fastest tier that works, or the wanted one. `refused` are skipped. Throws EngineError `resource.no-tier`. */
export async function chooseTier(
  shared: boolean,
  wanted?: TierName,
  refused: ReadonlySet<TierName> = new Set(),
  source: KernelSource = generated,
): Promise<ChosenTier> {
  for (const name of wanted === undefined ? await ranked(source) : [wanted]) {
    if (refused.has(name)) continue;
    const chosen = await remembered(name, shared, source);
    if (chosen !== undefined) return chosen;
  }
  throw new EngineError('resource.no-tier', 'None of the proving kernels runs right on this platform.', {
    nextStep: 'Update the browser, or use another prover.',
  });
}

function ranked(source: KernelSource): Promise<TierName[]> {
  if (source !== generated) return rankTiers(source);
  ranking ??= rankTiers(source);
  return ranking;
}

function remembered(name: TierName, shared: boolean, source: KernelSource): Promise<ChosenTier | undefined> {
  if (source !== generated) return checkTier(name, shared, source);
  const key = `${name} ${shared}`;
  const known = checked.get(key) ?? checkTier(name, shared, source);
  checked.set(key, known);
  // What failed to load may load the next time.
  known.catch(() => checked.delete(key));
  return known;
}

async function checkTier(
  name: TierName,
  shared: boolean,
  source: KernelSource,
): Promise<ChosenTier | undefined> {
  const kernels = await source.kernels(name);
  const trial = bytesFor(kernels, false);
  if (!wasm.validate(trial)) return undefined;
  const module = await wasm.compile(trial);
  if (!selfCheck(name, module)) return undefined;
  return { name, module: shared ? await wasm.compile(bytesFor(kernels, true)) : module };
}

/** The tiers whose probes are right, fastest first. */
async function rankTiers(source: KernelSource): Promise<TierName[]> {
  const running: Timed[] = [];
  for (const { name, kernels } of await source.probes()) {
    const bytes = bytesFor(kernels, false);
    if (!wasm.validate(bytes)) continue;
    const memory = new wasm.Memory({ initial: 4, maximum: 4 });
    const module = await wasm.compile(bytes);
    const { fp_mul } = new wasm.Instance(module, { env: { memory } }).exports as {
      fp_mul: (to: number, a: number, b: number, n: number) => void;
    };
    if (!checkProbe(fp_mul, new Uint8Array(memory.buffer), TIER_SHAPES[name])) continue;
    const at = FREE_BASE;
    running.push({ name, work: () => fp_mul(at, at, at + 32 * PROBE_VALUES, PROBE_VALUES) });
  }
  return rankBySpeed(running);
}
