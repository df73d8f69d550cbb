// Proofs made elsewhere, with a real worker server and a real Chromium: with permission, without, by a server that
// lies, and by one that is killed in mid-proof.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { demoKeyPair } from '../../src/reputation/demo.ts';
import { builtCircuits, type RunningServer, startServer } from '../helpers/app.ts';
import { type AppPage, openApp, PROOF_TIMEOUT_MS, waitForVerified } from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults } from '../helpers/look.ts';
import { type Meddler, startMeddler } from '../helpers/meddler.ts';
import { type RunningWorkerServer, startWorkerServer } from '../helpers/worker-server.ts';

let browser: Browser;
let app: RunningServer;
let worker: RunningWorkerServer;
let meddler: Meddler;
let opened: AppPage | null = null;

const TIMEOUT = 2 * PROOF_TIMEOUT_MS;
const NAME = 'Office server';

async function startWorker(): Promise<void> {
  worker = await startWorkerServer({
    circuitsFolder: builtCircuits,
    args: ['--name', NAME, '--allowed-origins', app.origin, '--concurrency', '1'],
  });
  meddler = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
}

beforeAll(async () => {
  [browser, app] = await Promise.all([launchChromium(), startServer()]);
}, 60_000);
afterEach(async () => {
  await opened?.context.close();
  opened = null;
  await meddler?.close();
  worker?.kill('SIGKILL');
  await worker?.exited;
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

type Mode = 'Only here' | 'Ask each time' | 'Wherever it is sooner';

/** Adds the server and allows it everything, as a person does. */
async function setUp(mode: Mode): Promise<Page> {
  await startWorker();
  opened = await openApp(browser, app.origin, '/servers');
  const { page } = opened;
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
  await page.getByRole('radio', { name: mode }).check();
  return page;
}

async function openSample(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Claim' }).click();
  await page.getByRole('button', { name: 'Use the sample claim' }).click();
  await page.getByRole('button', { name: 'Make the proof' }).waitFor();
}

async function makeProof(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make the proof' }).click();
  await page.waitForURL(/\/proofs\/.+/);
}

/** The secret of the sample's demo identity, in every form in which it might travel. */
async function secretsOf(page: Page): Promise<string[]> {
  const subject = (await page.getByText(/^Claim for .*, from the sample$/).textContent()) ?? '';
  const { secretScalar } = demoKeyPair(/^Claim for (.*),/.exec(subject)?.[1] ?? '');
  return [secretScalar.toString(), secretScalar.toString(16)];
}

describe('a claim for which a server was chosen', () => {
  it('is proved there, shown live, checked here, and says where it ran and why', {
    timeout: TIMEOUT,
  }, async () => {
    const page = await setUp('Ask each time');
    await openSample(page);
    const [secret = ''] = await secretsOf(page);
    await page.getByRole('radio', { name: NAME }).check();
    await makeProof(page);
    await waitForVerified(page);
    await page.getByText(`On ${NAME}`, { exact: true }).first().waitFor();
    await page.getByText('you chose it for this proof').first().waitFor();
    expect(meddler.sent.filter((text) => text.includes('"submit"'))).toHaveLength(1);
    // So that looking for it elsewhere means something.
    expect(meddler.sent.join()).toContain(secret);
    expect(worker.output()).toContain('job ended');
    expect(opened?.complaints).toEqual([]);
  });

  it('is proved here when the server’s proof is wrong, and the server is set aside by name', {
    timeout: TIMEOUT,
  }, async () => {
    const page = await setUp('Ask each time');
    meddler.answer = (text) => {
      const message = JSON.parse(text);
      if (message.type !== 'result') return text;
      // A valid-looking proof of something else.
      message.data.publicSignals[0] = '1';
      return JSON.stringify(message);
    };
    await openSample(page);
    await page.getByRole('radio', { name: NAME }).check();
    await makeProof(page);
    await waitForVerified(page);
    await page.getByText(`On this device, earlier on ${NAME}`).first().waitFor();
    await page.getByText(`The proof made by ${NAME} is wrong.`).first().waitFor();
    await page.getByRole('contentinfo').getByRole('link', { name: 'Servers' }).click();
    await page.getByText('Set aside', { exact: true }).waitFor();
    await page.getByText(`${NAME} gets nothing more`).waitFor();
    // Not offered any more.
    await openSample(page).catch(() => {});
    await page.getByText('Stays on this device').first().waitFor();
    expect(await page.getByRole('radio', { name: NAME }).count()).toBe(0);
  });

  it('ends once, here, when the server is killed in mid-proof', { timeout: TIMEOUT }, async () => {
    const page = await setUp('Ask each time');
    let killed = false;
    meddler.answer = (text) => {
      if (!killed && text.includes('"proving"')) {
        killed = true;
        for (const pid of worker.children()) process.kill(pid, 'SIGKILL');
        worker.kill('SIGKILL');
        return null;
      }
      // Nothing that it may still have said.
      return killed ? null : text;
    };
    await openSample(page);
    await page.getByRole('radio', { name: NAME }).check();
    await makeProof(page);
    await waitForVerified(page);
    expect(killed).toBe(true);
    await page.getByText(`On this device, earlier on ${NAME}`).first().waitFor();
  });
});

describe('a connection that is lost in mid-proof', () => {
  it('comes back, and the proof goes on there: submitted once, one try', { timeout: TIMEOUT }, async () => {
    const page = await setUp('Ask each time');
    let cut = false;
    meddler.answer = (text) => {
      if (!cut && text.includes('"proving"')) {
        cut = true;
        meddler.cutAll();
        return null;
      }
      return text;
    };
    await openSample(page);
    await page.getByRole('radio', { name: NAME }).check();
    await makeProof(page);
    await waitForVerified(page);
    expect(cut).toBe(true);
    await page.getByText(`On ${NAME}`, { exact: true }).first().waitFor();
    expect(meddler.sent.filter((text) => text.includes('"submit"'))).toHaveLength(1);
    expect(meddler.sent.filter((text) => text.includes('"subscribe"'))).toHaveLength(1);
    expect(await page.getByRole('row', { name: new RegExp(`on ${NAME}`) }).count()).toBe(1);
  });

  it('keeps a proof waiting for that server when set so, says why, and makes it here when told', {
    timeout: TIMEOUT,
  }, async () => {
    const page = await setUp('Ask each time');
    await page.getByRole('radio', { name: 'Wait for this server' }).check();
    await page.getByRole('link', { name: /^Servers in use\. Office server: connected/ }).waitFor();
    await openSample(page);
    await page.getByRole('radio', { name: NAME }).check();
    meddler.cutAll();
    worker.kill('SIGKILL');
    await worker.exited;
    await makeProof(page);
    await page
      .getByText(/It waits: Office server, as you have set it/)
      .waitFor({ timeout: PROOF_TIMEOUT_MS });
    await page.getByRole('link', { name: /^Servers in use\. Office server: not reached/ }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Make it on this device instead' }).click();
    await waitForVerified(page);
    expect(meddler.sent.join()).not.toContain('"submit"');
  });
});

describe('a pairing link', () => {
  it('brings a server and its token to another browser, and leaves neither in the address', {
    timeout: TIMEOUT,
  }, async () => {
    await startWorker();
    opened = await openApp(
      browser,
      app.origin,
      `/servers#token=CANARY-pair&server=${encodeURIComponent(meddler.origin)}`,
    );
    const { page } = opened;
    await page.getByText('You opened a pairing link').waitFor();
    expect(page.url()).toBe(`${app.origin}/servers`);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: NAME }).waitFor();
    expect(meddler.sent.join()).toContain('CANARY-pair');
    await page.getByRole('button', { name: 'Pair another device' }).click();
    const link = await page.getByRole('textbox', { name: 'Pairing link', exact: true }).inputValue();
    expect(link).toBe(`${meddler.origin}/#token=CANARY-pair`);
    expect(await axeFaults(page)).toEqual([]);
  });
});

describe('with proofs made only here', () => {
  it('not a byte of an input goes to a server, though it is allowed everything', {
    timeout: TIMEOUT,
  }, async () => {
    const page = await setUp('Only here');
    const frames: string[] = [];
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => frames.push(Buffer.from(payload).toString('latin1')));
    });
    await openSample(page);
    const secrets = await secretsOf(page);
    await makeProof(page);
    await waitForVerified(page);
    await page.getByText('On this device', { exact: true }).first().waitFor();
    for (const text of [...meddler.sent, ...frames]) {
      expect(text).not.toContain('submit');
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
    // Once the Servers page is left nobody is even connected.
    await expect.poll(() => meddler.connections()).toBe(0);
  });
});
