// What must not be accepted, as a person meets it: tampered claims on the Verify page, malformed bundles, networks
// and campaign files on theirs. Each is answered with what is wrong and where, and the good part goes on.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/core/manifest.ts';
import { CHECKS } from '../../src/prover/strict-verify.ts';
import { writeCampaign } from '../../src/reputation/campaign.ts';
import type { ClaimFile } from '../../src/reputation/claim-file.ts';
import { sampleCampaign } from '../../src/reputation/sample.ts';
import { reputationCircuits } from '../../src/ui/pages/claim/sample-claim.ts';
import { type RunningServer, startServer } from '../helpers/app.ts';
import {
  type AppPage,
  chooseFiles,
  download,
  expectNoComplaints,
  openApp,
  startSample,
  waitForVerified,
} from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';
import {
  combination,
  g1,
  g2,
  keyOf,
  proofFromPoints,
  randomTrapdoor,
  simulate,
} from '../prover/simulated-proof.ts';
import { TAMPERED } from './forgeries.ts';

let browser: Browser;
let server: RunningServer;
let app: AppPage;
let page: Page;
let claimText: string;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
  app = await openApp(browser, server.origin);
  page = app.page;
  await startSample(page);
  await waitForVerified(page);
  claimText = (await download(page, 'Download claim file')).text;
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const claim = (): ClaimFile => JSON.parse(claimText) as ClaimFile;
interface ShownResult {
  title: string;
  reason: string;
  failed: string[];
}

/** Every result on the page by its file's name, once all are there. */
async function shownResults(count: number): Promise<Record<string, ShownResult>> {
  const settled = page.locator('.verify-result-title', { hasNotText: /^(Waiting|Checking)$/ });
  await expect.poll(() => settled.count(), { timeout: 120_000 }).toBe(count);
  const shown = await page.locator('.verify-result').evaluateAll((results) =>
    results.map((result) => {
      const texts = (selector: string) =>
        [...result.querySelectorAll(selector)].map((one) => one.textContent?.trim() ?? '');
      return [
        texts('.verify-result-name')[0] ?? '',
        {
          title: texts('.verify-result-title')[0] ?? '',
          reason: texts('.verify-result-body > p').join(' '),
          failed: texts('.verify-check-failed .verify-check-name'),
        },
      ] as const;
    }),
  );
  return Object.fromEntries(shown);
}

describe('the Verify page', () => {
  it('refuses every tampered claim of a batch for its own reason, and accepts the good one, once', async () => {
    await page.goto(`${server.origin}/verify`);
    await page.getByRole('button', { name: 'Take the sample campaign' }).click();
    const files = Object.entries(TAMPERED).map(([name, { forge }]) => ({
      name: `${name}.json`,
      text: JSON.stringify(forge(claim())),
    }));
    files.push({ name: 'truncated.json', text: claimText.slice(0, 300) });
    files.splice(5, 0, { name: 'good.json', text: claimText }, { name: 'good-again.json', text: claimText });
    await chooseFiles(page, 'Open files', files);
    const shown = await shownResults(files.length);
    expect(shown['good.json']).toMatchObject({ title: 'Accepted', failed: [] });
    expect(shown['good-again.json']).toMatchObject({ title: 'Already used', failed: [] });
    expect(shown['truncated.json']).toMatchObject({
      title: 'Unreadable',
      reason: expect.stringMatching(/not valid JSON/),
    });
    for (const [name, { title, reason, failed }] of Object.entries(TAMPERED)) {
      expect(shown[`${name}.json`], name).toMatchObject({
        title,
        reason: expect.stringMatching(reason),
        failed,
      });
    }
    await expectNoComplaints(app);
  });

  it('refuses a plain proof whose key lets anyone forge, though its pairing holds', async () => {
    const signals = [41n, 42n];
    const secrets = randomTrapdoor(31, signals.length);
    const strong = keyOf(secrets);
    const weak = keyOf({ ...secrets, delta: secrets.gamma });
    // Made from the key's points only, as a forger would.
    const forged = proofFromPoints(
      g1(secrets.alpha),
      g2(secrets.beta),
      g1(combination(secrets, signals)).negate(),
    );
    const honest = simulate(secrets, signals, 7);
    const triple = (stem: string, proof: unknown, vkey: unknown, shown = signals.map(String)) => [
      { name: `${stem}.proof.json`, text: JSON.stringify(proof) },
      { name: `${stem}.public.json`, text: JSON.stringify(shown) },
      { name: `${stem}.vkey.json`, text: JSON.stringify(vkey) },
    ];
    await page.goto(`${server.origin}/verify`);
    await chooseFiles(page, 'Open files', [
      ...triple('honest', honest, strong),
      ...triple('weak', forged, weak),
      ...triple('cut', honest, strong, ['41']),
    ]);
    const shown = await shownResults(3);
    expect(shown['honest.proof.json']).toMatchObject({ title: 'Proof is valid', failed: [] });
    expect(shown['weak.proof.json']).toMatchObject({
      title: 'Proof is not valid',
      reason: expect.stringContaining(CHECKS.keyStrength),
      // Both pairings hold; only the look at the key tells.
      failed: [CHECKS.keyStrength],
    });
    expect(shown['cut.proof.json']).toMatchObject({
      title: 'Proof is not valid',
      reason: expect.stringContaining(CHECKS.signalCount),
    });
    await expectNoComplaints(app);
  });

  it('accepts nothing under a campaign file that names another key', async () => {
    const manifest = (await (await fetch(`${server.origin}/circuits/manifest.json`)).json()) as Manifest;
    const known = reputationCircuits(manifest.circuits);
    const { campaign } = await sampleCampaign(known);
    const judged = async (digestOf: (at: number) => string): Promise<ShownResult | undefined> => {
      const circuits = campaign.circuits.map((circuit, at) => ({ ...circuit, vkeySha256: digestOf(at) }));
      await page.goto(`${server.origin}/verify`);
      await chooseFiles(page, 'Open files', [
        { name: 'campaign.json', text: writeCampaign({ ...campaign, circuits }) },
        { name: 'good.json', text: claimText },
      ]);
      return (await shownResults(1))['good.json'];
    };
    // With the true digests it is known from the first test's batch, so the files are good.
    expect(await judged((at) => known[at]!.vkeySha256)).toMatchObject({ title: 'Already used', failed: [] });
    expect(await judged((at) => known.at(at - 1)!.vkeySha256)).toMatchObject({
      title: 'Refused',
      failed: expect.arrayContaining(['proof']),
    });
    // A key that this app does not have says nothing about the claim, and accepts nothing.
    expect(await judged(() => 'ab'.repeat(32))).toMatchObject({
      title: 'Could not be checked',
      reason: expect.stringMatching(/does not have the verification key/),
    });
    await expectNoComplaints(app);
  });

  it('says what is wrong with a campaign file', async () => {
    await page.goto(`${server.origin}/verify`);
    await chooseFiles(page, 'Open a file', [
      { name: 'campaign.json', text: '{"format":"gnomon/campaign","version":1}' },
    ]);
    // It names the first thing that is missing.
    await page
      .getByText(/campaign file can.t be used/i)
      .first()
      .waitFor();
    await expectNoComplaints(app);
  });
});

