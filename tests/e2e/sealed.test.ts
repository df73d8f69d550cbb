// A claim that goes to a fleet from a real Chromium: sealed in the page to a key that the page shows. What passes over
// the wire, lies in Redis and its file, and is logged, holds the identity's secret in no form.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoKeyPair } from '../../src/reputation/demo.ts';
import { builtCircuits, type RunningServer, startServer } from '../helpers/app.ts';
import { type AppPage, openApp, PROOF_TIMEOUT_MS, waitForVerified } from '../helpers/app-page.ts';
import { findCanaries, textPlaces } from '../helpers/canaries.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { allOfRedis, pauseQueue, startFleet, type TestFleet } from '../helpers/fleet.ts';
import { axeFaults } from '../helpers/look.ts';
import { type Meddler, startMeddler } from '../helpers/meddler.ts';
import { memoryOf, REDIS } from '../helpers/redis-server.ts';
import { type RunningWorkerServer, until } from '../helpers/worker-server.ts';

let browser: Browser;
let app: RunningServer;
let fleet: TestFleet;
let meddler: Meddler;
let machines: RunningWorkerServer[];
let opened: AppPage;

const NAME = 'Office fleet';

beforeAll(async () => {
  if (REDIS === undefined) return;
  [browser, app, fleet] = await Promise.all([launchChromium(), startServer(), startFleet(builtCircuits)]);
  const named = ['--name', NAME, '--allowed-origins', app.origin];
  machines = await Promise.all([fleet.start('gateway', named), fleet.start('prover')]);
  meddler = await startMeddler(`ws://127.0.0.1:${machines[0]!.port}/ws`);
}, 60_000);
afterAll(async () => {
  await opened?.context.close();
  await meddler?.close();
  await browser?.close();
  await fleet?.stop();
  await app?.stop();
});

/** Adds the fleet and allows it everything, as a person does; answers the key that the page shows. */
async function setUp(page: Page): Promise<string> {
  await page.getByRole('textbox', { name: 'Address or pairing link' }).fill(meddler.origin);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: NAME }).waitFor();
  await page.getByText('Connected', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Allow inputs' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click();
  await page.getByRole('button', { name: 'Allow claims too' }).click();
  await page.getByRole('checkbox', { name: /I trust this server/ }).check();
  await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click();
  await page.getByText('Inputs, and the secrets of your identities').waitFor();
  await page.getByRole('radio', { name: 'Ask each time' }).check();
  const shown = await page.getByText(/sealed on this device to the key [0-9a-f]{16}/).textContent();
  return /[0-9a-f]{16}/.exec(shown ?? '')?.[0] ?? '';
}

describe.skipIf(REDIS === undefined)('a claim that goes to a fleet', () => {
  it('is sealed in the page, to the key that the page shows', { timeout: PROOF_TIMEOUT_MS }, async () => {
    opened = await openApp(browser, app.origin, '/servers');
    const { page } = opened;
    const keyId = await setUp(page);
    const { keys } = JSON.parse(readFileSync(fleet.keyFile, 'utf8'));
    expect(keys).toHaveLength(1);
    expect(keyId).toBe(fleet.keyId);
    expect(await axeFaults(page)).toEqual([]);

    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Claim' }).click();
    await page.getByRole('button', { name: 'Use the sample claim' }).click();
    await page.getByRole('radio', { name: NAME }).check();
    const subject = (await page.getByText(/^Claim for .*, from the sample$/).textContent()) ?? '';
    const { secretScalar } = demoKeyPair(/^Claim for (.*),/.exec(subject)?.[1] ?? '');

    const redis = new Redis(fleet.redis.port);
    const goOn = await pauseQueue(redis);
    await page.getByRole('button', { name: 'Make the proof' }).click();
    await page.waitForURL(/\/proofs\/.+/);
    await until(async () => (await redis.keys('gnomon:input:*')).length === 1);
    const waiting = await allOfRedis(redis);
    await goOn();
    await waitForVerified(page);
    await page.getByText(`the input is sealed to its key ${keyId}`).first().waitFor();

    const folder = join(fleet.redis.folder, 'appendonlydir');
    const file = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    const places: Record<string, string> = {
      wire: meddler.sent.join('\n'),
      'Redis while it waits': waiting,
      'Redis after its end': await allOfRedis(redis),
      'Redis’ memory': memoryOf(fleet.redis.pid()).toString('latin1'),
      'the append-only file': file.join('\n'),
      logs: machines.map((machine) => machine.output()).join('\n'),
    };
    expect(findCanaries([secretScalar], textPlaces(places))).toEqual([]);
    // The search finds what is there: the sealed input's own first bytes, on the wire and in the file.
    const head = Buffer.from(`01${keyId}`, 'hex').toString('latin1');
    for (const place of ['wire', 'the append-only file']) expect(places[place]).toContain(head);
    expect(places.wire).toContain('"sealedBytes"');
    expect(await redis.keys('gnomon:input:*')).toEqual([]);
    expect(opened.complaints).toEqual([]);
    await redis.quit();
  });
});
