// SnapshotsService end to end without a browser: the client, the worker's core over a message channel, IndexedDB.
import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { afterEach, expect, test } from 'vitest';
import { makeSnapshotStore, type SnapshotStore } from '../../src/browser/snapshot-store.ts';
import { makeSnapshotWorkerCore } from '../../src/browser/snapshot-worker-core.ts';
import { makeSnapshots } from '../../src/browser/snapshots.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { readBundle, writeBundle } from '../../src/reputation/bundle.ts';
import { campaignDigest, checkCampaign } from '../../src/reputation/campaign.ts';
import { demoKeyPair } from '../../src/reputation/demo.ts';
import { createIdentity } from '../../src/reputation/identity.ts';
import { registrationLine } from '../../src/reputation/registration.ts';
import { SAMPLE_AS_OF, sampleRatingsCsv } from '../../src/reputation/sample.ts';
import type { CampaignTerms, SnapshotsService } from '../../src/services/snapshots.ts';
import { testData } from '../helpers/data.ts';
import { makeSpawner } from './snapshots-fake-worker.ts';

const stores: SnapshotStore[] = [];
let names = 0;

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

const artifact = (fill: string) => ({ url: 'x', bytes: 1, sha256: fill.repeat(64) });
const CIRCUITS: CircuitEntry[] = [16, 64, 256].map((capacity, at) => ({
  id: `reputation-${capacity}`,
  capacity,
  constraints: 1,
  domain: 1,
  publicSignals: [],
  setup: 'development',
  artifacts: { wasm: artifact('0'), zkey: artifact('1'), vkey: artifact('abc'[at]!) },
}));

/** A tab: its own connection and workers, on the database of that name. */
function tab(name = `snapshots-${names++}`) {
  const store = makeSnapshotStore(name);
  const workerStore = makeSnapshotStore(name);
  stores.push(store, workerStore);
  const { spawn, spawned } = makeSpawner(() => makeSnapshotWorkerCore(workerStore));
  const snapshots: SnapshotsService = makeSnapshots({ spawn, store, circuits: async () => CIRCUITS });
  return { snapshots, spawned, name };
}

function terms(over: Partial<CampaignTerms> = {}): CampaignTerms {
  return {
    name: 'Spring',
    issuer: 'example.org',
    campaignId: 'spring-1',
    asOf: SAMPLE_AS_OF,
    baseRatePpm: 500_000,
    proofType: 'threshold',
    lowerPpm: 700_000,
    upperPpm: 1_000_000,
    acceptedSizes: [16, 64],
    weights: { kind: 'uniform' },
    demo: true,
    commitmentsCsv: null,
    ...over,
  };
}

const csv = (text: string) => ({
  name: 'ratings.csv',
  format: 'ratings-csv' as const,
  data: new Blob([text]),
});
const ignore = () => {};
const never = new AbortController().signal;

