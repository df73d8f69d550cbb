// The board of a fleet in a real browser: its pages work under our policy, ask nobody else for anything, and complain
// of nothing.
import { Redis } from 'ioredis';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { pauseQueue, startFleet, type TestFleet } from '../helpers/fleet.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';
import type { RunningWorkerServer } from '../helpers/worker-server.ts';

const [TOKEN, ADMIN] = ['a-token-that-is-long-enough', 'admin-token-that-is-long-enough'];
let circuit: TinyCircuit;
let fleet: TestFleet;
let machine: RunningWorkerServer;
let browser: Browser;

beforeAll(async () => {
  if (REDIS === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
  fleet = await startFleet(circuit.folder);
  machine = await fleet.start('both', ['--token', TOKEN, '--admin-token', ADMIN]);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await fleet?.stop();
  circuit?.remove();
});

describe.skipIf(REDIS === undefined)('the board of a fleet in Chromium', () => {
  it('shows the queue and a job, asks no other server for anything, and has nothing to complain of', async () => {
    const redis = new Redis(fleet.redis.port);
    await pauseQueue(redis);
    const wire = await connectWire(machine.port);
    wire.send({ type: 'hello', version: 1, token: TOKEN });
    const { input, publicSignals: expectedPublicSignals, entry } = circuit;
    const job = { circuit: entry.artifacts.zkey.sha256, input, expectedPublicSignals };
    wire.send({ type: 'submit', jobId: 'waits', ...job });
    await wire.next('accepted');
    const [queued = ''] = await redis.zrange('gnomon:queue:jobs:prioritized', '0', '-1');

    const context = await browser.newContext({ httpCredentials: { username: 'any', password: ADMIN } });
    const page = await context.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await page.goto(`${machine.origin}/board`, { waitUntil: 'networkidle' });
      await page.getByText('Gnomon fleet').first().waitFor();
    }
    await page.goto(`${machine.origin}/board/queue/jobs?status=prioritized`, { waitUntil: 'networkidle' });
    const main = page.locator('#root');
    await main.getByText(entry.artifacts.zkey.sha256).first().waitFor();
    expect(await main.innerText()).not.toContain(String(input.a));
    await page.goto(`${machine.origin}/board/queue/jobs/${encodeURIComponent(queued)}`, {
      waitUntil: 'networkidle',
    });
    await main.getByText(entry.artifacts.zkey.sha256).first().waitFor();
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((url) => !url.startsWith(`${machine.origin}/`) && !url.startsWith('data:'))).toEqual(
      [],
    );
    expect(complaints).toEqual([]);
    await context.close();
    wire.socket.close();
    await redis.quit();
  });
});
