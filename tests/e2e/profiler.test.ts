// The Profiler page in a real Chromium: real proofs in workers of their own, stopped in the middle, shown, saved, opened
// again without a network, compared and adopted; and the person's own proofs go first.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readReport } from '../../src/core/profiler/report.ts';
import { timeText } from '../../src/core/profiler/words.ts';
import { type RunningServer, startServer } from '../helpers/app.ts';
import {
  type AppPage,
  chooseFiles,
  expectNoComplaints,
  openApp,
  PROOF_TIMEOUT_MS,
  startSample,
  waitForVerified,
} from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, overflow, smallTargets, unnamedFields } from '../helpers/look.ts';
import {
  addServer,
  chooseMode,
  factOf,
  makeProof,
  openSample,
  openServers,
  startPlace,
  submits,
} from '../helpers/offload-page.ts';

let browser: Browser;
let server: RunningServer;
let folder: string;
let app: AppPage;
let page: Page;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-profiler-'));
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
  app = await openApp(browser, server.origin, '/profiler');
  ({ page } = app);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const measure = () => page.getByRole('button', { name: 'Measure', exact: true }).click();
/** Proving workers that live; the engine's threads are workers of theirs and go with them. */
const workers = () => page.workers().filter((worker) => /prove/.test(worker.url()));

async function look(what: string): Promise<void> {
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [390, 'dark'],
    [390, 'light'],
    [1440, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await axeFaults(page), `${what}, ${width}, ${colorScheme}`).toEqual([]);
    expect(await overflow(page), `${what}, ${width}`).toBeNull();
    if (width === 390) expect(await smallTargets(page), what).toEqual([]);
  }
  expect(await unnamedFields(page), what).toEqual([]);
}

async function save(name: string, file: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name }).click(),
  ]);
  const path = join(folder, file);
  await download.saveAs(path);
  return path;
}

/** What has the focus: never nothing, for whoever goes by keyboard. */
const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

it('stops in the middle with nothing left running, and keeps what it measured', async () => {
  await page.getByRole('heading', { level: 1, name: 'Profiler' }).waitFor();
  await page.getByText(/^\d+ proofs, /).waitFor();
  await look('form');
  await page.getByLabel('64', { exact: true }).uncheck();
  await page.getByLabel('Proofs of each that count').selectOption('30');
  await measure();
  await page
    .getByText(/^Measuring: 16 attestations/)
    .first()
    .waitFor({ timeout: PROOF_TIMEOUT_MS });
  expect(workers().length).toBe(1);
  expect(await focused()).toBe('Profiler');
  await page.getByRole('button', { name: 'Stop measuring' }).click();
  await page.getByText(/Stopped before its end/).waitFor();
  await expect.poll(focused).toBe('Profiler');
  await expect.poll(() => workers().length).toBe(0);
});

it('measures, gives way to a proof of the person’s, and shows figures that follow from its proofs', async () => {
  await page.getByLabel('64', { exact: true }).uncheck();
  await page.getByLabel('Proofs of each that count').selectOption('3');
  await measure();
  await page
    .getByText(/^Measuring: /)
    .first()
    .waitFor({ timeout: PROOF_TIMEOUT_MS });
  // Another tab's proof counts as well.
  const second = await page.context().newPage();
  await second.goto(server.origin);
  await startSample(second);
  await page
    .getByText(/^Waiting: a proof of yours/)
    .first()
    .waitFor({ timeout: PROOF_TIMEOUT_MS });
  await waitForVerified(second);
  await second.close();
  await page.getByRole('heading', { name: 'What follows' }).waitFor({ timeout: PROOF_TIMEOUT_MS });
  await page.getByText(/gave way to other proofs/).waitFor();
  await look('result');
  const json = await save('Save as JSON', 'one.json');
  const report = readReport(readFileSync(json, 'utf8'));
  expect(report).toMatchObject({ state: 'complete', machine: { kind: 'browser', memoryIs: 'page' } });
  expect(report.interruptions).toBeGreaterThan(0);
  expect(report.cells.length).toBeGreaterThan(0);
  for (const cell of report.cells) {
    expect(cell).toMatchObject({ error: null, figures: { totalMs: { count: 3 }, cpuMs: null } });
    for (const run of cell.runs) {
      expect(run.prover).toBe('engine');
      expect(run.threads).toBe(cell.threads);
      expect(run.stagesMs.proving).toBeGreaterThan(0);
    }
    await page
      .getByRole('row')
      .filter({ hasText: timeText(cell.figures.totalMs?.p95 ?? 0) })
      .first()
      .waitFor();
  }
});

