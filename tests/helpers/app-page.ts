// The app in a real Chromium, driven by what a person sees: roles, names and words.
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Download, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchChromium } from './chromium.ts';

/** Generous: CI's two cores may be busy. A proof takes seconds. */
export const PROOF_TIMEOUT_MS = 120_000;

export interface AppPage {
  page: Page;
  context: BrowserContext;
  /** Console errors and uncaught exceptions since the page opened; a test ends with none. */
  complaints: string[];
}

export async function openApp(
  browser: Browser,
  origin: string,
  path = '/',
  options: BrowserContextOptions = {},
): Promise<AppPage> {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  await page.goto(origin + path);
  return { page, context, complaints };
}

export { launchChromium };

/** Starts the sample's proof from the start page; resolves on the proof's own page. */
export async function startSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make a proof with the sample' }).click();
  await page.waitForURL(/\/proofs\/.+/);
}

/** Waits for the verdict of the proof that is open. */
export async function waitForVerified(page: Page): Promise<void> {
  await page.getByText('Verified', { exact: true }).waitFor({ timeout: PROOF_TIMEOUT_MS });
}

/** Waits until the proof is really being computed, i.e. its files are here and the witness is made. */
export async function waitForProving(page: Page): Promise<void> {
  await page.getByText('Making the proof', { exact: true }).first().waitFor({ timeout: PROOF_TIMEOUT_MS });
}

/** Clicks the named button and reads the file that is downloaded. */
export async function download(
  page: Page,
  buttonName: string | RegExp,
): Promise<{ name: string; text: string }> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: buttonName }).first().click(),
  ]);
  return { name: (file as Download).suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

/** Resolves when the service worker controls the page, having kept the app. */
export async function waitForServiceWorker(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

/** Resolves when one visit has made the page independent of the network: the service worker has kept the app,
 * and the smallest circuit, which is fetched in the background, is here too. */
export async function waitForOfflineReady(page: Page): Promise<void> {
  await waitForServiceWorker(page);
  // Not waitForFunction, which takes the promise of an async predicate for true.
  await expect.poll(() => page.evaluate(offlineReady), { timeout: PROOF_TIMEOUT_MS }).toBe(true);
}

async function offlineReady(): Promise<boolean> {
  const manifest = await (await fetch('/circuits/manifest.json')).json();
  const { wasm, zkey, vkey } = manifest.circuits[0].artifacts;
  const { usage = 0 } = await navigator.storage.estimate();
  const { held = [] } = await navigator.locks.query();
  const downloading = held.some(({ name }) => name?.includes('artifact'));
  return usage > wasm.bytes + zkey.bytes + vkey.bytes + 1_000_000 && !downloading;
}

/** Puts files on the drop zone's input that stands under the given button. */
export async function chooseFiles(
  page: Page,
  buttonName: string | RegExp,
  files: { name: string; text: string }[] | string,
): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: buttonName }).first().click(),
  ]);
  if (typeof files === 'string') await chooser.setFiles(files);
  else {
    await chooser.setFiles(
      files.map(({ name, text }) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) })),
    );
  }
}

export async function expectNoComplaints({ complaints }: AppPage): Promise<void> {
  expect(complaints).toEqual([]);
}
