// Proofs made elsewhere as a person sets them up: a worker server behind a meddler, brought to the Servers page and
// allowed what a test needs.
import type { Locator, Page } from 'playwright-core';
import { demoKeyPair } from '../../src/reputation/demo.ts';
import { builtCircuits } from './app.ts';
import { type Meddler, startMeddler } from './meddler.ts';
import { type RunningWorkerServer, startWorkerServer } from './worker-server.ts';

export interface Place {
  name: string;
  worker: RunningWorkerServer;
  /** What the page is given as the server's address. */
  meddler: Meddler;
  close(): Promise<void>;
}

export interface PlaceOptions {
  name: string;
  /** Of the page. */
  appOrigin: string;
  circuitsFolder?: string;
  args?: string[];
}

export async function startPlace(options: PlaceOptions): Promise<Place> {
  const { name, appOrigin, circuitsFolder = builtCircuits, args = [] } = options;
  const worker = await startWorkerServer({
    circuitsFolder,
    args: ['--name', name, '--allowed-origins', appOrigin, '--concurrency', '1', ...args],
  });
  const meddler = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
  return {
    name,
    worker,
    meddler,
    async close() {
      await meddler.close();
      worker.kill('SIGKILL');
      await worker.exited;
    },
  };
}

/** SIGKILL to it and to whatever it proves in, while nothing that it may still have said arrives. */
export function killPlace({ worker, meddler }: Place): void {
  meddler.answer = () => null;
  for (const pid of worker.children()) process.kill(pid, 'SIGKILL');
  worker.kill('SIGKILL');
}

/** The server's card on the Servers page. */
export function cardOf(page: Page, name: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
}

/** On the Servers page. */
export async function addServer(
  page: Page,
  { name, meddler }: Pick<Place, 'name' | 'meddler'>,
  allowed: 'nothing' | 'inputs' | 'secrets',
): Promise<void> {
  await page.getByRole('textbox', { name: 'Address or pairing link' }).fill(meddler.origin);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const card = cardOf(page, name);
  await card.getByText('Connected', { exact: true }).waitFor();
  if (allowed === 'nothing') return;
  await card.getByRole('button', { name: 'Allow inputs' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click();
  if (allowed === 'inputs') return;
  await card.getByRole('button', { name: 'Allow claims too' }).click();
  await page.getByRole('checkbox', { name: /I trust this server/ }).check();
  await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click();
  await card.getByText('Inputs, and the secrets of your identities').waitFor();
}

export type Mode = 'Only here' | 'Ask each time' | 'Wherever it is sooner';

/** On the Servers page. */
export async function chooseMode(page: Page, mode: Mode): Promise<void> {
  await page.getByRole('radio', { name: mode }).check();
  if (mode === 'Wherever it is sooner')
    await page.getByRole('checkbox', { name: 'New proofs may leave' }).check();
}

/** The sample claim, ready to be proved; it stays open once it has been. */
export async function openSample(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Claim' }).click();
  const make = page.getByRole('button', { name: 'Make the proof' });
  const take = page.getByRole('button', { name: 'Use the sample claim' });
  await make.or(take).first().waitFor();
  if (await take.isVisible()) await take.click();
  await make.waitFor();
}

/** Of the sample's demo identity, whose claim is open. */
export async function secretOf(page: Page): Promise<string> {
  const subject = (await page.getByText(/^Claim for .*, from the sample$/).textContent()) ?? '';
  return `${demoKeyPair(/^Claim for (.*),/.exec(subject)?.[1] ?? '').secretScalar}`;
}

export async function makeProof(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make the proof' }).click();
  await page.waitForURL(/\/proofs\/.+/);
}

/** Through the app, so that what lives in memory stays. */
export async function openServers(page: Page): Promise<void> {
  await page.getByRole('contentinfo').getByRole('link', { name: 'Servers' }).click();
  await page.getByRole('heading', { level: 1, name: 'Servers' }).waitFor();
}

/** What stands beside a term among the facts of the page. */
export async function factOf(page: Page, term: string): Promise<string> {
  const row = page.locator('.facts > div', { has: page.locator('dt', { hasText: new RegExp(`^${term}$`) }) });
  return (await row.locator('dd').first().textContent()) ?? '';
}

/** How often the page has given this server a proof to make. */
export function submits({ meddler }: Pick<Place, 'meddler'>): number {
  return meddler.sent.filter((text) => text.includes('"submit"')).length;
}
