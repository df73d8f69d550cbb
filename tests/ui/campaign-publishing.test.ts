// The Campaign page's state: network, form, publication; and what its files are.
import { beforeEach, expect, test } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { writeCampaign } from '../../src/reputation/campaign.ts';
import { SAMPLE_AS_OF, sampleCampaign } from '../../src/reputation/sample.ts';
import { writeSnapshot } from '../../src/reputation/snapshot.ts';
import type {
  CampaignTerms,
  NetworkFacts,
  NetworkImport,
  PublishedSnapshot,
  SnapshotProgress,
} from '../../src/services/snapshots.ts';
import {
  checkFileOf,
  compareWithCampaign,
  fileStem,
  networkOf,
} from '../../src/ui/pages/campaign/campaign-files.ts';
import { makePublishing, timeLeftMs } from '../../src/ui/pages/campaign/create-publishing.ts';
import { utcInput } from '../../src/ui/pages/campaign/form.ts';

const NOW_MS = Date.UTC(2026, 0, 2);
const FACTS: NetworkFacts = {
  statements: 2,
  subjects: 2,
  bySize: [{ size: 16, subjects: 2 }],
  tooLarge: 0,
  rejected: [],
  rejectedTotal: 0,
  newestS: 1,
};

interface Call {
  network: NetworkImport;
  terms: CampaignTerms;
  onProgress: (progress: SnapshotProgress) => void;
  signal: AbortSignal;
  resolve: (snapshot: PublishedSnapshot) => void;
  reject: (error: unknown) => void;
}

let calls: Call[] = [];
let inspected: {
  name: string;
  signal: AbortSignal;
  resolve: (facts: NetworkFacts) => void;
  reject: (error: unknown) => void;
}[] = [];

beforeEach(() => {
  calls = [];
  inspected = [];
});

function start() {
  return makePublishing(
    {
      inspect: (network, signal) =>
        new Promise((resolve, reject) => {
          inspected.push({ name: network.name, signal, resolve, reject });
        }),
      publish: (network, terms, onProgress, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () =>
            reject(new GnomonError('cancelled.by-person', 'Cancelled.', { nextStep: 'Start again.' })),
          );
          calls.push({ network, terms, onProgress, signal, resolve, reject });
        }),
    },
    () => NOW_MS,
  );
}

async function withSample() {
  const publishing = start();
  const taking = publishing.takeSample();
  inspected[0]!.resolve(FACTS);
  await taking;
  return publishing;
}

test('the sample fills in what was not typed, and is a demo', async () => {
  const publishing = start();
  publishing.change({ issuer: 'mine.org' });
  const taking = publishing.takeSample();
  expect(publishing.state.reading).toBe(true);
  inspected[0]!.resolve(FACTS);
  await taking;
  expect(publishing.state).toMatchObject({
    facts: FACTS,
    reading: false,
    form: { issuer: 'mine.org', demo: true, asOfUtc: utcInput(SAMPLE_AS_OF) },
  });
  const done = publishing.publish();
  expect(calls[0]!.terms).toMatchObject({ issuer: 'mine.org', asOf: SAMPLE_AS_OF, demo: true });
  calls[0]!.resolve({ id: '1' } as PublishedSnapshot);
  expect(await done).toEqual({ id: '1' });
  expect(publishing.state.progress).toBeNull();
});

test('another network while one is read: only the last counts', async () => {
  const publishing = start();
  const first = publishing.openNetwork(new File(['a'], 'a.csv'));
  await new Promise((resolve) => setTimeout(resolve, 0));
  const second = publishing.openNetwork(new File(['b'], 'b.csv'));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(inspected[0]!.signal.aborted).toBe(true);
  inspected[1]!.resolve({ ...FACTS, subjects: 7 });
  inspected[0]!.reject(new Error('aborted'));
  await Promise.all([first, second]);
  expect(publishing.state).toMatchObject({
    network: { name: 'b.csv' },
    facts: { subjects: 7 },
    networkError: null,
  });
});

test('a network that can’t be read says why and leaves room for another', async () => {
  const publishing = start();
  const opening = publishing.openNetwork(new File([''], 'x.csv'));
  await new Promise((resolve) => setTimeout(resolve, 0));
  inspected[0]!.reject(new GnomonError('input.network-empty', 'No row.', { nextStep: 'Mend it.' }));
  await opening;
  expect(publishing.state).toMatchObject({ network: null, networkError: { code: 'input.network-empty' } });
  expect(await publishing.publish()).toBeNull();
});

