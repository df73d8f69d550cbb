// Attempts as the pages see them: kept in this browser, heard of live in all tabs, and the ground of predictions.

import { aboutIntervalMs } from '../core/duration-words.ts';
import { type ErrorData, toErrorData } from '../core/errors.ts';
import type { Estimates } from '../core/estimates.ts';
import type { Rung } from '../core/job.ts';
import { createListeners } from '../core/listeners.ts';
import type { AttemptRecord, MetricsSink } from '../core/metrics/attempt-record.ts';
import { metricsCsv, metricsJson } from '../core/metrics/export.ts';
import { matches, totalsOf } from '../core/metrics/history.ts';
import type { MetricsService } from '../services/metrics.ts';
import type { MetricsStore } from './metrics-store.ts';

export interface MetricsOptions {
  store: MetricsStore;
  estimates: Estimates;
  /** Where a proof here starts on the ladder. */
  localRung: Rung;
  nowMs: () => number;
  /** What the page and its workers hold; resolves late. Null where the browser does not tell. */
  measureMemory?: () => Promise<number | null>;
  onTrouble?: (error: ErrorData) => void;
  /** Channel name. */
  name?: string;
}

export interface Metrics extends MetricsSink, MetricsService {
  /** Whether what was kept here has taught the estimates; resolves when that is done. */
  taught(): Promise<boolean>;
  /** Predictions rest on something else now than attempts. */
  predictsAnew(): void;
}

type News =
  | { type: 'recorded'; record: AttemptRecord }
  /** More is known of a recorded one, nothing that predictions rest on. */
  | { type: 'amended' }
  | { type: 'cleared' };

/** Enough for all that predictions look at. */
const TEACHING_RECORDS = 500;

/** Reads what is kept, at once. */
export function makeMetrics(options: MetricsOptions): Metrics {
  const { store, estimates, nowMs } = options;
  const listeners = createListeners<null>();
  const channel = new BroadcastChannel(options.name ?? 'gnomon-metrics');
  const onTrouble = (thrown: unknown) => options.onTrouble?.(toErrorData(thrown));
  /** One write after the other: what ends first is kept first. */
  let written: Promise<void> = Promise.resolve();

  /** What was heard of while that which is kept was being read: it may be among that. Null from then on. */
  let early: AttemptRecord[] | null = [];
  let cleared = false;

  function forget(): void {
    estimates.forget();
    cleared = true;
    if (early !== null) early = [];
  }

  channel.onmessage = ({ data }: MessageEvent<News>) => {
    // This tab's own attempts have taught its estimates when they ended.
    if (data.type === 'recorded') {
      if (early === null) estimates.learnRecords([data.record]);
      else early.push(data.record);
    } else if (data.type === 'cleared') {
      forget();
    }
    listeners.emit(null);
  };

  const taught = store
    .latest(TEACHING_RECORDS)
    .then((read) => {
      const records = cleared ? [] : read;
      const names = new Set(records.map((record) => JSON.stringify(record)));
      const later = (early ?? []).filter((record) => !names.has(JSON.stringify(record)));
      early = null;
      estimates.learnRecords([...records, ...later]);
      const some = records.length + later.length > 0;
      if (some) listeners.emit(null);
      return some;
    })
    .catch((thrown) => {
      early = null;
      onTrouble(thrown);
      return false;
    });
  const history = () => written.then(() => store.history());

  /** One at a time: the browser takes seconds for it. */
  let measuring = false;
  async function addMemory(number: number): Promise<void> {
    if (measuring || options.measureMemory === undefined) return;
    measuring = true;
    const peakMemoryBytes = await options.measureMemory().catch(() => null);
    measuring = false;
    if (peakMemoryBytes === null) return;
    await store.amend(number, { peakMemoryBytes });
    channel.postMessage({ type: 'amended' } satisfies News);
    listeners.emit(null);
  }

  return {
    record(record) {
      const added = written.then(() => store.add(record));
      written = added.then(() => {}, onTrouble);
      // The prover keeps what it grew to for a while, so that the end is a good time to ask.
      if (record.kind === 'local' && record.outcome === 'succeeded') added.then(addMemory).catch(onTrouble);
      void written.then(() => {
        channel.postMessage({ type: 'recorded', record } satisfies News);
        listeners.emit(null);
      });
    },
    summary: async (filter = {}) => totalsOf(await history(), filter).summary(),
    history,
    records: async (range = {}) => (await history()).records.filter((record) => matches(range, record)),
    predict(circuit, backendId = 'local') {
      const expected = estimates.expect(backendId, backendId === 'local' ? options.localRung : null, circuit);
      return expected === null ? null : { ...expected, words: aboutIntervalMs(expected) };
    },
    async exportJson() {
      const text = JSON.stringify(metricsJson(await history(), nowMs()), null, 1);
      return new Blob([text], { type: 'application/json' });
    },
    async exportCsv() {
      return new Blob([metricsCsv((await history()).records)], { type: 'text/csv' });
    },
    async clear() {
      await written;
      await store.clear();
      forget();
      channel.postMessage({ type: 'cleared' } satisfies News);
      listeners.emit(null);
    },
    watch: (listener) => listeners.add(listener),
    taught: () => taught,
    predictsAnew: () => listeners.emit(null),
  };
}
