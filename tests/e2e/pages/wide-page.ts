// A page that runs the kernels for wide arithmetic, where the browser has it: field operations on given numbers, the cases
// of the other tiers' tests, whole proofs with a given blinding, and the choice of a tier, with broken kernels too.

import { createEngine, type Engine, type EngineOptions } from '../../../src/prover/engine/engine.ts';
import { bytesFor, Instance } from '../../../src/prover/engine/instance.ts';
import { emitKernels, emitProbe } from '../../../src/prover/engine/kernels/module.ts';
import { simd128Tier } from '../../../src/prover/engine/kernels/tier-simd128.ts';
import { wideTier } from '../../../src/prover/engine/kernels/tier-wide.ts';
import { chooseTier, type KernelSource, type TierName } from '../../../src/prover/engine/tiers.ts';
import { wasm } from '../../../src/prover/engine/wasm.ts';
import { broken, VITAL } from '../../prover/engine/broken-kernel.ts';
import { wrongEqualPoints } from '../../prover/engine/equal-points-cases.ts';
import { createEngineWithBlinding } from '../../prover/engine/fixed-blinding.ts';
import { Ends, mutants, outcome } from '../../prover/engine/hostile-cases.ts';
import { type SumCase, wrongAdditions, wrongSums } from '../../prover/engine/sums-cases.ts';
import { wrongQuotient } from '../../prover/engine/transforms-cases.ts';

const FREE = 1 << 17;
const module = wasm.compile(bytesFor(emitKernels(wideTier), false)).catch(() => null);

const open = async (pages: number): Promise<Instance> =>
  new Instance((await module)!, new wasm.Memory({ initial: pages, maximum: pages }));

const codeOf = (choosing: Promise<{ name: TierName }>): Promise<string> =>
  choosing.then(
    ({ name }) => name,
    (thrown: { code: string }) => thrown.code,
  );

/** Wide and SIMD128 kernels, the former with one constant wrong in a part. */
function sourceWith(wrong: 'nothing' | 'kernels' | 'probe'): KernelSource & { asked: TierName[] } {
  const tiers = [wideTier, simd128Tier];
  const asked: TierName[] = [];
  return {
    asked,
    probes: async () =>
      tiers.map((tier) => {
        const probe = emitProbe(tier);
        const isBroken = wrong === 'probe' && tier === wideTier;
        return { name: tier.name, kernels: isBroken ? broken(probe, VITAL.wide) : probe };
      }),
    kernels: async (name) => {
      asked.push(name);
      const kernels = emitKernels(tiers.find((tier) => tier.name === name)!);
      return wrong === 'kernels' && name === 'wide' ? broken(kernels, VITAL.wide) : kernels;
    },
  };
}

let kept: Engine | undefined;

const page = {
  /** Results of `fp_mul` and the like on two arrays of packed numbers, all as hexadecimal text. */
  async field(operation: string, a: string[], b: string[]): Promise<string[]> {
    const pages = 4 + Math.ceil((96 * a.length) / 65_536);
    const instance = await open(pages);
    const [atB, to] = [FREE + 32 * a.length, FREE + 64 * a.length];
    a.forEach((value, i) => {
      instance.write(FREE + 32 * i, BigInt(value));
      instance.write(atB + 32 * i, BigInt(b[i]!));
    });
    const run = (instance.kernels as unknown as Record<string, (...args: number[]) => void>)[operation]!;
    run(to, FREE, atB, a.length);
    return a.map((_, i) =>
      [...instance.u8.subarray(to + 32 * i, to + 32 * i + 32)]
        .reverse()
        .reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '0x'),
    );
  },

  /** What came out wrong of the other tiers' cases. */
  additions: (degree: 1 | 2, scale: { seed: number; most: number }) =>
    wrongAdditions(wideTier, degree, open, scale),
  sums: (one: SumCase, seed: number) => wrongSums(wideTier, one, open, seed),
  equalPoints: () => wrongEqualPoints(wideTier, open),
  quotient: (zkey: number[], wtns: number[]) =>
    wrongQuotient(wideTier, { zkey: Uint8Array.from(zkey), wtns: Uint8Array.from(wtns) }, open),

  /** A proof by the wide kernels. */
  async prove(zkey: number[], wtns: number[], options: EngineOptions, { r, s }: { r: string; s: string }) {
    const engine = createEngineWithBlinding({ ...options, tier: 'wide' }, () => ({
      r: BigInt(r),
      s: BigInt(s),
    }));
    try {
      return await engine.prove(Uint8Array.from(zkey), Uint8Array.from(wtns));
    } finally {
      engine.dispose();
    }
  },

  /** How proofs with some mutants end, one thread and the same engine for all; the first call makes it ready. */
  async hostile(
    zkey: number[],
    wtns: number[],
    seed: number,
    count: number,
  ): Promise<Record<string, number>> {
    const files = { zkey: Uint8Array.from(zkey), wtns: Uint8Array.from(wtns) };
    const ends = new Ends();
    if (kept === undefined) {
      kept = createEngine({ threads: 1, tier: 'wide' });
      ends.add(await outcome(kept, files));
    }
    for (const given of mutants(files, seed, count)) ends.add(await outcome(kept, given));
    return ends.counts;
  },

  /** The tier that is taken, or the code of the error. */
  choose: (wanted: TierName | undefined, refused: TierName[]): Promise<string> =>
    codeOf(chooseTier(false, wanted, new Set(refused))),

  /** The same from kernels of which the wide ones are wrong in a part, and those asked for. */
  async chooseBroken(wrong: 'nothing' | 'kernels' | 'probe', wanted?: TierName, refused: TierName[] = []) {
    const source = sourceWith(wrong);
    return { chosen: await codeOf(chooseTier(false, wanted, new Set(refused), source)), asked: source.asked };
  },
};

export type WidePage = typeof page;
(globalThis as { widePage?: WidePage }).widePage = page;
