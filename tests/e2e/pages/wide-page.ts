// A page that runs the kernels for wide arithmetic, where the browser has it: field operations on given numbers, whole
// proofs with a given blinding, and the choice of a tier.
import { bytesFor, Instance } from '../../../src/prover/engine/instance.ts';
import { emitKernels } from '../../../src/prover/engine/kernels/module.ts';
import { wideTier } from '../../../src/prover/engine/kernels/tier-wide.ts';
import { chooseTier, type TierName } from '../../../src/prover/engine/tiers.ts';
import { wasm } from '../../../src/prover/engine/wasm.ts';
import { createEngineWithBlinding } from '../../prover/engine/fixed-blinding.ts';

const FREE = 1 << 17;
const module = wasm.compile(bytesFor(emitKernels(wideTier), false)).catch(() => null);

const page = {
  /** Results of `fp_mul` and the like on two arrays of packed numbers, all as hexadecimal text. */
  async field(operation: string, a: string[], b: string[]): Promise<string[]> {
    const pages = 4 + Math.ceil((96 * a.length) / 65_536);
    const instance = new Instance((await module)!, new wasm.Memory({ initial: pages, maximum: pages }));
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

  /** A proof by the wide kernels. */
  async prove(zkey: number[], wtns: number[], threads: number, { r, s }: { r: string; s: string }) {
    const engine = createEngineWithBlinding({ threads, tier: 'wide' }, () => ({
      r: BigInt(r),
      s: BigInt(s),
    }));
    try {
      return await engine.prove(Uint8Array.from(zkey), Uint8Array.from(wtns));
    } finally {
      engine.dispose();
    }
  },

  /** The tier that is taken, or the code of the error. */
  choose: (wanted: TierName | undefined, refused: TierName[]): Promise<string> =>
    chooseTier(false, wanted, new Set(refused)).then(
      ({ name }) => name,
      (thrown: { code: string }) => thrown.code,
    ),
};

export type WidePage = typeof page;
(globalThis as { widePage?: WidePage }).widePage = page;
