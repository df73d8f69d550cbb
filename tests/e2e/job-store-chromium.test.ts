// The JobStore contract in a real Chromium's IndexedDB.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobStoreCases } from '../contract/job-store.suite.ts';
import type { PageVerdict } from '../contract/job-store-page.ts';
import { bundleForPage } from '../helpers/bundle.ts';
import { launchChromium, type PageServer, servePages } from '../helpers/chromium.ts';
import { testSeed } from '../helpers/scale.ts';

let browser: Browser;
let server: PageServer;
let verdicts: PageVerdict[];

beforeAll(async () => {
  const code = await bundleForPage(join(import.meta.dirname, '../contract/job-store-page.ts'));
  server = await servePages({
    '/': {
      type: 'text/html',
      body: '<!doctype html><title>contract</title><script type="module" src="/page.js"></script>',
    },
    '/page.js': { type: 'text/javascript', body: code },
  });
  browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(`${server.origin}/`);
  await page.waitForFunction('"runContract" in globalThis');
  verdicts = await page.evaluate(`runContract(${testSeed})`);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe('the job store in Chromium', () => {
  it.each(jobStoreCases)('$name', ({ name }) => {
    expect(verdicts.find((verdict) => verdict.name === name)).toEqual({ name, error: null });
  });
});
