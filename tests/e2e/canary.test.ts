// A private input leaves no trace: the files of a real Chromium's profile are searched while its job waits and
// after it has ended, and so is everything the page can see of its own storage, its console and its exports.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { QueuePage } from '../browser/queue-page.ts';
import { type RunningServer, serveTestPage } from '../helpers/app.ts';
import { type KillableChromium, launchKillable } from '../helpers/killable-chromium.ts';
import { queueClaim } from '../helpers/queue-claim.ts';

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
  profile = mkdtempSync(join(tmpdir(), 'gnomon-profile-'));
});
afterEach(async () => {
  await browser?.kill();
  browser = null;
});
afterAll(async () => {
  await server?.stop();
  rmSync(profile, { recursive: true, force: true });
});

async function open(): Promise<Page> {
  browser = await launchKillable(profile);
  browser.context.on('console', (message) => said.push(message.text()));
  const page = await browser.open(server.origin);
  await page.waitForFunction(() => 'queue' in globalThis);
  return page;
}

/** Resolves when everything is written. */
async function close(): Promise<void> {
  await browser?.close();
  browser = null;
}

/** Decimal and hex as 8-bit and 16-bit text, and the 32 bytes in both orders. */
function forms(canary: string): [string, Buffer][] {
  const hex = BigInt(canary).toString(16).padStart(64, '0');
  const texts = [canary, hex, hex.toUpperCase()];
  const bytes = Buffer.from(hex, 'hex');
  return [
    ...texts.flatMap((text): [string, Buffer][] => [
      [text, Buffer.from(text, 'latin1')],
      [`${text} in 16 bits`, Buffer.from(text, 'utf16le')],
    ]),
    ['big-endian bytes', bytes],
    ['little-endian bytes', Buffer.from(bytes).reverse()],
  ];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Where any form of any canary is found, in files and in texts. */
function found(canaries: readonly string[], texts: Record<string, string>): string[] {
  const hits: string[] = [];
  const search = (where: string, content: Buffer) => {
    for (const canary of canaries) {
      for (const [form, bytes] of forms(canary)) if (content.includes(bytes)) hits.push(`${form}: ${where}`);
    }
  };
  for (const file of filesIn(profile)) search(file, readFileSync(file));
  for (const [where, text] of Object.entries(texts)) search(where, Buffer.from(text, 'latin1'));
  return hits;
}

function markerFiles(): number {
  return filesIn(profile).filter((file) => readFileSync(file).includes(MARKER)).length;
}

it('a waiting job has its input on disk in no readable form; an ended one has it nowhere', async () => {
  // The search itself: each form is found in a text that holds it.
  for (const canary of claim.canaries) {
    for (const [, bytes] of forms(canary)) {
      expect(found([canary], { text: bytes.toString('latin1') }).length).toBeGreaterThan(0);
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
