// One proof's verdict. What is expected comes from the campaign file and the verifier; from the claim file
// only the claimant's words are taken, and they are bound by the message.
import { isDevelopmentKey } from '../../../core/development-key.ts';
import { GnomonError } from '../../../core/errors.ts';
import type { VerificationKey } from '../../../core/groth16.ts';
import { askInWords, inUnits } from '../../../reputation/ask.ts';
import type { CampaignFile } from '../../../reputation/campaign.ts';
import { PUBLIC_SIGNALS } from '../../../reputation/claim.ts';
import type { ClaimFile } from '../../../reputation/claim-file.ts';
import { checkClaim } from '../../../reputation/verify-claim.ts';
import type { CircuitsService } from '../../../services/circuits.ts';
import type { CryptographicCheck, LedgerService, VerifierService } from '../../../services/verification.ts';

export interface NamedCheck {
  name: string;
  ok: boolean;
  detail: string;
}

export type Outcome = 'accepted' | 'valid' | 'already-used' | 'refused' | 'proof-valid' | 'proof-invalid';

export interface Judgement {
  outcome: Outcome;
  /** Why, in one sentence. */
  reason: string;
  /** Against the campaign file; empty for a plain proof. */
  campaignChecks: NamedCheck[];
  cryptographicChecks: NamedCheck[];
  developmentKey: boolean;
  demo: boolean;
  /** Claims only. */
  claim?: { campaignName: string; payload: string; shows: string | null; scope: string; nullifier: string };
}

export interface JudgeServices {
  circuits: Pick<CircuitsService, 'list' | 'vkey'>;
  verifier: Pick<VerifierService, 'verify'>;
  ledger: Pick<LedgerService, 'spend' | 'list'>;
  nowMs: () => number;
}

export interface Expectations {
  campaign: CampaignFile;
  /** The verifier's own challenge; the campaign's when missing. */
  challenge?: string;
  /** Unix seconds; older evidence is refused. */
  notBefore?: number;
  /** Whether an accepted claim is spent and kept; false only looks. */
  record: boolean;
}

/** Judges a claim and, if it is good, spends its nullifier. Rejects only when a check could not be made,
 * which says nothing about the claim. */
export async function judgeClaim(
  claim: ClaimFile,
  { campaign, challenge, notBefore, record }: Expectations,
  services: JudgeServices,
): Promise<Judgement> {
  const key = await pinnedKey(claim, campaign, services.circuits);
  const cryptographicChecks =
    key === null ? [] : await services.verifier.verify(key.vkey, claim.publicSignals, claim.proof);
  const developmentKey = key !== null && isDevelopmentKey(key.vkey);
  const verdict = checkClaim(
    campaign,
    claim,
    { valid: allPassed(cryptographicChecks), vkeySha256: key?.sha256 ?? '', developmentKey },
    {
      ...(challenge === undefined ? {} : { challenge }),
      ...(notBefore === undefined ? {} : { notBefore }),
    },
  );
  const shows =
    verdict.askIndex === undefined ? null : shownInWords(campaign, verdict.askIndex, claim.publicSignals);
  const judged = {
    campaignChecks: verdict.checks,
    cryptographicChecks,
    developmentKey,
    demo: verdict.demo,
    claim: {
      campaignName: campaign.name,
      payload: claim.payload,
      shows,
      scope: verdict.scope,
      nullifier: verdict.nullifier,
    },
  };
  if (!verdict.accepted) {
    const failed = verdict.checks.filter(({ ok }) => !ok);
    // A wrong campaign file explains all the other differences.
    const why = verdict.sameCampaignFile ? failed[0]!.detail : 'Made for another campaign file.';
    const more = failed.length > 1 ? ` ${failed.length} checks failed in all.` : '';
    return { ...judged, outcome: 'refused', reason: `${why}${more}` };
  }
  const { scope, nullifier } = verdict;
  const spent = record
    ? await services.ledger.spend({
        scope,
        nullifier,
        campaignName: campaign.name,
        claimantPayload: claim.payload,
        ...(shows === null ? {} : { shows }),
        demo: campaign.demo,
        acceptedAtMs: services.nowMs(),
      })
    : await isSpent(services.ledger, scope, nullifier);
  if (spent === 'already-used') {
    return {
      ...judged,
      outcome: 'already-used',
      reason: 'Every check passed, but this person’s claim was accepted before.',
    };
  }
  return spent === 'accepted'
    ? { ...judged, outcome: 'accepted', reason: 'Every check passed. Kept in the accepted list.' }
    : { ...judged, outcome: 'valid', reason: 'Every check passed. Not kept, since keeping is off.' };
}

async function isSpent(
  ledger: JudgeServices['ledger'],
  scope: string,
  nullifier: string,
): Promise<'already-used' | 'unused'> {
  const known = await ledger.list();
  return known.some((one) => one.scope === scope && one.nullifier === nullifier) ? 'already-used' : 'unused';
}

/** The key that the campaign names for the claim's circuit; null when it accepts no such circuit. */
async function pinnedKey(
  claim: ClaimFile,
  campaign: CampaignFile,
  circuits: JudgeServices['circuits'],
): Promise<{ vkey: VerificationKey; sha256: string } | null> {
  const accepted = campaign.circuits.find(({ id }) => id === claim.circuit);
  if (accepted === undefined) return null;
  const known = await circuits.list();
  const entry = known.find(({ artifacts }) => artifacts.vkey.sha256 === accepted.vkeySha256);
  if (entry === undefined) {
    throw new GnomonError(
      'artifact.key-unknown',
      'This app does not have the verification key that the campaign names.',
      { nextStep: 'Open the app of the server that the campaign was made with, or wait until it is made.' },
    );
  }
  return { vkey: await circuits.vkey(entry), sha256: entry.artifacts.vkey.sha256 };
}

/** A proof on its own, for the key that came with it: says nothing about any campaign. */
export async function judgeRaw(
  raw: { proof: unknown; publicSignals: unknown; vkey: unknown },
  verifier: JudgeServices['verifier'],
): Promise<Judgement> {
  const cryptographicChecks = await verifier.verify(raw.vkey, raw.publicSignals, raw.proof);
  const valid = allPassed(cryptographicChecks);
  const developmentKey = valid && isDevelopmentKey(raw.vkey as VerificationKey);
  const failed = cryptographicChecks.find(({ ok }) => !ok);
  return {
    outcome: valid ? 'proof-valid' : 'proof-invalid',
    reason: valid
      ? 'The proof is valid for the key that came with it. No campaign was compared.'
      : `${failed?.name ?? 'No check could be made'}: ${failed?.detail ?? ''}`,
    campaignChecks: [],
    cryptographicChecks,
    developmentKey,
    demo: false,
  };
}

// No checks is no verdict.
function allPassed(checks: readonly CryptographicCheck[]): boolean {
  return checks.length > 0 && checks.every(({ ok }) => ok);
}

function shownInWords(campaign: CampaignFile, askIndex: number, publicSignals: readonly string[]): string {
  const ask = campaign.asks[askIndex]!;
  if (ask.type !== 'exact') return askInWords(ask);
  return `a score of ${inUnits(Number(publicSignals[PUBLIC_SIGNALS.indexOf('lower')]))}`;
}
