// Strict verification by two independent verifiers that must agree: @noble/curves and snarkjs' own arithmetic.
import { snarkjsPairingHolds } from './snarkjs-verifier.ts';
import { type Expectations, type Verification, verifyStrictly } from './strict-verify.ts';

/** See `verifyStrictly`. */
export function verifyProof(
  vkey: unknown,
  publicSignals: unknown,
  proof: unknown,
  expectations: Expectations = {},
): Promise<Verification> {
  return verifyStrictly(vkey, publicSignals, proof, expectations, snarkjsPairingHolds);
}