describe('malformed input', () => {
  it.each([
    ['not JSON', 'certainly not', /JSON/],
    ['another file', '{"format":"gnomon/claim"}', /format|bundle/i],
    ['an empty file', '', /empty|JSON/i],
    ['a list', '[1,2,3]', /./],
  ])('answers a bundle that is %s', async (_what, text, words) => {
    await page.goto(`${server.origin}/claim`);
    await chooseFiles(page, 'Open files', [{ name: 'bundle.json', text }]);
    const alert = page.getByRole('alert').first();
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(words);
    expect(await page.getByRole('button', { name: 'Make the proof' }).count()).toBe(0);
  });

  it('says line and reason of each bad row of a network, and goes on with the good ones', async () => {
    await page.goto(`${server.origin}/campaign`);
    const csv = [
      'source,target,rating,time',
      'a,b,5,1400000000',
      'a,c,11,1400000000',
      'b,c,0,1400000000',
      'c,b,-4,14x',
      'b,a,7',
    ];
    await chooseFiles(page, 'Open a file', [{ name: 'network.csv', text: csv.join('\n') }]);
    await page.getByText('4 rows were refused').click();
    await page.getByRole('table', { name: 'Refused rows' }).waitFor();
    const words = (await page.getByRole('main').textContent()) ?? '';
    for (const line of [3, 4, 5, 6]) expect(words).toMatch(new RegExp(`line ${line}(?!\\d)`));
    expect(await page.getByText('2. Terms').count()).toBe(1);
    await expectNoComplaints(app);
  });

  it('does the same for attestations, naming a dogmatic one', async () => {
    await page.goto(`${server.origin}/campaign`);
    const good = {
      source: '0xA',
      target: '0xB',
      opinion: { belief: 0.7, disbelief: 0.1, uncertainty: 0.2, base_rate: 0.5 },
      attestation_type: 'trust',
      weight: 1,
      created_at: 1_700_000_000_000,
    };
    const bad = [
      { ...good, opinion: { belief: 1, disbelief: 0, uncertainty: 0, base_rate: 0.5 } },
      { ...good, weight: 2 },
      { ...good, target: undefined },
      'nonsense',
    ];
    await chooseFiles(page, 'Open a file', [{ name: 'network.json', text: JSON.stringify([good, ...bad]) }]);
    await page.getByText('4 rows were refused').click();
    await page.getByRole('table', { name: 'Refused rows' }).waitFor();
    const words = (await page.getByRole('main').textContent()) ?? '';
    expect(words).toMatch(/uncertainty/i);
    expect(words).toMatch(/weight/i);
    expect(words).toMatch(/target/i);
    expect(await page.getByText('2. Terms').count()).toBe(1);
    await expectNoComplaints(app);
  });
});
