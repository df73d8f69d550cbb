// The local backend with real workers, and the artifact storages, under their contracts in Chromium.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendCases } from '../contract/backend.suite.ts';
import type { ContractPage, PageVerdict } from '../contract/backend-page.ts';
import { chunkCases } from '../contract/chunk-storage.suite.ts';
import { type RunningServer, serveTestPage } from '../helpers/app.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

declare global {
  var contractPage: ContractPage;
}

let browser: Browser;
let server: RunningServer;
let tiny: TinyCircuit;

beforeAll(async () => {
  tiny = await makeTinyCircuit();
  server = await serveTestPage(new URL('../contract/backend-page.ts', import.meta.url).pathname, tiny.folder);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  tiny?.remove();
});

async function openPage(): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(server.origin);
  await page.waitForFunction('"contractPage" in globalThis');
  return page;
}

describe('the local backend in Chromium', () => {
  it.each([1, 2])('keeps the contract with %i thread(s)', async (threads) => {
    const page = await openPage();
    const { entry, input, publicSignals } = tiny;
    const given = [threads, entry, input, publicSignals].map((value) => JSON.stringify(value));
    // As text, since CircuitInput nests without end, which is more than evaluate's types can follow.
    const verdicts: PageVerdict[] = await page.evaluate(`contractPage.backendContract(${given})`);
    expect(verdicts).toEqual(backendCases.map(({ name }) => ({ name, error: null })));
    await page.context().close();
  });
});

describe('artifact storage in Chromium', () => {
  it.each(['files', 'cache', 'memory'] as const)('%s keep the contract', async (kind) => {
    const page = await openPage();
    const verdicts = await page.evaluate((which) => contractPage.chunkContract(which), kind);
    expect(verdicts).toEqual(chunkCases.map(({ name }) => ({ name, error: null })));
    await page.context().close();
  });

  it('outlives the page, works without the network, and mends a damaged file', async () => {
    const page = await openPage();
    const { entry } = tiny;
    const { bytes } = entry.artifacts.zkey;
    const load = () => page.evaluate((circuit) => contractPage.load(circuit, null), entry);
    const again = async () => {
      await page.reload();
      await page.waitForFunction('"contractPage" in globalThis');
    };
    expect(await load()).toMatchObject({ length: bytes, error: null, warnings: [] });
    await again();
    await page.context().setOffline(true);
    expect(await load()).toMatchObject({ length: bytes, error: null, counted: [bytes] });
    await page.evaluate((circuit) => contractPage.damage(circuit), entry);
    expect(await load()).toMatchObject({
      error: 'network.unreachable',
      warnings: ['artifact.digest-mismatch'],
    });
    await page.context().setOffline(false);
    expect(await load()).toMatchObject({ length: bytes, error: null });
    await page.context().close();
  });
});
