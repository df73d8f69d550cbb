// What the server counts about its jobs: how many, how they ended, how long they took. Never about whom.

import { Sketch } from '../../src/core/metrics/sketch.ts';
import { quantileOf } from '../../src/core/metrics/statistics.ts';

/** Of all since the start; percentiles within RELATIVE_ERROR. */
export interface DurationFigures {
  averageMs: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

export interface Figures {
  completed(circuitId: string, durationMs: number): void;
  failed(): void;
  cancelled(): void;
  totals(): { completed: number; failed: number; cancelled: number };
  durations(): DurationFigures;
  /** Median of the last proofs with this circuit; null before the first. */
  typicalMs(circuitId: string): number | null;
}

const KEPT_PER_CIRCUIT = 50;

export function makeFigures(): Figures {
  const totals = { completed: 0, failed: 0, cancelled: 0 };
  const all = new Sketch();
  const byCircuit = new Map<string, number[]>();
  const keep = (list: number[], value: number, most: number): void => {
    list.push(value);
    if (list.length > most) list.shift();
  };
  return {
    completed(circuitId, durationMs) {
      totals.completed++;
      all.add(durationMs);
      const list = byCircuit.get(circuitId) ?? [];
      keep(list, durationMs, KEPT_PER_CIRCUIT);
      byCircuit.set(circuitId, list);
    },
    failed: () => void totals.failed++,
    cancelled: () => void totals.cancelled++,
    totals: () => ({ ...totals }),
    durations: () => ({
      averageMs: all.mean,
      p50Ms: all.quantile(0.5),
      p95Ms: all.quantile(0.95),
      p99Ms: all.quantile(0.99),
    }),
    typicalMs(circuitId) {
      const latest = byCircuit.get(circuitId) ?? [];
      return latest.length === 0
        ? null
        : quantileOf(
            [...latest].sort((a, b) => a - b),
            0.5,
          );
    },
  };
}
