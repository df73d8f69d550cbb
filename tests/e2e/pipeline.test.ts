// The packed pipeline library in pages of others, in a real Chromium: plain HTML, React and Vue, each from the click to
// a proof that is verified here; a server only with consent; wrong requests told in place; the client without a face.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { Attestation, Gnomon, ProofError, ProofOutcome, ProofProgress } from '../../src/client/types.ts';
import type { Manifest } from '../../src/core/manifest.ts';
import type { ProofPipelineElement } from '../../src/embed/element-types.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { writeBundle } from '../../src/reputation/bundle.ts';
import { nullifierOf } from '../../src/reputation/claim.ts';
import { CAPACITIES } from '../../src/reputation/constants.ts';
import { exportIdentity, openIdentity } from '../../src/reputation/identity.ts';
import { buildNetwork, makeBundle, makeCampaign } from '../../src/reputation/network.ts';
import { readRatings } from '../../src/reputation/ratings.ts';
import {
  SAMPLE_AS_OF,
  SAMPLE_BASE_RATE_PPM,
  SAMPLE_SUBJECT,
  sampleCampaign,
  sampleRatingsCsv,
  sampleTerms,
} from '../../src/reputation/sample.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, overflow } from '../helpers/look.ts';
import { startMeddler } from '../helpers/meddler.ts';
import {
  buildHost,
  circuitsFolder,
  type HostServer,
  hostsFolder,
  ISOLATION,
  type PackedLibrary,
  packLibrary,
  serveHost,
} from '../helpers/pipeline-hosts.ts';
import { startWorkerServer, until } from '../helpers/worker-server.ts';

const PROOF_MS = 90_000;
let browser: Browser;
let library: PackedLibrary;

