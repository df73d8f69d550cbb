// A predicted duration as people say it.

/** What is left: "under 1 s", "up to 3 s", "about 4 s", "3 to 6 s", "40 s to 2 min". */
export function betweenMs({ lowMs, highMs }: { lowMs: number; highMs: number }): string {
  if (highMs < 1000) return 'under 1 s';
  const [low, high] = [amount(lowMs), amount(highMs)];
  if (lowMs < 1000) return `up to ${high.join(' ')}`;
  return low.join() === high.join() ? `about ${high.join(' ')}` : range(low, high);
}

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
  const [low, high, point] = [amount(lowMs, digits), amount(highMs, digits), amount(ms, digits)];
  const about = `about ${point.join(' ')}`;
  return low.join() === high.join() ? about : `${about} (${range(low, high)})`;
}

type Amount = [amount: string, unit: string];

function amount(ms: number, digits = 0): Amount {
  if (ms < 90_000) return [(ms / 1000).toFixed(digits), 's'];
  if (ms < 90 * 60_000) return [`${Math.round(ms / 60_000)}`, 'min'];
  return [`${Math.round(ms / 3_600_000)}`, 'h'];
}

function range(low: Amount, high: Amount): string {
  return `${low[1] === high[1] ? low[0] : low.join(' ')} to ${high.join(' ')}`;
}
