// "Your proof is ready", in a real Chromium: asked for on the click, told when nobody looks, and nothing else told.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../helpers/app.ts';
import {
  expectNoComplaints,
  openApp,
  startSample,
  waitForServiceWorker,
  waitForVerified,
} from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';

const BOX = 'Notify me when a long proof has ended';

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const openSettings = async (page: Page) => {
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
};

/** Each notification that is shown, whole. */
const shown = (page: Page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const all = (await registration?.getNotifications()) ?? [];
    return all.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
  });

/** Playwright keeps every page in front, so the page is told that it is not. */
const look = (page: Page, away: boolean) =>
  page.evaluate((hidden) => {
    const visibilityState = hidden ? 'hidden' : 'visible';
    Object.defineProperty(document, 'visibilityState', { value: visibilityState, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, away);

/** Proves the sample; the clock goes on so far meanwhile that it took long. */
async function proveForLong(page: Page, away: boolean): Promise<void> {
  await page.goto(server.origin);
  await startSample(page);
  await page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now.call(Date) + 60_000;
  });
  await look(page, away);
  await waitForVerified(page);
}

it('tells of the end of a long proof when nobody looks, and nothing of what was proved', async () => {
  const app = await openApp(browser, server.origin);
  const { page, context } = app;
  await context.grantPermissions(['notifications'], { origin: server.origin });
  await waitForServiceWorker(page);
  await proveForLong(page, true);
  await look(page, false);
  await openSettings(page);
  expect(await page.getByLabel(BOX).isChecked()).toBe(false);
  await page.getByLabel(BOX).check();
  expect(await shown(page)).toEqual([]);

  await proveForLong(page, false);
  expect(await shown(page)).toEqual([]);
  await proveForLong(page, true);
  await expect
    .poll(() => shown(page))
    .toEqual([{ title: 'Gnomon', body: 'Your proof is ready.', tag: 'gnomon-succeeded', data: null }]);
  await expectNoComplaints(app);
  await context.close();
});

it('says so when the browser does not allow it', async () => {
  const app = await openApp(browser, server.origin);
  const { page, context } = app;
  // A browser context of tests refuses all permissions that it was not given.
  await openSettings(page);
  await page.getByLabel(BOX).click();
  await page.getByText('The browser does not allow notifications here.').waitFor();
  expect(await page.getByLabel(BOX).isChecked()).toBe(false);
  await expectNoComplaints(app);
  await context.close();
});
