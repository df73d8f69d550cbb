// The middle of what was measured.

/** Of an even number, the mean of the two middle ones; of what is not known, nothing. */
export function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const [low, high] = [known[(known.length - 1) >> 1]!, known[known.length >> 1]!];
  return (low + high) / 2;
}

/** One run whose time is a middle one: of two, the faster. */
export const middleRun = <T extends { ms: number }>(runs: readonly T[]): T =>
  [...runs].sort((a, b) => a.ms - b.ms)[(runs.length - 1) >> 1]!;
