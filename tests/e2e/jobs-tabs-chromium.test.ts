// Several tabs of one real Chromium share one queue: one works, all see it live, and when it goes another
// takes over. The prover is scripted; the store, lock and channels are the browser's own.
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { bundleForPage } from '../helpers/bundle.ts';
import { launchChromium, type PageServer, servePages } from '../helpers/chromium.ts';

let browser: Browser;
let server: PageServer;
let context: BrowserContext;

beforeAll(async () => {
  const code = await bundleForPage(join(import.meta.dirname, '../browser/jobs-page.ts'));
  server = await servePages({
    '/': {
      type: 'text/html',
      body: '<!doctype html><title>jobs</title><script type="module" src="/page.js"></script>',
    },
    '/page.js': { type: 'text/javascript', body: code },
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

async function openTab(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.origin}/`);
  await page.waitForFunction('"tab" in globalThis');
  return page;
}

const until = (page: Page, condition: string) => page.waitForFunction(condition);
const ask = <T>(page: Page, expression: string) => page.evaluate<T>(expression);

it('a job submitted in any tab is proved once, and all tabs see it live', async () => {
  const first = await openTab();
  await until(first, 'tab.leading()');
  const second = await openTab();
  await ask(second, 'tab.submit("a")');
  for (const tab of [first, second]) await until(tab, 'tab.succeeded() === 1');
  expect(await ask(first, 'tab.proved()')).toBe(1);
  expect(await ask(second, 'tab.proved()')).toBe(0);
  expect(await ask(second, 'tab.leading()')).toBe(false);
  expect(await ask<number>(second, 'tab.progressed("a")')).toBeGreaterThan(3);
});

it('when the leading tab is closed in mid-proof another takes over, and the job ends once', async () => {
  const first = await openTab();
  await until(first, 'tab.leading()');
  const second = await openTab();
  await ask(second, 'tab.submit("a")');
  await until(first, 'tab.working() === 1');
  await first.close();
  await until(second, 'tab.succeeded() === 1');
  expect(await ask(second, 'tab.proved()')).toBe(1);
  const job = await ask<{ attempts: { outcome: string }[] }>(second, 'tab.job("a")');
  const outcomes = job.attempts.map(({ outcome }) => outcome);
  // In good order: neither counted nor a reason to step down the ladder.
  expect(outcomes).toEqual(['released', 'succeeded']);
});

it('a page reloaded in mid-proof finishes the job, once', async () => {
  const page = await openTab();
  await ask(page, 'tab.submit("a")');
  await until(page, 'tab.working() === 1');
  await page.reload();
  await until(page, '"tab" in globalThis && tab.succeeded() === 1');
  const job = await ask<{ state: string; attempts: { outcome: string }[] }>(page, 'tab.job("a")');
  expect(job.state).toBe('succeeded');
  expect(job.attempts.map(({ outcome }) => outcome)).toEqual(['released', 'succeeded']);
});

it('cancelling from another tab ends the attempt', async () => {
  const first = await openTab();
  await until(first, 'tab.leading()');
  const second = await openTab();
  await ask(second, 'tab.submit("a")');
  await until(first, 'tab.working() === 1');
  await ask(second, 'tab.cancel("a")');
  await until(first, 'tab.working() === 0');
  const job = await ask<{ state: string; result: unknown }>(first, 'tab.job("a")');
  expect([job.state, job.result]).toEqual(['cancelled', null]);
});
