// The sample claim: one click from nothing to a proof. Made on the page in small slices; eighty people
// take well under a second.

import { circuitFor } from '../../../client/circuit-for.ts';
import { GnomonError } from '../../../core/errors.ts';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { systemRandom } from '../../../core/system.ts';
import type { ClaimBundle } from '../../../reputation/bundle.ts';
import { CAPACITIES } from '../../../reputation/constants.ts';
import type { Terms } from '../../../reputation/network.ts';
import { sampleCampaign } from '../../../reputation/sample.ts';
import type { Services } from '../../services.ts';
import { askOptions, firstAsk, sizeOptions } from './claim-plan.ts';
import { claimJob, demoClaimant } from './submit-claim.ts';

/** A server that has just started makes its smallest circuit first; it takes seconds. */
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 1_000;

/** The reputation circuits among those available, as a campaign names them. */
export function reputationCircuits(available: readonly CircuitEntry[]): Terms['circuits'] {
  return available.flatMap(({ id, capacity, artifacts }) =>
    id.startsWith('reputation-') && CAPACITIES.some((known) => known === capacity)
      ? [{ id, capacity: capacity ?? 0, vkeySha256: artifacts.vkey.sha256 }]
      : [],
  );
}

async function readyCircuits(services: Pick<Services, 'circuits'>): Promise<CircuitEntry[]> {
  const until = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const available = await services.circuits.list();
    if (reputationCircuits(available).length > 0) return available;
    if (Date.now() > until) {
      throw new GnomonError('circuit.not-ready', 'The circuits are still being prepared.', {
        nextStep: 'Wait a minute and try again.',
      });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export async function openSample(services: Pick<Services, 'circuits'>): Promise<ClaimBundle> {
  const available = await readyCircuits(services);
  return (await sampleCampaign(reputationCircuits(available))).bundle;
}

/** Submits the sample's first claim as it stands and returns the job's id. */
export async function startSampleClaim(services: Pick<Services, 'circuits' | 'jobs'>): Promise<string> {
  const available = await readyCircuits(services);
  const { bundle } = await sampleCampaign(reputationCircuits(available));
  const askIndex = firstAsk(askOptions(bundle)) ?? 0;
  const size = sizeOptions(bundle, askIndex)[0];
  const circuit = size && circuitFor(size.circuit, available);
  if (size === undefined || circuit === undefined) {
    throw new GnomonError('circuit.not-ready', 'The circuit for the sample is not there yet.', {
      nextStep: 'Wait a minute and try again.',
    });
  }
  const choices = { askIndex, capacity: size.capacity, payload: '', challenge: '' };
  const request = claimJob(systemRandom.id(), bundle, demoClaimant(bundle), circuit, choices);
  return (await services.jobs.submit(request)).id;
}
