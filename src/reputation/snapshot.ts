// A snapshot: everyone's records bound into one root. Publishing it lets anyone recompute that root.
import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';
import { DEPTH_MAX, NEVER, RECORDS_MAX } from './constants.ts';
import { FieldDecimal } from './field.ts';
import { badFile, checkShape, parseJson } from './json.ts';
import { ascending, digestOf, leafOf, RECORD_BITS } from './record.ts';
import { buildTree, rootOf, type TreeLevels, type TreeProof, treeProof } from './tree.ts';
import { makePacer, type Work } from './work.ts';

export interface SnapshotEntry {
  commitment: bigint;
  /** Packed, ascending. */
  records: bigint[];
}

/** Plain data: can be posted between workers. */
export interface Snapshot {
  asOf: number;
  root: bigint;
  /** By commitment, ascending; parallel to levels[0]. */
  entries: SnapshotEntry[];
  levels: TreeLevels;
}

/** Hashes each subject's records into a leaf, in the order of their commitments, and the leaves into a tree.
 * Commitments must differ. */
export async function buildSnapshot(
  people: readonly SnapshotEntry[],
  asOf: number,
  work: Work = {},
): Promise<Snapshot> {
  if (people.length === 0 || people.length > 2 ** DEPTH_MAX) {
    throw new GnomonError('input.snapshot-size', 'A snapshot needs between 1 and 16,777,216 subjects.', {
      nextStep:
        people.length === 0
          ? 'Import attestations about people who have registered.'
          : 'Split it into two campaigns.',
    });
  }
  const entries = [...people].sort((a, b) => ascending(a.commitment, b.commitment));
  if (entries.some((entry, at) => entry.commitment === entries[at - 1]?.commitment)) {
    throw new GnomonError('input.duplicate-commitment', 'Two subjects have the same commitment.', {
      nextStep: 'Ask both to register again, each with an identity of their own.',
    });
  }
  const pacer = makePacer(work);
  const leaves: bigint[] = [];
  const digests = makeDigestCache();
  for (const { commitment, records } of entries) {
    leaves.push(leafOf(commitment, records, digests(records)));
    if (pacer.due()) await pacer.pause('digests', leaves.length, entries.length);
  }
  await pacer.finish('digests', entries.length);
  const levels = await buildTree(leaves, pacer);
  return { asOf, root: rootOf(levels), entries, levels };
}

// Many people have the same few ratings: in Bitcoin-OTC with uniform weights 5,858 people have 1,413
// different lists of records.
function makeDigestCache(): (records: readonly bigint[]) => bigint {
  const known = new Map<string, bigint>();
  return (records) => {
    const key = records.join();
    let digest = known.get(key);
    if (digest === undefined) {
      digest = digestOf(records);
      known.set(key, digest);
    }
    return digest;
  };
}

/** The Merkle proof of a commitment's leaf; undefined when it is not in the snapshot. */
export function snapshotProof(snapshot: Snapshot, commitment: bigint): TreeProof | undefined {
  const position = positionOf(snapshot, commitment);
  return position === undefined ? undefined : treeProof(snapshot.levels, position);
}

/** Position of a commitment by binary search. */
export function positionOf({ entries }: Snapshot, commitment: bigint): number | undefined {
  let low = 0;
  let high = entries.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = ascending(entries[middle]!.commitment, commitment);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

const WHAT = 'snapshot file';
/** Text of a snapshot of a million people; larger ones are for other tools. */
const SNAPSHOT_CHARS_MAX = 2 ** 29;

const RecordDecimal = v.pipe(
  v.string(),
  v.check((text) => isRecordDecimal(text), 'must be a record: a decimal number below 2^120'),
);

export function isRecordDecimal(text: string): boolean {
  return /^(0|[1-9]\d{0,36})$/.test(text) && BigInt(text) >> RECORD_BITS === 0n;
}

const SnapshotFileSchema = v.strictObject({
  format: v.literal('gnomon/snapshot'),
  version: v.literal(1),
  /** Identities derived from a published seed: anyone can claim as anyone. */
  demo: v.boolean(),
  asOf: v.pipe(
    v.number(),
    v.integer('must be whole seconds'),
    v.minValue(0, 'must not be negative'),
    v.maxValue(NEVER, 'must fit 40 bits'),
  ),
  root: FieldDecimal,
  entries: v.array(
    v.strictObject({
      commitment: FieldDecimal,
      records: v.pipe(
        v.array(RecordDecimal),
        v.maxLength(RECORDS_MAX, `must be at most ${RECORDS_MAX} records`),
      ),
    }),
  ),
});

/** Everything that is needed to recompute the root; one subject per line. */
export function writeSnapshot(snapshot: Snapshot, demo: boolean): string {
  const entries = snapshot.entries.map(({ commitment, records }) =>
    JSON.stringify({ commitment: `${commitment}`, records: records.map(String) }),
  );
  const head = { format: 'gnomon/snapshot', version: 1, demo, asOf: snapshot.asOf, root: `${snapshot.root}` };
  return `${JSON.stringify(head).slice(0, -1)},"entries":[\n${entries.join(',\n')}\n]}\n`;
}

/** Reads a published snapshot and recomputes its root; refuses one that doesn't hash to the root it names. */
export async function readSnapshot(
  text: string,
  work: Work = {},
): Promise<{ snapshot: Snapshot; demo: boolean }> {
  const file = checkShape(SnapshotFileSchema, parseJson(text, WHAT, SNAPSHOT_CHARS_MAX), WHAT);
  const entries = file.entries.map(({ commitment, records }, at) => {
    const packed = records.map(BigInt);
    if (!isAscending(packed)) throw badFile(WHAT, `entries.${at}.records`, 'are not in ascending order');
    return { commitment: BigInt(commitment), records: packed };
  });
  if (entries.some((entry, at) => at > 0 && entry.commitment <= entries[at - 1]!.commitment)) {
    throw badFile(WHAT, 'entries', 'are not in ascending order of their commitments');
  }
  const snapshot = await buildSnapshot(entries, file.asOf, work);
  if (`${snapshot.root}` !== file.root) throw badFile(WHAT, 'root', 'is not the root of these entries');
  return { snapshot, demo: file.demo };
}

export function isAscending(records: readonly bigint[]): boolean {
  return records.every((record, at) => at === 0 || record >= records[at - 1]!);
}
