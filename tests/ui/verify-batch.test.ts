// The Verify page's logic: what a file is, what is expected of it, what becomes of it. The checks themselves
// are tests/reputation's and tests/prover's; here the verifier's answer is given.
import 'fake-indexeddb/auto';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { makeVault, type Vault } from '../../src/browser/database.ts';
import { makeLedger } from '../../src/browser/ledger.ts';
import { DEVELOPMENT_ALPHA_1 } from '../../src/core/development-key.ts';
import { GnomonError } from '../../src/core/errors.ts';
import type { Groth16Proof, VerificationKey } from '../../src/core/groth16.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { type Campaign, writeCampaign } from '../../src/reputation/campaign.ts';
import { buildClaim } from '../../src/reputation/claim.ts';
import { makeClaimFile, writeClaimFile } from '../../src/reputation/claim-file.ts';
import { demoKeyPair } from '../../src/reputation/demo.ts';
import { makeBundle } from '../../src/reputation/network.ts';
import { type Sample, sampleCampaign } from '../../src/reputation/sample.ts';
import {
  ADD_AT_ONCE,
  countEntries,
  makeVerification,
  readDemands,
} from '../../src/ui/pages/verify/create-verification.ts';
import type { JudgeServices } from '../../src/ui/pages/verify/judge.ts';
import { countsInWords, entryWords } from '../../src/ui/pages/verify/words.ts';

