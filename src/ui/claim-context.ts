// What a claim's job carries for the pages: written by the claim page, read by the proof page. It is kept
// with the job in the clear, so it holds nothing private: no records, no subject, no secret.
import * as v from 'valibot';
import { type Campaign, checkCampaign } from '../reputation/campaign.ts';

export interface ClaimContext {
  campaign: Campaign;
  /** Which of `campaign.asks` is claimed. */
  askIndex: number;
  /** What the claimant bound to the proof, e.g. a recipient's address; may be empty. */
  payload: string;
  /** 64 hex digits: the verifier's own, or the campaign's. */
  challenge: string;
}

const KIND = 'gnomon/claim';

const ClaimContextSchema = v.object({
  kind: v.literal(KIND),
  campaign: v.unknown(),
  askIndex: v.pipe(v.number(), v.integer(), v.minValue(0)),
  payload: v.string(),
  challenge: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

/** For `JobRequest.context`. */
export function writeClaimContext(claim: ClaimContext): Record<string, unknown> {
  const { campaign, askIndex, payload, challenge } = claim;
  return { kind: KIND, campaign, askIndex, payload, challenge };
}

/** Null for jobs that are not claims, and for contexts of another version of the app: the proof itself is
 * shown all the same. */
export function readClaimContext(context: Record<string, unknown>): ClaimContext | null {
  const read = v.safeParse(ClaimContextSchema, context);
  if (!read.success) return null;
  const { askIndex, payload, challenge } = read.output;
  try {
    const campaign = checkCampaign(read.output.campaign);
    return askIndex < campaign.asks.length ? { campaign, askIndex, payload, challenge } : null;
  } catch {
    return null;
  }
}
