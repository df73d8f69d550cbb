import { createHash } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ask, boundsOf, meetsAsk } from '../../src/reputation/ask.ts';
import { readBundle, writeBundle } from '../../src/reputation/bundle.ts';
import {
  type Campaign,
  campaignDigest,
  messageOf,
  readCampaign,
  refuseReusedScope,
  scopeOf,
  writeCampaign,
} from '../../src/reputation/campaign.ts';
import { checkSnapshot } from '../../src/reputation/check-snapshot.ts';
import { buildNetwork, makeBundle, makeCampaign, type Network } from '../../src/reputation/network.ts';
import { countBySize, countSharing, smallestCapacity } from '../../src/reputation/sharing.ts';
import { readSnapshot, writeSnapshot } from '../../src/reputation/snapshot.ts';
import { runs } from '../helpers/scale.ts';
import { refusal, seeded, smallNetwork, TERMS } from './arbitrary.ts';

let network: Network;
let campaign: Campaign;

beforeAll(async () => {
  network = await smallNetwork();
  campaign = makeCampaign(network, TERMS);
});

/** keccak256 of bytes, its first 31 bytes as a number: what `>> 8` of a big-endian reading is. */
function first31(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(keccak_256(bytes)).toString('hex').slice(0, 62)}`);
}

describe('scope and message', () => {
  it('are keccak256 of tagged fields, shifted right by 8', () => {
    expect(scopeOf('issuer', 'drop-1')).toBe(first31(Buffer.from('gnomon/scope/v1\0issuer\0drop-1')));
    const challenge = 'c0ffee'.padEnd(64, '1');
    const bytes = Buffer.concat([
      Buffer.from('gnomon/message/v1\0'),
      Buffer.from(challenge, 'hex'),
      Buffer.from('0xRecipient é'),
    ]);
    expect(messageOf(challenge, '0xRecipient é')).toBe(first31(bytes));
  });

  it('take no NUL, no half of a surrogate pair, and no challenge of another length', async () => {
    expect((await refusal(() => scopeOf('a\0b', 'c'))).where).toBe('issuer');
    expect((await refusal(() => scopeOf('a', 'b\0c'))).where).toBe('campaignId');
    expect((await refusal(() => messageOf('ab'.repeat(32), 'x\0'))).where).toBe('payload');
    expect((await refusal(() => messageOf('ab'.repeat(32), '\ud800'))).where).toBe('payload');
    expect((await refusal(() => messageOf('ab', ''))).where).toBe('challenge');
    expect((await refusal(() => messageOf('AB'.repeat(32), ''))).where).toBe('challenge');
  });
});

describe('campaign file', () => {
  it('is written in one way and read back the same', () => {
    const text = writeCampaign(campaign);
    expect(readCampaign(text)).toEqual(campaign);
    expect(writeCampaign(readCampaign(text))).toBe(text);
    expect(campaignDigest(campaign)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('has the same digest however its JSON is spelled, and another for any other content', () => {
    const shuffled = Object.fromEntries(Object.entries(campaign).reverse()) as Campaign;
    expect(campaignDigest(readCampaign(`\ufeff${JSON.stringify(shuffled)}`))).toBe(campaignDigest(campaign));
    for (const change of [{ name: 'Another' }, { asOf: 1 }, { demo: false }, { root: '8' }]) {
      expect(campaignDigest({ ...campaign, ...change })).not.toBe(campaignDigest(campaign));
    }
  });

  it('refuses what is missing, unknown, malformed or inconsistent, with where', async () => {
    const where = async (change: Record<string, unknown>) =>
      (await refusal(() => readCampaign(JSON.stringify({ ...campaign, ...change })))).where;
    for (const field of Object.keys(campaign)) expect(await where({ [field]: undefined })).toBe(field);
    expect(await where({ extra: 1 })).toBe('extra');
    expect(await where({ format: 'gnomon/bundle' })).toBe('format');
    expect(await where({ issuer: 'somebody else' })).toBe('scope');
    expect(await where({ issuer: 'a\0' })).toBe('issuer');
    expect(await where({ root: '0' })).toBe('root');
    expect(await where({ root: '007' })).toBe('root');
    expect(await where({ asOf: 1.5 })).toBe('asOf');
    expect(await where({ asOf: 2 ** 40 })).toBe('asOf');
    expect(await where({ baseRatePpm: 1_000_001 })).toBe('baseRatePpm');
    expect(await where({ challenge: 'x' })).toBe('challenge');
    expect(await where({ asks: [] })).toBe('asks');
    expect(await where({ asks: [{ type: 'threshold', thresholdPpm: -1 }] })).toBe('asks.0.thresholdPpm');
    expect(await where({ asks: [{ type: 'band', lowerPpm: 2, upperPpm: 1 }] })).toBe('asks.0');
    expect(await where({ asks: [{ type: 'exact', lowerPpm: 2 }] })).toBe('asks.0.lowerPpm');
    const [small, medium, large] = campaign.circuits;
    expect(await where({ circuits: [small, large, medium] })).toBe('circuits.2.capacity');
    expect(await where({ circuits: [small, { ...medium, id: small!.id }] })).toBe('circuits.1.id');
    expect(await where({ circuits: [{ ...small, capacity: 32 }] })).toBe('circuits.0.capacity');
    expect(await where({ circuits: [{ ...small, vkeySha256: 'AA' }] })).toBe('circuits.0.vkeySha256');
    expect(await where({ circuits: [{ ...small, sharing: [1] }] })).toBe('circuits.0.sharing');
  });

  it('says line and column of broken JSON, and refuses a file that is far too large', async () => {
    const text = writeCampaign(campaign).replace('"root": ', '"root" ');
    const line = text.split('\n').findIndex((one) => one.includes('"root"')) + 1;
    const broken = await refusal(() => readCampaign(text));
    expect(broken).toMatchObject({ code: 'input.not-json', where: `line ${line}, column 10` });
    expect((await refusal(() => readCampaign(' '.repeat(2 ** 20 + 1)))).code).toBe('input.too-large');
  });

  it('is refused for a scope that was used under another file', async () => {
    const used = { scope: campaign.scope, campaignSha256: campaignDigest(campaign) };
    refuseReusedScope(campaign, [used, { scope: '1', campaignSha256: 'other' }]);
    const other = { ...campaign, name: 'The same scope again' };
    expect((await refusal(() => refuseReusedScope(other, [used]))).where).toBe('scope');
  });
});

describe('asks', () => {
  it('have the bounds of the design’s table', () => {
    expect(boundsOf({ type: 'exact' }, 7)).toEqual({ lowerPpm: 7, upperPpm: 7 });
    expect(boundsOf({ type: 'threshold', thresholdPpm: 5 }, 7)).toEqual({ lowerPpm: 5, upperPpm: 1_000_000 });
    expect(boundsOf({ type: 'membership' }, 7)).toEqual({ lowerPpm: 0, upperPpm: 1_000_000 });
    expect(boundsOf({ type: 'band', lowerPpm: 1, upperPpm: 9 }, 7)).toEqual({ lowerPpm: 1, upperPpm: 9 });
  });

  it('are met by exactly their own bounds', () => {
    const ppm = fc.integer({ min: 0, max: 1_000_000 });
    const threshold: Ask = { type: 'threshold', thresholdPpm: 700_000 };
    fc.assert(
      fc.property(ppm, ppm, (lowerPpm, upperPpm) => {
        const bounds = { lowerPpm, upperPpm };
        expect(meetsAsk(threshold, bounds)).toBe(lowerPpm === 700_000 && upperPpm === 1_000_000);
        expect(meetsAsk({ type: 'exact' }, bounds)).toBe(lowerPpm === upperPpm);
        expect(meetsAsk({ type: 'band', ...bounds }, bounds)).toBe(true);
      }),
      seeded(runs(100, 1000)),
    );
    expect(meetsAsk(threshold, { lowerPpm: 0, upperPpm: 1_000_000 })).toBe(false);
    expect(meetsAsk({ type: 'exact' }, { lowerPpm: 1_000_001, upperPpm: 1_000_001 })).toBe(false);
  });
});

describe('how many share a claim', () => {
  it('counts those who would make the same claim by default', () => {
    const subjects = [3, 16, 17, 40, 64, 65, 300].map((count) => ({ count, scorePpm: count * 1000 }));
    expect(countBySize(subjects, [16, 64, 256])).toEqual({ subjects: [2, 3, 1], none: 1 });
    expect(countSharing(subjects, [16, 64, 256], 64, { lowerPpm: 17_000, upperPpm: 40_000 })).toBe(2);
    expect(countSharing(subjects, [64, 256], 64, { lowerPpm: 0, upperPpm: 1_000_000 })).toBe(5);
    expect(smallestCapacity(65, [256, 64, 1024])).toBe(256);
    expect(smallestCapacity(1025, [1024])).toBeUndefined();
    expect(smallestCapacity(0, [16, 64])).toBe(16);
  });

  it('is in the campaign file for each ask and size', () => {
    expect(campaign.circuits.map(({ subjects }) => subjects)).toEqual([6, 1, 0]);
    const scores = [...network.people.values()].filter(({ records }) => records.length <= 16);
    const within = (low: number, high: number) =>
      scores.filter(({ scorePpm }) => scorePpm >= low && scorePpm <= high).length;
    expect(campaign.circuits[0]!.sharing).toEqual([within(600_000, 1e6), 0, within(100_000, 650_000), 6]);
  });
});

describe('a published snapshot against a campaign file', () => {
  const failing = async (change: Partial<Campaign>, commitment?: bigint) => {
    const published = await readSnapshot(writeSnapshot(network.snapshot, true));
    return checkSnapshot(published, { ...campaign, ...change }, commitment)
      .filter(({ ok }) => !ok)
      .map(({ name }) => name);
  };

  it('must have its root, date, mark and numbers, and one’s own commitment', async () => {
    expect(await failing({})).toEqual([]);
    expect(await failing({}, network.people.get('p3')!.commitment)).toEqual([]);
    expect(await failing({}, 5n)).toEqual(['own place']);
    expect(await failing({ root: '5' })).toEqual(['root']);
    expect(await failing({ demo: false })).toEqual(['demo']);
    expect(await failing({ asOf: campaign.asOf + 1 })).toEqual(['date']);
    const [small, ...others] = campaign.circuits;
    const more = (change: object) => ({ circuits: [{ ...small!, ...change }, ...others] });
    expect(await failing(more({ subjects: 7 }))).toEqual(['numbers']);
    expect(await failing(more({ sharing: [99, ...small!.sharing.slice(1)] }))).toEqual(['numbers']);
  });

  it('is not built for a date or base rate out of range', async () => {
    const options = {
      asOf: 1,
      baseRatePpm: 1,
      weights: { kind: 'uniform' as const },
      commitments: 'demo' as const,
    };
    for (const asOf of [-1, 1.5, 2 ** 40]) {
      expect((await refusal(() => buildNetwork([], { ...options, asOf }))).where).toBe('asOf');
    }
    for (const baseRatePpm of [-1, 0.5, 1_000_001]) {
      expect((await refusal(() => buildNetwork([], { ...options, baseRatePpm }))).where).toBe('baseRatePpm');
    }
  });
});

describe('claim bundle', () => {
  it('is written and read back the same, for everyone', () => {
    for (const subject of network.people.keys()) {
      const bundle = makeBundle(network, campaign, subject);
      expect(readBundle(writeBundle(bundle))).toEqual(bundle);
    }
  });

  it('is refused with anything changed, and says where', async () => {
    const bundle = makeBundle(network, campaign, 'p0');
    const file = JSON.parse(writeBundle(bundle));
    const where = async (change: Record<string, unknown>) =>
      (await refusal(() => readBundle(JSON.stringify({ ...file, ...change })))).where;
    for (const field of ['subject', 'commitment', 'records', 'index', 'siblings', 'root', 'sameScore']) {
      expect(await where({ [field]: undefined })).toBe(field);
    }
    const [first, ...rest] = file.records;
    expect(await where({ records: rest, sources: undefined })).toBe('root');
    expect(await where({ records: ['1', ...rest] })).toBe('root');
    expect(await where({ records: ['0', first, ...rest], sources: undefined })).toBe('root');
    expect(await where({ records: [...rest, first], sources: undefined })).toBe('records');
    expect(await where({ records: [`${2n ** 120n}`] })).toBe('records.0');
    expect(await where({ sources: ['x'] })).toBe('sources');
    expect(await where({ commitment: '12' })).toBe('root');
    expect(await where({ index: file.index ^ 1 })).toBe('root');
    expect(await where({ index: 2 ** file.siblings.length })).toBe('index');
    expect(await where({ index: -1 })).toBe('index');
    expect(await where({ siblings: file.siblings.slice(1), index: 0 })).toBe('root');
    expect(await where({ siblings: new Array(25).fill('1') })).toBe('siblings');
    expect(await where({ root: '5' })).toBe('root');
    expect(await where({ campaign: { ...file.campaign, root: '5' }, root: '5' })).toBe('root');
    expect(await where({ campaign: { ...file.campaign, scope: '5' } })).toBe('scope');
    expect(await where({ sameScore: [1] })).toBe('sameScore');
    expect(await where({ surprise: true })).toBe('surprise');
  });

  it('is not made for someone who is not in the snapshot', async () => {
    expect((await refusal(() => makeBundle(network, campaign, 'nobody'))).code).toBe('input.unknown-subject');
  });

  it('never fails but with its own error, on any text', async () => {
    const text = writeBundle(makeBundle(network, campaign, 'p1'));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom('"', '0', '}', ',', ' ', 'é'),
        async (at, char) => {
          const changed = `${text.slice(0, at)}${char}${text.slice(at + 1)}`;
          try {
            readBundle(changed);
          } catch (error) {
            expect((error as { code: string }).code).toMatch(/^input\./);
          }
        },
      ),
      seeded(runs(150, 2000)),
    );
  });
});
