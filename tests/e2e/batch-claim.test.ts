// Claiming for many at once in the real app: people of a network, then their bundles as files with bad ones among
// them; one proof each, all of them in the queue.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../helpers/app.ts';
import { chooseFiles, download, expectNoComplaints, openApp } from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, overflow, smallTargets, unnamedFields } from '../helpers/look.ts';

/** Other tests may have the processor. */
const PATIENT = { timeout: 120_000 };

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it('queues a claim for each person chosen and for each good file, and names the bad ones', async () => {
  const app = await openApp(browser, server.origin, '/campaign');
  const { page, context } = app;
  await page.getByRole('button', { name: 'Take the sample network' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Harbour');
  await page.getByRole('radio', { name: 'Demo', exact: true }).check();
  await page.getByRole('button', { name: 'Publish the snapshot' }).click();
  await page.getByRole('rowheader').first().waitFor(PATIENT);
  const bundles = [];
  for (const nth of [0, 1]) {
    const button = page.getByRole('button', { name: /^Save the bundle of/ }).nth(nth);
    const name = (await button.getAttribute('aria-label')) as string;
    bundles.push(await download(page, name));
  }

  // Nothing is proved until the queue goes on: what counts here is what gets into it.
  await page.goto(`${server.origin}/claim`);
  const boxes = page.getByRole('table').getByRole('checkbox');
  await boxes.first().waitFor();
  for (const nth of [0, 1, 2]) await boxes.nth(nth).press('Space');
  await page.getByRole('button', { name: 'Claim for 3 people' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Many claims' }).waitFor();
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await axeFaults(page)).toEqual([]);
    expect(await overflow(page)).toBeNull();
  }
  expect(await smallTargets(page)).toEqual([]);
  expect(await unnamedFields(page)).toEqual([]);
  await page.getByRole('button', { name: 'Make 3 proofs' }).click();
  await page.waitForURL(`${server.origin}/proofs`);
  await page.getByRole('button', { name: 'Pause all' }).click();
  await page.getByText('The queue is paused').waitFor();
  await expect.poll(() => page.locator('.proof-row').count()).toBe(3);

  // Files: two good, one of them twice, one cut off, one of something else.
  const [first, second] = bundles as [(typeof bundles)[0], (typeof bundles)[0]];
  await page.getByRole('link', { name: 'New claim' }).click();
  await chooseFiles(page, 'Open files', [
    first,
    { name: 'cut.json', text: first.text.slice(0, -40) },
    { ...first, name: 'twice.json' },
    second,
    { name: 'list.json', text: '[]' },
  ]);
  await page.getByRole('heading', { level: 1, name: 'Many claims' }).waitFor();
  const leftOut = page.getByRole('region', { name: 'Left out' }).getByRole('row');
  expect(await leftOut.count()).toBe(4);
  await page.getByRole('cell', { name: `The same claim as ${first.name}.` }).waitFor();
  await page.getByRole('rowheader', { name: 'cut.json' }).waitFor();
  await page.getByRole('button', { name: 'Make 2 proofs' }).click();
  await page.waitForURL(`${server.origin}/proofs`);
  await expect.poll(() => page.locator('.proof-row').count()).toBe(5);

  // And all are made.
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect.poll(() => page.getByText('Proved', { exact: true }).count(), PATIENT).toBe(5);
  await expectNoComplaints(app);
  await context.close();
});

it('takes a person from the address without telling the server', async () => {
  const app = await openApp(browser, server.origin, '/claim#snapshot=none&subject=ada');
  await app.page.getByText('This person’s bundle could not be opened.').waitFor();
  expect(new URL(app.page.url()).hash).toBe('');
  await app.context.close();
});
