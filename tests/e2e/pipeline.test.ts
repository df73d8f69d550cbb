// The packed pipeline library's component in pages of others, in a real Chromium: plain HTML, React and Vue, each from
// the click to a proof that is verified here; a server only with consent; wrong requests told in place. Without a face:
// pipeline-client.test.ts.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProofError, ProofOutcome, ProofProgress } from '../../src/client/types.ts';
import type { ProofPipelineElement } from '../../src/embed/element-types.ts';
import { writeBundle } from '../../src/reputation/bundle.ts';
import { nullifierOf } from '../../src/reputation/claim.ts';
import { exportIdentity, openIdentity } from '../../src/reputation/identity.ts';
import { buildNetwork, makeBundle, makeCampaign } from '../../src/reputation/network.ts';
import { readRatings } from '../../src/reputation/ratings.ts';
import {
  SAMPLE_AS_OF,
  SAMPLE_BASE_RATE_PPM,
  SAMPLE_SUBJECT,
  sampleRatingsCsv,
  sampleTerms,
} from '../../src/reputation/sample.ts';
import { axeFaults, overflow } from '../helpers/look.ts';
import { startMeddler } from '../helpers/meddler.ts';
import { buildHost, circuitsFolder, hostsFolder, ISOLATION } from '../helpers/pipeline-hosts.ts';
import { boundsIn, campaignCircuits, expectProof, openSite, type Site } from '../helpers/pipeline-site.ts';
import { startWorkerServer, until } from '../helpers/worker-server.ts';

const PROOF_MS = 90_000;
let site: Site;
const startHost: Site['startHost'] = (...args) => site.startHost(...args);

beforeAll(async () => {
  site = await openSite();
}, 180_000);
afterAll(() => site?.close());

interface Got {
  steps: number;
  proof: ProofOutcome | null;
  error: (ProofError & { id: string | null }) | null;
}
/** What the framework has made of the events. */
const gotIn = async (page: Page): Promise<Got> =>
  JSON.parse((await page.locator('#got').textContent()) ?? '{}') as Got;

const make = (page: Page) => page.getByRole('button', { name: 'Make the proof' }).click();
const verified = (page: Page) => page.getByText('Verified', { exact: true }).waitFor({ timeout: PROOF_MS });

/** Of a campaign that is no demo: the claimant's identity is nobody else's. */
async function identityBundle() {
  const identity = openIdentity(new Uint8Array(32).fill(7));
  const { rows } = await readRatings(sampleRatingsCsv());
  const network = await buildNetwork(rows, {
    asOf: SAMPLE_AS_OF,
    baseRatePpm: SAMPLE_BASE_RATE_PPM,
    weights: { kind: 'uniform' },
    commitments: new Map([[SAMPLE_SUBJECT, identity.commitment]]),
  });
  const campaign = makeCampaign(network, sampleTerms(campaignCircuits()));
  const bundle = writeBundle(makeBundle(network, campaign, SAMPLE_SUBJECT));
  return { bundle, exported: exportIdentity(identity), secretScalar: identity.secretScalar };
}

/** All that a page shows and keeps, as text. */
async function keptBy(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const told = [document.documentElement.outerHTML, JSON.stringify({ ...localStorage })];
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of database.objectStoreNames) {
        const rows = await new Promise<unknown[]>((resolve, reject) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        told.push(`${name} ${store}`, JSON.stringify(rows));
      }
      database.close();
    }
    return told.join('\n');
  });
}

