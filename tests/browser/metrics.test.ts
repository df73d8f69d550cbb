// Attempts kept in this browser: bounded without losing a count, found again by a later page, live in a second tab.
import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeMetrics } from '../../src/browser/metrics.ts';
import { makeMetricsStore } from '../../src/browser/metrics-store.ts';
import { createEstimates } from '../../src/core/estimates.ts';
import type { AttemptRecord } from '../../src/core/metrics/attempt-record.ts';
import { metricsCsv } from '../../src/core/metrics/export.ts';
import { matches, totalsOf } from '../../src/core/metrics/history.ts';
import { Totals } from '../../src/core/metrics/summary.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { aRecord } from '../core/metrics/arbitrary.ts';
import { testSeed } from '../helpers/scale.ts';

const sample = (count: number): AttemptRecord[] =>
  fc.sample(aRecord, { seed: testSeed, numRuns: count }).map((record, nth) => ({
    ...record,
    // A few hours each, so that they lie in many days.
    endedAtMs: 1_700_000_000_000 + nth * 9_000_000,
  }));

/** Sums of fractions depend on their order in the last digits. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, one) => (typeof one === 'number' ? Number(one.toPrecision(9)) : one)),
  );

describe('the store of attempts', () => {
  it('stays within its limit, and its sums are those of all that ever came', async () => {
    const store = makeMetricsStore({ name: 'bounded', limit: 40 });
    const all = sample(230);
    for (const record of all) await store.add(record);
    const history = await store.history();
    expect(history.records.length).toBeLessThanOrEqual(42);
    expect(history.records).toEqual(all.slice(-history.records.length));
    expect(rounded(totalsOf(history, {}).summary())).toEqual(rounded(Totals.of(all).summary()));
    // Filters reach into the folded days.
    for (const filter of [
      { circuitId: 'reputation-16' },
      { backendId: 'server:1', outcome: 'failed' as const },
    ]) {
      expect(totalsOf(history, filter).attempts).toBe(all.filter((record) => matches(filter, record)).length);
    }
    const dayMs = 86_400_000;
    const fromMs = Math.floor(all[30]!.endedAtMs / dayMs) * dayMs;
    const toMs = fromMs + 5 * dayMs - 1;
    expect(totalsOf(history, { fromMs, toMs }).attempts).toBe(
      all.filter(({ endedAtMs }) => endedAtMs >= fromMs && endedAtMs <= toMs).length,
    );
  });

  it('is found again by a store opened later, and drops days of long ago', async () => {
    const all = sample(30);
    const first = makeMetricsStore({ name: 'again', limit: 10 });
    for (const record of all) await first.add(record);
    const second = makeMetricsStore({ name: 'again', limit: 10 });
    expect(await second.history()).toEqual(await first.history());
    expect(await second.latest(3)).toEqual(all.slice(-3));
    const later = all.map((record) => ({ ...record, endedAtMs: record.endedAtMs + 900 * 86_400_000 }));
    for (const record of later) await second.add(record);
    const { days } = await second.history();
    expect(days.length).toBeGreaterThan(0);
    expect(days.every(({ dayMs }) => dayMs > all.at(-1)!.endedAtMs)).toBe(true);
    await second.clear();
    expect(await first.history()).toEqual({ records: [], days: [] });
    expect(await first.latest(3)).toEqual([]);
  });
});

describe('metrics of a tab', () => {
  const { circuit } = requestFor('a');
  const own = (proveMs: number): AttemptRecord => ({
    ...sample(1)[0]!,
    circuitId: circuit.id,
    zkeySha256: circuit.artifacts.zkey.sha256,
    constraints: circuit.constraints,
    backendId: 'local',
    kind: 'local',
    rung: 'snarkjs-threaded',
    outcome: 'succeeded',
    proveMs,
  });
  const open = (name: string, measureMemory?: () => Promise<number | null>) =>
    makeMetrics({
      store: makeMetricsStore({ name }),
      name,
      estimates: createEstimates(),
      localRung: 'snarkjs-threaded',
      nowMs: () => 5,
      ...(measureMemory && { measureMemory }),
    });
  const heard = (metrics: ReturnType<typeof open>) =>
    new Promise<void>((resolve) => {
      const end = metrics.watch(() => {
        end();
        resolve();
      });
    });

  it('are seen live in a second tab, and predict there and after a reload', async () => {
    const [leading, other] = [open('tabs'), open('tabs')];
    expect(await leading.taught()).toBe(false);
    expect(other.predict(circuit)).toBeNull();
    const news = heard(other);
    leading.record(own(4_000));
    await news;
    expect((await other.summary()).attempts).toBe(1);
    expect(other.predict(circuit)).toMatchObject({ ms: 4_000, runs: 1, words: 'about 4 s (3 to 6 s)' });
    expect(other.predict(circuit, 'server:1')).toBeNull();

    const reloaded = open('tabs');
    expect(await reloaded.taught()).toBe(true);
    expect(reloaded.predict(circuit)).toMatchObject({ ms: 4_000, runs: 1 });

    const cleared = heard(other);
    await reloaded.clear();
    await cleared;
    expect(other.predict(circuit)).toBeNull();
    expect((await other.summary()).attempts).toBe(0);
  });

  it('take in what the browser tells of memory after the end, for the attempt that it is about', async () => {
    let tell = (_bytes: number | null): void => {};
    const metrics = makeMetrics({
      store: makeMetricsStore({ name: 'memory' }),
      name: 'memory',
      estimates: createEstimates(),
      localRung: 'engine-threaded',
      nowMs: () => 5,
      measureMemory: () => new Promise((resolve) => (tell = resolve)),
    });
    for (const proveMs of [1_000, 2_000]) metrics.record({ ...own(proveMs), peakMemoryBytes: null });
    expect((await metrics.records()).map(({ peakMemoryBytes }) => peakMemoryBytes)).toEqual([null, null]);
    const news = heard(metrics);
    tell(5_000_000);
    await news;
    const memory = async () => (await metrics.records()).map(({ peakMemoryBytes }) => peakMemoryBytes);
    await expect.poll(memory).toEqual([5_000_000, null]);
  });

  it('tell other tabs of what comes late, which changes no prediction', async () => {
    let tell = (_bytes: number | null): void => {};
    const leading = open('late', () => new Promise((resolve) => (tell = resolve)));
    const other = open('late');
    const recorded = heard(other);
    leading.record({ ...own(4_000), peakMemoryBytes: null });
    await recorded;
    expect((await other.summary()).memory).toBeNull();
    const amended = heard(other);
    tell(5_000_000);
    await amended;
    expect((await other.summary()).memory?.maxBytes).toBe(5_000_000);
    // Nor was the attempt learnt twice, from what is kept and from its news.
    await other.taught();
    expect(other.predict(circuit)).toMatchObject({ ms: 4_000, runs: 1 });
  });

  it('are exported whole, as JSON and as CSV that a spreadsheet does not run', async () => {
    const metrics = open('export');
    metrics.record({ ...own(1_000), label: '=1+1' });
    metrics.record(own(2_000));
    const json = JSON.parse(await (await metrics.exportJson()).text());
    expect(json).toMatchObject({ format: 'gnomon-metrics', version: 1, exportedAtMs: 5, days: [] });
    expect(json.records.map(({ proveMs }: AttemptRecord) => proveMs)).toEqual([1_000, 2_000]);
    const lines = (await (await metrics.exportCsv()).text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^"ended","circuit"/);
    expect(lines[1]).toContain(`"'=1+1"`);
  });

  it('export as a peak only what is one', () => {
    const record = { ...sample(1)[0]!, peakMemoryBytes: 77_777 };
    const columns = (kind: AttemptRecord['kind']) => {
      const [heads = [], cells = []] = metricsCsv([{ ...record, kind }])
        .split('\r\n')
        .map((line) => line.split(','));
      return heads.filter((_, at) => cells[at] === '"77777"');
    };
    expect(columns('thread')).toEqual(['"peakMemoryBytes"']);
    expect(columns('local')).toEqual(['"memoryAfterBytes"']);
  });
});
