// Semaphore depth 32, a circuit that nobody here wrote, through the proving worker in real Chromium.
import { rmSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CircuitInput } from '../../src/core/groth16.ts';
import { isSingleThreaded, proverOf, RUNGS } from '../../src/core/job.ts';
import { type RunningServer, serveTestPage } from '../helpers/app.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { type SemaphoreFixture, semaphoreFixture } from '../helpers/semaphore.ts';
import type { ProverPage } from './pages/prover-page.ts';

declare global {
  var proverPage: ProverPage;
}

const good = semaphoreFixture();
const entryFile = new URL('./pages/prover-page.ts', import.meta.url).pathname;

/** `page.evaluate` without Playwright's own types of arguments, which recursive ones are too deep for. */
function inPage<A, R>(page: Page, work: (argument: A) => R | Promise<R>, argument: A): Promise<R> {
  return page.evaluate(work as never, argument as never) as Promise<R>;
}

async function openPage(browser: Browser, server: RunningServer): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(server.origin);
  await page.waitForFunction(() => globalThis.proverPage !== undefined);
  return page;
}

describe.skipIf(good === undefined)('the proving worker in Chromium', () => {
  const fixture = good as SemaphoreFixture;
  let browser: Browser;
  let server: RunningServer;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
    server = await serveTestPage(entryFile, fixture.folder);
    page = await openPage(browser, server);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(fixture.folder, { recursive: true, force: true });
  });

  it.each(RUNGS)('proves Semaphore 32, %s, with measured progress', async (rung) => {
    expect(await page.evaluate(() => proverPage.isolated)).toBe(true);
    const { result, progress, error } = await inPage(
      page,
      ([entry, input, rung]) => proverPage.prove(entry, input, rung, null),
      [fixture.entry, fixture.input, rung] as const,
    );
    expect(error).toBeNull();
    expect(result).toMatchObject({ prover: proverOf(rung), threads: isSingleThreaded(rung) ? 1 : 2 });
    expect(result?.publicSignals).toHaveLength(4);
    expect(result?.publicSignals.slice(2)).toEqual([fixture.input.message, fixture.input.scope]);
    // Stages in order, fractions that never go back.
    const order = ['artifacts', 'witness', 'proving'];
    const seen = progress.map((report) => order.indexOf(report.stage));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(new Set(seen)).toEqual(new Set([0, 1, 2]));
    for (const stage of order) {
      const fractions = progress.filter((report) => report.stage === stage).map((report) => report.fraction);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(Math.max(...fractions)).toBeLessThanOrEqual(1);
    }
    const verdict = await inPage(
      page,
      ([entry, result]) => proverPage.verify(entry, result, result.publicSignals),
      [fixture.entry, result!] as const,
    );
    expect(verdict).toEqual({ ok: true });
    const other = await inPage(
      page,
      ([entry, result]) => proverPage.verify(entry, result, ['1', ...result.publicSignals.slice(1)]),
      [fixture.entry, result!] as const,
    );
    expect(other).toMatchObject({ ok: false, reason: 'signals-differ' });
  });

  it('cancels in mid-proof', async () => {
    const { error } = await inPage(
      page,
      ([entry, input]) => proverPage.prove(entry, input, 'engine-single', 400),
      [fixture.entry, fixture.input] as const,
    );
    expect(error).toMatchObject({ code: 'cancelled.aborted' });
  });

  it('says which signal it does not take, which has the wrong length, and how many are missing', async () => {
    const { scope, ...input } = fixture.input;
    const answer = async (input: CircuitInput) => {
      const { error } = await inPage(
        page,
        ([entry, input]) => proverPage.prove(entry, input, 'engine-threaded', null),
        [fixture.entry, input] as const,
      );
      expect(error).toMatchObject({ group: 'input', retryable: false });
      return `${error?.message} ${error?.where}`;
    };
    expect(await answer({ ...input, scopes: scope! })).toContain('scopes');
    const siblings = (fixture.input.merkleProofSiblings as string[]).slice(1);
    expect(await answer({ ...fixture.input, merkleProofSiblings: siblings })).toContain(
      'merkleProofSiblings',
    );
    expect(await answer(input)).toMatch(/37.*36/);
  });

  it('refuses a zkey with one flipped bit', async () => {
    const flipped = semaphoreFixture({ flip: 3_000_017 }) as SemaphoreFixture;
    const bad = await serveTestPage(entryFile, flipped.folder);
    try {
      const page = await openPage(browser, bad);
      const { result, error } = await inPage(
        page,
        ([entry, input]) => proverPage.prove(entry, input, 'engine-threaded', null),
        [flipped.entry, flipped.input] as const,
      );
      expect(result).toBeNull();
      expect(error).toMatchObject({ code: 'artifact.digest-mismatch' });
    } finally {
      await bad.stop();
      rmSync(flipped.folder, { recursive: true, force: true });
    }
  });
});
