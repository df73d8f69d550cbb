// A circuit of somebody else's, brought through the Circuits page and proved by a server that has it; one that does
// not have it says so, is not offered, and gets nothing.
import { rmSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useAppAndBrowser } from '../helpers/app-and-browser.ts';
import { chooseFiles, expectNoComplaints, openApp, waitForVerified } from '../helpers/app-page.ts';
import { testData } from '../helpers/data.ts';
import { axeFaults, overflow } from '../helpers/look.ts';
import {
  addServer,
  chooseMode,
  factOf,
  makeProof,
  openServers,
  type Place,
  startPlace,
  submits,
} from '../helpers/offload-page.ts';
import { semaphoreFixture } from '../helpers/semaphore.ts';

const fixture = semaphoreFixture();
const data = (name: string) => testData(`semaphore-32.${name}`) as string;

const world = useAppAndBrowser(fixture !== undefined);
let having: Place;
let lacking: Place;

beforeAll(async () => {
  if (fixture === undefined) return;
  const appOrigin = world.app.origin;
  [having, lacking] = await Promise.all([
    startPlace({ name: 'Home server', appOrigin, circuitsFolder: fixture.folder }),
    startPlace({ name: 'Office server', appOrigin }),
  ]);
}, 60_000);
afterAll(async () => {
  await Promise.all([having?.close(), lacking?.close()]);
  if (fixture !== undefined) rmSync(fixture.folder, { recursive: true, force: true });
});

/** Brought from its files, with its input filled in. */
async function bringCircuit(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Circuits' }).first().click();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Open files' }).click(),
  ]);
  await chooser.setFiles([data('wasm'), data('zkey'), data('vkey.json')]);
  await page.getByRole('button', { name: 'Take in the circuit' }).click();
  await page.waitForURL(/\/circuit-list\/semaphore-32-/);
  await fillInput(page);
}

async function fillInput(page: Page): Promise<void> {
  await chooseFiles(page, 'Open a file', [{ name: 'input.json', text: JSON.stringify(fixture?.input) }]);
  await page.getByText('The circuit does not say').waitFor({ state: 'detached' });
}

describe.skipIf(fixture === undefined)('a proof of an own circuit', () => {
  it('goes to the server that has it, and not to the one that has not', async () => {
    const opened = await openApp(world.browser, world.app.origin, '/servers');
    const { page } = opened;
    await addServer(page, having, 'inputs');
    await addServer(page, lacking, 'inputs');
    await chooseMode(page, 'Ask each time');
    await bringCircuit(page);

    await page.getByText('Office server does not have this circuit.').waitFor();
    expect(await page.getByRole('radio', { name: 'Office server' }).isDisabled()).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
    expect(await overflow(page)).toBeNull();
    await page.getByRole('radio', { name: 'Home server' }).check();
    await makeProof(page);
    await waitForVerified(page);
    expect(await factOf(page, 'Where')).toBe('On Home server');
    expect(await factOf(page, 'Why there')).toBe('on Home server: you chose it for this proof');
    expect(submits(having)).toBe(1);
    expect(having.meddler.sent.join()).toContain(String(fixture?.input.secret));

    // Left to itself, with only the one that lacks it: made here, and the reason is that server's.
    await openServers(page);
    await page.getByRole('button', { name: 'Remove Home server' }).click();
    await chooseMode(page, 'Wherever it is sooner');
    await page.getByRole('link', { name: 'Circuits' }).first().click();
    await page.getByRole('link', { name: 'semaphore-32' }).first().click();
    await fillInput(page);
    await page.getByText('Now: here: Office server does not have this circuit.').waitFor();
    await makeProof(page);
    await page.getByText('here: Office server does not have this circuit').first().waitFor();
    expect(await factOf(page, 'Where')).toBe('On this device');
    expect(await factOf(page, 'Why there')).toBe('here: Office server does not have this circuit');
    expect(submits(lacking)).toBe(0);
    expect(lacking.meddler.sent.join()).not.toContain(String(fixture?.input.secret));
    await expectNoComplaints(opened);
    await opened.context.close();
  });
});
