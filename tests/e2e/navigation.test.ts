// From page to page: whoever clicks on at once, a page whose code comes late, and one whose code cannot be had.
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { useAppAndBrowser } from '../helpers/app-and-browser.ts';
import { type AppPage, openApp, PROOF_TIMEOUT_MS, waitForVerified } from '../helpers/app-page.ts';
import {
  addServer,
  chooseMode,
  makeProof,
  openSample,
  openServers,
  startPlace,
} from '../helpers/offload-page.ts';
import { runs } from '../helpers/scale.ts';

const world = useAppAndBrowser();
const ROUNDS = runs(20, 100);
/** What a service worker answers never comes past `page.route`. */
const WITHOUT_SERVICE_WORKER: BrowserContextOptions = { serviceWorkers: 'block' };
const SERVERS_CODE = /\/assets\/servers-[^/]+\.js$/;
let opened: AppPage | null = null;
afterEach(() => opened?.context.close());

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  opened = await openApp(world.browser, world.app.origin, path, options);
  return opened.page;
}

it('goes where it is told while proofs are checked and servers are being connected', {
  timeout: 2 * PROOF_TIMEOUT_MS,
}, async () => {
  const place = await startPlace({ name: 'Office server', appOrigin: world.app.origin });
  try {
    const page = await open('/servers');
    await addServer(page, place, 'secrets');
    await chooseMode(page, 'Ask each time');
    await openSample(page);
    await page.getByRole('radio', { name: 'This device' }).check();
    await makeProof(page);
    await waitForVerified(page);
    const proof = page.url();
    for (let round = 0; round < ROUNDS; round++) {
      await page.goto(proof);
      if (round % 4 !== 0) await page.reload();
      await page.waitForTimeout((round % 10) * 20);
      await openServers(page);
    }
  } finally {
    await place.close();
  }
});

it('opens a page whose code comes late at its heading, and nowhere else', { timeout: 60_000 }, async () => {
  const page = await open('/claim', WITHOUT_SERVICE_WORKER);
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let asks = 0;
  await page.route(SERVERS_CODE, async (route) => {
    asks++;
    await asked;
    await route.continue();
  });
  const link = page.getByRole('contentinfo').getByRole('link', { name: 'Servers' });
  await link.click();
  await page.getByText('Loading', { exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/servers');
  answer();
  const heading = page.getByRole('heading', { level: 1, name: 'Servers' });
  await heading.waitFor();
  await expect.poll(() => heading.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(asks).toBe(1);
  // Known now: back and forth without waiting.
  await page.goBack();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.goForward();
  await heading.waitFor();
  expect(asks).toBe(1);
});

it('says so when a page cannot be had, shows the others, and gets it when it can', {
  timeout: 60_000,
}, async () => {
  const page = await open('/claim', WITHOUT_SERVICE_WORKER);
  await page.route(SERVERS_CODE, (route) => route.abort());
  const link = page.getByRole('contentinfo').getByRole('link', { name: 'Servers' });
  await link.click();
  await page.getByText('This page could not be shown.').waitFor();
  await page.getByRole('contentinfo').getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  await page.unroute(SERVERS_CODE);
  await openServers(page);
});