const KEY_DIGESTS = ['a', 'b'].map((digit) => digit.repeat(64));
const CIRCUITS = [16, 64].map((capacity, at) => ({
  id: `reputation-${capacity}`,
  capacity,
  vkeySha256: KEY_DIGESTS[at]!,
}));
const PROOF: Groth16Proof = {
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

let sample: Sample;
const vaults: Vault[] = [];
let names = 0;

beforeAll(async () => {
  sample = await sampleCampaign(CIRCUITS);
});

afterEach(async () => {
  for (const vault of vaults.splice(0)) await vault.close();
});

interface World {
  valid?: boolean;
  development?: boolean;
  keysHere?: string[];
  /** Called while a proof is being checked. */
  onVerify?: () => void;
}

function services({
  valid = true,
  development = true,
  keysHere = KEY_DIGESTS,
  onVerify = () => {},
}: World = {}): JudgeServices {
  const vault = makeVault(`verify-${names++}`);
  vaults.push(vault);
  const artifact = (sha256: string) => ({ url: 'x', bytes: 1, sha256 });
  const entries = keysHere.map(
    (digest, at): CircuitEntry => ({
      id: `reputation-${[16, 64][at]}`,
      capacity: [16, 64][at]!,
      constraints: 1,
      domain: 1,
      publicSignals: [],
      setup: 'unknown',
      artifacts: { wasm: artifact('0'.repeat(64)), zkey: artifact('1'.repeat(64)), vkey: artifact(digest) },
    }),
  );
  const alpha = development ? DEVELOPMENT_ALPHA_1[0] : '5';
  return {
    circuits: {
      list: async () => entries,
      vkey: async () => ({ vk_alpha_1: [alpha, '1', '1'] }) as VerificationKey,
    },
    verifier: {
      verify: async () => {
        onVerify();
        return [{ name: 'Pairing equation', ok: valid, detail: valid ? 'Holds.' : 'Does not hold.' }];
      },
    },
    ledger: makeLedger(vault),
    nowMs: () => 1_000,
  };
}

const file = (name: string, text: string) => new File([text], name, { type: 'application/json' });
const campaignFile = (campaign: Campaign = sample.campaign) => file('campaign.json', writeCampaign(campaign));

function claimText(
  options: { subject?: string; payload?: string; askIndex?: number; challenge?: string } = {},
): string {
  const subject = options.subject ?? sample.bundle.subject;
  const { campaign, network } = sample;
  const claim = buildClaim({
    bundle: makeBundle(network, campaign, subject),
    secretScalar: demoKeyPair(subject).secretScalar,
    askIndex: options.askIndex ?? 0,
    payload: options.payload ?? 'alice',
    ...(options.challenge === undefined ? {} : { challenge: options.challenge }),
  });
  return writeClaimFile(makeClaimFile(claim, campaign, PROOF, claim.publicSignals));
}

function changed(text: string, change: (value: Record<string, unknown>) => void): string {
  const value = JSON.parse(text);
  change(value);
  return JSON.stringify(value);
}

function start(world: World = {}) {
  const used = services(world);
  let acceptedTimes = 0;
  const verification = makeVerification(used, () => {
    acceptedTimes++;
  });
  const outcomes = () =>
    verification.state.entries.map(({ state }) =>
      state.step === 'judged' ? state.judgement.outcome : state.step,
    );
  return { verification, outcomes, ledger: used.ledger, acceptedTimes: () => acceptedTimes };
}

test('a good claim is accepted and kept, a repeat is already used, in one batch and later', async () => {
  const { verification, outcomes, ledger, acceptedTimes } = start();
  await verification.addFiles([campaignFile(), file('a.json', claimText()), file('b.json', claimText())]);
  expect(outcomes()).toEqual(['accepted', 'already-used']);
  // The same person with other words and another of the campaign's claims has the same nullifier.
  await verification.addFiles([file('c.json', claimText({ payload: 'bob', askIndex: 3 }))]);
  expect(outcomes()).toEqual(['accepted', 'already-used', 'already-used']);
  expect(await ledger.list()).toEqual([
    expect.objectContaining({
      claimantPayload: 'alice',
      shows: 'at least 0.7',
      demo: true,
      acceptedAtMs: 1_000,
    }),
  ]);
  expect(acceptedTimes()).toBe(1);
});

test('claims wait for the campaign file, which may come in any order', async () => {
  const { verification, outcomes } = start();
  await verification.addFiles([file('a.json', claimText())]);
  expect(outcomes()).toEqual(['waiting']);
  expect(entryWords(verification.state.entries[0]!, false).reason).toContain('campaign file');
  await verification.addFiles([campaignFile()]);
  expect(outcomes()).toEqual(['accepted']);
});

test('a batch goes on past bad files, each named with why', async () => {
  const { verification, outcomes } = start();
  await verification.addFiles([
    file('cut.json', claimText().slice(0, 200)),
    file('photo.json', '\u0000\u0001'),
    file('bundle.json', '{"format":"gnomon/bundle"}'),
    campaignFile(),
    file(
      'extra.json',
      changed(claimText(), (value) => Object.assign(value, { surplus: 1 })),
    ),
    file('good.json', claimText()),
    file('broken-campaign.json', '{"format":"gnomon/campaign"}'),
    file('list.json', `[${claimText({ subject: 'Petra', askIndex: 3 })},{"format":"gnomon/claim"}]`),
  ]);
  expect(outcomes()).toEqual(['bad', 'bad', 'bad', 'bad', 'accepted', 'bad', 'accepted', 'bad']);
  const named = verification.state.entries.map(({ item, state }) => [
    item.name,
    state.step === 'bad' ? state.error.code : '',
  ]);
  expect(named).toEqual([
    ['cut.json', 'input.not-json'],
    ['photo.json', 'input.not-json'],
    ['bundle.json', 'input.bundle-not-proof'],
    ['extra.json', 'input.malformed'],
    ['good.json', ''],
    ['broken-campaign.json', 'input.malformed'],
    ['list.json, claim 1', ''],
    ['list.json, claim 2', 'input.malformed'],
  ]);
  expect(countsInWords(countEntries(verification.state.entries))).toBe('2 accepted, 6 unreadable.');
});

test('nothing expected comes from the claim file', async () => {
  const tampered: [string, (value: Record<string, unknown>) => void, string][] = [
    ['payload', (value) => Object.assign(value, { payload: 'mallory' }), 'message'],
    ['circuit', (value) => Object.assign(value, { circuit: 'reputation-64' }), ''],
    ['unknown circuit', (value) => Object.assign(value, { circuit: 'my-circuit' }), 'circuit'],
    ['root', (value) => Object.assign(value.publicSignals as string[], { 0: '5' }), 'root'],
    ['scope', (value) => Object.assign(value.publicSignals as string[], { 2: '5' }), 'scope'],
    ['asOf', (value) => Object.assign(value.publicSignals as string[], { 4: '5' }), 'date'],
    ['base rate', (value) => Object.assign(value.publicSignals as string[], { 5: '5' }), 'base rate'],
    ['lower', (value) => Object.assign(value.publicSignals as string[], { 6: '5' }), 'bounds'],
  ];
  for (const [what, change, failing] of tampered) {
    const { verification, outcomes, ledger } = start();
    await verification.addFiles([campaignFile(), file('x.json', changed(claimText(), change))]);
    if (failing === '') {
      // Another accepted size: only its own key decides, and the verifier here says yes.
      expect(outcomes(), what).toEqual(['accepted']);
      continue;
    }
    expect(outcomes(), what).toEqual(['refused']);
    const state = verification.state.entries[0]!.state;
    const judgement = state.step === 'judged' ? state.judgement : undefined;
    expect(judgement?.campaignChecks.filter(({ ok }) => !ok).map(({ name }) => name)).toContain(failing);
    expect(await ledger.list()).toEqual([]);
  }
});

test('a claim made with its own challenge is refused, unless the verifier typed that one', async () => {
  const challenge = '9'.repeat(64);
  const { verification, outcomes } = start();
  await verification.addFiles([campaignFile(), file('a.json', claimText({ challenge }))]);
  expect(outcomes()).toEqual(['refused']);
  verification.setChallenge(`0x${challenge.toUpperCase()}`);
  await verification.again();
  expect(outcomes()).toEqual(['accepted']);
  // And then the campaign's own is not enough any more.
  await verification.addFiles([file('b.json', claimText({ subject: 'Petra', askIndex: 3 }))]);
  expect(outcomes()).toEqual(['accepted', 'refused']);
});

test('demands that can’t be read hold the batch', async () => {
  const { verification, outcomes } = start();
  verification.setChallenge('abc');
  await verification.addFiles([campaignFile(), file('a.json', claimText())]);
  expect(outcomes()).toEqual(['waiting']);
  expect(verification.problems().challenge).toBeDefined();
  verification.setChallenge('');
  await verification.run();
  expect(outcomes()).toEqual(['accepted']);
  expect(readDemands('', '2026-02-30').problems.notBefore).toBeDefined();
});

test('evidence older than asked is refused', async () => {
  const { verification, outcomes } = start();
  const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
  verification.setNotBefore(day(sample.campaign.asOf + 86_400));
  await verification.addFiles([campaignFile(), file('a.json', claimText())]);
  expect(outcomes()).toEqual(['refused']);
  verification.setNotBefore(day(sample.campaign.asOf));
  await verification.again();
  expect(outcomes()).toEqual(['accepted']);
});

test('development keys are refused outside demos', async () => {
  const real = { ...sample.campaign, demo: false };
  const withDevelopmentKey = start({ development: true });
  await withDevelopmentKey.verification.addFiles([campaignFile(real), file('a.json', claimText())]);
  expect(withDevelopmentKey.outcomes()).toEqual(['refused']);
  const withCeremonyKey = start({ development: false });
  await withCeremonyKey.verification.addFiles([campaignFile(real), file('a.json', claimText())]);
  expect(withCeremonyKey.outcomes()).toEqual(['accepted']);
});

test('an invalid proof is refused; a key that is not here is no verdict', async () => {
  const invalid = start({ valid: false });
  await invalid.verification.addFiles([campaignFile(), file('a.json', claimText())]);
  expect(invalid.outcomes()).toEqual(['refused']);
  const keyless = start({ keysHere: [] });
  await keyless.verification.addFiles([campaignFile(), file('a.json', claimText())]);
  expect(keyless.outcomes()).toEqual(['unchecked']);
  expect(keyless.verification.state.entries[0]!.state).toMatchObject({
    error: { code: 'artifact.key-unknown' },
  });
});

test('a proof that could not be checked to the end is not refused, and stops no other', async () => {
  let checked = 0;
  const unverified = new GnomonError('resource.unverified', 'Not to the end.', { nextStep: 'Free memory.' });
  const { verification, outcomes, ledger } = start({
    onVerify: () => {
      checked++;
      if (checked === 1 || checked === 3) throw unverified;
    },
  });
  await verification.addFiles([
    campaignFile(),
    file('a.json', claimText()),
    file('b.json', claimText({ subject: 'Petra', askIndex: 3 })),
    file('proof.json', JSON.stringify(PROOF)),
    file('public.json', '["1"]'),
    file('vkey.json', JSON.stringify({ vk_alpha_1: DEVELOPMENT_ALPHA_1 })),
  ]);
  expect(outcomes()).toEqual(['unchecked', 'accepted', 'unchecked']);
  expect(entryWords(verification.state.entries[0]!, true).title).toBe('Could not be checked');
  expect(countsInWords(countEntries(verification.state.entries))).toBe('1 accepted, 2 could not be checked.');
  expect(await ledger.list()).toHaveLength(1);
  await verification.again();
  expect(outcomes()).toEqual(['accepted', 'accepted', 'proof-valid']);
});

test('with keeping off claims are only looked at', async () => {
  const { verification, outcomes, ledger } = start();
  verification.setRecord(false);
  await verification.addFiles([campaignFile(), file('a.json', claimText()), file('b.json', claimText())]);
  expect(outcomes()).toEqual(['valid', 'valid']);
  expect(await ledger.list()).toEqual([]);
  verification.setRecord(true);
  await verification.again();
  expect(outcomes()).toEqual(['accepted', 'already-used']);
  verification.setRecord(false);
  await verification.addFiles([file('c.json', claimText())]);
  expect(outcomes()).toEqual(['accepted', 'already-used', 'already-used']);
});

test('a plain proof is judged without a campaign and never kept', async () => {
  const { verification, outcomes, ledger } = start();
  await verification.addFiles([
    file('proof.json', JSON.stringify(PROOF)),
    file('public.json', '["1"]'),
    file('vkey.json', JSON.stringify({ vk_alpha_1: DEVELOPMENT_ALPHA_1 })),
  ]);
  expect(outcomes()).toEqual(['proof-valid']);
  expect(verification.state.entries[0]!.state).toMatchObject({ judgement: { developmentKey: true } });
  expect(await ledger.list()).toEqual([]);
});

test('stop ends the batch after the proof at hand; it goes on from there', async () => {
  const { verification, outcomes } = start({ onVerify: () => verification.stop() });
  await verification.takeCampaign({ name: 'c', campaign: sample.campaign });
  await verification.addFiles([
    file('a.json', claimText()),
    file('b.json', claimText({ subject: 'Petra', askIndex: 3 })),
  ]);
  expect(outcomes()).toEqual(['accepted', 'waiting']);
  await verification.run();
  expect(outcomes()).toEqual(['accepted', 'accepted']);
});

test('results of a large file are added in slices, and clearing meanwhile means them too', async () => {
  const list = new File(
    [
      `[${Array(5 * ADD_AT_ONCE)
        .fill('{}')
        .join(',')}]`,
    ],
    'many.json',
  );
  const verification = makeVerification(services(), () => {});
  const seen: number[] = [];
  let watching = true;
  const watch = () => {
    seen.push(verification.state.entries.length);
    if (watching) setTimeout(watch, 0);
  };
  watch();
  await verification.addFiles([list]);
  watching = false;
  expect(verification.state.entries).toHaveLength(5 * ADD_AT_ONCE);
  expect(new Set(seen).size).toBeGreaterThan(3);

  verification.clear();
  const adding = verification.addFiles([list]);
  while (verification.state.entries.length === 0) await new Promise((wake) => setTimeout(wake, 0));
  verification.clear();
  await adding;
  expect(verification.state.entries).toHaveLength(0);
});
