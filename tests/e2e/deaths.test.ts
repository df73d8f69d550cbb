// Every way a proving worker can die in a real Chromium, on each rung: the attempt ends soon, says why, and the job
// goes on with less of the device until it is proved.
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Job, Rung } from '../../src/core/job.ts';
import type { QueuePage } from '../browser/queue-page.ts';
import type { Death, When } from '../browser/starved.ts';
import { type RunningServer, serveTestPage } from '../helpers/app.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { queueClaim } from '../helpers/queue-claim.ts';
import { SeededRandom } from '../helpers/random.ts';
import { isFullRun, testSeed } from '../helpers/scale.ts';

declare global {
  var queue: QueuePage;
}

const ENDS_WITHIN_MS = 10_000;
const PROVED_MS = 40_000;

const claim = queueClaim('deaths');
let server: RunningServer;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  server = await serveTestPage(join(import.meta.dirname, '../browser/queue-page.ts'));
  // Heaps are full after a second rather than after gigabytes.
  browser = await launchChromium(['--js-flags=--max-old-space-size=128']);
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

async function openTab(query = ''): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.origin + query);
  await page.waitForFunction(() => 'queue' in globalThis);
  return page;
}

const submit = (page: Page) => page.evaluate(`queue.submit("a", ${JSON.stringify(claim)})`);
const jobOf = async (page: Page) => (await page.evaluate('queue.job("a")')) as Job;

async function expectProved(page: Page): Promise<Job> {
  await expect.poll(async () => (await jobOf(page)).state, { timeout: PROVED_MS }).toBe('succeeded');
  return jobOf(page);
}

type Ladder = readonly [Rung, Rung, ...Rung[]];
const ladders: Ladder[] = [
  ['engine-threaded', 'engine-single', 'snarkjs-single'],
  ['snarkjs-threaded', 'snarkjs-single'],
];

interface Case {
  death: Death;
  when: When;
  code: string;
  ladder: Ladder;
}
const ways: [Death, When, string][] = [
  ['wasm-memory', 'at-once', 'resource.memory'],
  ['wasm-memory', 'proving', 'resource.memory'],
  ['thread-killed', 'half-way', 'backend.died'],
  ['closes', 'at-once', 'backend.died'],
  ['closes', 'proving', 'backend.died'],
  ['loops', 'at-once', 'backend.died'],
  ['loops', 'proving', 'backend.died'],
];
const all = ways.flatMap(([death, when, code]) =>
  ladders.map((ladder): Case => ({ death, when, code, ladder })),
);
const random = new SeededRandom(testSeed);
/** In a quick run each death once, some way. */
const cases = isFullRun
  ? all
  : [...new Set(ways.map(([death]) => death))].map((death) =>
      random.pick(all.filter((one) => one.death === death)),
    );

describe('a proving worker', () => {
  it.each(cases)('$death $when, first on $ladder.0: ends soon as $code, and the job goes on', async (one) => {
    const { death, when, code, ladder } = one;
    const page = await openTab(`?rungs=${ladder.join()}${isFullRun ? '' : '&silence=5000'}`);
    // A lone thread has started none that could be killed.
    const dying = death === 'thread-killed' ? ladder.slice(0, 1) : ladder.slice(0, -1);
    const how = dying.map(() => `${death} ${when}`);
    await page.evaluate((next) => queue.starve(next), how);
    await submit(page);
    const { attempts } = await expectProved(page);
    const seen = attempts.map(({ outcome, error, rung }) => [rung, outcome, error?.code ?? null]);
    expect(seen).toEqual([
      ...dying.map((rung) => [rung, 'failed', code]),
      [ladder[dying.length], 'succeeded', null],
    ]);
    const diedAtMs = await page.evaluate(() => queue.diedAtMs());
    expect(diedAtMs).toHaveLength(dying.length);
    for (const [at, ms] of diedAtMs.entries())
      expect((attempts[at]?.endedAtMs ?? Number.NaN) - ms).toBeLessThan(ENDS_WITHIN_MS);
  });
});

describe('a worker whose heap is full, which takes its page down', () => {
  async function crash(page: Page): Promise<void> {
    const crashed = page.waitForEvent('crash', { timeout: PROVED_MS });
    await page.evaluate(() => queue.starve(['heap-memory proving']));
    await submit(page);
    await crashed;
  }

  async function expectGoesOn(page: Page): Promise<void> {
    await page.waitForFunction(() => queue.given() > 0, undefined, { timeout: ENDS_WITHIN_MS });
    const { attempts } = await expectProved(page);
    expect(attempts.map(({ outcome, error, rung }) => [rung, outcome, error?.code ?? null])).toEqual([
      ['engine-threaded', 'stalled', 'resource.died-while-proving'],
      ['engine-single', 'succeeded', null],
    ]);
  }

  it('another tab goes on with less', async () => {
    const first = await openTab();
    await first.waitForFunction(() => queue.leading());
    const second = await openTab();
    await crash(first);
    await expectGoesOn(second);
  });

  it('opened again it goes on with less', async () => {
    const page = await openTab();
    await crash(page);
    await expectGoesOn(await openTab());
  });
});
