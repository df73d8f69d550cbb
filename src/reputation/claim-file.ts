// The proof as it travels from claimant to verifier: read strictly, trusted in nothing.
import * as v from 'valibot';
import type { Groth16Proof } from '../core/groth16.ts';
import { type Campaign, campaignDigest, Hex32 } from './campaign.ts';
import type { Claim } from './claim.ts';
import { FieldDecimal } from './field.ts';
import { idProblem } from './ids.ts';
import { checkShape, parseJson } from './json.ts';

// Whether coordinates are canonical and on the curve is the prover's verifier's business, not this file's.
const Decimal = v.pipe(v.string(), v.regex(/^\d{1,78}$/, 'must be a decimal number'));
const Pair = v.strictTuple([Decimal, Decimal]);

const ClaimFileSchema = v.strictObject({
  format: v.literal('gnomon/claim'),
  version: v.literal(1),
  /** Id of the circuit; only chooses which of the campaign's keys is tried. */
  circuit: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be a circuit id')),
  /** Which campaign file the claimant used: tells a mix-up from a forgery, decides nothing. */
  campaignSha256: Hex32,
  challenge: Hex32,
  /** What the claimant says; bound by the message. */
  payload: v.pipe(
    v.string(),
    v.check(
      (text) => text === '' || idProblem(text) === undefined,
      'must be at most 256 characters of plain text',
    ),
  ),
  proof: v.strictObject({
    pi_a: v.strictTuple([Decimal, Decimal, Decimal]),
    pi_b: v.strictTuple([Pair, Pair, Pair]),
    pi_c: v.strictTuple([Decimal, Decimal, Decimal]),
    protocol: v.literal('groth16'),
    curve: v.literal('bn128'),
  }),
  publicSignals: v.pipe(v.array(FieldDecimal), v.length(8, 'must be 8 signals')),
});

export type ClaimFile = v.InferOutput<typeof ClaimFileSchema>;

export function makeClaimFile(
  claim: Pick<Claim, 'circuit' | 'challenge' | 'payload'>,
  campaign: Campaign,
  proof: Groth16Proof,
  publicSignals: string[],
): ClaimFile {
  return {
    format: 'gnomon/claim',
    version: 1,
    circuit: claim.circuit.id,
    campaignSha256: campaignDigest(campaign),
    challenge: claim.challenge,
    payload: claim.payload,
    proof,
    publicSignals,
  };
}

export function writeClaimFile(file: ClaimFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

export function readClaimFile(text: string): ClaimFile {
  return checkShape(ClaimFileSchema, parseJson(text, 'proof file'), 'proof file');
}
