// Away and back in a real Chromium that keeps pages as they were (its back/forward cache): a page that is put away
// in mid-proof lets go of the work, another takes it on, and nothing is lost or done twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Job } from '../../src/core/job.ts';
import type { QueuePage } from '../browser/queue-page.ts';
import { type RunningServer, serveTestPage } from '../helpers/app.ts';
import { type KillableChromium, launchKillable } from '../helpers/killable-chromium.ts';
import { queueClaim } from '../helpers/queue-claim.ts';

declare global {
  var queue: QueuePage;
  /** How the page was last shown again; undefined in one that was loaded. */
  var persisted: boolean | undefined;
}

const TAKEOVER_MS = 10_000;
const PROVED_MS = 120_000;

const claim = queueClaim('bfcache');
let server: RunningServer;
let profile: string;
/** Playwright's own launch turns the cache off. */
let browser: KillableChromium;

beforeAll(async () => {
  server = await serveTestPage(join(import.meta.dirname, '../browser/queue-page.ts'));
});
afterAll(async () => {
  await server?.stop();
});
beforeEach(async () => {
  profile = mkdtempSync(join(tmpdir(), 'gnomon-profile-'));
  browser = await launchKillable(profile);
});
afterEach(async () => {
  await browser?.kill();
  rmSync(profile, { recursive: true, force: true });
});

async function openTab(): Promise<Page> {
  const page = await browser.open(server.origin);
  await page.waitForFunction(() => 'queue' in globalThis);
  await page.evaluate(() =>
    addEventListener('pageshow', (event) => {
      globalThis.persisted = event.persisted;
    }),
  );
  return page;
}

const submit = (page: Page, id: string) => page.evaluate(`queue.submit("${id}", ${JSON.stringify(claim)})`);
const jobOf = async (page: Page, id: string) => (await page.evaluate(`queue.job("${id}")`)) as Job;
const outcomes = (job: Job) => job.attempts.map(({ outcome }) => outcome);

async function startProof(page: Page): Promise<void> {
  await page.waitForFunction(() => queue.leading());
  await submit(page, 'a');
  await page.waitForFunction(() => queue.proving('a') !== null, undefined, { polling: 10 });
}

async function expectProved(page: Page, id: string): Promise<Job> {
  await expect.poll(async () => (await jobOf(page, id)).state, { timeout: PROVED_MS }).toBe('succeeded');
  return jobOf(page, id);
}

const leave = (page: Page) => page.goto(`${server.origin}/health`);

/** Why Chromium loaded it anew instead of showing what it had kept: empty where it had. */
async function comeBack(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.enable');
  const reasons: string[] = [];
  session.on('Page.backForwardCacheNotUsed', ({ notRestoredExplanations }) => {
    for (const { type, reason } of notRestoredExplanations) reasons.push(`${type}: ${reason}`);
  });
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => 'queue' in globalThis);
  return reasons;
}

it('the only page, put away in mid-proof: nobody works meanwhile, and it goes on when it is back', async () => {
  const page = await openTab();
  await startProof(page);
  await leave(page);
  const reasons = await comeBack(page);
  // Or the test would be of an ordinary reload.
  expect(reasons).toEqual([]);
  expect(await page.evaluate(() => [globalThis.persisted, queue.missed()])).toEqual([true, 1]);
  expect(outcomes(await expectProved(page, 'a'))).toEqual(['released', 'succeeded']);
  await submit(page, 'b');
  expect(outcomes(await expectProved(page, 'b'))).toEqual(['succeeded']);
  expect(await page.evaluate(() => [queue.given(), queue.leading(), queue.busy()])).toEqual([3, true, 0]);
});

it('one of two pages, put away in mid-proof: the other goes on, once, and back again it stands in line', async () => {
  const first = await openTab();
  await startProof(first);
  const second = await openTab();
  await leave(first);
  await expect.poll(() => second.evaluate(() => queue.leading()), { timeout: TAKEOVER_MS }).toBe(true);
  const job = await expectProved(second, 'a');
  expect(outcomes(job)).toEqual(['released', 'succeeded']);
  await comeBack(first);
  expect(await jobOf(first, 'a')).toEqual(job);
  await submit(first, 'b');
  const next = await expectProved(first, 'b');
  expect(outcomes(next)).toEqual(['succeeded']);
  expect(await first.evaluate(() => queue.leading())).toBe(false);
  expect(await second.evaluate(() => queue.given())).toBe(2);
  // And when the other goes, this one takes its turn.
  await second.close();
  await expect.poll(() => first.evaluate(() => queue.leading()), { timeout: TAKEOVER_MS }).toBe(true);
});
