// What the page does with files it cannot trust or cannot get: a flipped byte in any artifact, a list of
// circuits that is empty or broken, a server that dies in mid-download, and a server without isolation headers.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { builtCircuits } from '../helpers/app.ts';
import {
  download,
  expectNoComplaints,
  openApp,
  PROOF_TIMEOUT_MS,
  startSample,
  waitForVerified,
} from '../helpers/app-page.ts';
import { type AppServer, type AppServerOptions, dribble, serveApp } from '../helpers/app-server.ts';
import { launchChromium } from '../helpers/chromium.ts';

const FILES = ['wasm', 'zkey', 'vkey.json'] as const;
const CIRCUIT = 'reputation-16';

let browser: Browser;
let server: AppServer;
let folder: string;

beforeAll(async () => {
  browser = await launchChromium();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await server?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await browser?.close();
});

const built = (file: string) => join(builtCircuits, `${CIRCUIT}.${file}`);
const served = (file: string) => join(folder, `${CIRCUIT}.${file}`);

/** A folder with the smallest circuit alone. */
function copyCircuit(): void {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-integrity-'));
  for (const file of FILES) copyFileSync(built(file), served(file));
  writeManifest();
}

function writeManifest(): void {
  const manifest = JSON.parse(readFileSync(join(builtCircuits, 'manifest.json'), 'utf8')) as {
    circuits: { id: string }[];
  };
  const circuits = manifest.circuits.filter(({ id }) => id === CIRCUIT);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, circuits }));
}

async function serveCopy(options: AppServerOptions = {}): Promise<void> {
  server = await serveApp({ circuitsFolder: folder, ...options });
}

async function expectOneProof(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Proofs' }).click();
  await page.getByText('Proved', { exact: true }).waitFor();
  expect(await page.getByRole('listitem').filter({ hasText: 'Sample campaign' }).count()).toBe(1);
}

describe('a flipped byte', () => {
  for (const file of FILES) {
    it(`in the ${file} makes no proof, says so, and is forgotten once the file is mended`, async () => {
      copyCircuit();
      const bytes = readFileSync(built(file));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(served(file), bytes);
      await serveCopy();
      const { page } = await openApp(browser, server.origin);
      await startSample(page);

      const alert = page
        .getByRole('alert')
        .filter({ hasText: 'A circuit’s file is not the one the list names.' });
      await alert.waitFor({ timeout: PROOF_TIMEOUT_MS });
      await expect.poll(() => alert.textContent()).toContain(`${CIRCUIT}.${file}`);
      await expect.poll(() => alert.textContent()).toContain('Try again; if it happens again');
      expect(await page.getByText('Verified', { exact: true }).count()).toBe(0);
      expect(await page.getByRole('button', { name: 'Download proof' }).count()).toBe(0);

      copyFileSync(built(file), served(file));
      await page.getByRole('button', { name: 'Try again' }).click();
      await waitForVerified(page);
      await expectOneProof(page);
    });
  }
});

describe('a list of circuits', () => {
  /** What needs no circuit. */
  async function expectTheRestToWork(page: Page): Promise<void> {
    const go = (name: string) =>
      page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
    await go('Campaign');
    await page.getByRole('button', { name: 'Take the sample network' }).click();
    await page.getByText('People judged').waitFor();
    await go('Identity');
    await page.getByRole('button', { name: 'Make an identity' }).waitFor();
  }

  it('that is missing is waited for, and the proof goes on by itself when it is there', async () => {
    copyCircuit();
    rmSync(join(folder, 'manifest.json'));
    await serveCopy();
    const app = await openApp(browser, server.origin);
    await expectTheRestToWork(app.page);
    await app.page.goto(server.origin);
    await app.page.getByRole('button', { name: 'Make a proof with the sample' }).click();
    await app.page.getByRole('button', { name: 'Preparing the sample' }).waitFor();
    writeManifest();
    await app.page.waitForURL(/\/proofs\/.+/);
    await waitForVerified(app.page);
    await expectNoComplaints(app);
  });

  for (const [how, text, status] of [
    ['is not JSON', '{"version": 1, "circuits": [', 200],
    ['is something else', '{"version": 1, "circuits": [{"id": 7}]}', 200],
    ['is refused by the server', '{"error": "disk"}', 500],
  ] as const) {
    it(`that ${how} is named as what is wrong, and a mended one works without a reload`, async () => {
      copyCircuit();
      await serveCopy({
        around: (request, next) =>
          request.url.endsWith('/manifest.json')
            ? new Response(text, { status, headers: { 'content-type': 'application/json' } })
            : next(),
      });
      const { page } = await openApp(browser, server.origin);
      await page.getByRole('button', { name: 'Make a proof with the sample' }).click();
      const alert = page.getByRole('alert').filter({ hasText: 'The sample could not be started.' });
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(/The list of circuits (is malformed|could not be loaded)/);
      expect(await alert.textContent()).toContain('/circuits/manifest.json');
      await expectTheRestToWork(page);

      server.around = null;
      await page.getByRole('link', { name: 'Gnomon, start page' }).click();
      await startSample(page);
    });
  }
});

describe('a server', () => {
  it('that dies in mid-download is waited for, and the download goes on where it stopped', async () => {
    copyCircuit();
    const cutAt = 3.5 * 2 ** 20;
    let cut: () => void;
    const reached = new Promise<void>((resolve) => {
      cut = resolve;
    });
    await serveCopy({
      around: async (request, next) => {
        const response = await next();
        if (!request.url.endsWith('.zkey')) return response;
        return dribble(response, {
          pieceBytes: 2 ** 17,
          everyMs: 20,
          thenStopAt: cutAt,
          onStop: () => cut(),
        });
      },
    });
    const { page } = await openApp(browser, server.origin);
    await startSample(page);
    await reached;
    await server.stop();
    await page
      .getByText(/^Trying again/)
      .first()
      .waitFor({ timeout: PROOF_TIMEOUT_MS });
    expect(await page.getByText('Verified', { exact: true }).count()).toBe(0);

    server.around = null;
    await server.restart();
    await waitForVerified(page);
    const keys = server.requests.filter((line) => line.includes('.zkey'));
    const ranges = keys.flatMap((line) => /bytes=(\d+)-$/.exec(line)?.[1] ?? []).map(Number);
    // Whole chunks of 1 MiB were kept; none of them is asked for again.
    expect(Math.max(...ranges)).toBeGreaterThanOrEqual(3 * 2 ** 20);
    expect(keys.slice(1).every((line) => /bytes=[1-9]/.test(line))).toBe(true);
    await expectOneProof(page);
  });

  it('without isolation headers leaves a page that still proves', async () => {
    copyCircuit();
    await serveCopy({
      around: async (_, next) => {
        const response = await next();
        const headers = new Headers(response.headers);
        headers.delete('cross-origin-opener-policy');
        headers.delete('cross-origin-embedder-policy');
        return new Response(response.body, { status: response.status, headers });
      },
    });
    const app = await openApp(browser, server.origin);
    const { page } = app;
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await startSample(page);
    await waitForVerified(page);
    const proof = JSON.parse((await download(page, 'Download proof')).text) as Record<string, unknown>;
    expect(proof).toMatchObject({ protocol: 'groth16', curve: 'bn128' });
    await expectNoComplaints(app);
  });
});
