// `npm run bench -- queue`: how long a job takes into, out of and back into the store, with 100 to 100,000 waiting
// beside it: in memory (Node) and in IndexedDB (Chromium, a profile on disk, strict durability).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { bundleForPage } from '../helpers/bundle.ts';
import { servePages } from '../helpers/chromium.ts';
import { launchKillable } from '../helpers/killable-chromium.ts';
import type { QueueBenchPage } from './pages/queue-page.ts';
import { fill, type StoreTimes, work } from './queue-work.ts';

declare global {
  var queueBench: QueueBenchPage;
}

export const QUEUE_SIZES = [100, 1_000, 10_000, 100_000] as const;
const QUEUE_PLACES = ['memory, Node', 'IndexedDB, Chromium'] as const;
type QueuePlace = (typeof QUEUE_PLACES)[number];

export interface QueueRow {
  place: QueuePlace;
  jobs: number;
  /** Medians, in milliseconds. */
  addMs: number;
  claimMs: number;
  commitMs: number;
  /** Claim and commit together: the 95th percentile, and how many in a second. */
  p95Ms: number;
  perSecond: number;
  /** Of claim and commit together, before anything was measured. */
  predictedMs: number;
  /** Medians of claim and commit together, beside the smallest queue's. */
  growth: number;
}

/** Memory: copying a job and a handful of promises; taking one out of the middle of its lane moves half of a
 * quarter's pointers, 8 bytes each at 10 GB/s, twice. IndexedDB: two strict transactions of some ten requests, and a
 * flush each; a step in its trees for each doubling. */
const PREDICTED_MS: Record<QueuePlace, (jobs: number) => number> = {
  'memory, Node': (jobs) => 0.04 + jobs * 0.2e-6,
  'IndexedDB, Chromium': (jobs) => 4 + 0.02 * Math.log2(jobs),
};

export async function benchQueue(say: (line: string) => void, operations: number): Promise<QueueRow[]> {
  const rows: QueueRow[] = [];
  for (const jobs of QUEUE_SIZES) {
    const store = createMemoryStore(systemClock, systemRandom);
    await fill(store, jobs);
    rows.push(rowOf('memory, Node', jobs, await work(store, operations), rows));
    say(`memory, ${jobs} jobs: ${rows.at(-1)?.perSecond} a second`);
  }
  const server = await servePages({
    '/': {
      type: 'text/html',
      body: '<!doctype html><title>queue</title><script type="module" src="/page.js"></script>',
    },
    '/page.js': {
      type: 'text/javascript',
      body: await bundleForPage(join(import.meta.dirname, 'pages/queue-page.ts')),
    },
  });
  const profile = mkdtempSync(join(tmpdir(), 'gnomon-bench-'));
  const browser = await launchKillable(profile);
  try {
    const page = await browser.open(server.origin);
    page.setDefaultTimeout(0);
    await page.waitForFunction(() => globalThis.queueBench !== undefined);
    for (const jobs of QUEUE_SIZES) {
      const times = await page.evaluate(([n, times]) => queueBench.measure(n, times), [
        jobs,
        operations,
      ] as const);
      rows.push(rowOf('IndexedDB, Chromium', jobs, times, rows));
      say(`IndexedDB, ${jobs} jobs: ${rows.at(-1)?.perSecond} a second`);
    }
  } finally {
    await browser.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  }
  return rows;
}

function rowOf(place: QueuePlace, jobs: number, times: StoreTimes, before: readonly QueueRow[]): QueueRow {
  const together = times.claimMs.map((ms, at) => ms + (times.commitMs[at] ?? 0));
  const [claimMs, commitMs] = [at(times.claimMs, 0.5), at(times.commitMs, 0.5)];
  const first = before.find((row) => row.place === place);
  return {
    place,
    jobs,
    addMs: at(times.addMs, 0.5),
    claimMs,
    commitMs,
    p95Ms: at(together, 0.95),
    perSecond: Math.round(1_000 / (together.reduce((sum, ms) => sum + ms, 0) / together.length)),
    predictedMs: PREDICTED_MS[place](jobs),
    growth: first === undefined ? 1 : (claimMs + commitMs) / (first.claimMs + first.commitMs),
  };
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
