// Worker side: strict verification under a key that is named by its digest, by whichever verifiers a build has.
import type { Artifact } from '../core/manifest.ts';
import type { Expectations, Verification } from '../prover/strict-verify.ts';
import { openArtifactStore } from './artifact-store.ts';
import { asOutcome, type Outcome } from './worker-task.ts';

export interface PinnedVerification {
  /** The verification key; fetched by digest. */
  vkey: Artifact;
  baseUrl: string;
  publicSignals: unknown;
  proof: unknown;
  expectedPublicSignals: string[] | null;
}

export interface PinnedVerifyApi {
  verifyPinned(request: PinnedVerification): Promise<Outcome<Verification>>;
}

export type Verify = (
  vkey: unknown,
  publicSignals: unknown,
  proof: unknown,
  expectations: Expectations,
) => Promise<Verification>;

export function makePinnedVerifyApi(verify: Verify): PinnedVerifyApi {
  return {
    verifyPinned: ({ vkey, baseUrl, publicSignals, proof, expectedPublicSignals }) =>
      asOutcome(async () => {
        const store = await openArtifactStore({ baseUrl });
        const key = await store.get(vkey, new AbortController().signal, () => {});
        return verify(key, publicSignals, proof, {
          vkeySha256: vkey.sha256,
          ...(expectedPublicSignals === null ? {} : { publicSignals: expectedPublicSignals }),
        });
      }),
  };
}
