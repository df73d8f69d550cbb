// Circuits that a person brings can do anything when they run. In a real Chromium each harm ends in time, with its
// cause, and the next job is proved as if nothing had been.
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Job } from '../../src/core/job.ts';
import type { QueuePage } from '../browser/queue-page.ts';
import { builtCircuits, type RunningServer, serveTestPage } from '../helpers/app.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { type Harm, hostileCalculator } from '../helpers/hostile-calculator.ts';
import { queueClaim } from '../helpers/queue-claim.ts';
import { isFullRun } from '../helpers/scale.ts';

declare global {
  var queue: QueuePage;
}

/** The page's own patience in the full run; else less of it. */
const query = isFullRun ? '' : '?silence=5000';
const ENDS_WITHIN_MS = 10_000;
const PROVED_MS = 120_000;

const claim = queueClaim('hostile');
let folder: string;
let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-hostile-'));
  for (const { url } of Object.values(claim.circuit.artifacts))
    cpSync(join(builtCircuits, url), join(folder, url));
  server = await serveTestPage(join(import.meta.dirname, '../browser/queue-page.ts'), folder);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function hostileClaim(harm: Harm) {
  const bytes = hostileCalculator(harm);
  const url = `${harm}.wasm`;
  writeFileSync(join(folder, url), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const artifacts = { ...claim.circuit.artifacts, wasm: { url, bytes: bytes.length, sha256 } };
  return { ...claim, secret: '1', input: {}, circuit: { ...claim.circuit, id: harm, artifacts } };
}

const harms: [Harm, code: string, attempts: number][] = [
  ['loops', 'backend.died', 3],
  ['recurses', 'resource.memory', 3],
  ['swells', 'resource.memory', 3],
  ['traps', 'witness.calculator-failed', 1],
];

it.each(harms)('a calculator that %s fails as %s, and the next job is proved', async (harm, code, count) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.origin + query);
  await page.waitForFunction(() => 'queue' in globalThis);
  await page.evaluate(`queue.submit("hostile", ${JSON.stringify(hostileClaim(harm))})`);
  await page.evaluate(`queue.submit("good", ${JSON.stringify(claim)})`);
  const jobOf = async (id: string) => (await page.evaluate(`queue.job("${id}")`)) as Job;
  await expect.poll(async () => (await jobOf('good')).state, { timeout: PROVED_MS }).toBe('succeeded');
  await expect.poll(async () => (await jobOf('hostile')).state, { timeout: PROVED_MS }).toBe('failed');
  const { attempts, error } = await jobOf('hostile');
  expect([error?.code, ...attempts.map((attempt) => attempt.error?.code)]).toEqual(
    Array(count + 1).fill(code),
  );
  // Each starts with files that are here and a witness that is begun at once.
  for (const { startedAtMs, endedAtMs } of attempts)
    expect((endedAtMs ?? Number.NaN) - startedAtMs).toBeLessThan(ENDS_WITHIN_MS);
  await context.close();
});
