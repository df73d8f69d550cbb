import { Identity } from '@semaphore-protocol/identity';
import { LeanIMT } from '@zk-kit/lean-imt';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Groth16Proof } from '../../src/core/groth16.ts';
import { SUBGROUP_ORDER } from '../../src/reputation/baby-jubjub.ts';
import type { ClaimBundle } from '../../src/reputation/bundle.ts';
import { type Campaign, messageOf } from '../../src/reputation/campaign.ts';
import {
  buildClaim,
  buildClaimWithoutSecret,
  bundleScore,
  chooseCircuit,
  claimSharing,
  nullifierOf,
  PUBLIC_SIGNALS,
} from '../../src/reputation/claim.ts';
import { makeClaimFile, readClaimFile, writeClaimFile } from '../../src/reputation/claim-file.ts';
import { demoKeyPair, demoPrivateKey } from '../../src/reputation/demo.ts';
import { makeBundle, makeCampaign, type Network } from '../../src/reputation/network.ts';
import { leafOf, packRecord } from '../../src/reputation/record.ts';
import { type CryptographicResult, checkClaim } from '../../src/reputation/verify-claim.ts';
import { AS_OF, CIRCUITS, refusal, smallNetwork, TERMS } from './arbitrary.ts';

let network: Network;
let campaign: Campaign;
let bundle: ClaimBundle;
const { secretScalar } = demoKeyPair('p1');

beforeAll(async () => {
  network = await smallNetwork();
  campaign = makeCampaign(network, TERMS);
  bundle = makeBundle(network, campaign, 'p1');
});

const claimFor = (change: Partial<Parameters<typeof buildClaim>[0]> = {}) =>
  buildClaim({ bundle, secretScalar, askIndex: 0, payload: '0xabc', ...change });

describe('circuit input', () => {
  it('has every signal, canonical, padded to the size', () => {
    const { input, circuit, publicSignals, bounds, nullifier } = claimFor();
    expect(circuit.id).toBe('reputation-16');
    expect(Object.keys(input).sort()).toEqual(
      [
        ...PUBLIC_SIGNALS,
        ...['secret', 'count', 'weight', 'positive', 'negative', 'expiresAt', 'depth', 'index', 'siblings'],
      ].sort(),
    );
    for (const column of ['weight', 'positive', 'negative', 'expiresAt']) {
      expect(input[column]!.length).toBe(16);
    }
    expect(input.siblings!.length).toBe(24);
    expect(JSON.stringify(input)).toMatch(/^[^-.]*$/);
    expect(PUBLIC_SIGNALS.map((name) => input[name])).toEqual(publicSignals);
    expect(publicSignals).toEqual([
      `${network.snapshot.root}`,
      nullifier,
      campaign.scope,
      `${messageOf(campaign.challenge, '0xabc')}`,
      `${AS_OF}`,
      '500000',
      `${bounds.lowerPpm}`,
      `${bounds.upperPpm}`,
    ]);
    expect(nullifier).toBe(`${poseidon2([BigInt(campaign.scope), secretScalar])}`);
  });

  it('leads to the root that LeanIMT makes of the same leaves, for a Semaphore identity', () => {
    const identity = new Identity(demoPrivateKey('p1'));
    const leaves = [...network.people.values()]
      .sort((a, b) => (a.commitment < b.commitment ? -1 : 1))
      .map(({ commitment, records }) => leafOf(commitment, records));
    const tree = new LeanIMT<bigint>((a, b) => poseidon2([a, b]), leaves);
    const { input } = claimFor({ secretScalar: identity.secretScalar });
    const column = (name: string) => (input[name] as string[]).slice(0, Number(input.count)).map(Number);
    const records = column('weight').map((weight, at) =>
      packRecord({
        weight,
        positive: column('positive')[at]!,
        negative: column('negative')[at]!,
        expiresAt: column('expiresAt')[at]!,
      }),
    );
    const position = tree.indexOf(leafOf(identity.commitment, records));
    const proof = tree.generateProof(position);
    expect(input.root).toBe(`${tree.root}`);
    expect(input.index).toBe(`${proof.index}`);
    expect(input.depth).toBe(`${proof.siblings.length}`);
    expect(input.siblings).toEqual([
      ...proof.siblings.map(String),
      ...new Array(24 - proof.siblings.length).fill('0'),
    ]);
  });

  it('leaves the secret out when the job is to get it later', () => {
    const { input } = buildClaimWithoutSecret({
      bundle,
      commitment: bundle.commitment,
      nullifier: nullifierOf(BigInt(campaign.scope), secretScalar),
      askIndex: 0,
      payload: '0xabc',
    });
    expect(JSON.stringify(input)).not.toContain(`${secretScalar}`);
    expect({ ...input, secret: `${secretScalar}` }).toEqual(claimFor().input);
  });

  it('takes the verifier’s challenge when there is one', () => {
    const challenge = '17'.repeat(32);
    expect(claimFor({ challenge }).publicSignals[3]).toBe(`${messageOf(challenge, '0xabc')}`);
  });

  it('refuses another’s identity, secrets out of range and a score that the ask excludes', async () => {
    expect((await refusal(() => claimFor({ secretScalar: demoKeyPair('p2').secretScalar }))).code).toBe(
      'input.other-identity',
    );
    // The same commitment, but another nullifier.
    expect((await refusal(() => claimFor({ secretScalar: secretScalar + SUBGROUP_ORDER }))).code).toBe(
      'input.identity',
    );
    expect((await refusal(() => claimFor({ secretScalar: 0n }))).code).toBe('input.identity');
    const score = `${bundleScore(bundle).scorePpm}`;
    const notMet = await refusal(() => claimFor({ askIndex: 2 }));
    expect(notMet.code).toBe('input.claim-not-met');
    expect(JSON.stringify(notMet)).not.toContain(score);
    expect((await refusal(() => claimFor({ askIndex: 9 }))).where).toBe('askIndex');
    expect((await refusal(() => claimFor({ payload: 'a\0b' }))).where).toBe('payload');
    expect((await refusal(() => claimFor({ challenge: 'short' }))).where).toBe('challenge');
  });
});

