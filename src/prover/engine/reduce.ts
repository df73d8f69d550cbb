// From buckets to a window's sum Σ b·bucket(b): running sums from the top, in many chains side by side so that
// each step is one batch of affine additions. With a window's buckets cut into segments of `length`,
// Σ b·bucket(b) = Σ_s (weighted sum within s) + length·Σ_s s·(plain sum of s).
import { MAX_PAIRS } from './kernels/scratch.ts';
import { MAX_SEGMENTS } from './layout.ts';

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

/** Sums up `windows` tables of `buckets` entries each. `memory` has room for 3·windows·(MAX_SEGMENTS + 1) points. */
export function reduceWindows(
  space: Space,
  table: number,
  windows: number,
  buckets: number,
  memory: number,
): WindowSum[] {
  const segments = Math.min(MAX_SEGMENTS, Math.max(1, buckets / 16));
  const length = buckets / segments;
  const { u32 } = space;
  const chains = runChains(space, windows * segments, length, memory, (q, step) => {
    // Chain q is window q / segments, segment q mod segments, which lie one after the other in the table.
    return u32[(table >> 2) + q * length + (length - 1 - step)]!;
  });
  const second = memory + 3 * windows * segments * space.pointBytes;
  const across = runChains(space, windows, segments - 1, second, (window, step) => {
    return chains[window * segments + (segments - 1 - step)]!.running;
  });
  const within = sumTotals(space, chains, windows, segments, memory);
  return across.map((chain, window) => ({ within: within[window]!, across: chain.total, length }));
}

/** Adds the totals of each window's segments as a tree. A sum goes to its left chain's place for totals, which
 * is free or holds the very point that is added. */
function sumTotals(
  space: Space,
  chains: Chain[],
  windows: number,
  segments: number,
  memory: number,
): number[] {
  const batch = new Batch(space);
  let lists = Array.from({ length: windows }, (_, window) =>
    Array.from({ length: segments }, (_, s) => window * segments + s)
      .filter((q) => chains[q]!.total !== 0)
      .map((q) => ({ sum: chains[q]!.total, place: memory + (3 * q + 2) * space.pointBytes })),
  );
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