beforeAll(async () => {
  [library, browser] = await Promise.all([packLibrary(), launchChromium()]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  library?.remove();
});

interface Host {
  server: HostServer;
  open(path: string, width?: number): Promise<{ page: Page; faults: string[] }>;
}

/** Somebody's site, each with browsers of its own; gone when the test is. */
async function startHost(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  hosts: string,
  headers: Record<string, string> = {},
): Promise<Host> {
  const server = await serveHost(folders(hosts), headers);
  const contexts: BrowserContext[] = [];
  onTestFinished(async () => {
    for (const context of contexts) await context.close();
    server.close();
  });
  return {
    server,
    async open(path, width = 1000) {
      const context = await browser.newContext({ viewport: { width, height: 900 } });
      contexts.push(context);
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      await page.goto(`${server.origin}${path}`);
      return { page, faults };
    },
  };
}

const folders = (hosts: string) => ({
  '/gnomon/': library.package,
  '/circuits/': circuitsFolder,
  '/': hosts,
});

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

/** By another verifier than the library has; the bounds are the last two signals. */
async function expectProof(outcome: ProofOutcome | null, lowerPpm: number, upperPpm: number): Promise<void> {
  expect(outcome).not.toBeNull();
  const { circuit, proof, publicSignals } = outcome as ProofOutcome;
  const manifest = JSON.parse(readFileSync(join(circuitsFolder, 'manifest.json'), 'utf8')) as Manifest;
  const entry = manifest.circuits.find(({ id }) => id === circuit);
  const vkey = new Uint8Array(readFileSync(join(circuitsFolder, entry?.artifacts.vkey.url ?? '')));
  const verdict = await verifyProof(vkey, publicSignals, proof, {
    vkeySha256: entry?.artifacts.vkey.sha256 ?? '',
  });
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(publicSignals.slice(-2)).toEqual([`${lowerPpm}`, `${upperPpm}`]);
}

const boundsIn = (outcome: ProofOutcome | null): [lower: number, upper: number] => [
  Number(outcome?.publicSignals.at(-2)),
  Number(outcome?.publicSignals.at(-1)),
];

const attestations = () =>
  JSON.parse(readFileSync(join(hostsFolder, 'attestations.json'), 'utf8')) as Attestation[];

function campaignCircuits(): { id: string; capacity: number; vkeySha256: string }[] {
  const manifest = JSON.parse(readFileSync(join(circuitsFolder, 'manifest.json'), 'utf8')) as Manifest;
  return manifest.circuits.flatMap(({ id, capacity, artifacts }) =>
    CAPACITIES.some((known) => known === capacity)
      ? [{ id, capacity: capacity ?? 0, vkeySha256: artifacts.vkey.sha256 }]
      : [],
  );
}

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
    const { server, open } = await startHost(test, join(library.folder, 'react'), ISOLATION);
    const worker = await startWorkerServer({
      circuitsFolder,
      args: ['--name', 'Office server', '--allowed-origins', server.origin, '--concurrency', '1'],
    });
    const meddler = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
    try {
      await buildHost('react', library, meddler.origin);
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
      await page.getByRole('radio', { name: 'Office server' }).check();
      await page
        .getByText('Goes to Office server: it will see everything that goes into the proof')
        .waitFor();
      await page.getByText('Runs on Office server: you chose it for this proof.').waitFor();
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
    const { open } = await startHost(test, join(library.folder, 'vue'));
    await buildHost('vue', library);
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

describe('performanceProfiler', () => {
  it('measures this device and writes its report', async (test) => {
    const { open } = await startHost(test, hostsFolder, ISOLATION);
    const { page, faults } = await open('/headless.html');
    await page.waitForFunction(() => 'gnomon' in globalThis);
    const measured = await page.evaluate(async () => {
      const { performanceProfiler } = (
        globalThis as unknown as { gnomon: typeof import('../../src/embed/pipeline.ts') }
      ).gnomon;
      const shares: number[] = [];
      const report = await performanceProfiler.run(
        { networkSizes: [3], threads: [1], iterations: 2, warmupIterations: 0, includeMemory: false },
        { onProgress: ({ fraction }) => shares.push(fraction) },
      );
      const refused = await performanceProfiler
        .run({ circuitTypes: ['default'] })
        .catch((thrown: ProofError) => thrown.code);
      const { html, csv } = performanceProfiler;
      return { report, refused, shares, html: html(report), csv: csv(report) };
    });
    expect(measured.report.state).toBe('complete');
    expect(measured.report.cells).toHaveLength(1);
    expect(measured.report.cells[0]).toMatchObject({ circuit: 'reputation-16', size: 3, threads: 1 });
    expect(measured.report.cells[0]?.figures.totalMs?.count).toBe(2);
    expect(measured.shares).toEqual([...measured.shares].sort((a, b) => a - b));
    expect(measured.html).toContain('reputation-16');
    expect(measured.csv).toContain('reputation-16');
    expect(measured.refused).toBe('input.prover');
    expect(faults).toEqual([]);
  });
});

describe.concurrent('createGnomon, without a face', () => {
  it('lets a proof go to an allowed server only when it may leave', async (test) => {
    const { server, open } = await startHost(test, hostsFolder, ISOLATION);
    const worker = await startWorkerServer({
      circuitsFolder,
      args: ['--name', 'Office server', '--allowed-origins', server.origin, '--concurrency', '1'],
    });
    const meddler = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
    try {
      const { page, faults } = await open('/headless.html');
      await page.waitForFunction(() => 'gnomon' in globalThis);
      const told = await page.evaluate(
        async ({ address, attestations }) => {
          const { createGnomon } = (
            globalThis as unknown as { gnomon: typeof import('../../src/embed/pipeline.ts') }
          ).gnomon;
          // Nothing has room here, so that where it goes is a matter of what is allowed alone.
          const client = createGnomon({ database: 'leaves', memoryLimitBytes: 1, servers: [address] });
          const [office] = client.servers();
          const prove = async (id: string, privacy: 'local-only' | 'may-offload') => {
            const { done } = await client.submit({ attestations, threshold: 0.6, id, privacy });
            return done.then(
              ({ madeBy }) => madeBy,
              (thrown: ProofError) => thrown.code,
            );
          };
          const ends = [await prove('a', 'may-offload')];
          client.allowServer(office!.id, 'secrets');
          ends.push(await prove('b', 'local-only'), await prove('c', 'may-offload'));
          const outcome = (await client.get('c'))?.outcome ?? null;
          await client.close();
          return { ends, outcome };
        },
        { address: meddler.origin, attestations: attestations() },
      );
      expect(told.ends).toEqual(['resource.too-small', 'resource.too-small', 'Office server']);
      await expectProof(told.outcome, 600_000, 1_000_000);
      expect(meddler.sent.filter((text) => text.includes('"submit"'))).toHaveLength(1);
      expect(faults).toEqual([]);
    } finally {
      await meddler.close();
      await worker.stop();
    }
  });

  it('submits, watches, cancels and tells of failures, from a page whose policy allows no blobs', async (test) => {
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    const { server, open } = await startHost(test, hostsFolder, { 'content-security-policy': policy });
    const { page, faults } = await open('/headless.html');
    await page.waitForFunction(() => 'gnomon' in globalThis);
    const { bundle } = await sampleCampaign(campaignCircuits());
    const told = await page.evaluate(
      async ({ bundle, attestations }) => {
        const { createGnomon, ProofPriority, useWorkerFile, workerPool } = (
          globalThis as unknown as { gnomon: typeof import('../../src/embed/pipeline.ts') }
        ).gnomon;
        useWorkerFile('/gnomon/pipeline-worker.js');
        // One thread: threads would come from blobs.
        const client: Gnomon = createGnomon({ database: 'headless', threads: 1 });
        await workerPool.warm().catch(() => {});
        const events: string[] = [];
        const ending = new AbortController();
        client.on('proof', ({ id }) => events.push(`proof ${id}`));
        client.on('error', ({ id, code, nextStep }) => events.push(`error ${id} ${code} ${nextStep !== ''}`));
        client.on('progress', () => events.push('never'), { signal: ending.signal });
        ending.abort();
        const plan = await client.plan({ bundle });
        const first = await client.submit({ bundle, id: 'first', priority: ProofPriority.HIGH });
        const states: string[] = [];
        client.watch('first', ({ state }) => states.at(-1) !== state && states.push(state));
        // Behind it in the queue: one is aborted by its signal, one cancelled, one cannot be proved.
        const aborting = new AbortController();
        const second = await client.submit(
          { attestations, threshold: 0.5, id: 'second' },
          { signal: aborting.signal },
        );
        const third = await client.submit({ attestations, threshold: 0.5, id: 'third' });
        const wrong = await client.submit({ circuit: plan.circuit, input: { secret: 1n }, id: 'wrong' });
        aborting.abort();
        await client.cancel('third');
        const ends = await Promise.all(
          [first, second, third, wrong].map(({ done }) =>
            done.then(
              ({ verified }) => `verified ${verified}`,
              (thrown: { code: string }) => thrown.code,
            ),
          ),
        );
        const refusals: string[] = [];
        for (const bad of [{}, { bundle: '{}' }, { circuit: 'none', input: {} }, { attestations: [] }]) {
          await client.submit(bad as never).catch((thrown: ProofError) => refusals.push(thrown.code));
        }
        const figures = await client.figures();
        const outcome = (await client.get('first'))?.outcome ?? null;
        await client.close();
        return { ends, events, states, figures, refusals, outcome, developmentKey: plan.developmentKey };
      },
      {
        bundle: writeBundle(bundle),
        attestations: attestations(),
      },
    );
    expect(told.ends[0]).toBe('verified true');
    expect(told.ends.slice(1, 3)).toEqual(['cancelled.by-person', 'cancelled.by-person']);
    expect(told.ends[3]).toMatch(/^input\.|^witness\./);
    expect(told.events.filter((event) => event === 'proof first')).toHaveLength(1);
    expect(told.events.filter((event) => event.startsWith('error wrong'))).toEqual([
      `error wrong ${told.ends[3]} true`,
    ]);
    expect(told.events).not.toContain('never');
    expect(told.states.at(-1)).toBe('succeeded');
    expect(told.refusals).toEqual(['input.request', 'input.malformed', 'circuit.not-found', 'input.request']);
    expect(told.figures).toMatchObject({ queued: 0, running: 0, succeeded: 1, failed: 1, cancelled: 2 });
    expect(told.developmentKey).toBe(true);
    await expectProof(told.outcome, ...boundsIn(told.outcome));
    expect(server.asked).toContain('/gnomon/pipeline-worker.js');
    expect(faults).toEqual([]);
  });
});
