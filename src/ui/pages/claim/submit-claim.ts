// From a bundle and a person's choices to a job. The secret never passes through here: the job names
// whose secret it needs, and gets it in memory when it starts.
import { GnomonError } from '../../../core/errors.ts';
import { type JobRequest, Priority } from '../../../core/job.ts';
import type { CircuitEntry } from '../../../core/manifest.ts';
import type { ClaimBundle } from '../../../reputation/bundle.ts';
import { type Campaign, campaignDigest } from '../../../reputation/campaign.ts';
import { buildClaimWithoutSecret, claimSharing, nullifierOf } from '../../../reputation/claim.ts';
import { DEMO_SEED, demoKeyPair } from '../../../reputation/demo.ts';
import type { IdentitySummary } from '../../../services/identities.ts';
import type { Services } from '../../services.ts';
import type { ClaimContext } from './claim-context.ts';

/** Who claims: a kept identity, or in demos the one derived from the published seed. */
export interface Claimant {
  identityId: string;
  commitment: bigint;
  nullifier: bigint;
}

export interface ClaimChoices {
  askIndex: number;
  capacity: number;
  /** May be empty. */
  payload: string;
  /** 64 hex digits, or empty for the campaign's own. */
  challenge: string;
}

export function demoClaimant(bundle: ClaimBundle): Claimant {
  const { secretScalar, commitment } = demoKeyPair(bundle.subject);
  return {
    identityId: `demo:${DEMO_SEED}:${bundle.subject}`,
    commitment,
    nullifier: nullifierOf(BigInt(bundle.campaign.scope), secretScalar),
  };
}

/** The identity must be unlocked. */
export async function keptClaimant(
  services: Pick<Services, 'identities'>,
  identity: IdentitySummary,
  campaign: Campaign,
): Promise<Claimant> {
  return {
    identityId: identity.id,
    commitment: BigInt(identity.commitment),
    nullifier: BigInt(await services.identities.nullifier(identity.id, campaign.scope)),
  };
}

/** Everything a claim's job is, checked; no input of it holds the secret. */
export function claimJob(
  jobId: string,
  bundle: ClaimBundle,
  claimant: Claimant,
  circuit: CircuitEntry,
  choices: ClaimChoices,
  where: Pick<JobRequest, 'privacy' | 'sendTo'> = { privacy: 'local-only' },
): JobRequest {
  const { campaign } = bundle;
  const claim = buildClaimWithoutSecret({
    bundle,
    commitment: claimant.commitment,
    nullifier: claimant.nullifier,
    askIndex: choices.askIndex,
    capacity: choices.capacity,
    payload: choices.payload,
    ...(choices.challenge === '' ? {} : { challenge: choices.challenge }),
  });
  const context: ClaimContext = {
    kind: 'claim',
    campaign,
    campaignSha256: campaignDigest(campaign),
    askIndex: choices.askIndex,
    payload: claim.payload,
    challenge: claim.challenge,
    capacity: claim.circuit.capacity,
    sharing: claimSharing(bundle, choices.askIndex, claim.circuit.capacity),
  };
  return {
    id: jobId,
    label: campaign.name,
    circuit,
    input: claim.input,
    secrets: [{ signal: 'secret', identityId: claimant.identityId }],
    expectedPublicSignals: claim.publicSignals,
    priority: Priority.NORMAL,
    ...where,
    maxAttempts: 3,
    context: { ...context },
  };
}

/** Refuses a scope that was used under another campaign file: someone may want to link two uses of one
 * identity. */
export async function refuseOtherScope(
  services: Pick<Services, 'scopes'>,
  campaign: Campaign,
): Promise<void> {
  const use = await services.scopes.claimFor(campaign.scope, campaignDigest(campaign));
  if (use !== 'other') return;
  throw new GnomonError(
    'input.scope-reused',
    'You have claimed in this campaign before, under a different campaign file.',
    {
      nextStep:
        'Ask the campaign why there are two files. Claiming under both could be used to link your claims.',
      where: 'campaign file, scope',
    },
  );
}
