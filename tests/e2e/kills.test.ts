// The whole browser is killed with SIGKILL at every step of a job, and the same profile opened again: nothing
// accepted is lost, nothing is committed twice, and the work goes on by itself. Real proofs, real storage.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../src/core/job.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import type { HoldAt, QueuePage } from '../browser/queue-page.ts';
import { builtCircuits, type RunningServer, serveTestPage } from '../helpers/app.ts';
import { type KillableChromium, launchKillable } from '../helpers/killable-chromium.ts';
import { queueClaim } from '../helpers/queue-claim.ts';
import { SeededRandom } from '../helpers/random.ts';
import { runs, testSeed } from '../helpers/scale.ts';

declare global {
  var queue: QueuePage;
}

const KILLS = runs(1, 10);
/** The work has begun again, or is done, this long after the page is back. */
const GOES_ON_MS = 10_000;
const PROVED_MS = 120_000;

const random = new SeededRandom(testSeed);
const claim = queueClaim('kills');
const vkey = readFileSync(join(builtCircuits, claim.circuit.artifacts.vkey.url));
let server: RunningServer;
let profile: string;
let browser: KillableChromium | null = null;

beforeAll(async () => {
  server = await serveTestPage(join(import.meta.dirname, '../browser/queue-page.ts'));
});
afterAll(async () => {
  await server?.stop();
});
beforeEach(() => {
  profile = mkdtempSync(join(tmpdir(), 'gnomon-profile-'));
});
afterEach(async () => {
  await browser?.kill();
  browser = null;
  rmSync(profile, { recursive: true, force: true });
});

async function open(): Promise<Page> {
  browser = await launchKillable(profile);
  const page = await browser.open(server.origin);
  await page.waitForFunction(() => 'queue' in globalThis);
  return page;
}

async function kill(): Promise<void> {
  await browser?.kill();
  browser = null;
}

const pause = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** Submits, and tells whether the page had said "saved" before it was killed. */
function submit(page: Page): { accepted: Promise<boolean> } {
  const text = JSON.stringify(claim);
  const accepted = page.evaluate(`queue.submit("a", ${text})`).then(
    () => true,
    () => false,
  );
  return { accepted };
}

async function expectGoesOn(page: Page): Promise<void> {
  const goesOn = () =>
    page.evaluate(async () => {
      const states = Object.values(await queue.states());
      return queue.busy() > 0 || states.every((state) => state === 'succeeded');
    });
  await expect.poll(goesOn, { timeout: GOES_ON_MS }).toBe(true);
}

async function jobOf(page: Page): Promise<Job | undefined> {
  return (await page.evaluate('queue.job("a")')) as Job | undefined;
}

async function expectProvedOnce(page: Page): Promise<Job> {
  const state = () => page.evaluate(async () => (await queue.states()).a);
  await expect.poll(state, { timeout: PROVED_MS }).toBe('succeeded');
  const job = (await jobOf(page)) as Job;
  expect(await page.evaluate(() => queue.list().then(({ length }) => length))).toBe(1);
  expect(job.attempts.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
  expect(job.result?.publicSignals).toEqual(claim.publicSignals);
  const verified = await verifyProof(vkey, job.result?.publicSignals, job.result?.proof, {
    vkeySha256: claim.circuit.artifacts.vkey.sha256,
  });
  expect(verified.checks.filter(({ ok }) => !ok)).toEqual([]);
  return job;
}

const outcomes = (job: Job) => job.attempts.map(({ outcome }) => outcome);

describe('the whole browser killed', () => {
  it.each(Array.from({ length: KILLS }, (_, at) => at))(
    'while the job is being saved: what was accepted is there, and asking again makes no second job (%i)',
    async () => {
      const page = await open();
      const { accepted } = submit(page);
      await pause(random.below(60));
      await kill();
      const wasAccepted = await accepted;
      const again = await open();
      if (wasAccepted) expect(await jobOf(again)).toBeDefined();
      await submit(again).accepted;
      await expectGoesOn(again);
      await expectProvedOnce(again);
    },
  );

  it.each(Array.from({ length: KILLS }, (_, at) => at))(
    'in mid-proof: it is proved again, once (%i)',
    async () => {
      const page = await open();
      expect(await submit(page).accepted).toBe(true);
      const from = random.fraction() * 0.8;
      await page.waitForFunction((least) => (queue.proving('a') ?? -1) >= least, from, { polling: 10 });
      await kill();
      const again = await open();
      await expectGoesOn(again);
      const job = await expectProvedOnce(again);
      expect(outcomes(job)).toEqual(['stalled', 'succeeded']);
      // What took the page down may have been the proof itself: the next try asks less of the device.
      expect(job.attempts.at(-1)?.rung).toBe('engine-single');
    },
  );

  const held: [string, HoldAt, string[]][] = [
    [
      'with a proof that was not saved yet: it is proved again, once',
      'before-commit',
      ['stalled', 'succeeded'],
    ],
    [
      'with a proof saved before the page knew: it is there, and stays as it is',
      'after-commit',
      ['succeeded'],
    ],
  ];
  describe.each(held)('%s', (_name, place, expected) => {
    it.each(Array.from({ length: KILLS }, (_, at) => at))('%i', async () => {
      const page = await open();
      await page.evaluate((where) => queue.holdAt(where), place);
      expect(await submit(page).accepted).toBe(true);
      await page.waitForFunction(() => queue.isHeld(), undefined, { timeout: PROVED_MS });
      await kill();
      const again = await open();
      const found = await jobOf(again);
      await expectGoesOn(again);
      const job = await expectProvedOnce(again);
      expect(outcomes(job)).toEqual(expected);
      if (place === 'after-commit') {
        expect([job, await again.evaluate(() => queue.given())]).toEqual([found, 0]);
      }
    });
  });
});
