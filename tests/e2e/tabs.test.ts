// Three tabs of one real Chromium and a real proof: whatever happens to the tab that works, another takes over
// within seconds, and the job ends once.
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../src/core/job.ts';
import type { QueuePage } from '../browser/queue-page.ts';
import { type RunningServer, serveTestPage } from '../helpers/app.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { queueClaim } from '../helpers/queue-claim.ts';
import { runs } from '../helpers/scale.ts';

declare global {
  var queue: QueuePage;
}

const TIMES = Array.from({ length: runs(1, 10) }, (_, at) => at);
/** The next tab works this long after the first one went, at most. */
const TAKEOVER_MS = 10_000;
const PROVED_MS = 120_000;
const HOUR_MS = 3_600_000;

const claim = queueClaim('tabs');
let server: RunningServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  server = await serveTestPage(join(import.meta.dirname, '../browser/queue-page.ts'));
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
});

async function openTab(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.origin);
  await page.waitForFunction(() => 'queue' in globalThis);
  return page;
}

const submit = (page: Page, id: string) => page.evaluate(`queue.submit("${id}", ${JSON.stringify(claim)})`);
const jobOf = async (page: Page, id: string) => (await page.evaluate(`queue.job("${id}")`)) as Job;
const outcomes = (job: Job) => job.attempts.map(({ outcome }) => outcome);

async function expectProved(page: Page, id: string): Promise<Job> {
  const state = async () => (await jobOf(page, id)).state;
  await expect.poll(state, { timeout: PROVED_MS }).toBe('succeeded');
  return jobOf(page, id);
}

/** Three tabs, the first of which is in mid-proof of a job that the second submitted. */
async function threeTabs(): Promise<{ leader: Page; others: [Page, Page] }> {
  const leader = await openTab();
  await leader.waitForFunction(() => queue.leading());
  const others: [Page, Page] = [await openTab(), await openTab()];
  await submit(others[0], 'a');
  await leader.waitForFunction(() => queue.proving('a') !== null, undefined, { polling: 10 });
  return { leader, others };
}

async function expectTakeover(others: Page[]): Promise<void> {
  const leading = async () =>
    (await Promise.all(others.map((page) => page.evaluate(() => queue.leading())))).filter(Boolean);
  await expect.poll(leading, { timeout: TAKEOVER_MS }).toEqual([true]);
}

async function given(pages: Page[]): Promise<number> {
  const all = await Promise.all(pages.map((page) => page.evaluate(() => queue.given())));
  return all.reduce((sum, count) => sum + count, 0);
}

describe('the working tab of three', () => {
  it.each(TIMES)('closed in mid-proof: another goes on, once (%i)', async () => {
    const { leader, others } = await threeTabs();
    await leader.close();
    await expectTakeover(others);
    expect(outcomes(await expectProved(others[1], 'a'))).toEqual(['released', 'succeeded']);
    expect(await given(others)).toBe(1);
  });

  it.each(TIMES)(
    'crashed in mid-proof, with the clock set back an hour: another goes on, once (%i)',
    async () => {
      const { leader, others } = await threeTabs();
      for (const page of [leader, ...others]) await page.evaluate((ms) => queue.setClock(ms), -HOUR_MS);
      const session = await context.newCDPSession(leader);
      const crashed = leader.waitForEvent('crash');
      session.send('Page.crash').catch(() => {});
      await crashed;
      await expectTakeover(others);
      expect(outcomes(await expectProved(others[1], 'a'))).toEqual(['stalled', 'succeeded']);
      expect(await given(others)).toBe(1);
    },
  );

  it.each(TIMES)(
    'frozen in mid-proof: another goes on, and when it wakes it commits nothing (%i)',
    async () => {
      const { leader, others } = await threeTabs();
      const session = await context.newCDPSession(leader);
      // Nothing of the page runs any more, timers and messages included; its worker goes on to a late result.
      await session.send('Debugger.enable');
      await session.send('Debugger.pause');
      await expectTakeover(others);
      const job = await expectProved(others[1], 'a');
      expect(outcomes(job)).toEqual(['stalled', 'succeeded']);
      await session.send('Debugger.disable');
      await leader.waitForFunction(() => !queue.leading() && queue.busy() === 0);
      expect(await jobOf(leader, 'a')).toEqual(job);
      // All goes on as before, with the woken tab back in line.
      await submit(leader, 'b');
      expect(outcomes(await expectProved(leader, 'b'))).toEqual(['succeeded']);
      expect(await given([leader, ...others])).toBe(3);
    },
  );
});
