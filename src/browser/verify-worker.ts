// What runs inside the verifying worker. Kept apart from its entry so that tests can run it anywhere.
import type { Groth16Proof } from '../core/groth16.ts';
import { solidityCalldata } from '../prover/snarkjs-verifier.ts';
import type { Verification } from '../prover/strict-verify.ts';
import { verifyProof } from '../prover/verify.ts';
import { makePinnedVerifyApi, type PinnedVerifyApi } from './pinned-verify.ts';
import { asOutcome, type Outcome } from './worker-task.ts';

export interface VerifyWorkerApi extends PinnedVerifyApi {
  /** Under whatever key is given. */
  verify(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<Outcome<Verification>>;
  solidityCalldata(proof: Groth16Proof, publicSignals: string[]): Promise<Outcome<string>>;
}

export function makeVerifyWorkerApi(): VerifyWorkerApi {
  return {
    ...makePinnedVerifyApi(verifyProof),
    verify: (vkey, publicSignals, proof) => asOutcome(() => verifyProof(vkey, publicSignals, proof)),
    solidityCalldata: (proof, publicSignals) => asOutcome(() => solidityCalldata(proof, publicSignals)),
  };
}
