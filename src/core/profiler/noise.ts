// Whether two sets of times differ, and by how much: the ratio of their geometric means with its 95 % interval,
// by Welch's t-test on logarithms, which takes sets of different size and spread (Welch, Biometrika 34, 1947).

export interface Ratio {
  /** Of the second to the first; below 1 the second is faster. */
  ratio: number;
  /** Null: with fewer than two samples on a side nothing is known of the noise. */
  low: number | null;
  high: number | null;
}

/** Null when a side has no samples. */
export function ratioOf(first: readonly number[], second: readonly number[]): Ratio | null {
  if (first.length === 0 || second.length === 0) return null;
  const a = momentsOf(first);
  const b = momentsOf(second);
  const difference = b.mean - a.mean;
  const ratio = Math.exp(difference);
  if (a.variance === null || b.variance === null) return { ratio, low: null, high: null };
  const [va, vb] = [a.variance / first.length, b.variance / second.length];
  const error = Math.sqrt(va + vb);
  if (error === 0) return { ratio, low: ratio, high: ratio };
  const freedom = (va + vb) ** 2 / (va ** 2 / (first.length - 1) + vb ** 2 / (second.length - 1));
  const reach = error * studentQuantile(freedom);
  return { ratio, low: Math.exp(difference - reach), high: Math.exp(difference + reach) };
}

/** Times of nothing would have no logarithm. */
const LEAST_MS = 0.001;

function momentsOf(samples: readonly number[]): { mean: number; variance: number | null } {
  const logs = samples.map((ms) => Math.log(Math.max(LEAST_MS, ms)));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  if (logs.length < 2) return { mean, variance: null };
  const squares = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (logs.length - 1) };
}

/** Two-sided 95 % of Student's t for 1 to 30 degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2). */
const STUDENT_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Sums of the same spread give whole degrees, but for the last bits. */
const ROUNDING = 1e-9;

/** Rounded down to whole degrees, which errs towards more noise; beyond the table within 0.2 %. */
export function studentQuantile(freedom: number): number {
  const whole = Math.max(1, Math.floor(freedom + ROUNDING));
  return STUDENT_95[whole - 1] ?? 1.96 + 2.5 / whole;
}
