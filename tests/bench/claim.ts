// `npm run bench -- claim`: import, snapshot, witness, prove and verify for each size in Chromium, ours and bare
// snarkjs in turns. A fresh browser for each size and for the peer's memory, so that peaks do not mix.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { CIRCUIT_SIZES } from '../../circuits/signals.ts';
import type { CircuitEntry, Manifest } from '../../src/core/manifest.ts';
import { builtCircuits, serveTestPage } from '../helpers/app.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { testData } from '../helpers/data.ts';
import { medianOf } from './median.ts';
import { peakBytes } from './memory.ts';
import type { ClaimBenchPage } from './pages/claim-page.ts';
import { syntheticRatings } from './synthetic.ts';
import { openTab, type Tab } from './tab.ts';

declare global {
  var claimBench: ClaimBenchPage;
}

export interface ClaimRow {
  circuit: string;
  people: number;
  records: number;
  threads: number;
  importMs: number;
  snapshotMs: number;
  witnessMs: number;
  provingMs: number;
  verifyMs: number;
  /** The whole call, first time in the page (workers start, files come from the store or the server). */
  coldMs: number;
  warmMs: number;
  peerMs: number;
  /** peerMs / warmMs: above 1, ours is faster. */
  ratio: number;
  peakBytes: number | null;
  peerPeakBytes: number | null;
}

const median = (values: number[]): number => medianOf(values) ?? Number.NaN;

async function openBench(origin: string): Promise<{ browser: Browser; page: Tab }> {
  const browser = await launchChromium();
  const page = await openTab(browser, origin);
  await page.until(() => globalThis.claimBench !== undefined);
  return { browser, page };
}

async function measure(origin: string, csv: string, entry: CircuitEntry, rounds: number): Promise<ClaimRow> {
  const { browser, page } = await openBench(origin);
  const prepared = await page.evaluate(
    ([csv, entry]: [string, CircuitEntry]) => claimBench.prepare(csv, entry),
    [csv, entry],
  );
  const cold = await page.evaluate(() => claimBench.ours());
  const peak = peakBytes(page.renderer);
  const ours: Awaited<ReturnType<ClaimBenchPage['ours']>>[] = [];
  const peer: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await page.evaluate(() => claimBench.ours()));
    peer.push((await page.evaluate(() => claimBench.peer())).proveCallMs);
  }
  await browser.close();

  const alone = await openBench(origin);
  await alone.page.evaluate(
    ([csv, entry]: [string, CircuitEntry]) => claimBench.prepare(csv, entry),
    [csv, entry],
  );
  await alone.page.evaluate(() => claimBench.peer());
  const peerPeak = peakBytes(alone.page.renderer);
  await alone.browser.close();

  const warmMs = median(ours.map((run) => run.proveCallMs));
  const peerMs = median(peer);
  return {
    circuit: entry.id,
    ...prepared,
    threads: cold.threads,
    witnessMs: median(ours.map((run) => run.witnessMs)),
    provingMs: median(ours.map((run) => run.provingMs)),
    verifyMs: median(ours.map((run) => run.verifyMs)),
    coldMs: cold.proveCallMs,
    warmMs,
    peerMs,
    ratio: peerMs / warmMs,
    peakBytes: peak,
    peerPeakBytes: peerPeak,
  };
}

/** A line for each size that cannot be measured, and how to have it. */
export function notBuilt(circuits: readonly Pick<CircuitEntry, 'id'>[]): string[] {
  return CIRCUIT_SIZES.filter((size) => !circuits.some(({ id }) => id === `reputation-${size}`)).map(
    (size) => `reputation-${size} is not built and left out; npm run circuits -- --size ${size} makes it.`,
  );
}

export async function benchClaim(say: (line: string) => void, rounds: number): Promise<ClaimRow[]> {
  const otc = testData('soc-sign-bitcoinotc.csv');
  const csv = otc === undefined ? syntheticRatings() : readFileSync(otc, 'utf8');
  const { circuits } = JSON.parse(readFileSync(join(builtCircuits, 'manifest.json'), 'utf8')) as Manifest;
  for (const line of notBuilt(circuits)) say(line);
  const server = await serveTestPage(new URL('./pages/claim-page.ts', import.meta.url).pathname);
  const rows: ClaimRow[] = [];
  try {
    for (const entry of circuits.filter(({ capacity }) => capacity !== null)) {
      say(`${entry.id}: one cold run, then ${rounds} rounds of ours and snarkjs in turns`);
      rows.push(await measure(server.origin, csv, entry, rounds));
    }
  } finally {
    await server.stop();
  }
  return rows;
}
