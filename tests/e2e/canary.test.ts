// A private input leaves no trace: the files of a real Chromium's profile are searched while its job waits and
// after it has ended here, there or without a proof, and so is everything the page can see of its own storage, its
// console and its exports.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { QueuePage } from '../browser/queue-page.ts';
import { builtCircuits, type RunningServer, serveTestPage } from '../helpers/app.ts';
import { filesIn, findCanaries, formsOf, textPlaces } from '../helpers/canaries.ts';
import { type KillableChromium, launchKillable } from '../helpers/killable-chromium.ts';
import { startMeddler } from '../helpers/meddler.ts';
import { type QueueClaim, queueClaim } from '../helpers/queue-claim.ts';
import { startWorkerServer } from '../helpers/worker-server.ts';

declare global {
  var queue: QueuePage;
}

const PROVED_MS = 120_000;
/** Public, and stored with the job: where the search does not find this, it finds nothing. */
const MARKER = 'marker-58209749445923078164';

const claim = queueClaim('canary');
let server: RunningServer;
let profile: string;
let browser: KillableChromium | null = null;
const said: string[] = [];

beforeAll(async () => {
  server = await serveTestPage(join(import.meta.dirname, '../browser/queue-page.ts'));
});
beforeEach(() => {
  profile = mkdtempSync(join(tmpdir(), 'gnomon-profile-'));
  said.length = 0;
});
afterEach(async () => {
  await browser?.kill();
  browser = null;
  rmSync(profile, { recursive: true, force: true });
});
afterAll(() => server?.stop());

async function open(query = ''): Promise<Page> {
  browser = await launchKillable(profile);
  browser.context.on('console', (message) => said.push(message.text()));
  const page = await browser.open(`${server.origin}/${query}`);
  await page.waitForFunction(() => 'queue' in globalThis);
  return page;
}

/** Resolves when everything is written. */
async function close(): Promise<void> {
  await browser?.close();
  browser = null;
}

const found = (canaries: readonly string[], texts: Record<string, string>) =>
  findCanaries(canaries, [...filesIn(profile), ...textPlaces(texts)]);

function markerFiles(): number {
  return filesIn(profile).filter(([, bytes]) => bytes.includes(MARKER)).length;
}

