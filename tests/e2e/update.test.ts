// The app can be installed, and a new version comes when the person says so: never by itself, never in
// mid-proof.
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectFolder } from '../helpers/app.ts';
import {
  type AppPage,
  expectNoComplaints,
  openApp,
  startSample,
  waitForServiceWorker,
  waitForVerified,
} from '../helpers/app-page.ts';
import { type AppServer, dribble, serveApp } from '../helpers/app-server.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, overflow, smallTargets } from '../helpers/look.ts';

const PROMPT = 'A new version is ready. Your proofs and identities stay.';

let browser: Browser;
let server: AppServer;
let folder: string;
let app: AppPage;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
});
async function open(): Promise<void> {
  app = await openApp(browser, server.origin);
  page = app.page;
  await waitForServiceWorker(page);
  // Gone after a reload.
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-update-'));
  cpSync(join(projectFolder, 'dist/app'), folder, { recursive: true });
  server = await serveApp({ appFolder: folder });
  await open();
});
afterEach(async () => {
  await app.context.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await browser?.close();
});

/** Another index.html, and a service worker that lists it, as a build of other sources would make them. */
function publishNewVersion(): void {
  const indexPath = join(folder, 'index.html');
  const old = readFileSync(indexPath);
  const revision = (bytes: Buffer | string) => createHash('md5').update(bytes).digest('hex');
  const index = old.toString().replace('</head>', '<meta name="release" content="new" /></head>');
  writeFileSync(indexPath, index);
  const workerPath = join(folder, 'sw.js');
  const worker = readFileSync(workerPath, 'utf8');
  const newWorker = worker.replace(revision(old), revision(index));
  if (newWorker === worker) throw new Error('sw.js does not list index.html by its digest.');
  writeFileSync(workerPath, newWorker);
}

/** What the page does by itself every hour. */
async function lookForUpdate(): Promise<void> {
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).update();
  });
}

const isSameDocument = () => page.evaluate(() => 'sameDocument' in window);
const isNewVersion = () => page.evaluate(() => document.querySelector('meta[name=release]') !== null);

async function reloadedIntoNewVersion(): Promise<void> {
  await page.waitForFunction(
    () => !('sameDocument' in window) && document.querySelector('meta[name=release]') !== null,
  );
  await page.getByRole('heading', { level: 1 }).waitFor();
}

describe('installation', () => {
  it('is offered: a manifest with icons that load, a window of its own, a service worker in control', async () => {
    const session = await app.context.newCDPSession(page);
    const { data, errors } = await session.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    const manifest = JSON.parse(data ?? '') as {
      display: string;
      start_url: string;
      icons: { src: string; sizes: string; type: string; purpose?: string }[];
    };
    expect(manifest).toMatchObject({ name: 'Gnomon', display: 'standalone', start_url: '/' });
    expect(manifest.icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']));
    expect(manifest.icons.some(({ purpose }) => purpose === 'maskable')).toBe(true);
    for (const { src, type } of manifest.icons) {
      const response = await fetch(server.origin + src);
      expect(response.status, src).toBe(200);
      expect(response.headers.get('content-type'), src).toContain(type);
    }
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    // A test's profile is a private one, and that is all that stands in the way.
    expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual(
      [],
    );
    expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toBe(
      `${server.origin}/sw.js`,
    );
  });
});

describe('an update', () => {
  it('asks, changes nothing meanwhile, and reloads when told to', async () => {
    expect(await page.getByText(PROMPT).count()).toBe(0);
    publishNewVersion();
    await lookForUpdate();
    await page.getByText(PROMPT).waitFor();

    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow(page)).toBeNull();
    expect(await smallTargets(page)).toEqual([]);
    expect(await axeFaults(page)).toEqual([]);

    // Still the old version, even for a page that is opened now.
    await page.getByRole('link', { name: 'Verify' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Verify' }).waitFor();
    expect(await isSameDocument()).toBe(true);
    expect(await isNewVersion()).toBe(false);

    await page.getByRole('button', { name: 'Reload', exact: true }).click();
    await reloadedIntoNewVersion();
    expect(new URL(page.url()).pathname).toBe('/verify');
    expect(await page.getByText(PROMPT).count()).toBe(0);
    await expectNoComplaints(app);
  });

  it('can be put off, and asks again at the next visit', async () => {
    publishNewVersion();
    await lookForUpdate();
    await page.getByText(PROMPT).waitFor();
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByText(PROMPT).waitFor({ state: 'detached' });
    await startSample(page);
    await waitForVerified(page);
    expect(await isSameDocument()).toBe(true);
    expect(await page.getByText(PROMPT).count()).toBe(0);

    await page.reload();
    await page.getByText(PROMPT).waitFor();
    expect(await isNewVersion()).toBe(false);
    await page.getByRole('button', { name: 'Reload', exact: true }).click();
    await reloadedIntoNewVersion();
    await waitForVerified(page);
  });

  it('waits for a proof that is being made', async () => {
    // Held back until all has been looked at: how long that takes is the machine's business. From the first visit on,
    // for a page fetches its sample's key before it is asked to.
    let everyMs = 2_000;
    server.around = async (request, next) => {
      const response = await next();
      return request.url.endsWith('.zkey')
        ? dribble(response, { pieceBytes: 2 ** 17, everyMs: () => everyMs })
        : response;
    };
    await app.context.close();
    const before = server.requests.length;
    await open();
    await startSample(page);
    await page.getByText('Getting the circuit', { exact: true }).first().waitFor();
    publishNewVersion();
    await lookForUpdate();
    await page.getByRole('button', { name: 'Reload after the proof' }).click();
    await page.getByText('Reloads as soon as the proof is done.').waitFor();
    // Once more, as impatient people do: it is not a way around the wait.
    await page.getByRole('button', { name: 'Reload after the proof' }).click({ force: true });
    expect(await isSameDocument()).toBe(true);
    expect(await page.getByRole('main').textContent()).toContain('Getting the circuit');

    everyMs = 0;
    await reloadedIntoNewVersion();
    await waitForVerified(page);
    await page.getByRole('link', { name: 'Proofs' }).first().click();
    await page.getByText('Proved', { exact: true }).waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'Sample campaign' }).count()).toBe(1);
    // Not begun anew by the reload: the key came once.
    expect(server.requests.slice(before).filter((line) => line.includes('.zkey'))).toHaveLength(1);
    await expectNoComplaints(app);
  });

  it('can be taken in every open tab, whichever is first', async () => {
    const other = await app.context.newPage();
    await other.goto(server.origin);
    await other.evaluate(() => Object.assign(window, { sameDocument: true }));
    publishNewVersion();
    await lookForUpdate();
    await page.getByText(PROMPT).waitFor();
    await other.getByText(PROMPT).waitFor();
    await page.getByRole('button', { name: 'Reload', exact: true }).click();
    await reloadedIntoNewVersion();
    // The other tab was not reloaded behind the person's back, and its button still works.
    expect(await other.evaluate(() => 'sameDocument' in window)).toBe(true);
    await other.getByRole('button', { name: 'Reload', exact: true }).click();
    await other.waitForFunction(
      () => !('sameDocument' in window) && document.querySelector('meta[name=release]') !== null,
    );
    await expectNoComplaints(app);
  });
});
