// A proof under a key whose secrets the tests know, ways to change both, and what the strict verifier says to it.
import { groth16 } from 'snarkjs';
import { expect } from 'vitest';
import type { Groth16Proof, VerificationKey } from '../../src/core/groth16.ts';
import { withCurve } from '../../src/prover/snarkjs-curve.ts';
import { CHECKS, type Expectations } from '../../src/prover/strict-verify.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { testSeed } from '../helpers/scale.ts';
import { keyOf, randomTrapdoor, simulate } from './simulated-proof.ts';

export const trapdoor = randomTrapdoor(testSeed, 3);
export const key = keyOf(trapdoor);
export const signals = ['7', '123456789', '0'];
export const proof = simulate(trapdoor, signals.map(BigInt), testSeed + 1);

/** Names of the failed checks; empty when valid. */
export async function failures(
  vkey: unknown,
  publicSignals: unknown,
  candidate: unknown,
  expectations?: Expectations,
): Promise<string[]> {
  const { valid, checks } = await verifyProof(vkey, publicSignals, candidate, expectations);
  const failed = checks.filter((check) => !check.ok).map((check) => check.name);
  expect(valid).toBe(failed.length === 0);
  return failed;
}

export const notRun = [CHECKS.noble, CHECKS.snarkjs];

/** snarkjs' verify as it is, in one thread. */
export const snarkjsAccepts = (vkey: unknown, publicSignals: unknown, candidate: unknown): Promise<boolean> =>
  withCurve({ threads: 1 }, () => groth16.verify(vkey, publicSignals, candidate)).catch(() => false);

export const change = (edit: (copy: Groth16Proof) => void): Groth16Proof => {
  const copy = structuredClone(proof);
  edit(copy);
  return copy;
};
export const changeKey = (edit: (copy: VerificationKey) => void): VerificationKey => {
  const copy = structuredClone(key);
  edit(copy);
  return copy;
};