test('wrong fields stop the publication and follow the typing from then on', async () => {
  const publishing = await withSample();
  publishing.change({ name: '' });
  expect(publishing.state.problems).toEqual({});
  expect(await publishing.publish()).toBeNull();
  expect(calls).toHaveLength(0);
  expect(Object.keys(publishing.state.problems)).toEqual(['name']);
  publishing.change({ name: 'Named' });
  expect(publishing.state.problems).toEqual({});
});

test('cancel ends it without an error; a failure is told; one at a time', async () => {
  const publishing = await withSample();
  const first = publishing.publish();
  calls[0]!.onProgress({ step: 'Reading', fraction: 0.3 });
  expect(publishing.state.progress).toMatchObject({ step: 'Reading', fraction: 0.3 });
  expect(await publishing.publish()).toBeNull();
  expect(calls).toHaveLength(1);
  publishing.cancel();
  expect(await first).toBeNull();
  expect(publishing.state).toMatchObject({ progress: null, publishError: null });
  calls[0]!.onProgress({ step: 'Late', fraction: 0.9 });
  expect(publishing.state.progress).toBeNull();

  const second = publishing.publish();
  calls[1]!.reject(new GnomonError('resource.worker-lost', 'Lost.', { nextStep: 'Again.' }));
  expect(await second).toBeNull();
  expect(publishing.state.publishError).toMatchObject({ code: 'resource.worker-lost' });
});

test('the commitments table belongs to real campaigns', async () => {
  const publishing = await withSample();
  publishing.change({ demo: false });
  expect(await publishing.publish()).toBeNull();
  expect(Object.keys(publishing.state.problems)).toEqual(['commitmentsCsv']);
  publishing.takeCommitments('table.csv', 'a,1\n');
  expect(publishing.state.problems).toEqual({});
  const done = publishing.publish();
  expect(calls[0]!.terms).toMatchObject({ demo: false, commitmentsCsv: 'a,1\n', allowUnsigned: false });
  calls[0]!.resolve({ id: '1' } as PublishedSnapshot);
  await done;
  publishing.dropCommitments();
  expect(publishing.state).toMatchObject({ commitmentsName: null, form: { commitmentsCsv: null } });
});

test('no time left is guessed before there is something to base it on', () => {
  expect(timeLeftMs(0.01, 1_000)).toBeNull();
  expect(timeLeftMs(0.5, 0)).toBeNull();
  expect(timeLeftMs(0.25, 1_000)).toBe(3_000);
  expect(timeLeftMs(1, 1_000)).toBe(0);
});

test('files are told by name or by how they begin', async () => {
  expect((await networkOf(new File(['[1]'], 'x.json'))).format).toBe('attestations-json');
  expect((await networkOf(new File(['[1]'], 'x.csv'))).format).toBe('ratings-csv');
  expect((await networkOf(new File(['\n [ {'], 'export'))).format).toBe('attestations-json');
  expect((await networkOf(new File(['a,b,1,2'], 'export.txt'))).format).toBe('ratings-csv');
});

test('a recomputed snapshot is held against the campaign file', async () => {
  const { campaign, network } = await sampleCampaign([
    { id: 'reputation-64', capacity: 64, vkeySha256: 'a'.repeat(64) },
  ]);
  const snapshotFile = new File([writeSnapshot(network.snapshot, true)], 's.json');
  expect(await checkFileOf(snapshotFile)).toMatchObject({ kind: 'snapshot' });
  const campaignFile = await checkFileOf(new File([writeCampaign(campaign)], 'c.json'));
  expect(campaignFile).toEqual({ kind: 'campaign', campaign });
  await expect(checkFileOf(new File(['{}'], 'c.json'))).rejects.toMatchObject({ group: 'input' });

  const check = { root: campaign.root, asOf: campaign.asOf, people: 80, demo: true };
  expect(compareWithCampaign(check, campaign)).toEqual({ same: true, differences: [] });
  for (const change of [{ root: '5' }, { asOf: 5 }, { demo: false }, { people: 79 }]) {
    const { same, differences } = compareWithCampaign({ ...check, ...change }, campaign);
    expect([same, differences.length], JSON.stringify(change)).toEqual([false, 1]);
  }
});

test('file names are plain', () => {
  expect(fileStem('Spring grants 2026')).toBe('spring-grants-2026');
  expect(fileStem('../../etc/passwd')).toBe('etc-passwd');
  expect(fileStem('Żółć & Öl')).toBe('zo-c-ol');
  expect(fileStem('…')).toBe('campaign');
});