it('a waiting job has its input on disk in no readable form; an ended one has it nowhere', async () => {
  // The search itself: each form is found in a text that holds it.
  for (const canary of claim.canaries) {
    for (const [, bytes] of formsOf(canary)) {
      expect(found([canary], { text: bytes.toString('latin1') }).length).toBeGreaterThan(0);
    }
    for (const before of ['', 'a', 'ab', 'abc']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${before}${canary}xyz`).toString(encoding);
        expect(found([canary], { text })).toEqual(['text: base64 of decimal']);
      }
    }
  }
  const [, neighbour] = claim.canaries as [string, string];
  expect(JSON.stringify(claim.input)).toContain(neighbour);

  const waiting = await open();
  // Its identity is locked, so it waits; the other is kept from being proved.
  await waiting.evaluate(() => queue.holdAt('before-proof'));
  const text = JSON.stringify(claim);
  await waiting.evaluate(`queue.submit("locked", ${text}, "me", "${MARKER}")`);
  await waiting.evaluate(`queue.submit("whole", ${text}, null, "${MARKER}")`);
  await expect.poll(() => waiting.evaluate(() => queue.isHeld())).toBe(true);
  const seen = await waiting.evaluate(() => queue.seen());
  await close();
  expect(markerFiles()).toBeGreaterThan(0);
  expect(found(claim.canaries, { ...seen, console: said.join('\n') })).toEqual([]);

  const proving = await open();
  await proving.evaluate((secret) => queue.unlock('me', secret), claim.secret);
  const states = () => proving.evaluate(() => queue.states());
  await expect.poll(states, { timeout: PROVED_MS }).toEqual({ locked: 'succeeded', whole: 'succeeded' });
  const after = await proving.evaluate(() => queue.seen());
  expect(after.inputs).toBe('[]');
  expect(Object.keys(after)).toEqual(
    expect.arrayContaining(['gnomon-jobs', 'gnomon-metrics', 'cookies', 'localStorage', 'files']),
  );
  // The metrics are really there, and say nothing of what went in, nor what the job is called.
  const records = await proving.evaluate(() => queue.records());
  expect(records.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(2);
  for (const place of ['gnomon-metrics', 'exported metrics', 'metrics as CSV']) {
    expect(after[place]).toContain(claim.circuit.id);
    expect(after[place]).not.toContain(MARKER);
  }
  await close();
  expect(markerFiles()).toBeGreaterThan(0);
  expect(found(claim.canaries, { ...after, console: said.join('\n') })).toEqual([]);

  const again = await open();
  expect(await again.evaluate(() => queue.records())).toEqual(records);
  const predictedFrom = () => again.evaluate(`queue.predictedFrom(${text})`);
  // What was closed in mid-proof went on one rung lower: predictions are for the rung that the next starts on.
  const alike = records.filter(
    ({ outcome, rung }) => outcome === 'succeeded' && rung === 'engine-threaded',
  ).length;
  expect(alike).toBeGreaterThan(0);
  await expect.poll(predictedFrom).toBe(alike);
  await close();
});

/** The places where figures of attempts stand. */
const FIGURES = ['gnomon-metrics', 'exported metrics', 'metrics as CSV'];

it('attempts that failed, and those of a server, leave figures and nothing of their input', async () => {
  const [sent, wrong, malformed, refused, echoed] = ['sent', 'wrong', 'malformed', 'refused', 'echoed'].map(
    queueClaim,
  ) as [QueueClaim, QueueClaim, QueueClaim, QueueClaim, QueueClaim];
  const unsatisfied = (one: QueueClaim): QueueClaim => ({ ...one, input: { ...one.input, asOf: '1' } });
  const misspelt = { ...malformed, input: { ...malformed.input, asOf: `x${malformed.secret}` } };
  const worker = await startWorkerServer({
    circuitsFolder: builtCircuits,
    args: ['--name', 'Office', '--allowed-origins', server.origin, '--concurrency', '1'],
  });
  const meddler = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
  try {
    const page = await open(`?server=${encodeURIComponent(`${meddler.origin.replace('http', 'ws')}/ws`)}`);
    await page.waitForFunction(() => queue.serverReady());
    const submit = (id: string, one: QueueClaim, away: boolean) =>
      page.evaluate(`queue.submit("${id}", ${JSON.stringify(one)}, null, "${MARKER}", ${away})`);
    const ended = (id: string) =>
      expect
        .poll(() => page.evaluate((name) => queue.states().then((all) => all[name]), id), {
          timeout: PROVED_MS,
        })
        .toMatch(/succeeded|failed/);
    for (const [id, one, away] of [
      ['sent', sent, true],
      ['wrong', unsatisfied(wrong), false],
      ['malformed', misspelt, false],
      ['refused', unsatisfied(refused), true],
    ] as const) {
      await submit(id, one, away);
      await ended(id);
    }
    // A server may say whatever it likes of what it was given, also as the name of an error.
    meddler.answer = (text) => {
      const { type, requestId } = JSON.parse(text) as { type: string; requestId?: string };
      if (type !== 'accepted') return text;
      const data = {
        jobId: requestId,
        code: `witness.${BigInt(echoed.secret).toString(16)}`,
        message: `No ${echoed.secret}.`,
        retryable: false,
      };
      return JSON.stringify({ type: 'failed', requestId, data });
    };
    await submit('echoed', echoed, true);
    await ended('echoed');
    const seen = await page.evaluate(() => queue.seen());
    const records = await page.evaluate(() => queue.records());
    expect(records.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual([
      'remote succeeded',
      'local failed',
      'local failed',
      // What a server says of an input is not believed: it is tried here.
      'remote failed',
      'local failed',
      'remote failed',
      'local succeeded',
    ]);
    expect(records.at(-2)?.errorCode).toBe('backend.failed-there');
    await close();
    expect(markerFiles()).toBeGreaterThan(0);
    const canaries = [sent, wrong, malformed, refused].flatMap((one) => one.canaries);
    expect(found(canaries, { ...seen, console: said.join('\n') })).toEqual([]);
    const figures = Object.fromEntries(FIGURES.map((place) => [place, seen[place] ?? '']));
    for (const text of Object.values(figures)) expect(text).toContain('remote');
    expect(findCanaries(echoed.canaries, textPlaces(figures))).toEqual([]);
  } finally {
    await meddler.close();
    await worker.stop();
  }
});
