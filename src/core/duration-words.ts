// A predicted duration as people say it.

/** A prediction with its interval: "about 4 s (3 to 6 s)", "about 50 s (40 s to 2 min)". */
export function aboutIntervalMs({
  ms,
  lowMs,
  highMs,
}: {
  ms: number;
  lowMs: number;
  highMs: number;
}): string {
  if (highMs < 1000) return 'under 1 s';
  // Whole seconds say nothing of what takes one or two.
  const digits = lowMs < 2000 && highMs < 10_000 ? 1 : 0;
  const parts = (value: number): [amount: string, unit: string] => {
    if (value < 90_000) return [(value / 1000).toFixed(digits), 's'];
    if (value < 90 * 60_000) return [`${Math.round(value / 60_000)}`, 'min'];
    return [`${Math.round(value / 3_600_000)}`, 'h'];
  };
  const [low, high, point] = [parts(lowMs), parts(highMs), parts(ms)];
  const about = `about ${point.join(' ')}`;
  if (low.join() === high.join()) return about;
  return `${about} (${low[1] === high[1] ? low[0] : low.join(' ')} to ${high.join(' ')})`;
}