test('the sample is published, kept, searched, bundled, zipped and recomputed', async () => {
  const first = tab();
  const fractions: number[] = [];
  const published = await first.snapshots.publish(
    csv(sampleRatingsCsv()),
    terms(),
    ({ fraction }) => fractions.push(fraction),
    never,
  );
  expect(published.people).toBe(80);
  expect(published.campaign).toMatchObject({
    demo: true,
    asks: [{ type: 'threshold', thresholdPpm: 700_000 }],
  });
  expect(published.campaign.circuits.map(({ vkeySha256 }) => vkeySha256[0])).toEqual(['a', 'b']);
  expect(published.campaignDigest).toBe(campaignDigest(checkCampaign(published.campaign)));
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  // The last report may lose the race against the result.
  expect(fractions.at(-1)).toBeGreaterThan(0.9);
  expect(first.spawned[0]!.terminated).toBe(true);

  const { snapshots } = tab(first.name);
  const [kept] = await snapshots.list();
  expect(kept).toEqual(published);
  const { id, campaign } = kept!;

  const people = await snapshots.people(id, '', 1_000);
  expect(people).toHaveLength(80);
  expect(people.map(({ records }) => records)).toEqual(
    people.map(({ records }) => records).sort((a, b) => b - a),
  );
  expect((await snapshots.people(id, ' mArL', 5)).map(({ subject }) => subject)).toEqual(['Marlow']);
  expect(await snapshots.people(id, 'nobody', 5)).toEqual([]);

  const bundle = await snapshots.bundle(id, 'Marlow');
  expect(readBundle(writeBundle(bundle))).toEqual(bundle);
  expect(bundle.commitment).toBe(demoKeyPair('Marlow').commitment);
  await expect(snapshots.bundle(id, 'Nobody')).rejects.toMatchObject({ code: 'input.unknown-subject' });

  const zip = await snapshots.bundlesZip(id, never);
  const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  expect(Object.keys(files)).toHaveLength(81);
  expect(checkCampaign(JSON.parse(text(files['campaign.json']!)))).toEqual(campaign);
  const subjects = Object.keys(files)
    .filter((file) => file.startsWith('bundles/'))
    .map((file) => readBundle(text(files[file]!)).subject);
  expect(subjects.sort()).toEqual(people.map(({ subject }) => subject).sort());

  const file = await snapshots.snapshotFile(id);
  expect(await snapshots.checkSnapshotFile(file, ignore, never)).toEqual({
    root: campaign.root,
    asOf: SAMPLE_AS_OF,
    people: 80,
    demo: true,
  });
  const changed = JSON.parse(await file.text());
  changed.entries[0].records.pop();
  const changedFile = new Blob([JSON.stringify(changed)]);
  await expect(snapshots.checkSnapshotFile(changedFile, ignore, never)).rejects.toMatchObject({
    group: 'input',
    where: expect.stringContaining('root'),
  });

  await snapshots.remove(id);
  expect(await snapshots.list()).toEqual([]);
  await expect(snapshots.people(id, '', 5)).rejects.toMatchObject({ code: 'input.unknown-snapshot' });
});

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

test('the same network and terms give the same root; the challenge is the verifier’s or random', async () => {
  const { snapshots } = tab();
  const one = await snapshots.publish(csv(sampleRatingsCsv()), terms(), ignore, never);
  const challenge = '7'.repeat(64);
  const other = await snapshots.publish(csv(sampleRatingsCsv()), terms({ challenge }), ignore, never);
  expect(other.campaign.root).toBe(one.campaign.root);
  expect(other.campaign.challenge).toBe(challenge);
  expect(one.campaign.challenge).not.toBe(challenge);
  expect((await snapshots.list()).map(({ id }) => id)).toEqual(expect.arrayContaining([one.id, other.id]));
});

test('bad rows are told with line and reason, the rest is published; all are counted, some are kept', async () => {
  const { snapshots } = tab();
  const bad = Array.from({ length: 500 }, (_, at) => `x${at},y,11,1700000000`);
  const published = await snapshots.publish(
    csv(['source,target,rating,time', 'a,b,5,1700000000', ...bad, 'b,a,-3,1700000000'].join('\n')),
    terms(),
    ignore,
    never,
  );
  expect(published.people).toBe(2);
  expect(published.rejectedTotal).toBe(500);
  expect(published.rejected).toHaveLength(300);
  expect(published.rejected[0]).toEqual({
    where: 'line 3, rating',
    reason: expect.stringContaining('−10 to 10'),
  });
});

test('a network without a good row is refused, saying where and why', async () => {
  const { snapshots, spawned } = tab();
  await expect(snapshots.publish(csv('a,b,11,1\n'), terms(), ignore, never)).rejects.toMatchObject({
    code: 'input.network-empty',
    where: expect.stringContaining('line 1'),
  });
  await expect(snapshots.inspect(csv(''), never)).rejects.toMatchObject({ code: 'input.network-empty' });
  expect(spawned.every(({ terminated }) => terminated)).toBe(true);
  expect(await snapshots.list()).toEqual([]);
});

test('cancel keeps nothing', async () => {
  const { snapshots, spawned } = tab();
  const controller = new AbortController();
  const call = snapshots.publish(
    csv(sampleRatingsCsv()),
    terms(),
    ({ fraction }) => fraction > 0.2 && controller.abort(),
    controller.signal,
  );
  await expect(call).rejects.toMatchObject({ code: 'cancelled.by-person' });
  expect(spawned[0]!.terminated).toBe(true);
  expect(await snapshots.list()).toEqual([]);
});

