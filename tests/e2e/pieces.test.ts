// Pieces of a key are gone from a page when they have been given back, though the browser keeps what came from a blob or
// by a message beside the JavaScript engine's own memory.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { peakBytes } from '../bench/memory.ts';
import { openTab } from '../bench/tab.ts';
import { launchChromium, type PageServer, servePages } from '../helpers/chromium.ts';
import type { PiecesPage } from './pages/pieces-page.ts';

declare global {
  var piecesPage: PiecesPage;
}

const MIB = 2 ** 20;
let browser: Browser;
let server: PageServer;

beforeAll(async () => {
  browser = await launchChromium();
  const input = join(import.meta.dirname, 'pages/pieces-page.ts');
  const bundle = await rolldown({ input, platform: 'browser' });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  const file = (mebibytes: number) => ({
    type: 'application/octet-stream',
    body: new Uint8Array(mebibytes * MIB).fill(7),
  });
  server = await servePages({
    '/': { type: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' },
    '/page.js': { type: 'text/javascript', body: output[0].code },
    '/small': file(8),
    '/large': file(96),
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

it.skipIf(process.platform !== 'linux')('pieces that are given back take no memory', async () => {
  const tab = await openTab(browser, server.origin);
  await tab.until(() => globalThis.piecesPage !== undefined);
  // What the first pass needs anyway.
  expect(await tab.evaluate(() => piecesPage.inWorker('/small'))).toBe(8 * 7);
  const before = peakBytes(tab.renderer)!;
  expect(before).toBeGreaterThan(50 * MIB);
  expect(await tab.evaluate(() => piecesPage.here('/large'))).toBe(96 * 7);
  expect(peakBytes(tab.renderer)! - before).toBeLessThan(32 * MIB);
  expect(await tab.evaluate(() => piecesPage.inWorker('/large'))).toBe(96 * 7);
  expect(peakBytes(tab.renderer)! - before).toBeLessThan(40 * MIB);
});
