// What runs inside the verifying worker. Kept apart from its entry so that tests can run it anywhere.
import type { Groth16Proof } from '../core/groth16.ts';
import type { Artifact } from '../core/manifest.ts';
import { solidityCalldata } from '../prover/snarkjs-verifier.ts';
import type { Verification } from '../prover/strict-verify.ts';
import { verifyProof } from '../prover/verify.ts';
import { openArtifactStore } from './artifact-store.ts';
import { asOutcome, type Outcome } from './worker-task.ts';

interface PinnedVerification {
  /** The verification key; fetched by digest. */
  vkey: Artifact;
  baseUrl: string;
  publicSignals: unknown;
  proof: unknown;
  expectedPublicSignals: string[] | null;
}

export interface VerifyWorkerApi {
  /** Under a key that is named by its digest. */
  verifyPinned(request: PinnedVerification): Promise<Outcome<Verification>>;
  /** Under whatever key is given. */
  verify(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<Outcome<Verification>>;
  solidityCalldata(proof: Groth16Proof, publicSignals: string[]): Promise<Outcome<string>>;
}

export function makeVerifyWorkerApi(): VerifyWorkerApi {
  return {
    verifyPinned: (request) =>
      asOutcome(async () => {
        const store = await openArtifactStore({ baseUrl: request.baseUrl });
        const { signal } = new AbortController();
        const vkey = await store.get(request.vkey, signal, () => {});
        return verifyProof(vkey, request.publicSignals, request.proof, {
          vkeySha256: request.vkey.sha256,
          ...(request.expectedPublicSignals === null ? {} : { publicSignals: request.expectedPublicSignals }),
        });
      }),
    verify: (vkey, publicSignals, proof) => asOutcome(() => verifyProof(vkey, publicSignals, proof)),
    solidityCalldata: (proof, publicSignals) => asOutcome(() => solidityCalldata(proof, publicSignals)),
  };
}
