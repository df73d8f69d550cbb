// What the snapshot worker runs: publishes (snapshot-publish.ts) and answers for what is kept.

import { GnomonError } from '../core/errors.ts';
import { type ClaimBundle, writeBundle } from '../reputation/bundle.ts';
import { writeCampaign } from '../reputation/campaign.ts';
import { bundleMaker, makeBundle, type Network } from '../reputation/network.ts';
import { readSnapshot, writeSnapshot } from '../reputation/snapshot.ts';
import type {
  NetworkFacts,
  NetworkImport,
  PersonRow,
  PublishedSnapshot,
  SnapshotCheck,
  SnapshotProgress,
} from '../services/snapshots.ts';
import { makeOverallProgress } from './snapshot-progress.ts';
import { inspectNetwork, type PublishRequest, publishNetwork } from './snapshot-publish.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import { asOutcome, type Outcome } from './worker-task.ts';
import { safeFileName, zipBlob } from './zip.ts';

type Report = (progress: SnapshotProgress) => void;

/** Everything answers with an `Outcome`, since errors would lose their code on the way. */
export interface SnapshotWorkerApi {
  inspect(source: NetworkImport, report: Report): Promise<Outcome<NetworkFacts>>;
  publish(request: PublishRequest, report: Report): Promise<Outcome<PublishedSnapshot>>;
  people(id: string, query: string, limit: number): Promise<Outcome<PersonRow[]>>;
  bundle(id: string, subject: string): Promise<Outcome<ClaimBundle>>;
  bundlesZip(id: string, report: Report): Promise<Outcome<Blob>>;
  snapshotFile(id: string): Promise<Outcome<Blob>>;
  check(file: Blob, report: Report): Promise<Outcome<SnapshotCheck>>;
}

/** A snapshot file of a million people; larger ones are for other tools. */
const SNAPSHOT_FILE_BYTES_MAX = 2 ** 29;

export function makeSnapshotWorkerCore(store: SnapshotStore): SnapshotWorkerApi {
  // The last snapshot asked about: searching and handing out bundles come in runs.
  let kept: { snapshot: PublishedSnapshot; network: Network } | null = null;

  async function load(id: string): Promise<{ snapshot: PublishedSnapshot; network: Network }> {
    // Asked each time: it may have been removed in another tab.
    const snapshot = await store.get(id);
    if (kept?.snapshot.id !== id) kept = { snapshot, network: await store.network(id) };
    return kept;
  }

  return {
    inspect: (source, report) => asOutcome(() => inspectNetwork(source, report)),
    publish: (request, report) => asOutcome(() => publishNetwork(store, request, report)),
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

/** Best evidence first: most records, then the higher score, then by id, so that the order is stable. */
function findPeople(network: Network, query: string, limit: number): PersonRow[] {
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

async function zipOfBundles(
  network: Network,
  { campaign }: PublishedSnapshot,
  report: Report,
): Promise<Blob> {
  const people = [...network.people.keys()];
  const bundleFor = bundleMaker(network, campaign);
  function* files() {
    yield { name: 'campaign.json', text: writeCampaign(campaign) };
    for (const [at, subject] of people.entries()) {
      const text = writeBundle(bundleFor(subject));
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

async function check(file: Blob, report: Report): Promise<SnapshotCheck> {
  if (file.size > SNAPSHOT_FILE_BYTES_MAX) {
    throw new GnomonError('input.file-too-large', 'This snapshot file is larger than 512 MB.', {
      nextStep: 'Recompute it with a tool that reads it piece by piece.',
    });
  }
  const onProgress = makeOverallProgress(['digests', 'tree'], report);
  const { snapshot, demo } = await readSnapshot(await file.text(), { onProgress });
  return { root: `${snapshot.root}`, asOf: snapshot.asOf, people: snapshot.entries.length, demo };
}
