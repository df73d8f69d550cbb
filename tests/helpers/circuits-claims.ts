// Claims for circuit tests, built from the definitions in reputation.md with poseidon-lite and LeanIMT, and
// independently of src/reputation, so that the two can be held against each other.
import { Identity } from '@semaphore-protocol/identity';
import { LeanIMT } from '@zk-kit/lean-imt';
import { poseidon2, poseidon3, poseidon5 } from 'poseidon-lite';
import type { ReputationInput } from '../../circuits/signals.ts';
import type { Signals } from './circuits-witness.ts';

export interface EvidenceRecord {
  weight: bigint;
  positive: bigint;
  negative: bigint;
  expiresAt: bigint;
}

export const NOTHING: EvidenceRecord = { weight: 0n, positive: 0n, negative: 0n, expiresAt: 0n };
export const W = 2n * 1000n * 65535n;
export const PPM = 1_000_000n;

export interface Claim {
  size: number;
  identity: { secretScalar: bigint; commitment: bigint };
  records: EvidenceRecord[];
  /** Other leaves of the tree, and where ours lies among them. */
  others: bigint[];
  position: number;
  scope: bigint;
  message: bigint;
  asOf: bigint;
  baseRate: bigint;
}

export const identityOf = (seed: string) => {
  const { secretScalar, commitment } = new Identity(seed);
  return { secretScalar, commitment };
};

export function packed(r: EvidenceRecord): bigint {
  return r.weight + r.positive * 2n ** 16n + r.negative * 2n ** 48n + r.expiresAt * 2n ** 80n;
}

/** Unlike the snapshot's, this takes records out of range too, as a cheat's arithmetic would. */
export function leafOf(
  commitment: bigint,
  records: readonly EvidenceRecord[],
  count = records.length,
  groups = Math.ceil(count / 8),
): bigint {
  let digest = 0n;
  for (let g = 0; g < groups; g++) {
    const words = [0, 1, 2, 3].map((k) => {
      const at = (i: number) => packed(records[8 * g + i] ?? NOTHING);
      return at(2 * k) + at(2 * k + 1) * 2n ** 120n;
    });
    digest = poseidon5([digest, ...words]);
  }
  return poseidon3([commitment, digest, BigInt(count)]);
}

/** The definition, summed in integers. */
export function scoreOf(records: readonly EvidenceRecord[], asOf: bigint, baseRate: bigint): bigint {
  const alive = records.filter(({ expiresAt }) => asOf < expiresAt);
  const positive = alive.reduce((sum, r) => sum + r.weight * r.positive, 0n);
  const negative = alive.reduce((sum, r) => sum + r.weight * r.negative, 0n);
  return (PPM * positive + baseRate * W) / (positive + negative + W);
}

const padded = <T>(values: readonly T[], size: number, filler: T): T[] =>
  Array.from({ length: size }, (_, i) => values[i] ?? filler);

/** The circuit's input for a claim with bounds; `lower` and `upper` default to the exact score. */
export function inputOf(claim: Claim, lower?: bigint, upper?: bigint): ReputationInput {
  const leaves = [...claim.others];
  leaves.splice(claim.position, 0, leafOf(claim.identity.commitment, claim.records));
  const tree = new LeanIMT((a, b) => poseidon2([a, b]), leaves);
  const proof = tree.generateProof(claim.position);
  const score = scoreOf(claim.records, claim.asOf, claim.baseRate);
  const column = (name: keyof EvidenceRecord) =>
    padded(claim.records, claim.size, NOTHING).map((record) => record[name]);
  return {
    root: tree.root,
    nullifier: poseidon2([claim.scope, claim.identity.secretScalar]),
    scope: claim.scope,
    message: claim.message,
    asOf: claim.asOf,
    baseRate: claim.baseRate,
    lower: lower ?? score,
    upper: upper ?? score,
    secret: claim.identity.secretScalar,
    count: BigInt(claim.records.length),
    weight: column('weight'),
    positive: column('positive'),
    negative: column('negative'),
    expiresAt: column('expiresAt'),
    depth: BigInt(proof.siblings.length),
    index: BigInt(proof.index),
    siblings: padded(proof.siblings, 24, 0n),
  };
}

/** An input as the calculator takes it, with some signals replaced. */
export function signals(input: ReputationInput, changes: Partial<ReputationInput> = {}): Signals {
  return { ...input, ...changes };
}
