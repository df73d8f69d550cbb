// A circuit that we did not write, brought through the page by hand: Semaphore at depth 32, from files and from
// a list at another address, to a verified proof, with a reload in the middle.
import { createReadStream, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../helpers/app.ts';
import {
  chooseFiles,
  expectNoComplaints,
  openApp,
  waitForProving,
  waitForVerified,
} from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { testData } from '../helpers/data.ts';
import { axeFaults, overflow, smallTargets, unnamedFields } from '../helpers/look.ts';
import { type SemaphoreFixture, semaphoreFixture } from '../helpers/semaphore.ts';

const fixture: SemaphoreFixture | undefined = semaphoreFixture();
const data = (name: string) => testData(`semaphore-32.${name}`) as string;

let browser: Browser;
let server: RunningServer;
let elsewhere: Server;

beforeAll(async () => {
  if (fixture === undefined) return;
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
  const list = {
    version: 1,
    circuits: [
      {
        ...fixture.entry,
        inputs: Object.entries(fixture.input).map(([name, value]) => ({
          name,
          ...(Array.isArray(value) ? { length: value.length } : {}),
        })),
      },
    ],
  };
  elsewhere = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    const name = (request.url ?? '/').slice(1);
    if (name === 'manifest.json') response.end(JSON.stringify(list));
    else createReadStream(join(fixture.folder, name)).pipe(response);
  });
  await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready));
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  elsewhere?.close();
  if (fixture !== undefined) rmSync(fixture.folder, { recursive: true, force: true });
});

async function expectAccessible(page: Page): Promise<void> {
  expect(await axeFaults(page)).toEqual([]);
  expect(await overflow(page)).toBeNull();
  expect(await unnamedFields(page)).toEqual([]);
}

describe.skipIf(fixture === undefined)('an own circuit', () => {
  it('comes from files, says what its input lacks, and its proof survives a reload', async () => {
    const app = await openApp(browser, server.origin);
    const { page } = app;
    await page.getByRole('link', { name: 'Circuits' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Circuits' }).waitFor();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Open files' }).click(),
    ]);
    await chooser.setFiles([data('wasm'), data('zkey'), data('vkey.json')]);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Take in the circuit' }).click();
    await page.waitForURL(/\/circuit-list\/semaphore-32-/);
    await page.getByRole('heading', { level: 1, name: 'semaphore-32' }).waitFor();

    const input = JSON.parse(JSON.stringify(fixture?.input)) as Record<string, string | string[]>;
    const { secret, ...rest } = input;
    const siblings = (rest.merkleProofSiblings as string[]).slice(1);
    await chooseFiles(page, 'Open a file', [
      { name: 'input.json', text: JSON.stringify({ ...rest, merkleProofSiblings: siblings }) },
    ]);
    await page.getByText('Takes 32 values; here are 31.').waitFor();
    await page.getByRole('button', { name: 'Make the proof' }).click();
    await page.getByText('The input is not complete yet').waitFor();
    await page
      .getByRole('textbox', { name: 'merkleProofSiblings' })
      .fill((rest.merkleProofSiblings as string[]).join('\n'));
    await page.getByText(/1 more is missing/).waitFor();
    await page.getByLabel('Add a signal').fill('secret');
    await page.keyboard.press('Enter');
    await page.getByLabel('secret', { exact: true }).fill(secret as string);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page);
    expect(await smallTargets(page)).toEqual([]);

    await page.getByRole('button', { name: 'Make the proof' }).click();
    await page.waitForURL(/\/proofs\/.+/);
    await waitForProving(page);
    await page.reload();
    await waitForVerified(page);
    await expectNoComplaints(app);
    await app.context.close();
  });

  it('comes from a list at another address, with a form made from what the list says', async () => {
    const app = await openApp(browser, server.origin, '/circuit-list');
    const { page } = app;
    await page.getByRole('radio', { name: /At an address/ }).check();
    const { port } = elsewhere.address() as AddressInfo;
    await page.getByLabel('Address of the list').fill(`http://localhost:${port}/manifest.json`);
    await page.getByText(`Goes to localhost:${port}`).waitFor();
    await page.getByRole('button', { name: 'Read the list' }).click();
    await page.getByRole('button', { name: 'Take in the circuit: semaphore-32' }).click();
    await page.waitForURL(/\/circuit-list\/semaphore-32-/);
    for (const [name, value] of Object.entries(fixture?.input ?? {})) {
      await page.getByLabel(name, { exact: true }).fill([value].flat(9).join(' '));
    }
    await page.getByRole('button', { name: 'Make the proof' }).click();
    await page.waitForURL(/\/proofs\/.+/);
    await waitForVerified(page);
    // The named public signals of the list, not numbers.
    await page.locator('summary', { hasText: 'Public signals' }).click();
    await page.getByText('merkleRoot').waitFor();

    // Removed with its files; the proof stays.
    await page.goto(`${server.origin}/circuit-list`);
    await page.getByRole('button', { name: 'Remove semaphore-32' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('None yet').waitFor();
    await expectNoComplaints(app);
    await app.context.close();
  });

  it('whose files do not belong together is refused, and nothing of it is kept', async () => {
    const app = await openApp(browser, server.origin, '/circuit-list');
    const { page } = app;
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Open files' }).click(),
    ]);
    // A proving key is not a calculator.
    const zkey = { name: 'semaphore.zkey', mimeType: '', buffer: readFileSync(data('zkey')) };
    const wasm = { name: 'semaphore.wasm', mimeType: '', buffer: Buffer.from('not a calculator') };
    await chooser.setFiles([zkey, wasm]);
    await page.getByRole('button', { name: 'Take in the circuit' }).click();
    await page.getByText('This circuit cannot be used.').waitFor();
    await page.reload();
    await page.getByText('None yet').waitFor();
    await expectNoComplaints(app);
    await app.context.close();
  });
});
