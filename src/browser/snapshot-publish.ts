// Reading a network and publishing it, as the snapshot worker does. The rules of import, snapshot and campaign
// are in reputation/; this brings them together with progress, the list of what was left out, and storage.

import { GnomonError } from '../core/errors.ts';
import type { Ask } from '../reputation/ask.ts';
import { readAttestations } from '../reputation/attestation.ts';
import { campaignDigest, type WeightRule } from '../reputation/campaign.ts';
import { CAPACITIES } from '../reputation/constants.ts';
import { currentAttestations, evidenceBySubject } from '../reputation/evidence.ts';
import { buildNetwork, makeCampaign } from '../reputation/network.ts';
import { readRatings } from '../reputation/ratings.ts';
import { commitmentsOf, type Registration, readCommitments } from '../reputation/registration.ts';
import type { Attestation, Imported, RowError } from '../reputation/rows.ts';
import { countBySize, countUniqueScores, smallestCapacity } from '../reputation/sharing.ts';
import type { Work } from '../reputation/work.ts';
import type {
  NetworkFacts,
  NetworkImport,
  PublishedSnapshot,
  SnapshotProgress,
} from '../services/snapshots.ts';
import { makeOverallProgress, type SnapshotStage, type StageReport } from './snapshot-progress.ts';
import type { RejectedRow, SnapshotStore } from './snapshot-store.ts';

export interface PublishRequest {
  id: string;
  createdAtMs: number;
  network: NetworkImport;
  name: string;
  issuer: string;
  campaignId: string;
  challenge: string;
  asOf: number;
  baseRatePpm: number;
  ask: Ask;
  weights: WeightRule;
  /** Null for demos, which derive everyone's identity from the published seed. */
  commitmentsCsv: string | null;
  /** Takes rows of that table without a signature. */
  allowUnsigned: boolean;
  circuits: { id: string; capacity: number; vkeySha256: string }[];
}

type Report = (progress: SnapshotProgress) => void;

/** Rows shown; all are counted. */
const REJECTED_SHOWN_MAX = 300;
async function readNetwork(source: NetworkImport, work: Work): Promise<Imported<Attestation>> {
  const text = await source.data.text();
  const imported =
    source.format === 'ratings-csv' ? await readRatings(text, work) : await readAttestations(text, work);
  if (imported.rows.length === 0) {
    const first = imported.rejected[0];
    throw new GnomonError('input.network-empty', 'No row of this network could be read.', {
      nextStep:
        source.format === 'ratings-csv'
          ? 'Each line needs source,target,rating,time: a rating from −10 to 10 and Unix seconds.'
          : 'Bring a JSON array of attestations.',
      where:
        first === undefined ? source.name : `${source.name}, ${rejectedRow(first).where}: ${first.reason}`,
    });
  }
  return imported;
}

/** Counts what a network holds. */
export async function inspectNetwork(source: NetworkImport, report: Report): Promise<NetworkFacts> {
  const imported = await readNetwork(source, { onProgress: makeOverallProgress(['reading'], report) });
  let newestMs = 0;
  for (const { createdAtMs } of imported.rows) newestMs = Math.max(newestMs, createdAtMs);
  // As if published now: terms that are not chosen yet can only leave statements out.
  const current = currentAttestations(imported.rows, Number.MAX_SAFE_INTEGER);
  const { subjects, refused } = evidenceBySubject(current.attestations);
  const bySize = countBySize(
    subjects.map(({ records }) => ({ count: records.length, scorePpm: 0 })),
    CAPACITIES,
  );
  return {
    statements: imported.rows.length,
    subjects: subjects.length + refused.length,
    bySize: CAPACITIES.map((size, at) => ({ size, subjects: bySize.subjects[at]! })),
    tooLarge: refused.length + bySize.none,
    rejected: imported.rejected.slice(0, REJECTED_SHOWN_MAX).map((row) => rejectedRow(row)),
    rejectedTotal: imported.rejectedCount,
    newestS: Math.ceil(newestMs / 1000),
  };
}