test('a size without a circuit is refused before any work', async () => {
  const { snapshots, spawned } = tab();
  await expect(
    snapshots.publish(csv(sampleRatingsCsv()), terms({ acceptedSizes: [1024] }), ignore, never),
  ).rejects.toMatchObject({ code: 'circuit.missing' });
  expect(spawned).toHaveLength(0);
});

test('inspecting counts without keeping', async () => {
  const { snapshots } = tab();
  const facts = await snapshots.inspect(csv(`${sampleRatingsCsv()}a,b,nonsense,1\n`), never);
  expect(facts).toMatchObject({ subjects: 80, tooLarge: 0, rejectedTotal: 1 });
  expect(facts.bySize.reduce((sum, { subjects }) => sum + subjects, 0)).toBe(80);
  expect(facts.newestS).toBeLessThan(SAMPLE_AS_OF);
  expect(await snapshots.list()).toEqual([]);
});

test('a real campaign takes registered people only, and lists the others', async () => {
  const { snapshots } = tab();
  const register = (subject: string, identity = createIdentity()) =>
    registrationLine(identity, 'spring-1', subject);
  const twice = createIdentity();
  const commitmentsCsv = [
    'subject,commitment,signature',
    register('Marlow'),
    register('Petra'),
    register('Quill', twice),
    register('Rafe', twice),
    'Wren,123,',
  ].join('\n');
  const published = await snapshots.publish(
    csv(sampleRatingsCsv()),
    terms({ demo: false, commitmentsCsv }),
    ignore,
    never,
  );
  expect(published.campaign.demo).toBe(false);
  expect(published.people).toBe(2);
  expect(published.unregistered).toHaveLength(78);
  expect(published.rejected.map(({ where }) => where)).toEqual([
    'commitments, line 4, commitment',
    'commitments, line 5, commitment',
    'commitments, line 6, signature',
  ]);
  // The other way is asked for by name.
  const vouched = await snapshots.publish(
    csv(sampleRatingsCsv()),
    terms({ demo: false, commitmentsCsv: 'Wren,123\n', allowUnsigned: true }),
    ignore,
    never,
  );
  expect(vouched.people).toBe(1);
});

test('a real campaign refuses demo commitments, an empty table and none', async () => {
  const { snapshots } = tab();
  const publish = (commitmentsCsv: string | null, allowUnsigned = true) =>
    snapshots.publish(
      csv(sampleRatingsCsv()),
      terms({ demo: false, commitmentsCsv, allowUnsigned }),
      ignore,
      never,
    );
  await expect(publish(`Marlow,${demoKeyPair('Marlow').commitment}\n`)).rejects.toMatchObject({
    code: 'input.demo-commitment',
  });
  await expect(publish('Marlow,0x12\n')).rejects.toMatchObject({
    code: 'input.no-commitments',
    where: expect.stringContaining('line 1'),
  });
  await expect(publish(null)).rejects.toMatchObject({ code: 'input.no-commitments' });
  expect(await snapshots.list()).toEqual([]);
});

const bitcoinOtc = testData('soc-sign-bitcoinotc.csv');

test.skipIf(bitcoinOtc === undefined)('Bitcoin-OTC: 5,858 people, any of whom gets a bundle', async () => {
  const first = tab();
  const network = csv(readFileSync(bitcoinOtc!, 'utf8'));
  const published = await first.snapshots.publish(
    network,
    terms({ acceptedSizes: [16, 64, 256] }),
    ignore,
    never,
  );
  expect(published.people).toBe(5_858);
  expect(published.campaign.circuits.map(({ subjects }) => subjects)).toEqual([5_450, 341, 62]);
  expect(published.tooLarge).toHaveLength(5);
  expect(published.rejectedTotal).toBe(0);
  const { snapshots } = tab(first.name);
  const [most] = await snapshots.people(published.id, '', 1);
  expect(most).toMatchObject({ records: 535 });
  expect((await snapshots.people(published.id, '1810', 10))[0]!.subject).toBe('1810');
  for (const subject of ['1810', '7', '5000']) {
    const bundle = await snapshots.bundle(published.id, subject);
    expect(readBundle(writeBundle(bundle)).subject).toBe(subject);
  }
});
