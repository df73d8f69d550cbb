// The campaign file: what a campaign asks for and what a verifier compares a proof with. Its digest is shown
// to people, since anonymity needs others to hold the same file.
import { sha256 } from '@noble/hashes/sha2.js';
import * as v from 'valibot';
import { AskSchema } from './ask.ts';
import { CAPACITIES, NEVER, PPM } from './constants.ts';
import { FieldDecimal, fromHex, hashToField, toHex } from './field.ts';
import { idProblem } from './ids.ts';
import { badFile, checkShape, parseJson } from './json.ts';

const SCOPE_TAG = 'gnomon/scope/v1\0';
const MESSAGE_TAG = 'gnomon/message/v1\0';
const WHAT = 'campaign file';

const Name = v.pipe(
  v.string(),
  v.check(
    (text) => idProblem(text) === undefined,
    'must be 1 to 256 characters of text without control characters',
  ),
);
export const Hex32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'));
const Count = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(0, 'must not be negative'),
  v.maxValue(2 ** 24, 'is more than a snapshot holds'),
);

const CircuitSchema = v.strictObject({
  /** Id in the manifest, e.g. `reputation-64`. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be a circuit id')),
  capacity: v.picklist(CAPACITIES),
  /** SHA-256 of the vkey file that proofs of this size must verify with. */
  vkeySha256: Hex32,
  /** Subjects whose smallest accepted size this is. */
  subjects: Count,
  /** Per entry of `asks`: how many of them meet it; for an exact ask, how many share their score with at
   * least 19 others of this size. */
  sharing: v.array(Count),
});

export const CampaignSchema = v.strictObject({
  format: v.literal('gnomon/campaign'),
  version: v.literal(1),
  name: Name,
  issuer: Name,
  campaignId: Name,
  /** Identities come from a published seed and development keys are accepted: nothing is proved. */
  demo: v.boolean(),
  /** keccak256("gnomon/scope/v1\0" ‖ issuer ‖ "\0" ‖ campaign id) >> 8. */
  scope: FieldDecimal,
  root: FieldDecimal,
  /** Unix seconds. */
  asOf: v.pipe(
    v.number(),
    v.integer('must be whole seconds'),
    v.minValue(0, 'must not be negative'),
    v.maxValue(NEVER, 'must fit 40 bits'),
  ),
  baseRatePpm: v.pipe(
    v.number(),
    v.integer('must be a whole number of ppm'),
    v.minValue(0, 'must not be negative'),
    v.maxValue(PPM, 'must be at most 1000000'),
  ),
  weights: v.variant('kind', [
    v.strictObject({ kind: v.literal('uniform') }),
    v.strictObject({
      kind: v.literal('flow'),
      seeds: v.pipe(v.array(Name), v.maxLength(1000, 'must be at most 1000')),
    }),
  ]),
  /** The verifier's 32 bytes that each claim is bound to. */
  challenge: Hex32,
  /** Any of these is accepted; the verdict says which one a proof meets. */
  asks: v.pipe(
    v.array(AskSchema),
    v.minLength(1, 'must not be empty'),
    v.maxLength(16, 'must be at most 16'),
  ),
  /** The accepted sizes, ascending. */
  circuits: v.pipe(v.array(CircuitSchema), v.minLength(1, 'must not be empty')),
});

export type Campaign = v.InferOutput<typeof CampaignSchema>;
/** Another name for it, where the file rather than the campaign is meant. */
export type CampaignFile = Campaign;
export type CampaignCircuit = Campaign['circuits'][number];
export type WeightRule = Campaign['weights'];

/** Names one use of an identity: each identity has one nullifier in it. Neither text may hold NUL. */
export function scopeOf(issuer: string, campaignId: string): bigint {
  refuseNul('issuer', issuer);
  refuseNul('campaignId', campaignId);
  return hashToField(SCOPE_TAG, issuer, '\0', campaignId);
}

/** Binds a proof to the verifier's challenge (64 hex digits) and to what the claimant says, e.g. a recipient. */
export function messageOf(challenge: string, payload: string): bigint {
  refuseNul('payload', payload);
  if (!v.is(Hex32, challenge)) throw badFile('claim', 'challenge', 'must be 64 lower-case hex digits');
  return hashToField(MESSAGE_TAG, fromHex(challenge), payload);
}

// Also refuses what UTF-8 can't tell apart.
function refuseNul(field: string, text: string): void {
  if (/[\0\p{Cs}]/u.test(text)) throw badFile('text', field, 'holds a NUL or half of a surrogate pair');
}

/** Reads a campaign file; refuses anything unknown, missing or inconsistent, with where and why. */
export function readCampaign(text: string): Campaign {
  return checkCampaign(parseJson(text, WHAT));
}

/** The same for a value already parsed; `where` is its place in a larger file. */
export function checkCampaign(value: unknown, what = WHAT): Campaign {
  const campaign = checkShape(CampaignSchema, value, what);
  if (`${scopeOf(campaign.issuer, campaign.campaignId)}` !== campaign.scope) {
    throw badFile(what, 'scope', 'is not the hash of issuer and campaign id');
  }
  if (campaign.root === '0') throw badFile(what, 'root', 'must not be 0');
  const { circuits, asks } = campaign;
  circuits.forEach((circuit, at) => {
    if (at > 0 && circuit.capacity <= circuits[at - 1]!.capacity) {
      throw badFile(what, `circuits.${at}.capacity`, 'must be larger than the one before');
    }
    if (circuits.findIndex((other) => other.id === circuit.id) !== at) {
      throw badFile(what, `circuits.${at}.id`, 'appears twice');
    }
    if (circuit.sharing.length !== asks.length) {
      throw badFile(what, `circuits.${at}.sharing`, 'must have one number per ask');
    }
  });
  return campaign;
}

/** The one spelling of a campaign file: the schema's order of fields, two spaces, a line break at the end. */
export function writeCampaign(campaign: Campaign): string {
  return `${JSON.stringify(inSchemaOrder(campaign), null, 2)}\n`;
}

/** SHA-256 (hex) of the canonical spelling, whatever spelling the file had. */
export function campaignDigest(campaign: Campaign): string {
  return toHex(sha256(new TextEncoder().encode(writeCampaign(campaign))));
}

// valibot builds its output in the schema's order of fields, at every level.
function inSchemaOrder(campaign: Campaign): Campaign {
  return v.parse(CampaignSchema, campaign);
}

/** Refuses a scope that this device has used under another campaign file: someone may want to link two uses
 * of one identity. `used` holds scopes and digests of campaign files claimed for before. */
export function refuseReusedScope(
  campaign: Campaign,
  used: readonly { scope: string; campaignSha256: string }[],
): void {
  const digest = campaignDigest(campaign);
  if (used.some((entry) => entry.scope === campaign.scope && entry.campaignSha256 !== digest)) {
    throw badFile(WHAT, 'scope', 'was used on this device under a different campaign file');
  }
}
