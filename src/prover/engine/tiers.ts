// Chooses the fastest kernels that this platform runs and computes rightly. A small probe of each tier is validated,
// checked and timed, all within some 20 ms, so that only the chosen tier's kernels are fetched; those must then
// give known answers, or the next tier is taken.

import { EngineError } from './errors.ts';
import { bytesFor } from './instance.ts';
import type { Kernels } from './kernels/module.ts';
import { FREE_BASE, PROBE_VALUES, TIER_SHAPES, type TierShape } from './kernels/scratch.ts';
import { checkProbe, selfCheck } from './self-check.ts';
import { type WasmModule, wasm } from './wasm.ts';

export type TierName = TierShape['name'];

/** Slices are long enough for coarse clocks. */
const CALIBRATION_MS = 20;
const SLICE_MS = 2;
const CLEARLY_FASTER = 1.6;

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
  return { bytes: Uint8Array.from(text, (letter) => letter.charCodeAt(0)), memoryFlagOffset };
}

const KERNELS: Record<TierName, () => Promise<{ kernel: GeneratedKernel }>> = {
  fma: () => import('./generated/kernel-fma.ts'),
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
  const running: { name: TierName; work: () => void; rate: number }[] = [];
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
    const work = () => fp_mul(at, at, at + 32 * PROBE_VALUES, PROBE_VALUES);
    running.push({ name, work, rate: 0 });
  }
  // In turns, the best of each: so that compilers finish their work meanwhile, and other load counts little.
  const begun = now();
  while (now() - begun < CALIBRATION_MS) {
    for (const probe of running) probe.rate = Math.max(probe.rate, rateOf(probe.work));
  }
  return bySpeed(running);
}

/** Fastest first. An earlier tier stays before a later one that is only a little faster in so short a time: the
 * compiler may have finished with one and not with the other. */
export function bySpeed(timed: { name: TierName; rate: number }[]): TierName[] {
  const rest = [...timed];
  const order: TierName[] = [];
  while (rest.length > 0) {
    const best = Math.max(...rest.map(({ rate }) => rate));
    const at = rest.findIndex(({ rate }) => rate * CLEARLY_FASTER >= best);
    order.push(rest.splice(at, 1)[0]!.name);
  }
  return order;
}

function rateOf(work: () => void): number {
  const begun = now();
  for (let times = 1; ; times++) {
    work();
    const ms = now() - begun;
    if (ms >= SLICE_MS) return times / ms;
  }
}

const now = (): number => (globalThis as unknown as { performance: { now(): number } }).performance.now();
