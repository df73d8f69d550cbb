// Exact statistics of a handful of samples, as a profile or a benchmark takes them. Long histories go into a sketch.

export interface Statistics {
  count: number;
  mean: number;
  min: number;
  max: number;
  p50: number;
  p95: number;
  p99: number;
  /** Of the sample (n − 1); 0 for a single one. */
  standardDeviation: number;
}

/** Null without samples. */
export function statisticsOf(samples: readonly number[]): Statistics | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const count = sorted.length;
  // Sums of large numbers with a small spread keep their digits when the least is taken off first.
  const mean = min + sorted.reduce((sum, value) => sum + (value - min), 0) / count;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count,
    mean,
    min,
    max,
    p50: quantileOf(sorted, 0.5),
    p95: quantileOf(sorted, 0.95),
    p99: quantileOf(sorted, 0.99),
    standardDeviation: count === 1 ? 0 : Math.sqrt(squares / (count - 1)),
  };
}

/** By nearest rank: a value that was measured, never one between two. `sorted` is not empty. */
export function quantileOf(sorted: readonly number[], share: number): number {
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  return sorted[rank - 1] as number;
}

/** Of any values; the mean of the middle two of an even number. 0 without any. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
