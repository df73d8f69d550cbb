// The app over plain http on another name than localhost, as on a LAN address. Browsers hide locks, origin files,
// service workers and crypto.subtle there; proofs are made all the same, and identities are refused in words.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../helpers/app.ts';
import { download, openApp, startSample, waitForVerified } from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';

let browser: Browser;
let server: RunningServer;
let origin: string;

beforeAll(async () => {
  [browser, server] = await Promise.all([
    launchChromium(['--host-resolver-rules=MAP gnomon.test 127.0.0.1']),
    startServer(),
  ]);
  origin = `http://gnomon.test:${server.port}`;
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it('makes a verified proof of the sample, and the claim page makes one of its own', async () => {
  const { page, context, complaints } = await openApp(browser, origin);
  expect(
    await page.evaluate(() => [
      isSecureContext,
      'locks' in navigator,
      'storage' in navigator,
      'serviceWorker' in navigator,
      crypto.subtle === undefined,
    ]),
  ).toEqual([false, false, false, false, true]);
  await startSample(page);
  await waitForVerified(page);
  // Without isolation each of its threads has a memory of its own.
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  expect(await page.getByText('By Gnomon’s engine, ').count()).toBe(1);
  expect(JSON.parse((await download(page, 'Download claim file')).text)).toMatchObject({
    format: 'gnomon/claim',
  });
  await page.goto(`${origin}/claim`);
  await page.getByRole('button', { name: 'Use the sample claim' }).click();
  await page.getByRole('button', { name: 'Make the proof' }).click();
  await page.waitForURL(/\/proofs\/.+/);
  await waitForVerified(page);
  expect(complaints.filter((words) => words.startsWith('uncaught'))).toEqual([]);
  await context.close();
});

it('lets one of two tabs work, and the other leave it alone', async () => {
  const { page, context } = await openApp(browser, origin);
  const other = await context.newPage();
  await other.goto(origin);
  await startSample(page);
  await waitForVerified(page);
  // Were there more than one try, they would be listed.
  expect(await page.getByRole('heading', { name: 'Tries' }).count()).toBe(0);
  await context.close();
});

it('refuses to keep an identity, saying why and what to do', async () => {
  const { page, context } = await openApp(browser, origin, '/identity');
  await page.getByRole('button', { name: 'Make an identity' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Ada');
  await dialog.getByLabel('Passphrase', { exact: true }).fill('correct horse battery staple 7');
  await dialog.getByLabel('Passphrase again').fill('correct horse battery staple 7');
  await dialog.locator('button[type=submit]').click();
  await dialog.getByText('This page can’t encrypt, so it keeps no identities.').waitFor();
  await dialog.getByText('Open it over https, or from localhost.').waitFor();
  await context.close();
});
