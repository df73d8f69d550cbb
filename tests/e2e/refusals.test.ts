// What must not be accepted, as a person meets it: tampered claims on the Verify page, malformed bundles, networks
// and campaign files on theirs. Each is answered with what is wrong and where, and the good part goes on.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELD_ORDER_Q, FIELD_ORDER_R } from '../../src/core/groth16.ts';
import type { ClaimFile } from '../../src/reputation/claim-file.ts';
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
const plus = (decimal: string, more: bigint): string => (BigInt(decimal) + more).toString();

/** Public signals in the circuit's order. */
const SIGNALS = ['root', 'nullifier', 'scope', 'message', 'asOf', 'baseRate', 'lower', 'upper'];

/** Each changes one thing of a good claim. */
const TAMPERED: Record<string, (claim: ClaimFile) => unknown> = {
  ...Object.fromEntries(
    SIGNALS.map((name, at) => [
      `signal-${name}`,
      (good: ClaimFile) => ({
        ...good,
        publicSignals: good.publicSignals.with(at, plus(good.publicSignals[at]!, 1n)),
      }),
    ]),
  ),
  'signal-plus-r': (good) => ({
    ...good,
    publicSignals: good.publicSignals.with(1, plus(good.publicSignals[1]!, FIELD_ORDER_R)),
  }),
  'signal-leading-zero': (good) => ({
    ...good,
    publicSignals: good.publicSignals.with(4, `0${good.publicSignals[4]}`),
  }),
  'signals-cut': (good) => ({ ...good, publicSignals: good.publicSignals.slice(0, 7) }),
  'signals-longer': (good) => ({ ...good, publicSignals: [...good.publicSignals, '0'] }),
  'a-plus-q': ({ proof, ...good }) => ({
    ...good,
    proof: { ...proof, pi_a: [plus(proof.pi_a[0], FIELD_ORDER_Q), proof.pi_a[1], '1'] },
  }),
  'a-off-curve': ({ proof, ...good }) => ({
    ...good,
    proof: { ...proof, pi_a: [plus(proof.pi_a[0], 1n), proof.pi_a[1], '1'] },
  }),
  'a-negated': ({ proof, ...good }) => ({
    ...good,
    proof: { ...proof, pi_a: [proof.pi_a[0], (FIELD_ORDER_Q - BigInt(proof.pi_a[1])).toString(), '1'] },
  }),
  'a-at-infinity': ({ proof, ...good }) => ({ ...good, proof: { ...proof, pi_a: ['0', '1', '0'] } }),
  'a-and-c-swapped': ({ proof, ...good }) => ({
    ...good,
    proof: { ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a },
  }),
  'other-words': (good) => ({ ...good, payload: 'pay someone else' }),
  'other-size': (good) => ({ ...good, circuit: 'reputation-64' }),
  'unknown-circuit': (good) => ({ ...good, circuit: 'membership-only' }),
  'not-a-claim': () => ({ hello: 'world' }),
};

describe('the Verify page', () => {
  it('refuses every tampered claim of a batch, and accepts the good one among them, once', async () => {
    await page.goto(`${server.origin}/verify`);
    await page.getByRole('button', { name: 'Take the sample campaign' }).click();
    const files = Object.entries(TAMPERED).map(([name, tamper]) => ({
      name: `${name}.json`,
      text: JSON.stringify(tamper(claim())),
    }));
    files.push({ name: 'truncated.json', text: claimText.slice(0, 300) });
    files.splice(5, 0, { name: 'good.json', text: claimText }, { name: 'good-again.json', text: claimText });
    await chooseFiles(page, 'Open files', files);
    const status = page.getByRole('status').filter({ hasText: 'accepted' });
    const counts = async (): Promise<Record<string, number>> => {
      const words = (await status.count()) === 0 ? '' : ((await status.first().textContent()) ?? '');
      return Object.fromEntries(
        [...words.matchAll(/(\d+) ([a-z ]+)/g)].map(([, count, what]) => [what, Number(count)]),
      );
    };
    const ended = async (): Promise<number> => {
      const { refused = 0, unreadable = 0, ...rest } = await counts();
      return refused + unreadable + (rest.accepted ?? 0) + (rest['already used'] ?? 0);
    };
    await expect.poll(ended, { timeout: 120_000 }).toBe(files.length);
    expect(await counts()).toMatchObject({ accepted: 1, 'already used': 1 });
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
    await chooseFiles(page, 'Open a file', [{ name: 'bundle.json', text }]);
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
