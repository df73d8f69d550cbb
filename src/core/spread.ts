// How far actual times lie from predicted ones, as an interval that holds nine of ten: a conformal one (Vovk,
// Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005), which corrects its own level when too many or
// too few fall outside (Gibbs, Candès, "Adaptive conformal inference under distribution shift", NeurIPS 2021), since
// a device gets other work, hot, or a new browser.

/** Share of actual times that may lie outside: what is promised is a tenth, and chance takes its part. */
const MISSES = 0.085;

/** Old ones say little of how busy the device is now. */
const KEPT = 60;
/** With fewer, nine of ten cannot be told from all; the rest is made up from what is thought beforehand. */
const ENOUGH = 19;
/** How fast the level follows misses, and how far. */
const LEVEL_STEP = 0.02;
const LEVEL_MIN = 0.01;
const LEVEL_MAX = 0.3;

export interface Spread {
  /** Holds the point. */
  around(pointMs: number): { lowMs: number; highMs: number };
  learn(pointMs: number, actualMs: number): void;
}

/** `low`, `high`: actual ÷ predicted of all but the lowest and highest twentieth, before anything is learnt. */
export function createSpread({ low, high }: { low: number; high: number }): Spread {
  /** Logarithms of actual ÷ predicted, oldest first: twice as long is as far off as half as long. */
  const seen: number[] = [];
  let level = MISSES;

  const bounds = (): [number, number] => {
    const missing = Math.max(0, ENOUGH - seen.length);
    const thought = Array.from({ length: missing }, (_, nth) => {
      const share = missing === 1 ? 0.5 : nth / (missing - 1);
      return (1 - share) * Math.log(low) + share * Math.log(high);
    });
    const sorted = [...seen, ...thought].sort((a, b) => a - b);
    const n = sorted.length;
    const at = (rank: number) => sorted[Math.min(n, Math.max(1, rank)) - 1] as number;
    return [at(Math.floor((n + 1) * (level / 2))), at(Math.ceil((n + 1) * (1 - level / 2)))];
  };

  const around = (pointMs: number) => {
    const [least, most] = bounds();
    return { lowMs: pointMs * Math.exp(Math.min(0, least)), highMs: pointMs * Math.exp(Math.max(0, most)) };
  };

  return {
    around,
    learn(pointMs, actualMs) {
      const { lowMs, highMs } = around(pointMs);
      const missed = actualMs < lowMs || actualMs > highMs;
      level = Math.min(LEVEL_MAX, Math.max(LEVEL_MIN, level + LEVEL_STEP * (MISSES - (missed ? 1 : 0))));
      seen.push(Math.log(actualMs / pointMs));
      if (seen.length > KEPT) seen.shift();
    },
  };
}
