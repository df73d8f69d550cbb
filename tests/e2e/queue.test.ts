// The queue's page with ten thousand proofs: few rows in the page, quick to open, search and scroll; and what a
// person does with single ones lasts.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../helpers/app.ts';
import { expectNoComplaints, openApp, startSample, waitForVerified } from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, overflow, smallTargets, unnamedFields } from '../helpers/look.ts';

const JOBS = 10_000;
/** Rows that the page may hold, whatever there is to show. */
const ROWS_MAX = 100;
/** Other tests may have the processor. */
const PATIENT = { timeout: 30_000 };

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Copies the one job that is there: many that have ended, and three that wait for the person. */
async function fillStore(page: Page): Promise<void> {
  await page.evaluate(async (count) => {
    const database = await new Promise<IDBDatabase>((ready, fail) => {
      const request = indexedDB.open('gnomon-jobs');
      request.onsuccess = () => ready(request.result);
      request.onerror = () => fail(request.error);
    });
    const transaction = database.transaction(['jobs', 'meta'], 'readwrite');
    const jobs = transaction.objectStore('jobs');
    const [one] = await new Promise<Record<string, unknown>[]>((ready) => {
      const request = jobs.getAll();
      request.onsuccess = () => ready(request.result as Record<string, unknown>[]);
    });
    for (let at = 0; at < count; at++) {
      const state = at % 3 === 0 ? 'failed' : 'succeeded';
      const createdAtMs = Date.now() - 60_000 * (at + 1);
      jobs.put({
        ...one,
        id: `old-${at}`,
        label: `Harbour ${at}`,
        state,
        lane: state,
        sequence: 10 + at,
        createdAtMs,
      });
    }
    const error = {
      group: 'input',
      code: 'input.identity-locked',
      message: 'The identity is locked.',
      nextStep: 'Unlock it.',
      retryable: false,
    };
    for (let at = 0; at < 3; at++) {
      jobs.put({
        ...one,
        id: `held-${at}`,
        label: `Waiting ${at}`,
        state: 'queued',
        lane: 'held',
        held: error,
        error,
        result: null,
        endedAtMs: null,
        sequence: 20_000 + at,
      });
    }
    transaction.objectStore('meta').put({ epoch: 1, sequence: 30_000 }, 'meta');
    await new Promise<void>((done) => {
      transaction.oncomplete = () => done();
    });
    database.close();
  }, JOBS);
}

it('shows ten thousand proofs, finds one, and keeps what is done with it', async () => {
  const app = await openApp(browser, server.origin);
  const { page } = app;
  await startSample(page);
  await waitForVerified(page);
  await fillStore(page);
  await page.goto(`${server.origin}/proofs`);
  await page.getByText('10,001', { exact: true }).waitFor();
  const rows = () => page.locator('.proof-row').count();
  expect(await rows()).toBeLessThan(ROWS_MAX);
  expect(await overflow(page)).toBeNull();
  expect(await axeFaults(page)).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await overflow(page)).toBeNull();
  expect(await smallTargets(page)).toEqual([]);
  expect(await unnamedFields(page)).toEqual([]);
  await page.setViewportSize({ width: 1440, height: 900 });

  // The far end is there at once, and nothing piles up on the way.
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.getByRole('link', { name: `Harbour ${JOBS - 1}`, exact: true }).waitFor();
  expect(await rows()).toBeLessThan(ROWS_MAX);
  await page.evaluate(() => scrollTo(0, 0));

  await page.getByLabel('Search').fill('harbour 4321');
  await page.getByText('1 of 10,001').waitFor();
  await page.getByRole('button', { name: 'Remove Harbour 4321' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Nothing matches.').waitFor();
  await page.getByLabel('Search').fill('');
  await page.getByLabel('Show').selectOption('Only failed');
  await page.getByText(/^3,33\d of 10,000$/).waitFor();

  // Waiting ones go by priority, and keep it.
  const waiting = page.getByRole('list', { name: 'Under way and waiting' }).getByRole('link');
  expect(await waiting.allInnerTexts()).toEqual(['Waiting 0', 'Waiting 1', 'Waiting 2']);
  await page.getByLabel('Priority of Waiting 2').selectOption('Urgent');
  const order = ['Waiting 2', 'Waiting 0', 'Waiting 1'];
  await expect.poll(() => waiting.allInnerTexts(), PATIENT).toEqual(order);
  await page.reload();
  await expect.poll(() => waiting.allInnerTexts(), PATIENT).toEqual(order);
  await page.getByRole('button', { name: 'Cancel Waiting 0' }).click();
  await expect.poll(() => waiting.allInnerTexts(), PATIENT).toEqual(['Waiting 2', 'Waiting 1']);
  await expectNoComplaints(app);
  await app.context.close();
});