describe('size', () => {
  it('is the smallest accepted that fits, or a larger one on request', async () => {
    const capacity = (count: number, wanted?: number) => chooseCircuit(campaign, count, wanted).capacity;
    expect([0, 16, 17, 64, 65, 256].map((count) => capacity(count))).toEqual([16, 16, 64, 64, 256, 256]);
    expect(capacity(3, 256)).toBe(256);
    expect((await refusal(() => capacity(257))).code).toBe('input.too-many-attestations');
    expect((await refusal(() => capacity(17, 16))).code).toBe('input.size');
    expect((await refusal(() => capacity(3, 1024))).code).toBe('input.size');
    const only64 = makeCampaign(network, { ...TERMS, circuits: CIRCUITS.slice(1, 2) });
    expect(chooseCircuit(only64, 2).capacity).toBe(64);
  });

  it('tells how many share it', () => {
    expect(claimSharing(bundle, 3, 16)).toBe(6);
    expect(claimSharing(bundle, 3, 64)).toBe(2);
    expect(claimSharing(bundle, 3, 256)).toBe(1);
    expect(claimSharing(bundle, 1, 16)).toBe(bundle.sameScore[0]);
    expect(bundle.sameScore[0]).toBeGreaterThanOrEqual(1);
  });
});

const proof: Groth16Proof = {
  pi_a: ['1', '2', '1'],
  pi_b: [
    ['1', '2'],
    ['3', '4'],
    ['1', '0'],
  ],
  pi_c: ['1', '2', '1'],
  protocol: 'groth16',
  curve: 'bn128',
};

describe('claim file', () => {
  it('is written and read back the same', () => {
    const claim = claimFor();
    const file = makeClaimFile(claim, campaign, proof, claim.publicSignals);
    expect(readClaimFile(writeClaimFile(file))).toEqual(file);
  });

  it('is refused with where, when malformed', async () => {
    const claim = claimFor();
    const file = makeClaimFile(claim, campaign, proof, claim.publicSignals);
    const where = async (change: Record<string, unknown>) =>
      (await refusal(() => readClaimFile(JSON.stringify({ ...file, ...change })))).where;
    for (const field of Object.keys(file)) expect(await where({ [field]: undefined })).toBe(field);
    expect(await where({ publicSignals: claim.publicSignals.slice(1) })).toBe('publicSignals');
    expect(await where({ publicSignals: [...claim.publicSignals.slice(1), '01'] })).toBe('publicSignals.7');
    expect(await where({ proof: { ...proof, pi_a: ['1', '2'] } })).toBe('proof.pi_a.2');
    expect(await where({ proof: { ...proof, curve: 'bls' } })).toBe('proof.curve');
    expect(await where({ root: '1' })).toBe('root');
    expect(await where({ payload: 'x\0' })).toBe('payload');
  });
});

