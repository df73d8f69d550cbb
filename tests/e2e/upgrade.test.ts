// A real Chromium with three tabs of the first version open, with jobs in their storage: the new version takes
// it over with all that is in it, or says which tabs are in its way. The prover is scripted.
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { bundleForPage } from '../helpers/bundle.ts';
import { launchChromium, type PageServer, servePages } from '../helpers/chromium.ts';
import { FIRST_VERSION_JOBS } from '../helpers/first-version.ts';

let browser: Browser;
let server: PageServer;
let context: BrowserContext;

beforeAll(async () => {
  const page = (script: string) => ({
    type: 'text/html',
    body: `<!doctype html><title>jobs</title><script type="module" src="${script}"></script>`,
  });
  const code = async (name: string) => ({
    type: 'text/javascript',
    body: await bundleForPage(join(import.meta.dirname, '../browser', name)),
  });
  server = await servePages({
    '/': page('/new.js'),
    '/new.js': await code('jobs-page.ts'),
    '/old': page('/old.js'),
    '/old.js': await code('first-version-page.ts'),
  });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
});

async function openTab(path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.origin + path);
  return page;
}

async function threeOldTabs(letGo: boolean): Promise<Page[]> {
  const tabs: Page[] = [];
  for (let at = 0; at < 3; at++) {
    const tab = await openTab('/old');
    await tab.waitForFunction('"old" in globalThis');
    if (at === 0) await tab.evaluate('old.fill()');
    await tab.evaluate(`old.connect(${letGo})`);
    tabs.push(tab);
  }
  return tabs;
}

/** All waiting jobs are proved, and the one that had failed is as it was. */
async function expectAllThere(page: Page): Promise<void> {
  await page.waitForFunction('"tab" in globalThis');
  for (const { id, state, ended } of FIRST_VERSION_JOBS) {
    const now = async () => (await page.evaluate<{ state: string }>(`tab.job("${id}")`)).state;
    await expect.poll(now, { timeout: 30_000 }).toBe(ended ? state : 'succeeded');
  }
}

it('old tabs let go, and every job goes on under the new version', async () => {
  await threeOldTabs(true);
  await expectAllThere(await openTab('/'));
});

it('old tabs that do not let go are named, and once they have all is there', async () => {
  const old = await threeOldTabs(false);
  const page = await context.newPage();
  const failed = page.waitForEvent('pageerror');
  await page.goto(server.origin);
  expect(String(await failed)).toContain('Another tab holds an older version of this storage.');
  for (const tab of old) await tab.evaluate('letGo()');
  await page.reload();
  await expectAllThere(page);
});
