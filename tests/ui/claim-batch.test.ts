// Many claims at once: every bundle is either in the batch or left out with a reason, each claim becomes one job,
// and one that fails holds up no other.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import type { JobRequest } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { type ClaimBundle, writeBundle } from '../../src/reputation/bundle.ts';
import { bundleMaker, makeCampaign } from '../../src/reputation/network.ts';
import { type Sample, sampleCampaign } from '../../src/reputation/sample.ts';
import type { IdentitySummary } from '../../src/services/identities.ts';
import {
  askFor,
  BATCH_MAX,
  type Batch,
  type BatchSource,
  groupsOf,
  lockedOf,
  readBatch,
  readiness,
} from '../../src/ui/pages/claim/batch-plan.ts';
import { readBundleFile } from '../../src/ui/pages/claim/open-bundle.ts';
import { reputationCircuits } from '../../src/ui/pages/claim/sample-claim.ts';
import { submitBatch } from '../../src/ui/pages/claim/submit-batch.ts';
import type { Services } from '../../src/ui/services.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { circuit } from './proof-fixtures.ts';

const artifact = { url: 'a.bin', bytes: 1, sha256: 'a'.repeat(64) };
const CIRCUITS: CircuitEntry[] = [16, 64].map((capacity) => ({
  ...circuit,
  id: `reputation-${capacity}`,
  capacity,
  artifacts: { wasm: artifact, zkey: artifact, vkey: artifact },
}));
const PEOPLE = 12;

let sample: Sample;
let bundles: ClaimBundle[];
/** The same people in a campaign for registered identities. */
let registered: ClaimBundle[];

beforeAll(async () => {
  sample = await sampleCampaign(reputationCircuits(CIRCUITS));
  const subjects = [...sample.network.people.keys()].slice(0, PEOPLE);
  bundles = subjects.map(bundleMaker(sample.network, sample.campaign));
  const { name, issuer, campaignId, challenge, asks } = sample.campaign;
  const terms = { name, issuer, campaignId, challenge, asks, circuits: reputationCircuits(CIRCUITS) };
  const other = makeCampaign({ ...sample.network, demo: false }, { ...terms, name: 'Harbour' });
  registered = subjects.map(bundleMaker(sample.network, other));
});

const fileOf = (name: string, text: string): BatchSource => ({
  name,
  load: () => readBundleFile(new File([text], name)),
});
const good = (at: number, from = bundles): BatchSource =>
  fileOf(`${at}.json`, writeBundle(from[at] as ClaimBundle));
const read = (sources: BatchSource[]) => readBatch(sources, () => {});

const HERE = { privacy: 'local-only' } as const;

describe('reading many bundles', () => {
  it('names every bad one with its reason, and keeps every good one once', async () => {
    const kinds = ['good', 'cut', 'other root', 'not json'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(PEOPLE - 1) }), { maxLength: 20 }),
        async (wanted) => {
          const sources = wanted.map(({ kind, at }, nth) => {
            const text = writeBundle(bundles[at] as ClaimBundle);
            const bad = {
              cut: text.slice(0, -20),
              'other root': text.replace(/"root": "\d/, '"root": "9'),
              'not json': '🙂',
            };
            return fileOf(`${nth}-${kind}-${at}.json`, kind === 'good' ? text : bad[kind]);
          });
          const { entries, leftOut } = await read(sources);
          const people = new Set(wanted.filter(({ kind }) => kind === 'good').map(({ at }) => at));
          expect(entries.map(({ subject }) => subject)).toEqual(
            [...people].map((at) => bundles[at]?.subject),
          );
          const seen = [...entries.map(({ source }) => source.name), ...leftOut.map(({ name }) => name)];
          expect(seen.toSorted()).toEqual(sources.map(({ name }) => name).toSorted());
          for (const { name, reason } of leftOut) {
            expect(reason).toMatch(name.includes('good') ? /^The same claim as / : /\S/);
            expect(reason).not.toContain(name);
          }
        },
      ),
      { numRuns: runs(25, 300), seed: testSeed },
    );
  });

  it('takes no more than it should, and says which ones are for next time', async () => {
    const one = bundles[0] as ClaimBundle;
    const many = Array.from(
      { length: BATCH_MAX + 2 },
      (_, at): BatchSource => ({
        name: `${at}`,
        load: async () => ({ ...one, commitment: BigInt(at) }),
      }),
    );
    const { entries, leftOut } = await read(many);
    expect(entries.length).toBe(BATCH_MAX);
    expect(leftOut.map(({ name }) => name)).toEqual([`${BATCH_MAX}`, `${BATCH_MAX + 1}`]);
  });

  it('offers each campaign its own asks, and never proves one that is not met', async () => {
    const { entries } = await read([good(0), good(1), good(0, registered), good(2, registered)]);
    const groups = groupsOf(entries);
    expect(groups.map(({ campaign }) => campaign.name)).toEqual(['Sample campaign (demo)', 'Harbour']);
    for (const group of groups) {
      expect(group.choices.length).toBe(group.campaign.asks.length + 1);
      for (const entry of group.entries) {
        for (const { value } of group.choices) {
          const index = askFor(entry, value);
          if (index !== null) expect(entry.met).toContain(index);
          else if (value !== 'best') expect(entry.met).not.toContain(Number(value));
        }
      }
    }
  });

  it('says whose identity is missing or locked', async () => {
    const { entries } = await read([good(0, registered), good(1, registered), good(2, registered), good(0)]);
    const identity = (at: number, unlocked: boolean): IdentitySummary => ({
      id: `id-${at}`,
      name: `Me ${at}`,
      commitment: `${registered[at]?.commitment}`,
      createdAtMs: 0,
      backedUp: true,
      unlocked,
    });
    const kept = [identity(0, true), identity(1, false)];
    const states = entries.map((entry) => readiness(entry, 'best', kept));
    expect(states.map(({ ready }) => ready)).toEqual([true, false, false, true]);
    expect(states[1]).toMatchObject({ why: 'Me 1 is locked' });
    expect(states[2]).toMatchObject({ why: 'Its identity is not on this device' });
    expect(lockedOf(states).map(({ id }) => id)).toEqual(['id-1']);
  });
});

