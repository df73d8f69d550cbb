// The second of two independent verifiers: snarkjs' own arithmetic (wasmcurves), used for the pairing
// equation only. Give it nothing that has not passed the strict checks: it accepts short signal lists,
// non-canonical coordinates and keys with γ = δ, and can throw on odd shapes.
import { groth16 } from 'snarkjs';
import type { Groth16Proof, VerificationKey } from '../core/groth16.ts';
import { withCurve } from './snarkjs-curve.ts';

/** True when the equation holds. */
export function snarkjsPairingHolds(
  key: VerificationKey,
  publicSignals: string[],
  proof: Groth16Proof,
): Promise<boolean> {
  return withCurve({ threads: 1 }, () => groth16.verify(key, publicSignals, proof));
}

/** Arguments of the Solidity verifier's `verifyProof`, as snarkjs writes them. */
export function solidityCalldata(proof: Groth16Proof, publicSignals: string[]): Promise<string> {
  return groth16.exportSolidityCallData(proof, publicSignals);
}
