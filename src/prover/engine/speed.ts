// How fast this device multiplies, by the kernels that it would prove with: what nearly all of a proof's time goes by.
// For predictions before there has been any proof.
import { bestRate, type Clock } from './calibrate.ts';
import { EngineError } from './errors.ts';
import { Instance } from './instance.ts';
import { FREE_BASE, PROBE_VALUES, TIER_SHAPES } from './kernels/scratch.ts';
import { checkProbe } from './self-check.ts';
import { chooseTier, type KernelSource, type TierName } from './tiers.ts';
import { wasm } from './wasm.ts';

export interface Speed {
  tier: TierName;
  /** Of one product in Fp, in one thread that has a core to itself. */
  nsPerProduct: number;
}

/** Takes about 80 ms of one core, and a quarter of a second with pauses. Rejects with EngineError `resource.no-tier`. */
export async function measureSpeed(source?: KernelSource, clock?: Clock): Promise<Speed> {
  const { name: tier, module } = await chooseTier(false, undefined, undefined, source);
  const instance = new Instance(module, new wasm.Memory({ initial: 4, maximum: 4 }));
  const { fp_mul } = instance.kernels;
  // Leaves values to multiply.
  if (!checkProbe(fp_mul, instance.u8, TIER_SHAPES[tier])) {
    throw new EngineError('resource.no-tier', 'The proving kernels compute wrongly on this platform.', {
      nextStep: 'Update the browser, or use another prover.',
    });
  }
  const [to, from] = [FREE_BASE, FREE_BASE + 32 * PROBE_VALUES];
  const timesPerMs = await bestRate(() => fp_mul(to, to, from, PROBE_VALUES), clock);
  return { tier, nsPerProduct: 1e6 / (timesPerMs * PROBE_VALUES) };
}