/** Publishes and saves; nothing is kept of a publication that fails or is stopped. */
export async function publishNetwork(
  store: SnapshotStore,
  request: PublishRequest,
  report: Report,
): Promise<PublishedSnapshot> {
  const demo = request.commitmentsCsv === null;
  const stages: SnapshotStage[] = [
    'reading',
    ...(demo ? [] : (['checking'] as const)),
    ...(request.weights.kind === 'flow' ? (['weights'] as const) : []),
    'identities',
    'digests',
    'tree',
    'saving',
  ];
  const onProgress = makeOverallProgress(stages, report);
  const work: Work = { onProgress };

  const imported = await readNetwork(request.network, work);
  const registered =
    request.commitmentsCsv === null
      ? null
      : await readRegistered(request.commitmentsCsv, request, onProgress);
  const network = await buildNetwork(
    imported.rows,
    {
      asOf: request.asOf,
      baseRatePpm: request.baseRatePpm,
      weights: request.weights,
      commitments: registered === null ? 'demo' : commitmentsOf(registered.rows),
    },
    work,
  );
  const campaign = makeCampaign(network, {
    name: request.name,
    issuer: request.issuer,
    campaignId: request.campaignId,
    challenge: request.challenge,
    asks: [request.ask],
    circuits: request.circuits,
  });
  const capacities = campaign.circuits.map(({ capacity }) => capacity);
  const people = [...network.people.values()];
  const sizes = people.map(({ records, scorePpm }) => ({ count: records.length, scorePpm }));
  const rejected = [
    ...(registered?.rejected ?? []).map((row) => rejectedRow(row, 'commitments, ')),
    ...imported.rejected.map((row) => rejectedRow(row)),
  ];
  const snapshot: PublishedSnapshot = {
    id: request.id,
    campaign,
    campaignDigest: campaignDigest(campaign),
    people: people.length,
    rejected: rejected.slice(0, REJECTED_SHOWN_MAX),
    rejectedTotal: imported.rejectedCount + (registered?.rejectedCount ?? 0),
    unregistered: network.leftOut.withoutCommitment,
    tooLarge: [
      ...network.leftOut.tooMany.map(({ subject }) => subject),
      ...people
        .filter(({ records }) => smallestCapacity(records.length, capacities) === undefined)
        .map(({ subject }) => subject),
    ],
    uniqueScores: countUniqueScores(sizes),
    dropped: network.dropped,
    createdAtMs: request.createdAtMs,
  };
  onProgress({ stage: 'saving', done: 0, total: 1 });
  await store.save(snapshot, network);
  onProgress({ stage: 'saving', done: 1, total: 1 });
  return snapshot;
}

async function readRegistered(
  csv: string,
  { campaignId, allowUnsigned }: PublishRequest,
  onProgress: StageReport,
): Promise<Imported<Registration>> {
  // The reader of the table calls its stage `reading`, as the network's does; here it is one of its own.
  const registered = await readCommitments(
    csv,
    { campaignId, allowUnsigned },
    { onProgress: (progress) => onProgress({ ...progress, stage: 'checking' }) },
  );
  if (registered.rows.length > 0) return registered;
  const first = registered.rejected[0];
  throw new GnomonError('input.no-commitments', 'No row of the table of commitments could be used.', {
    nextStep: 'Each line needs subject,commitment,signature, as the Identity page hands out.',
    where:
      first === undefined ? 'commitments' : `${rejectedRow(first, 'commitments, ').where}: ${first.reason}`,
  });
}

function rejectedRow({ row, line, field, reason }: RowError, prefix = ''): RejectedRow {
  const place = line === undefined ? `row ${row}` : `line ${line}`;
  return { where: `${prefix}${place}${field === undefined ? '' : `, ${field}`}`, reason };
}

/** The ask that terms with these bounds mean. */
export function askOf(type: Ask['type'], lowerPpm: number, upperPpm: number): Ask {
  switch (type) {
    case 'threshold':
      return { type, thresholdPpm: lowerPpm };
    case 'band':
      return { type, lowerPpm, upperPpm };
    default:
      return { type };
  }
}