describe('queueing many claims', () => {
  function services(refuse: (request: JobRequest) => GnomonError | null = () => null) {
    const submitted: JobRequest[] = [];
    const fake = {
      circuits: { list: async () => CIRCUITS },
      scopes: { claimFor: async () => 'new' as const },
      jobs: {
        async submit(request: JobRequest) {
          const error = refuse(request);
          if (error !== null) throw error;
          submitted.push(request);
        },
      },
    };
    return { submitted, fake: fake as unknown as Services };
  }
  const claimsOf = ({ entries }: Batch) =>
    entries.map((entry) => ({ entry, askIndex: entry.best ?? 0, identity: null }));

  it('makes one job for each, which the queue tells apart', async () => {
    const batch = await read([good(0), good(1), good(2)]);
    const { submitted, fake } = services();
    const outcome = await submitBatch(fake, claimsOf(batch), HERE, () => {});
    expect(outcome.added).toEqual(batch.entries);
    expect(outcome.failed).toEqual([]);
    expect(new Set(submitted.map(({ id }) => id)).size).toBe(3);
    expect(submitted.every(({ privacy, sendTo }) => privacy === 'local-only' && sendTo === undefined)).toBe(
      true,
    );
    expect(submitted.map(({ label }) => label)).toEqual(
      batch.entries.map(({ subject }) => `Sample campaign (demo), ${subject}`),
    );
  });

  it('lets all of them go where the person chose, and nowhere else', async () => {
    const batch = await read([good(0), good(1)]);
    const { submitted, fake } = services();
    await submitBatch(fake, claimsOf(batch), { privacy: 'may-offload', sendTo: 'server:1' }, () => {});
    expect(submitted.map(({ privacy, sendTo }) => [privacy, sendTo])).toEqual([
      ['may-offload', 'server:1'],
      ['may-offload', 'server:1'],
    ]);
  });

  it('goes on after one that fails, and stops when nothing can be saved', async () => {
    const batch = await read([good(0), good(1), good(2)]);
    const broken = batch.entries.map((entry, at) =>
      at === 0
        ? { ...entry, source: { ...entry.source, load: async () => bundles[5] as ClaimBundle } }
        : entry,
    );
    const one = await submitBatch(
      services().fake,
      claimsOf({ entries: broken, leftOut: [] }),
      HERE,
      () => {},
    );
    expect(one.added.length).toBe(2);
    expect(one.failed).toEqual([
      { name: '0.json', reason: 'The file has changed since it was read. Open it again.' },
    ]);

    let tries = 0;
    const full = () => {
      tries++;
      return new GnomonError('resource.storage-full', 'There is no space left.', { nextStep: 'Free some.' });
    };
    const none = await submitBatch(services(full).fake, claimsOf(batch), HERE, () => {});
    expect([none.added.length, none.failed.length, tries]).toEqual([0, 3, 1]);
  });
});
