// What the snapshot worker runs: reads a network, publishes it, answers for what is kept. The rules of
// import, snapshot and campaign are in reputation/; this adds storage, progress and files.
import { GnomonError } from '../core/errors.ts';
import type { Ask } from '../reputation/ask.ts';
import { readAttestations } from '../reputation/attestation.ts';
import { type ClaimBundle, writeBundle } from '../reputation/bundle.ts';
import { campaignDigest, type WeightRule, writeCampaign } from '../reputation/campaign.ts';
import { CAPACITIES } from '../reputation/constants.ts';
import { currentAttestations, evidenceBySubject } from '../reputation/evidence.ts';
import { buildNetwork, makeBundle, makeCampaign, type Network } from '../reputation/network.ts';
import { readRatings } from '../reputation/ratings.ts';
import { commitmentsOf, type Registration, readCommitments } from '../reputation/registration.ts';
import type { Attestation, Imported, RowError } from '../reputation/rows.ts';
import { countBySize, countUniqueScores, smallestCapacity } from '../reputation/sharing.ts';
import { readSnapshot, writeSnapshot } from '../reputation/snapshot.ts';
import type { Work } from '../reputation/work.ts';
import {
  makeOverallProgress,
  type OverallProgress,
  type SnapshotStage,
  type StageReport,
} from './snapshot-progress.ts';
import type { RejectedRow, SnapshotStore, StoredSnapshot } from './snapshot-store.ts';
import { asOutcome, type Outcome } from './worker-task.ts';
import { safeFileName, zipBlob } from './zip.ts';

export interface NetworkSource {
  name: string;
  format: 'ratings-csv' | 'attestations-json';
  data: Blob;
}

export interface PublishRequest {
  id: string;
  createdAtMs: number;
  network: NetworkSource;
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

export interface Facts {
  statements: number;
  subjects: number;
  bySize: { size: number; subjects: number }[];
  tooLarge: number;
  rejected: RejectedRow[];
  rejectedTotal: number;
  newestS: number | null;
}

export interface Checked {
  root: string;
  asOf: number;
  people: number;
  demo: boolean;
}

export interface PersonSummary {
  subject: string;
  commitment: string;
  records: number;
  scorePpm: number;
}

type Report = (progress: OverallProgress) => void;

/** Everything answers with an `Outcome`, since errors would lose their code on the way. */
export interface SnapshotWorkerApi {
  inspect(source: NetworkSource, report: Report): Promise<Outcome<Facts>>;
  publish(request: PublishRequest, report: Report): Promise<Outcome<StoredSnapshot>>;
  people(id: string, query: string, limit: number): Promise<Outcome<PersonSummary[]>>;
  bundle(id: string, subject: string): Promise<Outcome<ClaimBundle>>;
  bundlesZip(id: string, report: Report): Promise<Outcome<Blob>>;
  snapshotFile(id: string): Promise<Outcome<Blob>>;
  check(file: Blob, report: Report): Promise<Outcome<Checked>>;
}

/** Rows shown; all are counted. */
const REJECTED_SHOWN_MAX = 300;
/** A snapshot file of a million people; larger ones are for other tools. */
const SNAPSHOT_FILE_BYTES_MAX = 2 ** 29;

export function makeSnapshotWorkerCore(store: SnapshotStore): SnapshotWorkerApi {
  // The last snapshot asked about: searching and handing out bundles come in runs.
  let kept: { snapshot: StoredSnapshot; network: Network } | null = null;

  async function load(id: string): Promise<{ snapshot: StoredSnapshot; network: Network }> {
    // Asked each time: it may have been removed in another tab.
    const snapshot = await store.get(id);
    if (kept?.snapshot.id !== id) kept = { snapshot, network: await store.network(id) };
    return kept;
  }

  return {
    inspect: (source, report) => asOutcome(() => inspect(source, report)),
    publish: (request, report) => asOutcome(() => publish(store, request, report)),
    people: (id, query, limit) => asOutcome(async () => findPeople((await load(id)).network, query, limit)),
    bundle: (id, subject) =>
      asOutcome(async () => {
        const { network, snapshot } = await load(id);
        return makeBundle(network, snapshot.campaign, subject);
      }),
    bundlesZip: (id, report) =>
      asOutcome(async () => {
        const { network, snapshot } = await load(id);
        return zipOfBundles(network, snapshot, report);
      }),
    snapshotFile: (id) =>
      asOutcome(async () => {
        const { network } = await load(id);
        return new Blob([writeSnapshot(network.snapshot, network.demo)], { type: 'application/json' });
      }),
    check: (file, report) => asOutcome(() => check(file, report)),
  };
}

async function readNetwork(source: NetworkSource, work: Work): Promise<Imported<Attestation>> {
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

async function inspect(source: NetworkSource, report: Report): Promise<Facts> {
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

async function publish(
  store: SnapshotStore,
  request: PublishRequest,
  report: Report,
): Promise<StoredSnapshot> {
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
  const snapshot: StoredSnapshot = {
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

/** Best evidence first: most records, then the higher score, then by id, so that the order is stable. */
export function findPeople(network: Network, query: string, limit: number): PersonSummary[] {
  const wanted = query.trim().toLowerCase();
  const found = [...network.people.values()].filter(({ subject }) => subject.toLowerCase().includes(wanted));
  found.sort(
    (a, b) =>
      Number(b.subject.toLowerCase() === wanted) - Number(a.subject.toLowerCase() === wanted) ||
      b.records.length - a.records.length ||
      b.scorePpm - a.scorePpm ||
      (a.subject < b.subject ? -1 : 1),
  );
  return found.slice(0, limit).map(({ subject, commitment, records, scorePpm }) => ({
    subject,
    commitment: `${commitment}`,
    records: records.length,
    scorePpm,
  }));
}

async function zipOfBundles(network: Network, { campaign }: StoredSnapshot, report: Report): Promise<Blob> {
  const people = [...network.people.keys()];
  function* files() {
    yield { name: 'campaign.json', text: writeCampaign(campaign) };
    for (const [at, subject] of people.entries()) {
      const text = writeBundle(makeBundle(network, campaign, subject));
      yield { name: `bundles/${safeFileName(at + 1, subject, '.bundle.json')}`, text };
    }
  }
  const count = people.length + 1;
  let lastMs = performance.now();
  return zipBlob(files(), count, (done) => {
    if (done < count && performance.now() - lastMs < 50) return undefined;
    lastMs = performance.now();
    report({ step: 'Writing bundles', fraction: done / count });
    return new Promise((resolve) => setTimeout(resolve, 0));
  });
}

async function check(file: Blob, report: Report): Promise<Checked> {
  if (file.size > SNAPSHOT_FILE_BYTES_MAX) {
    throw new GnomonError('input.file-too-large', 'This snapshot file is larger than 512 MB.', {
      nextStep: 'Recompute it with a tool that reads it piece by piece.',
    });
  }
  const onProgress = makeOverallProgress(['digests', 'tree'], report);
  const { snapshot, demo } = await readSnapshot(await file.text(), { onProgress });
  return { root: `${snapshot.root}`, asOf: snapshot.asOf, people: snapshot.entries.length, demo };
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
