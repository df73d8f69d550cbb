// What a person and a full disk can do to a real proof in a real Chromium: cancel at any instant, no space at
// any write. Nothing is committed late, nothing accepted is lost, and the words say what happened.
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Job } from '../../src/core/job.ts';
import type { QueuePage } from '../browser/queue-page.ts';
import { type RunningServer, serveTestPage } from '../helpers/app.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { queueClaim } from '../helpers/queue-claim.ts';
import { SeededRandom } from '../helpers/random.ts';
import { runs, testSeed } from '../helpers/scale.ts';

declare global {
  var queue: QueuePage;
}

const CANCELS = runs(10, 50);
const PROVED_MS = 120_000;
const CPU_FREE_MS = 1_000;
const CPU_WATCHED_MS = 1_000;
/** Of one core; the pages' own housekeeping takes a tenth now and then. */
const CPU_IDLE_SHARE = 0.3;

const random = new SeededRandom(testSeed);
const claim = queueClaim('trouble');
let server: RunningServer;
let browser: Browser;
let context: BrowserContext;
let page: Page;

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
  page = await context.newPage();
  await page.goto(server.origin);
  await page.waitForFunction(() => 'queue' in globalThis);
});
afterEach(async () => {
  await context.close();
});

const submit = (id: string) => page.evaluate<string>(`queue.submit("${id}", ${JSON.stringify(claim)})`);
const jobOf = async (id: string) => (await page.evaluate(`queue.job("${id}")`)) as Job | undefined;
const outcomes = (job: Job | undefined) => job?.attempts.map(({ outcome }) => outcome);

async function expectProved(id: string): Promise<Job> {
  await expect.poll(async () => (await jobOf(id))?.state, { timeout: PROVED_MS }).toBe('succeeded');
  return (await jobOf(id)) as Job;
}

/** Seconds of CPU that Chromium's pages and their workers have had by now. */
async function pagesCpuS(): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

it(`cancelled at ${CANCELS} random instants: nothing is committed late, and what worked on it is gone`, async () => {
  const startedMs = performance.now();
  const beforeS = await pagesCpuS();
  await submit('first');
  await expectProved('first');
  // The sensor works: a proof is seen.
  expect((await pagesCpuS()) - beforeS).toBeGreaterThan(0.3);
  const longestMs = performance.now() - startedMs;
  const ended: Job[] = [];
  let inProof = 0;
  for (let at = 0; at < CANCELS; at++) {
    const id = `job-${at}`;
    await submit(id);
    await pause(random.fraction() * longestMs);
    const fraction = await page.evaluate(async (which) => {
      const before = queue.proving(which);
      await queue.cancel(which);
      return before;
    }, id);
    const job = (await jobOf(id)) as Job;
    expect(['cancelled', 'succeeded']).toContain(job.state);
    ended.push(job);
    await expect.poll(() => page.evaluate(() => queue.busy()), { timeout: 5_000 }).toBe(0);
    // Near its end the proof may be done before the cancel arrives, and an idle worker is kept for the next.
    if (job.state !== 'cancelled' || fraction === null || fraction > 0.8) continue;
    inProof++;
    const provers = () => page.workers().filter((worker) => !worker.url().includes('verify')).length;
    await expect.poll(provers, { timeout: 5_000 }).toBe(0);
    // And with it the CPU: a proof takes all it can get, an idle page next to nothing.
    await pause(CPU_FREE_MS);
    const fromS = await pagesCpuS();
    await pause(CPU_WATCHED_MS);
    expect((await pagesCpuS()) - fromS).toBeLessThan((CPU_IDLE_SHARE * CPU_WATCHED_MS) / 1_000);
  }
  // The next one is proved as if nothing had been.
  await submit('last');
  await expectProved('last');
  for (const job of ended) expect(await jobOf(job.id)).toEqual(job);
  expect(ended.some(({ state }) => state === 'cancelled')).toBe(true);
  expect(inProof).toBeGreaterThan(0);
});

it('hardly any room: what does not fit is refused in words, and what fits is proved', async () => {
  // Before the first page: Chromium remembers for a while how much room there was. Enough for the jobs, not
  // for the circuit's files, which are then fetched and not kept.
  const own = await browser.newContext();
  page = await own.newPage();
  const session = await own.newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 600_000 });
  await page.goto(server.origin);
  await page.waitForFunction(() => 'queue' in globalThis);
  const large = page.evaluate(`queue.submit("large", ${JSON.stringify(claim)}, null, "x".repeat(2_000_000))`);
  await expect(large).rejects.toThrow('There is no room left to save on this device.');
  expect(await jobOf('large')).toBeUndefined();
  expect(await submit('small')).toBe('small');
  expect(outcomes(await expectProved('small'))).toEqual(['succeeded']);
  expect(await page.evaluate(() => queue.list().then(({ length }) => length))).toBe(1);
  await own.close();
});
