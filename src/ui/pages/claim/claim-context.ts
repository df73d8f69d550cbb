// What a claim's job carries for the pages: enough to show, export and check the proof later without
// the bundle. Nothing secret, and not who the subject is.
import * as v from 'valibot';
import { type Campaign, CampaignSchema } from '../../../reputation/campaign.ts';

const ClaimContextSchema = v.object({
  kind: v.literal('claim'),
  campaign: CampaignSchema,
  /** SHA-256 of the campaign file, hex. */
  campaignSha256: v.string(),
  /** Which of the campaign's asks this claim meets. */
  askIndex: v.number(),
  /** What the claimant bound to the proof; may be empty. */
  payload: v.string(),
  /** 64 hex digits: the campaign's, or the verifier's own. */
  challenge: v.string(),
  capacity: v.number(),
  /** How many could have made the same claim, the claimant included. */
  sharing: v.number(),
});

export interface ClaimContext {
  kind: 'claim';
  campaign: Campaign;
  campaignSha256: string;
  askIndex: number;
  payload: string;
  challenge: string;
  capacity: number;
  sharing: number;
}

/** Null when the job is not a claim, or one kept by a version that this one does not understand. */
export function readClaimContext(context: unknown): ClaimContext | null {
  const parsed = v.safeParse(ClaimContextSchema, context);
  return parsed.success ? parsed.output : null;
}
