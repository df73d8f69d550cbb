// The server's attempts: in memory and bounded, older ones as sums of their day. Gone when the server is.
import { createEstimates, type Estimates } from '../../src/core/estimates.ts';
import { createListeners } from '../../src/core/listeners.ts';
import type { AttemptRecord, MetricsSink } from '../../src/core/metrics/attempt-record.ts';
import { type Day, foldInto, type History } from '../../src/core/metrics/history.ts';
import { CHILD_IDLE_MS } from '../proving/thread-backend.ts';

export interface ServerHistory extends MetricsSink {
  readonly estimates: Estimates;
  all(): History;
  watch(listener: (record: AttemptRecord) => void): () => void;
}

/** A few megabytes. */
const KEPT_RECORDS = 10_000;
const FOLDED_AT_ONCE = 500;
/** Each holds the percentiles of one day, circuit, backend and outcome. */
const KEPT_DAYS = 2_000;

export function makeServerHistory(keptRecords = KEPT_RECORDS): ServerHistory {
  const estimates = createEstimates(undefined, { nowMs: () => Date.now(), keptMs: CHILD_IDLE_MS });
  const listeners = createListeners<AttemptRecord>();
  const records: AttemptRecord[] = [];
  /** In the order of their first attempt. */
  const days = new Map<string, Day>();

  return {
    estimates,
    record(record) {
      records.push(record);
      if (records.length >= keptRecords + Math.min(FOLDED_AT_ONCE, keptRecords)) {
        const old = records.splice(0, records.length - keptRecords);
        for (const [name, day] of foldInto(days, old)) days.set(name, day);
        for (const name of days.keys()) if (days.size > KEPT_DAYS) days.delete(name);
      }
      listeners.emit(record);
    },
    all: () => ({ records, days: [...days.values()] }),
    watch: (listener) => listeners.add(listener),
  };
}
