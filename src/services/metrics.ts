// What the pages need to know of attempts made so far, and of how long the next one will take.
import type { Expectation } from '../core/estimates.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { AttemptRecord } from '../core/metrics/attempt-record.ts';
import type { History, MetricsFilter } from '../core/metrics/history.ts';
import type { MetricsSummary } from '../core/metrics/summary.ts';

export interface PredictedDuration extends Expectation {
  /** "about 4 s (3 to 6 s)". */
  words: string;
}

export interface MetricsService {
  /** Of all attempts ever kept, older ones as sums of their day. */
  summary(filter?: MetricsFilter): Promise<MetricsSummary>;
  /** All that is kept, read in pieces so that the page stays smooth. */
  history(): Promise<History>;
  /** The attempts that are still kept one by one, oldest first. */
  records(range?: Pick<MetricsFilter, 'fromMs' | 'toMs'>): Promise<AttemptRecord[]>;
  /** Witness and proof of one proof that starts now; on this device unless a backend is named. Null: nothing is
   * known. Changes with each attempt; `watch` tells. */
  predict(circuit: CircuitEntry, backendId?: string): PredictedDuration | null;
  exportJson(): Promise<Blob>;
  exportCsv(): Promise<Blob>;
  /** Forgets all attempts; predictions begin anew. */
  clear(): Promise<void>;
  /** Called after attempts have been added or cleared, in any tab. Returns what ends it. */
  watch(listener: () => void): () => void;
}
