// The sample claim in real Chromium against the built app: one click to a verified proof, nothing sent, offline,
// reloaded in the middle, cancelled.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtCircuits, projectFolder, type RunningServer, startServer } from '../helpers/app.ts';
import {
  download,
  expectNoComplaints,
  openApp,
  startSample,
  waitForOfflineReady,
  waitForProving,
  waitForVerified,
} from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Strict verification by the command line, as a verifier would do it. */
function verifyByCommand(proof: string, publicSignals: string): number | null {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-verify-'));
  writeFileSync(join(folder, 'proof.json'), proof);
  writeFileSync(join(folder, 'public.json'), publicSignals);
  const { status } = spawnSync(process.execPath, [
    join(projectFolder, 'dist/cli/verify.js'),
    '--vkey',
    join(builtCircuits, 'reputation-16.vkey.json'),
    '--proof',
    join(folder, 'proof.json'),
    '--public',
    join(folder, 'public.json'),
  ]);
  rmSync(folder, { recursive: true, force: true });
  return status;
}

describe('the sample claim', () => {
  it('becomes a verified proof with one click, and nothing but files is asked of the server', async () => {
    const app = await openApp(browser, server.origin);
    const { page } = app;
    const requests: { method: string; url: string; body: string | null }[] = [];
    app.context.on('request', (request) =>
      requests.push({ method: request.method(), url: request.url(), body: request.postData() }),
    );
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));

    await startSample(page);
    await page.getByText('DEMO', { exact: true }).first().waitFor();
    await waitForVerified(page);
    // The prover that really made it, with the threads it had.
    const threads = await page.evaluate(() => navigator.hardwareConcurrency);
    const words = threads === 1 ? 'one thread' : `${threads} threads`;
    expect(await page.getByText(`By Gnomon’s engine, ${words}`).count()).toBe(1);

    expect(requests.filter(({ method, body }) => method !== 'GET' || body !== null)).toEqual([]);
    expect(requests.filter(({ url }) => !url.startsWith(server.origin) && !url.startsWith('blob:'))).toEqual(
      [],
    );
    expect(requests.filter(({ url }) => url.includes('?'))).toEqual([]);
    expect(sockets).toEqual([]);

    const proof = await download(page, 'Download proof');
    const signals = await download(page, 'Download public signals');
    expect(verifyByCommand(proof.text, signals.text)).toBe(0);
    const changed = JSON.parse(signals.text) as string[];
    changed[6] = String(BigInt(changed[6]!) + 1n);
    expect(verifyByCommand(proof.text, JSON.stringify(changed))).toBe(1);

    const claim = JSON.parse((await download(page, 'Download claim file')).text) as Record<string, unknown>;
    expect(claim).toMatchObject({ publicSignals: JSON.parse(signals.text) });
    const calldata = await download(page, 'Download solidity calldata');
    expect(calldata.text).toMatch(/^\["0x[0-9a-f]{64}"/);
    await expectNoComplaints(app);
    await app.context.close();
  });

  it('is marked as a demo made with a development key, wherever it shows', async () => {
    const app = await openApp(browser, server.origin);
    const { page } = app;
    await startSample(page);
    await waitForVerified(page);
    expect(await page.getByText('Development key: anyone can forge with it').first().isVisible()).toBe(true);
    await page.goto(`${server.origin}/proofs`);
    await page.getByText('DEMO', { exact: true }).first().waitFor();
    await app.context.close();
  });

  it('works offline after one visit, and again after a proof', async () => {
    const own = await startServer();
    const app = await openApp(browser, own.origin);
    const { page } = app;
    await waitForOfflineReady(page);
    await own.stop('SIGKILL');
    await app.context.setOffline(true);

    await page.reload();
    await page.getByText('Offline', { exact: true }).waitFor();
    await startSample(page);
    await waitForVerified(page);
    await page.reload();
    await waitForVerified(page);
    await page.goto(own.origin);
    await startSample(page);
    await waitForVerified(page);
    await app.context.close();
  });

  it('survives a reload in mid-proof: it goes on by itself and ends once', async () => {
    const app = await openApp(browser, server.origin);
    const { page } = app;
    await startSample(page);
    await waitForProving(page);
    await page.reload();
    await waitForVerified(page);
    await page.goto(`${server.origin}/proofs`);
    await page.getByText('Proved', { exact: true }).waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'Sample campaign' }).count()).toBe(1);
    await expectNoComplaints(app);
    await app.context.close();
  });

  it('is cancelled at once and stays so', async () => {
    const app = await openApp(browser, server.origin);
    const { page } = app;
    await startSample(page);
    await waitForProving(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    // Its worker is gone, and snarkjs' threads with it.
    await expect.poll(() => page.workers().filter((worker) => worker.url().includes('prove'))).toEqual([]);
    await page.reload();
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    expect(await page.getByText('Verified', { exact: true }).count()).toBe(0);
    await expectNoComplaints(app);
    await app.context.close();
  });
});
