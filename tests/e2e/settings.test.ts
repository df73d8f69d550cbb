// The settings page in a real Chromium: it is accessible, settings last, diagnostics are copied, and deleting
// everything leaves nothing behind.
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../helpers/app.ts';
import {
  chooseFiles,
  expectNoComplaints,
  openApp,
  startSample,
  waitForVerified,
} from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, overflow, smallTargets, unnamedFields } from '../helpers/look.ts';

const PASSPHRASE = 'paper ink sun shadow';

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it('keeps what is set, copies diagnostics, and deletes everything', async () => {
  const app = await openApp(browser, server.origin);
  const { page, context } = app;
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
  await startSample(page);
  await waitForVerified(page);
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  await page.getByText('Copy diagnostics').waitFor();
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [390, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await axeFaults(page)).toEqual([]);
    expect(await overflow(page)).toBeNull();
  }
  expect(await smallTargets(page)).toEqual([]);
  expect(await unnamedFields(page)).toEqual([]);

  await page.getByLabel('Threads for a proof').selectOption('1 thread');
  await page.getByRole('radio', { name: /^Delete at once/ }).check();
  await page.getByRole('button', { name: 'Copy diagnostics' }).click();
  await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(copied)).toMatchObject({
    jobs: { succeeded: 1 },
    newest: [{ circuit: 'reputation-16' }],
  });
  expect(copied).not.toContain('Sample campaign');

  // Everything in a file, for the end of this test.
  await page.getByRole('button', { name: 'Export everything' }).click();
  await page.getByLabel('Passphrase').fill(PASSPHRASE);
  await page.getByLabel('The same again').fill(PASSPHRASE);
  expect(await axeFaults(page)).toEqual([]);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the file' }).click();
  const backup = await (await saving).path();
  const sealed = readFileSync(backup);
  expect(JSON.parse(sealed.toString('latin1').split('\n')[0] as string)).toMatchObject({
    format: 'gnomon-backup',
    kdf: 'PBKDF2-SHA-256',
  });
  for (const kept of ['Sample campaign', 'gnomon-sample', 'reputation-16']) {
    expect(sealed.includes(kept)).toBe(false);
  }

  await page.reload();
  await expect.poll(() => page.getByLabel('Threads for a proof').inputValue()).toBe('1');
  expect(await page.getByRole('radio', { name: /^Delete at once/ }).isChecked()).toBe(true);
  await startSampleFromHere();
  await page.locator('summary', { hasText: 'Time taken' }).click();
  await page.getByText(/^By .*, one thread/).waitFor();

  // Another tab shows the proof, and must not go on doing so.
  const other = await page.context().newPage();
  await other.goto(`${server.origin}/proofs`);
  await other
    .getByRole('link', { name: /^Sample campaign/ })
    .first()
    .waitFor();
  await page.goto(`${server.origin}/settings`);
  await page.getByRole('button', { name: 'Delete everything' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
  await dialog.getByLabel('I know that this cannot be undone').check();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL(`${server.origin}/`);
  await page.goto(`${server.origin}/proofs`);
  await page.getByText('No proofs yet').waitFor();
  await other.waitForURL(`${server.origin}/`);
  await other.close();
  expect(await page.evaluate(() => localStorage.getItem('gnomon.settings'))).toBeNull();

  // Refused under another passphrase; brought back under the right one.
  await page.goto(`${server.origin}/settings`);
  await chooseFiles(page, 'Open a backup', backup);
  await page.getByLabel('Passphrase').fill('another passphrase');
  await page.getByRole('button', { name: 'Bring it back' }).click();
  await page.getByText(/The passphrase is wrong/).waitFor();
  await page.getByLabel('Passphrase').fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Bring it back' }).click();
  await page.getByText(/^Brought back/).waitFor();
  await page.goto(`${server.origin}/proofs`);
  await page.getByRole('link', { name: /^Sample campaign/ }).click();
  await waitForVerified(page);
  await expectNoComplaints(app);
  await context.close();

  async function startSampleFromHere(): Promise<void> {
    await page.goto(server.origin);
    await startSample(page);
    await waitForVerified(page);
  }
});

it('begins no proof that may not take the memory it needs, says so, and makes it once it may', async () => {
  const app = await openApp(browser, server.origin);
  const { page, context } = app;
  await page.evaluate(() => localStorage.setItem('gnomon.settings', '{"memoryLimitBytes": 10000000}'));
  await startSample(page);
  await page.getByText(/^This proof needs about 0\.\d GB of memory; it may take 0\.0 GB here\.$/).waitFor();
  await page.getByText(/raise the limit in Settings/).waitFor();
  await page.evaluate(() => localStorage.removeItem('gnomon.settings'));
  await page.getByRole('button', { name: 'Try again' }).click();
  await waitForVerified(page);
  await expectNoComplaints(app);
  await context.close();
});
