// A claim bundle: one subject's records, their place in the snapshot, and the campaign file. Read strictly:
// a bundle that does not hash to its campaign's root is refused.
import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';
import { type Campaign, checkCampaign } from './campaign.ts';
import { DEPTH_MAX, RECORDS_MAX } from './constants.ts';
import { FieldDecimal } from './field.ts';
import { idProblem } from './ids.ts';
import { badFile, checkShape, parseJson } from './json.ts';
import { leafOf } from './record.ts';
import { isAscending, isRecordDecimal } from './snapshot.ts';
import { rootFromProof, type TreeProof } from './tree.ts';

export interface ClaimBundle {
  subject: string;
  commitment: bigint;
  /** Packed, ascending. */
  records: bigint[];
  /** Who each record comes from, parallel to `records`: the campaign's word, no part of the proof. */
  sources?: string[];
  proof: TreeProof;
  /** Per accepted size: subjects of that size with exactly this score. */
  sameScore: number[];
  campaign: Campaign;
}

const WHAT = 'claim bundle';
const Id = v.pipe(
  v.string(),
  v.check((text) => idProblem(text) === undefined, 'must be 1 to 256 characters of plain text'),
);
const Whole = v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(0, 'must not be negative'));

const BundleFileSchema = v.strictObject({
  format: v.literal('gnomon/bundle'),
  version: v.literal(1),
  subject: Id,
  commitment: FieldDecimal,
  records: v.pipe(
    v.array(v.pipe(v.string(), v.check(isRecordDecimal, 'must be a record: a decimal number below 2^120'))),
    v.maxLength(RECORDS_MAX, `must be at most ${RECORDS_MAX} records`),
  ),
  sources: v.optional(v.array(Id)),
  /** LeanIMT's proof index, not the leaf's position. */
  index: Whole,
  siblings: v.pipe(v.array(FieldDecimal), v.maxLength(DEPTH_MAX, `must be at most ${DEPTH_MAX}`)),
  root: FieldDecimal,
  sameScore: v.array(Whole),
  campaign: v.unknown(),
});

export function writeBundle(bundle: ClaimBundle): string {
  const file = {
    format: 'gnomon/bundle',
    version: 1,
    subject: bundle.subject,
    commitment: `${bundle.commitment}`,
    records: bundle.records.map(String),
    ...(bundle.sources === undefined ? {} : { sources: bundle.sources }),
    index: bundle.proof.index,
    siblings: bundle.proof.siblings.map(String),
    root: bundle.campaign.root,
    sameScore: bundle.sameScore,
    campaign: bundle.campaign,
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** Reads a bundle and recomputes leaf and root; anything malformed is refused with where and why. */
export function readBundle(text: string): ClaimBundle {
  const file = checkShape(BundleFileSchema, parseJson(text, WHAT), WHAT);
  const campaign = checkCampaign(file.campaign, 'campaign file within this bundle');
  const records = file.records.map(BigInt);
  const commitment = BigInt(file.commitment);
  const proof: TreeProof = { index: file.index, siblings: file.siblings.map(BigInt) };
  if (!isAscending(records)) throw badFile(WHAT, 'records', 'are not in ascending order');
  if (file.sources !== undefined && file.sources.length !== records.length) {
    throw badFile(WHAT, 'sources', 'must be as many as the records');
  }
  if (file.sameScore.length !== campaign.circuits.length) {
    throw badFile(WHAT, 'sameScore', 'must have one number per accepted size');
  }
  if (proof.index >= 2 ** proof.siblings.length) {
    throw badFile(WHAT, 'index', 'is beyond the depth that the siblings give');
  }
  if (file.root !== campaign.root) throw badFile(WHAT, 'root', 'is not the campaign’s');
  if (rootFromProof(leafOf(commitment, records), proof) !== BigInt(file.root)) {
    throw badFile(WHAT, 'root', 'is not what these records, commitment and siblings hash to');
  }
  return {
    subject: file.subject,
    commitment,
    records,
    ...(file.sources === undefined ? {} : { sources: file.sources }),
    proof,
    sameScore: file.sameScore,
    campaign,
  };
}

/** Refuses an identity that the bundle was not made for. */
export function refuseOtherIdentity(bundle: ClaimBundle, commitment: bigint): void {
  if (bundle.commitment !== commitment) {
    throw new GnomonError('input.other-identity', 'This bundle was made for another identity.', {
      nextStep: 'Choose the identity whose commitment you gave to the campaign.',
      where: 'commitment',
    });
  }
}
