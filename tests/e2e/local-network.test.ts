// A page from the internet and a server on the person's own device, in a Chromium that asks before it lets the one
// reach the other (Local Network Access): why is said before the browser asks, and what follows from each answer.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../helpers/app.ts';
import { openApp } from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, overflow, smallTargets } from '../helpers/look.ts';
import { cardOf, type Place, startPlace } from '../helpers/offload-page.ts';

const NAME = 'Office server';

let app: RunningServer;
let place: Place;
let browser: Browser;
let context: BrowserContext | undefined;
/** The app's, as if from the internet: Chromium is told that its address is a public one. */
let origin: string;
/** Chromium asks before WebSockets since this version. */
const ASKS_SINCE = 147;

beforeAll(async () => {
  app = await startServer();
  origin = `http://gnomon.example:${app.port}`;
  [place, browser] = await Promise.all([
    startPlace({ name: NAME, appOrigin: origin }),
    launchChromium([
      '--host-resolver-rules=MAP gnomon.example 127.0.0.1',
      `--unsafely-treat-insecure-origin-as-secure=${origin}`,
      // https://developer.chrome.com/docs/modern-web-guidance/guides/security/local-network-access
      `--ip-address-space-overrides=127.0.0.1:${app.port}=public`,
    ]),
  ]);
}, 60_000);
afterEach(async () => {
  await context?.close();
});
afterAll(async () => {
  await browser?.close();
  await place?.close();
  await app?.stop();
});

async function addServer(allowed = false): Promise<Page> {
  const opened = await openApp(browser, origin);
  context = opened.context;
  if (allowed) await grant();
  const { page } = opened;
  await page.getByRole('contentinfo').getByRole('link', { name: 'Servers' }).click();
  await page.getByRole('textbox', { name: 'Address or pairing link' }).fill(place.meddler.origin);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  return page;
}

/** As a person does in the browser's own question, or later in its settings for the site. */
async function grant(): Promise<void> {
  await context?.grantPermissions(['local-network-access'], { origin });
}

const connected = (page: Page) => page.getByText('Connected', { exact: true }).waitFor();

describe('a browser that asks before a page reaches the person’s own network', () => {
  it('is not made to ask before the person knows what about; when they say no, the page says how to go on', async ({
    skip,
  }) => {
    skip(Number.parseInt(browser.version(), 10) < ASKS_SINCE, 'This Chromium does not ask.');
    const page = await addServer();
    await page.getByText('The browser will ask you first').waitFor();
    const card = page.getByRole('listitem').filter({ hasText: 'The browser will ask you first' });
    await card.getByText('Waits for you', { exact: true }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await axeFaults(page)).toEqual([]);
    expect(await overflow(page)).toBeNull();
    expect(await smallTargets(page)).toEqual([]);
    expect(place.meddler.connections()).toBe(0);

    // Without a window Chromium answers its own question with no.
    await card.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByText('Allow “Apps on device”').waitFor();
    await page.getByText('Not reached', { exact: true }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    expect(place.meddler.sent).toEqual([]);

    // Changed their mind, in the browser's settings: it goes on by itself.
    await grant();
    await connected(page);
    await cardOf(page, NAME).waitFor();
  });

  it('that has been told yes asks nothing, and neither does the page', async () => {
    const page = await addServer(true);
    await connected(page);
    expect(await page.getByText('The browser will ask you first').count()).toBe(0);
  });
});
