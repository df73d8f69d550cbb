// Inputs for measuring: a made-up person with as many attestations as wanted, under a demo identity whose secret is
// published, so that such an input may go anywhere. Always the same; nobody in it exists.
import type { CircuitInput } from '../core/groth16.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import { buildClaim } from './claim.ts';
import { NEVER, WEIGHT_ONE } from './constants.ts';
import { demoKeyPair } from './demo.ts';
import { buildNetwork, makeBundle, makeCampaign } from './network.ts';
import type { Attestation } from './rows.ts';
import { SAMPLE_AS_OF, SAMPLE_BASE_RATE_PPM, SAMPLE_SUBJECT, sampleTerms } from './sample.ts';

export interface ProfileInput {
  input: CircuitInput;
  publicSignals: string[];
}

/** `attestations` must fit into the circuit's capacity; throws as `buildClaim` does. */
export async function profileInput(circuit: CircuitEntry, attestations: number): Promise<ProfileInput> {
  const { id, artifacts } = circuit;
  const capacity = circuit.capacity ?? 0;
  const network = await buildNetwork(madeUp(attestations), {
    asOf: SAMPLE_AS_OF,
    baseRatePpm: SAMPLE_BASE_RATE_PPM,
    weights: { kind: 'uniform' },
    commitments: 'demo',
  });
  const campaign = makeCampaign(network, {
    ...sampleTerms([{ id, capacity, vkeySha256: artifacts.vkey.sha256 }]),
    asks: [{ type: 'exact' }],
  });
  const bundle = makeBundle(network, campaign, SAMPLE_SUBJECT);
  const { secretScalar } = demoKeyPair(SAMPLE_SUBJECT);
  const { input, publicSignals } = buildClaim({ bundle, secretScalar, askIndex: 0, payload: '' });
  return { input, publicSignals };
}

/** No two alike, and no value small throughout, since a prover may save time on small numbers. */
function madeUp(count: number): Attestation[] {
  return Array.from({ length: count }, (_, at) => ({
    source: `profile-${at + 1}`,
    target: SAMPLE_SUBJECT,
    type: 'rating',
    createdAtMs: (SAMPLE_AS_OF - 86_400 - at) * 1_000,
    positive: 1_000 + ((at * 7_919) % 10_000),
    negative: (at * 104_729) % 1_000,
    weight: WEIGHT_ONE - ((at * 40_503) % WEIGHT_ONE),
    expiresAt: at % 2 === 0 ? NEVER : SAMPLE_AS_OF + 1 + ((at * 86_400) % 31_536_000),
  }));
}
