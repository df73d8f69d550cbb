// From a batch to jobs, one for each claim; those that fail are named, and the others go on.

import { circuitFor } from '../../../client/circuit-for.ts';
import { GnomonError, toErrorData } from '../../../core/errors.ts';
import type { JobRequest } from '../../../core/job.ts';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { systemRandom } from '../../../core/system.ts';
import type { IdentitySummary } from '../../../services/identities.ts';
import type { Services } from '../../services.ts';
import { type BatchEntry, type LeftOut, reasonOf } from './batch-plan.ts';
import { sizeOptions } from './claim-plan.ts';
import { claimJob, demoClaimant, keptClaimant, refuseOtherScope } from './submit-claim.ts';

export interface BatchClaim {
  entry: BatchEntry;
  askIndex: number;
  /** Null for demos, which have their own. */
  identity: IdentitySummary | null;
}

export interface BatchOutcome {
  /** Saved in the queue. */
  added: BatchEntry[];
  failed: LeftOut[];
}

type Needed = Pick<Services, 'circuits' | 'identities' | 'jobs' | 'scopes'>;

/** Stops early only when nothing can be saved any more; then the rest counts as failed for that reason. */
export async function submitBatch(
  services: Needed,
  claims: readonly BatchClaim[],
  where: Pick<JobRequest, 'privacy' | 'sendTo'>,
  onAdded: (done: number) => void,
): Promise<BatchOutcome> {
  const available = await services.circuits.list();
  const outcome: BatchOutcome = { added: [], failed: [] };
  let full: unknown = null;
  for (const claim of claims) {
    const { name } = claim.entry.source;
    try {
      if (full !== null) throw full;
      await submitOne(services, claim, where, available);
      outcome.added.push(claim.entry);
    } catch (thrown) {
      if (toErrorData(thrown).code.startsWith('resource.storage')) full = thrown;
      outcome.failed.push({ name, reason: reasonOf(thrown, name) });
    }
    onAdded(outcome.added.length);
  }
  return outcome;
}

async function submitOne(
  services: Needed,
  { entry, askIndex, identity }: BatchClaim,
  where: Pick<JobRequest, 'privacy' | 'sendTo'>,
  available: readonly CircuitEntry[],
): Promise<void> {
  const bundle = await entry.source.load();
  if (`${bundle.commitment}` !== entry.commitment) {
    throw new GnomonError('input.bundle-changed', 'The file has changed since it was read.', {
      nextStep: 'Open it again.',
    });
  }
  const size = sizeOptions(bundle, askIndex)[0];
  const circuit = size && circuitFor(size.circuit, available);
  if (size === undefined || circuit === undefined) {
    throw new GnomonError('circuit.not-ready', 'The circuit for its size is still being prepared.', {
      nextStep: 'Wait a minute and try again.',
    });
  }
  const { campaign } = entry;
  const claimant =
    identity === null ? demoClaimant(bundle) : await keptClaimant(services, identity, campaign);
  const choices = { askIndex, capacity: size.capacity, payload: '', challenge: '' };
  await refuseOtherScope(services, campaign);
  const request = claimJob(systemRandom.id(), bundle, claimant, circuit, choices, where);
  // The queue shows many of one campaign; this tells them apart.
  await services.jobs.submit({ ...request, label: `${campaign.name}, ${entry.subject}` });
}