it('saves a page that opens from the disk without a network, with the figures of the JSON', async () => {
  const html = await save('Save as page', 'one.html');
  const json = readReport(readFileSync(join(folder, 'one.json'), 'utf8'));
  expect(readReport(readFileSync(html, 'utf8'))).toEqual(json);
  const alone = await browser.newContext({ offline: true });
  const saved = await alone.newPage();
  const asked: string[] = [];
  saved.on('request', (request) => asked.push(request.url()));
  await saved.goto(pathToFileURL(html).href);
  await saved.getByRole('heading', { level: 1, name: 'Gnomon profile' }).waitFor();
  expect(asked).toEqual([pathToFileURL(html).href]);
  for (const cell of json.cells) {
    const row = saved.locator(`tr[data-cell="${cell.id}"]`).first();
    const shown = await row
      .locator('data')
      .evaluateAll((all) => all.map((one) => Number((one as HTMLDataElement).value)));
    const { count, mean, min, max, p50, p95, p99, standardDeviation } = cell.figures.totalMs!;
    expect(shown.slice(0, 8)).toEqual([count, mean, min, max, p50, p95, p99, standardDeviation]);
  }
  expect(await saved.getByRole('img').count()).toBeGreaterThan(0);
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [390, 'dark'],
  ] as const) {
    await saved.setViewportSize({ width, height: 900 });
    await saved.emulateMedia({ colorScheme });
    expect(await axeFaults(saved)).toEqual([]);
    expect(await overflow(saved)).toBeNull();
  }
  await alone.close();
});

it('opens a saved report after a reload, compares it, and adopts what follows, which can be taken back', async () => {
  const text = readFileSync(join(folder, 'one.html'), 'utf8');
  const report = readReport(text);
  await page.addInitScript(() => {
    const blank: string[] = [];
    Object.assign(globalThis, { blank });
    new MutationObserver(() => {
      for (const one of document.querySelectorAll<HTMLElement>('.notice'))
        if (one.textContent?.trim() === '') blank.push(one.outerHTML);
    }).observe(document, { childList: true, subtree: true });
  });
  await page.reload();
  await page.getByText(/^\d+ proofs, /).waitFor();
  // No empty box while it is looked which circuits there are.
  expect(await page.evaluate(() => (globalThis as unknown as { blank: string[] }).blank)).toEqual([]);
  await chooseFiles(page, 'Open a report', [{ name: 'one.html', text }]);
  await page.getByRole('heading', { name: 'Opened report' }).waitFor();
  await chooseFiles(page, 'Compare with a report', [{ name: 'one.json', text: JSON.stringify(report) }]);
  await page
    .getByText(/^1\.00 times as long/)
    .first()
    .waitFor();
  await look('compared');
  // Times that leave no doubt: this device needs all its threads.
  const clear = structuredClone(report);
  const [cell] = clear.cells;
  const made = (threads: number, ms: number) => ({
    ...structuredClone(cell!),
    ...{ id: `made-${threads}`, threads },
    runs: [1, 1.01, 1.02].map((factor) => ({ ...cell!.runs.at(-1)!, totalMs: ms * factor })),
  });
  clear.cells = [made(1, 900), made(2, 2_000)];
  await chooseFiles(page, 'Open a report', [{ name: 'clear.json', text: JSON.stringify(clear) }]);
  await page.getByText(/^Threads for a proof: all, \d+ → 1$/).waitFor();
  const threads = () =>
    page.evaluate(() => JSON.parse(localStorage.getItem('gnomon.settings') ?? '{}').threads ?? null);
  await page.getByRole('button', { name: 'Adopt', exact: true }).click();
  await page.getByText(/^Adopted\./).waitFor();
  expect(await threads()).toBe(1);
  await expect.poll(focused).toBe('Undo');
  await page.keyboard.press('Enter');
  await expect.poll(threads).toBeNull();
  await expect.poll(focused).toBe('Adopt');
  await chooseFiles(page, 'Open a report', [{ name: 'broken.json', text: '{"format":"gnomon/profile"}' }]);
  await page.getByText(/The report cannot be read/).waitFor();
  await expectNoComplaints(app);
});

it('adopts a limit of size with one click, and routing follows it at once', async () => {
  const place = await startPlace({ name: 'Office server', appOrigin: server.origin });
  try {
    await openServers(page);
    await addServer(page, place, 'secrets');
    await chooseMode(page, 'Wherever it is sooner');
    await openSample(page);
    // Nothing is known of the server, and here it takes a second.
    await page.getByText(/^Now: here: about .*; Office server is not measured yet\.$/).waitFor();
    await page.getByRole('contentinfo').getByRole('link', { name: 'Insights' }).click();
    await page.getByRole('main').getByRole('link', { name: 'Profiler' }).click();
    const report = readReport(readFileSync(join(folder, 'one.html'), 'utf8'));
    const [cell] = report.cells;
    const made = (id: string, constraints: number, ms: number) => ({
      ...structuredClone(cell!),
      ...{ id, circuit: id, size: null, constraints },
      runs: [1, 1.01, 1.02].map((factor) => ({ ...cell!.runs.at(-1)!, totalMs: ms * factor })),
    });
    // A device on which the sample's circuit would take too long.
    report.cells = [made('small', 5_000, 900), made('reputation-16', cell!.constraints, 40_000)];
    await chooseFiles(page, 'Open a report', [{ name: 'slow.json', text: JSON.stringify(report) }]);
    await page.getByText(/^Prove up to small here/).waitFor();
    await page.getByRole('button', { name: 'Adopt', exact: true }).click();
    await page.getByText(/^Adopted\./).waitFor();
    await openSample(page);
    await page.getByText(/^Now: on Office server: .*larger than you chose to prove here\.$/).waitFor();
    await makeProof(page);
    await waitForVerified(page);
    expect(await factOf(page, 'Where')).toBe('On Office server');
    expect(submits(place)).toBe(1);
    await expectNoComplaints(app);
  } finally {
    await place.close();
  }
});
