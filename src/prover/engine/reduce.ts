// From buckets to a window's sum Σ b·bucket(b): running sums from the top, in many chains side by side so that
// each step is one batch of affine additions. With a window's buckets cut into segments of `length`,
// Σ b·bucket(b) = Σ_s (weighted sum within s) + length·Σ_s s·(plain sum of s).
import { MAX_PAIRS } from './kernels/scratch.ts';

/** Chains per window in which a window's buckets are summed up: enough to fill a batch, few to weigh. */
const MAX_SEGMENTS = 64;

export interface Space {
  u32: Uint32Array;
  addBatch: (list: number, n: number) => number;
  list: number;
  pointBytes: number;
}

/** Collects independent pairs and adds them up when there are enough. */
class Batch {
  private n = 0;
  private readonly space: Space;
  constructor(space: Space) {
    this.space = space;
  }

  add(a: number, b: number, to: number): void {
    const { u32, list } = this.space;
    const at = (list >> 2) + 3 * this.n++;
    u32[at] = a;
    u32[at + 1] = b;
    u32[at + 2] = to;
    if (this.n === MAX_PAIRS) this.flush();
  }

  flush(): void {
    if (this.n > 0) this.space.addBatch(this.space.list, this.n);
    this.n = 0;
  }
}

/** Addresses | sign of the sums of one chain; 0 is infinity. */
interface Chain {
  running: number;
  total: number;
}

/** Runs chains side by side: chain q takes entryOf(q, 0), entryOf(q, 1), … from the highest weight down. */
function runChains(
  space: Space,
  chains: number,
  steps: number,
  memory: number,
  entryOf: (q: number, step: number) => number,
): Chain[] {
  const { pointBytes } = space;
  const batch = new Batch(space);
  const state: Chain[] = Array.from({ length: chains }, () => ({ running: 0, total: 0 }));
  const place = (q: number, which: number) => memory + (3 * q + which) * pointBytes;
  for (let step = 0; step < steps; step++) {
    for (let q = 0; q < chains; q++) {
      const entry = entryOf(q, step);
      const chain = state[q]!;
      if (entry === 0) continue;
      if (chain.running === 0) chain.running = entry;
      else {
        // The total may still be the same point as the last running sum: never write over that.
        const to = chain.running === place(q, 0) ? place(q, 1) : place(q, 0);
        batch.add(chain.running, entry, to);
        chain.running = to;
      }
    }
    batch.flush();
    for (let q = 0; q < chains; q++) {
      const chain = state[q]!;
      if (chain.running === 0) continue;
      if (chain.total === 0) chain.total = chain.running;
      else {
        batch.add(chain.total, chain.running, place(q, 2));
        chain.total = place(q, 2);
      }
    }
    batch.flush();
  }
  return state;
}

export interface WindowSum {
  /** Address | sign of Σ_s of the segments' weighted sums; 0 is infinity. */
  within: number;
  /** The same of Σ_s s·(plain sum of s), to be multiplied by `length`. */
  across: number;
  length: number;
}

/** Points of memory that reduceWindows needs. */
export const reductionPoints = (windows: number): number =>
  (3 + Math.log2(MAX_SEGMENTS) / 2) * windows * MAX_SEGMENTS;

/** Sums up `windows` tables of `buckets` entries each. */
export function reduceWindows(
  space: Space,
  table: number,
  windows: number,
  buckets: number,
  memory: number,
): WindowSum[] {
  const segments = Math.min(MAX_SEGMENTS, Math.max(1, buckets / 16));
  const length = buckets / segments;
  const { u32, pointBytes } = space;
  const chains = runChains(space, windows * segments, length, memory, (q, step) => {
    // Chain q is window q / segments, segment q mod segments, which lie one after the other in the table.
    return u32[(table >> 2) + q * length + (length - 1 - step)]!;
  });
  const free = memory + 3 * windows * segments * pointBytes;
  const across = weighSegments(space, chains, windows, segments, free);
  const within = sumTrees(
    space,
    Array.from({ length: windows }, (_, window) =>
      Array.from({ length: segments }, (_, s) => {
        const q = window * segments + s;
        return { sum: chains[q]!.total, place: memory + (3 * q + 2) * pointBytes };
      }),
    ),
  );
  return across.map((sum, window) => ({ within: within[window]!, across: sum, length }));
}

/** Σ_s s·(plain sum of s) for each window, by the bits of s: Σ_bit 2^bit·Σ_{s has bit}. Few steps, each a large batch. */
function weighSegments(
  space: Space,
  chains: Chain[],
  windows: number,
  segments: number,
  free: number,
): number[] {
  const { pointBytes } = space;
  const bits = Math.log2(segments);
  let next = free;
  const trees = Array.from({ length: windows * bits }, (_, tree) => {
    const [window, bit] = [Math.floor(tree / bits), tree % bits];
    const members = Array.from({ length: segments }, (_, s) => s).filter((s) => (s >> bit) & 1);
    return members.map((s) => {
      next += pointBytes;
      return { sum: chains[window * segments + s]!.running, place: next - pointBytes };
    });
  });
  const sums = sumTrees(space, trees);
  const batch = new Batch(space);
  const results: number[] = new Array(windows).fill(0);
  for (let bit = bits - 1; bit >= 0; bit--) {
    for (const [window, sum] of results.entries()) {
      if (sum === 0) continue;
      results[window] = trees[window * bits + bits - 1]![0]!.place;
      batch.add(sum, sum, results[window]!);
    }
    batch.flush();
    for (const [window, sum] of results.entries()) {
      const own = sums[window * bits + bit]!;
      if (sum === 0) results[window] = own;
      else if (own !== 0) batch.add(sum, own, sum & ~1);
    }
    batch.flush();
  }
  return results;
}

interface Leaf {
  /** Address | sign; 0 is infinity. */
  sum: number;
  /** Where a sum with this leaf on its left may go. */
  place: number;
}

/** Adds up each tree's leaves, all trees side by side. A left leaf's place must be free, or hold that very leaf. */
function sumTrees(space: Space, trees: Leaf[][]): number[] {
  const batch = new Batch(space);
  let lists = trees.map((leaves) => leaves.filter(({ sum }) => sum !== 0));
  while (lists.some((list) => list.length > 1)) {
    lists = lists.map((list) =>
      list.flatMap((left, i) => {
        if (i % 2 === 1) return [];
        const right = list[i + 1];
        if (right === undefined) return [left];
        batch.add(left.sum, right.sum, left.place);
        return [{ sum: left.place, place: left.place }];
      }),
    );
    batch.flush();
  }
  return lists.map((list) => list[0]?.sum ?? 0);
}