describe('verdict', () => {
  const key = (capacity: number): CryptographicResult => ({
    valid: true,
    vkeySha256: CIRCUITS.find((one) => one.capacity === capacity)!.vkeySha256,
    developmentKey: true,
  });
  const fileFor = (askIndex = 0) => {
    const claim = claimFor({ askIndex });
    return makeClaimFile(claim, campaign, proof, claim.publicSignals);
  };
  const failed = (...given: Parameters<typeof checkClaim>) => {
    const verdict = checkClaim(...given);
    expect(verdict.accepted).toBe(verdict.checks.every(({ ok }) => ok));
    return verdict.checks.filter(({ ok }) => !ok).map(({ name }) => name);
  };

  it('accepts what the campaign asks for, and says which', () => {
    for (const askIndex of [0, 1, 3]) {
      const file = fileFor(askIndex);
      const verdict = checkClaim(campaign, file, key(16));
      expect(verdict).toMatchObject({ accepted: true, askIndex, demo: true, sameCampaignFile: true });
      expect([verdict.scope, verdict.nullifier]).toEqual([campaign.scope, file.publicSignals[1]]);
      expect(new Set(verdict.checks.map(({ name }) => name)).size).toBe(verdict.checks.length);
    }
  });

  it('fails exactly the check of the one thing that is wrong', () => {
    const file = fileFor();
    const signals = (at: number, value: string) => ({
      ...file,
      publicSignals: file.publicSignals.map((signal, position) => (position === at ? value : signal)),
    });
    expect(failed(campaign, signals(0, '5'), key(16))).toEqual(['root']);
    expect(failed(campaign, signals(2, '5'), key(16))).toEqual(['scope']);
    expect(failed(campaign, signals(3, '5'), key(16))).toEqual(['message']);
    expect(failed(campaign, signals(4, `${AS_OF - 1}`), key(16))).toEqual(['date']);
    expect(failed(campaign, signals(5, '500001'), key(16))).toEqual(['base rate']);
    expect(failed(campaign, signals(6, '599999'), key(16))).toEqual(['bounds']);
    expect(failed(campaign, signals(7, '999999'), key(16))).toEqual(['bounds']);
    expect(failed(campaign, { ...file, payload: '0xabd' }, key(16))).toEqual(['message']);
    expect(failed(campaign, { ...file, circuit: 'other' }, key(16))).toEqual(['circuit', 'verification key']);
    expect(failed(campaign, file, key(64))).toEqual(['verification key']);
    expect(failed(campaign, file, { ...key(16), valid: false })).toEqual(['proof']);
    expect(failed(campaign, file, key(16), { challenge: '11'.repeat(32) })).toEqual(['message']);
    expect(failed(campaign, file, key(16), { notBefore: AS_OF + 1 })).toEqual(['recency']);
    expect(failed(campaign, file, key(16), { notBefore: AS_OF })).toEqual([]);
  });

  it('does not take a weaker claim for a stronger one', () => {
    const strict = makeCampaign(network, { ...TERMS, asks: [TERMS.asks[0]!] });
    expect(failed(strict, fileFor(3), key(16))).toEqual(['bounds']);
    expect(failed(strict, fileFor(1), key(16))).toEqual(['bounds']);
    expect(failed(campaign, fileFor(3), key(16), { askIndex: 0 })).toEqual(['bounds']);
    expect(failed(campaign, fileFor(0), key(16), { askIndex: 0 })).toEqual([]);
  });

  it('takes signals in one spelling and number only', () => {
    const file = fileFor();
    const spelled = { ...file, publicSignals: [...file.publicSignals.slice(0, 7), '01000000'] };
    expect(failed(campaign, spelled, key(16))).toEqual(['signals', 'bounds']);
    const extra = { ...file, publicSignals: [...file.publicSignals, '1'] };
    expect(failed(campaign, extra, key(16))).toEqual(['signals', 'bounds']);
    const none = { ...file, publicSignals: [] };
    expect(checkClaim(campaign, none, key(16)).accepted).toBe(false);
  });

  it('refuses development keys outside demos', () => {
    const real = { ...campaign, demo: false };
    const file = fileFor();
    expect(failed(real, file, key(16))).toEqual(['set-up']);
    expect(failed(real, file, { ...key(16), developmentKey: false })).toEqual([]);
  });

  it('only notes which campaign file the claimant names', () => {
    const file = { ...fileFor(), campaignSha256: '0'.repeat(64) };
    expect(checkClaim(campaign, file, key(16))).toMatchObject({ accepted: true, sameCampaignFile: false });
  });
});
