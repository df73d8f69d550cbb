// What the server counts about its jobs: how many, how they ended, how long they took. Never about whom.

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

/** Percentiles are over this many of the latest. */
const KEPT = 1000;
const KEPT_PER_CIRCUIT = 50;

export function makeFigures(): Figures {
  const totals = { completed: 0, failed: 0, cancelled: 0 };
  const all: number[] = [];
  const byCircuit = new Map<string, number[]>();
  const keep = (list: number[], value: number, most: number): void => {
    list.push(value);
    if (list.length > most) list.shift();
  };
  return {
    completed(circuitId, durationMs) {
      totals.completed++;
      keep(all, durationMs, KEPT);
      const list = byCircuit.get(circuitId) ?? [];
      keep(list, durationMs, KEPT_PER_CIRCUIT);
      byCircuit.set(circuitId, list);
    },
    failed: () => void totals.failed++,
    cancelled: () => void totals.cancelled++,
    totals: () => ({ ...totals }),
    durations() {
      const sorted = [...all].sort((a, b) => a - b);
      const sum = sorted.reduce((total, value) => total + value, 0);
      return {
        averageMs: sorted.length === 0 ? null : sum / sorted.length,
        p50Ms: percentile(sorted, 50),
        p95Ms: percentile(sorted, 95),
        p99Ms: percentile(sorted, 99),
      };
    },
    typicalMs: (circuitId) =>
      percentile(
        [...(byCircuit.get(circuitId) ?? [])].sort((a, b) => a - b),
        50,
      ),
  };
}

/** Nearest rank: a value that was measured, never one between two. */
export function percentile(sorted: readonly number[], percent: number): number | null {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null;
}
