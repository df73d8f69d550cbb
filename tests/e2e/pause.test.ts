// Pausing one proof and the whole queue in the real app: said plainly, the same in every tab, lasting across a
// reload; and making a proof once more.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectNoComplaints, openApp, startSample, waitForVerified } from '../helpers/app-page.ts';
import { type AppServer, dribble, serveApp } from '../helpers/app-server.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, overflow, smallTargets } from '../helpers/look.ts';

/** Other tests may have the processor. */
const PATIENT = { timeout: 60_000 };

let browser: Browser;
let server: AppServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), serveApp()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const row = (page: Page, nth: number) => page.locator('.proof-row').nth(nth);
const state = (page: Page, nth: number) => row(page, nth).locator('.proof-state').innerText();

async function startAnother(page: Page): Promise<void> {
  await page.goto(server.origin);
  await startSample(page);
}

it('pauses a waiting proof, a running one and the queue; all tabs and a reload see it', async () => {
  // So slow that the first proof runs until it is told otherwise.
  let slow = true;
  server.around = async (request, next) => {
    const response = await next();
    if (!new URL(request.url).pathname.endsWith('-16.zkey')) return response;
    return dribble(response, { pieceBytes: 16_384, everyMs: () => (slow ? 500 : 0) });
  };
  const app = await openApp(browser, server.origin);
  const { page, context } = app;
  await startSample(page);
  await startAnother(page);
  await page.goto(`${server.origin}/proofs`);
  await expect.poll(() => state(page, 0), PATIENT).toContain('Getting the circuit');
  expect(await state(page, 1)).toBe('Waiting its turn');

  // One that waits, with the keyboard; the focus stays where it was.
  await row(page, 1)
    .getByRole('button', { name: /^Pause/ })
    .press('Enter');
  await expect.poll(() => state(page, 1)).toBe('Paused');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/go on$/);
  await page.reload();
  await expect.poll(() => state(page, 1), PATIENT).toBe('Paused');
  const other = await context.newPage();
  await other.goto(`${server.origin}/proofs`);
  await expect.poll(() => state(other, 1), PATIENT).toBe('Paused');

  // The whole queue: what runs is finished.
  await other.getByRole('button', { name: 'Pause all' }).click();
  await page.getByText('The proof under way is finished first').waitFor();
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await axeFaults(page)).toEqual([]);
    expect(await overflow(page)).toBeNull();
  }
  expect(await smallTargets(page)).toEqual([]);
  await row(page, 1)
    .getByRole('button', { name: /go on$/ })
    .click();
  await expect.poll(() => state(page, 1)).toBe('Waiting until the queue goes on');

  // The running one is put back, and its worker ended; nothing takes its place.
  await row(page, 0)
    .getByRole('button', { name: /^Pause/ })
    .click();
  await page.getByText('Nothing begins until you let it go on, also after a reload.').waitFor(PATIENT);
  await expect
    .poll(async () => [await state(page, 0), await state(page, 1)])
    .toEqual(['Waiting until the queue goes on', 'Paused']);
  await page.reload();
  await page.getByText('The queue is paused').waitFor();

  // The page of one that waits says so too, and lets it all go on.
  slow = false;
  await row(page, 0).getByRole('link').click();
  await page.getByText('The queue is paused').waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await waitForVerified(page);
  await page.goto(`${server.origin}/proofs`);
  await expect.poll(() => state(page, 0), PATIENT).toBe('Paused');
  await row(page, 0).getByRole('link').click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await waitForVerified(page);
  await expectNoComplaints(app);
  await context.close();
});

it('makes a proof once more from what is kept, and says what to do when nothing is', async () => {
  const app = await openApp(browser, server.origin);
  const { page } = app;
  await startSample(page);
  await waitForVerified(page);
  await page.getByText('What went into it was deleted when it was done.').waitFor();
  await page.evaluate(() =>
    localStorage.setItem('gnomon.settings', JSON.stringify({ threads: null, keepInput: 'always' })),
  );
  await startAnother(page);
  await waitForVerified(page);
  const first = page.url();
  await page.getByText('answers “already used”').waitFor();
  await page.getByRole('button', { name: 'Prove again' }).click();
  await expect.poll(() => page.url()).not.toBe(first);
  await waitForVerified(page);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Proofs' }).click();
  await page
    .getByRole('button', { name: /^Prove again/ })
    .first()
    .click();
  await expect.poll(() => page.getByText('Proved', { exact: true }).count(), PATIENT).toBe(4);
  await expectNoComplaints(app);
  await app.context.close();
});