// Two at a time: much of it is a page being waited for.
describe.concurrent('<proof-pipeline>', () => {
  it('in plain HTML: says how long it takes, shows each step, hands out a proof, and wears the page’s colours', async (test) => {
    const { open } = await startHost(test, hostsFolder);
    const { page, faults } = await open('/plain.html', 390);
    const element = page.locator('proof-pipeline');
    await page.getByText('Shows a score of at least 0.6').waitFor();
    await page.getByText(/^Takes about .* s \(.* to .* s\)\./).waitFor();
    await page.getByText('Stays on this device').waitFor();
    const button = page.getByRole('button', { name: 'Make the proof' });
    // It settles: a button that has just become usable fades into its colour.
    await expect
      .poll(() => button.evaluate((one) => getComputedStyle(one).backgroundColor))
      .toBe('rgb(10, 80, 180)');
    const title = element.getByText('Reputation', { exact: true });
    expect(await title.evaluate((one) => getComputedStyle(one).textTransform)).toBe('uppercase');
    expect(await axeFaults(page)).toEqual([]);
    expect(await overflow(page)).toBeNull();
    // By keyboard, and the focus stays with what happens.
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('progressbar').waitFor();
    await verified(page);
    const focused = await element.evaluate((one) => one.shadowRoot?.activeElement?.textContent);
    expect(focused).toBe('Download');
    expect(await axeFaults(page)).toEqual([]);
    const got = await page.evaluate(
      () =>
        (
          globalThis as unknown as {
            got: { progress: ProofProgress[]; proof: ProofOutcome; errors: unknown[] };
          }
        ).got,
    );
    expect(got.errors).toEqual([]);
    const overall = got.progress.map((step) => step.overall);
    expect(overall).toEqual([...overall].sort((a, b) => a - b));
    expect(new Set(got.progress.map(({ stage }) => stage))).toEqual(
      new Set(['artifacts', 'witness', 'proving', 'verifying']),
    );
    await expectProof(got.proof, 600_000, 1_000_000);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const file = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as ProofOutcome;
    expect(file.publicSignals).toEqual(got.proof.publicSignals);
    // What has been measured is there after a reload, and the next prediction comes from it.
    await page.reload();
    await page.getByText('From 1 proof here.').waitFor();
    await page.getByText('100 %').waitFor();
    // Offline it says so, and proves with what it has kept.
    expect(await page.getByText('Offline', { exact: true }).count()).toBe(0);
    await page.context().setOffline(true);
    await page.getByRole('status').getByText('Offline', { exact: true }).waitFor();
    await make(page);
    await verified(page);
    await page.context().setOffline(false);
    await page.getByText('Offline', { exact: true }).waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
  });

  it('in React, with the server of VITE_WS_URL: nothing goes there before the person’s word, then the proof is made there', async (test) => {
    const { server, open } = await startHost(test, join(site.library.folder, 'react'), ISOLATION);
    const worker = await startWorkerServer({
      circuitsFolder,
      args: ['--name', 'Office server', '--allowed-origins', server.origin, '--concurrency', '1'],
    });
    const meddler = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
    try {
      await buildHost('react', site.library, meddler.origin);
      const { page, faults } = await open('/react.html');
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await page.getByText('Shows a score between 0.5 and 0.95').waitFor();
      await page.getByText('Not in use').waitFor();
      expect([meddler.connections(), meddler.sent]).toEqual([0, []]);
      await page.getByRole('button', { name: 'Use this server' }).click();
      await page.getByText(/whoever runs it will see everything that went into it/).waitFor();
      expect(await axeFaults(page)).toEqual([]);
      expect(meddler.connections()).toBe(0);
      await page.getByRole('button', { name: 'Allow', exact: true }).click();
      await page.getByText(/^Connected/).waitFor();
      // Allowed, but not chosen for this proof: here is still the default.
      expect(await page.getByRole('radio', { name: 'This device' }).isChecked()).toBe(true);
      const office = page.getByRole('radio', { name: 'Office server' });
      await office.check();
      const radio = await office.elementHandle();
      await page
        .getByText('Goes to Office server: it will see everything that goes into the proof')
        .waitFor();
      await page.getByText('Runs on Office server: you chose it for this proof.').waitFor();
      // News of servers take the focus from nobody.
      expect(await radio?.evaluate((one) => one.isConnected)).toBe(true);
      await make(page);
      await verified(page);
      await page.getByText(/^Made on Office server in/).waitFor();
      const { steps, proof, error } = await gotIn(page);
      expect(error).toBeNull();
      expect(steps).toBeGreaterThan(0);
      expect(proof?.madeBy).toBe('Office server');
      await expectProof(proof, 500_000, 950_000);
      expect(meddler.sent.some((text) => text.includes('"submit"'))).toBe(true);
      await page.getByRole('button', { name: 'Stop using it' }).click();
      await until(() => meddler.connections() === 0);
      expect(faults).toEqual([]);
    } finally {
      await meddler.close();
      await worker.stop();
    }
  });

  it('in Vue: says in place and by an event what cannot be proved and what to do, and goes on when it can', async (test) => {
    const { open } = await startHost(test, join(site.library.folder, 'vue'));
    await buildHost('vue', site.library);
    const { page, faults } = await open('/vue.html');
    await page.getByRole('alert').getByText('Your score does not meet at least 0.99.').waitFor();
    expect(await page.getByRole('button', { name: 'Make the proof' }).isDisabled()).toBe(true);
    await until(async () => (await gotIn(page)).error !== null);
    const refused = (await gotIn(page)).error;
    expect(refused).toMatchObject({ code: 'input.claim-not-met', id: null });
    expect(refused?.nextStep).not.toBe('');
    expect(await axeFaults(page)).toEqual([]);
    const panel = page.getByRole('region', { name: 'Proof' });
    expect(await panel.evaluate((one) => getComputedStyle(one).backgroundColor)).toBe('rgb(25, 29, 35)');
    await page.getByLabel('Threshold').fill('0.6');
    await page.getByText('Shows a score of at least 0.6').waitFor();
    const button = page.getByRole('button', { name: 'Make the proof' });
    const colour = () => button.evaluate((one) => getComputedStyle(one).backgroundColor);
    await until(async () => (await colour()) === 'rgb(120, 200, 90)');
    await make(page);
    await verified(page);
    const { steps, proof } = await gotIn(page);
    expect(steps).toBeGreaterThan(0);
    await expectProof(proof, 600_000, 1_000_000);
    expect(faults).toEqual([]);
  });

  it('takes a bundle with its identity, of the list of circuits that the page means and no other', async (test) => {
    const { open } = await startHost(test, hostsFolder);
    const { page, faults } = await open('/plain.html');
    await page.getByText('Shows a score of at least 0.6').waitFor();
    const { bundle, exported, secretScalar } = await identityBundle();
    const manifest = readFileSync(join(circuitsFolder, 'manifest.json'));
    const digest = createHash('sha256').update(manifest).digest('hex');
    const element = page.locator('proof-pipeline');
    await element.evaluate((one, text) => {
      const it = one as ProofPipelineElement;
      it.database = 'identity-host';
      it.attestations = null;
      it.threshold = null;
      it.proofType = null;
      it.circuitsSha256 = '0'.repeat(64);
      it.bundle = text;
    }, bundle);
    await page
      .getByRole('alert')
      .getByText('The list of circuits is not the one that this page means.')
      .waitFor();
    await element.evaluate((one, right) => {
      (one as ProofPipelineElement).circuitsSha256 = right;
    }, digest);
    await page.getByRole('alert').getByText('This bundle needs the identity that it was made for.').waitFor();
    await element.evaluate((one, identity) => {
      (one as ProofPipelineElement).identity = identity;
    }, exported);
    await page.getByText(/^Shows a score/).waitFor();
    await make(page);
    await verified(page);
    const { proof } = await page.evaluate(
      () => (globalThis as unknown as { got: { proof: ProofOutcome } }).got,
    );
    await expectProof(proof, ...boundsIn(proof));
    const { scope } = JSON.parse(bundle).campaign as { scope: string };
    expect(proof.publicSignals).toContain(`${nullifierOf(BigInt(scope), secretScalar)}`);
    // In memory only, and never where the page or anybody who reads it would find it.
    const kept = await keptBy(page);
    for (const secret of [exported, `${secretScalar}`, secretScalar.toString(16)])
      expect(kept).not.toContain(secret);
    expect(faults).toEqual([]);
  });

  it('keeps a proof under way in sight, and tells its end, whatever the page does with the element meanwhile', async (test) => {
    const { open } = await startHost(test, hostsFolder);
    const { page, faults } = await open('/plain.html');
    await page.getByText('Shows a score of at least 0.6').waitFor();
    let goOn = (): void => {};
    const told = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await page.route(/\.zkey$/, async (route) => {
      await told;
      await route.continue();
    });
    await make(page);
    await page.getByRole('progressbar').waitFor();
    const element = await page.locator('proof-pipeline').elementHandle();
    // What would be asked next has become wrong: what goes on can still be seen and stopped.
    await element?.evaluate((one) => one.setAttribute('threshold', 'high'));
    await page.getByRole('alert').getByText('"threshold" must be a number from 0 to 1.').waitFor();
    await page.getByRole('progressbar').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel' }).isEnabled()).toBe(true);
    await element?.evaluate((one) => one.setAttribute('threshold', '0.6'));
    await page.getByRole('alert').waitFor({ state: 'detached' });
    // Taken off the page, and put back only when it is done.
    await element?.evaluate((one) => one.remove());
    goOn();
    const proof = await page.waitForFunction(
      () => (globalThis as unknown as { got: { proof: ProofOutcome | null } }).got.proof,
      undefined,
      { timeout: PROOF_MS },
    );
    await expectProof(await proof.jsonValue(), 600_000, 1_000_000);
    await page.evaluate((one) => document.querySelector('main')?.append(one as unknown as Node), element);
    await verified(page);
    expect(faults).toEqual([]);
  });

  it('says which attribute is wrong, reflects properties, and is not made twice', async (test) => {
    const { open } = await startHost(test, hostsFolder);
    const { page, faults } = await open('/plain.html');
    const element = page.locator('proof-pipeline');
    await page.getByText('Shows a score of at least 0.6').waitFor();
    for (const [name, value, words] of [
      ['proof-type', 'most', '"proof-type" must be exact, threshold, band or membership.'],
      ['threshold', 'high', '"threshold" must be a number from 0 to 1.'],
      ['priority', 'now', '"priority" must be low, normal, high or critical.'],
      ['bundle', '{', '"bundle" is not valid JSON.'],
      ['database', 'a b', 'This is no name for a database.'],
    ] as const) {
      const before = await element.getAttribute(name);
      await element.evaluate((one, [key, text]) => one.setAttribute(key, text), [name, value] as const);
      await page.getByRole('alert').getByText(words).waitFor();
      await element.evaluate(
        (one, [key, text]) => (text === null ? one.removeAttribute(key) : one.setAttribute(key, text)),
        [name, before] as const,
      );
      await page.getByText('Shows a score of at least 0.6').waitFor();
    }
    // Told once, however often it is looked at, and again for each try to start it.
    const told = () =>
      page.evaluate(
        () =>
          (globalThis as unknown as { got: { errors: ProofError[] } }).got.errors.filter(
            ({ code }) => code === 'input.claim-not-met',
          ).length,
      );
    await element.evaluate((one) => one.setAttribute('threshold', '0.99'));
    await page.getByRole('alert').getByText('Your score does not meet at least 0.99.').waitFor();
    await until(async () => (await told()) === 1);
    for (const times of [2, 3]) {
      expect(await element.evaluate((one) => (one as ProofPipelineElement).start())).toBeNull();
      await until(async () => (await told()) === times);
    }
    // Another is wrong from the start, then right, then wrong in the same way.
    const toldOf = await element.evaluate(async (one) => {
      const other = one.cloneNode() as ProofPipelineElement;
      const messages: string[] = [];
      other.addEventListener('error', ({ detail }) => messages.push(detail.message));
      for (const threshold of ['high', '0.5', 'high']) {
        other.setAttribute('threshold', threshold);
        if (!other.isConnected) document.body.append(other);
        await new Promise((done) => setTimeout(done, 50));
      }
      other.remove();
      return messages;
    });
    expect(toldOf).toEqual(Array(2).fill('"threshold" must be a number from 0 to 1.'));
    const reflected = await element.evaluate((one) => {
      const it = one as ProofPipelineElement;
      it.proofType = 'band';
      it.lower = 0.25;
      it.threshold = null;
      it.priority = 3;
      it.label = 'Other words';
      return [it.outerHTML, it.lower, it.priority, it.privacy, it.threshold];
    });
    expect(reflected[0]).toContain('proof-type="band"');
    expect(reflected[0]).toContain('lower="0.25" priority="critical"');
    expect(reflected[0]).not.toContain(' threshold=');
    expect(reflected.slice(1)).toEqual([0.25, 3, 'local-only', null]);
    await page.getByText('Shows a score between 0.25 and 1').waitFor();
    await page.getByRole('region', { name: 'Other words' }).waitFor();
    // A second copy of the file finds the name taken, and leaves it.
    await page.addScriptTag({ url: '/gnomon/pipeline.js?again', type: 'module' });
    expect(faults).toEqual([]);
  });
});
