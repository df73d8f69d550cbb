// How much each issuer counts: all the same, or as much as the network trusts them (flow-based; Škorić, de
// Hoogh, Zannone, "Flow-based reputation with uncertainty: evidence-based subjective logic", 2016).
import { PRIOR_WEIGHT, WEIGHT_ONE } from './constants.ts';
import type { Attestation } from './rows.ts';
import { makePacer, type Work } from './work.ts';

/** Stops a network whose trust oscillates. */
export const FLOW_ROUNDS_MAX = 64;

export interface FlowTrust {
  /** 0…65535 for every issuer. */
  trust: Map<string, number>;
  rounds: number;
  /** False when it was still changing after 64 rounds. */
  settled: boolean;
}

/**
 * An issuer's trust is ⌊65535·R/(R+S+W)⌋ of the living evidence about them, without a base rate, so that unknown
 * people weigh nothing; `seeds` (normalised ids) are fixed at 65535. All start there and change together.
 */
export async function flowTrust(
  current: readonly Attestation[],
  seeds: readonly string[],
  asOf: number,
  work: Work = {},
): Promise<FlowTrust> {
  const pacer = makePacer(work);
  const indexOf = new Map<string, number>();
  for (const { source } of current) if (!indexOf.has(source)) indexOf.set(source, indexOf.size);
  for (const seed of seeds) if (!indexOf.has(seed)) indexOf.set(seed, indexOf.size);
  // Only evidence about people who themselves attest matters to trust.
  const edges = current
    .filter((attestation) => asOf < attestation.expiresAt)
    .map((attestation) => ({
      ...attestation,
      from: indexOf.get(attestation.source)!,
      to: indexOf.get(attestation.target) ?? -1,
    }))
    .filter((edge) => edge.to >= 0);
  const isSeed = new Set(seeds.map((seed) => indexOf.get(seed)!));

  let trust = new Array<number>(indexOf.size).fill(WEIGHT_ONE);
  let rounds = 0;
  let settled = false;
  while (!settled && rounds < FLOW_ROUNDS_MAX) {
    const positive = new Array<bigint>(trust.length).fill(0n);
    const negative = new Array<bigint>(trust.length).fill(0n);
    for (const edge of edges) {
      const weight = Math.floor((edge.weight * trust[edge.from]!) / WEIGHT_ONE);
      if (weight === 0) continue;
      // Below 2⁴⁸ each, so exact before they become BigInt.
      if (edge.positive > 0) positive[edge.to]! += BigInt(weight * edge.positive);
      if (edge.negative > 0) negative[edge.to]! += BigInt(weight * edge.negative);
    }
    const next = trust.map((_, at) =>
      isSeed.has(at)
        ? WEIGHT_ONE
        : Number((BigInt(WEIGHT_ONE) * positive[at]!) / (positive[at]! + negative[at]! + PRIOR_WEIGHT)),
    );
    rounds++;
    settled = next.every((value, at) => value === trust[at]);
    trust = next;
    if (pacer.due()) await pacer.pause('weights', rounds, FLOW_ROUNDS_MAX);
  }
  await pacer.finish('weights', FLOW_ROUNDS_MAX);
  return { trust: new Map([...indexOf].map(([id, at]) => [id, trust[at]!])), rounds, settled };
}
