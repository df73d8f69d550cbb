// Where everything lies in a thread's memory. Computed from sizes alone, so that every thread arrives at the same
// addresses, whether the memory is shared or each has its own.

import { batchScratch, ENTRY_BYTES, FREE_BASE, MAX_PAIRS, type TierShape } from './kernels/scratch.ts';
import { reductionPoints } from './reduce.ts';

/** Everything that addresses depend on. */
export interface Sizes {
  tier: TierShape['name'];
  threads: number;
  signals: number;
  publicSignals: number;
  domain: number;
  /** Finite points of each table. */
  points: { a: number; b1: number; b2: number; c: number; h: number };
  /** Terms of the rows of A and of B, padded to groups of lanes. */
  terms: [number, number];
  windowBits: number;
}

/** Scalars that follow the witness: r, s and −rs. */
const BLINDING_SCALARS = 3;
export const scalarCount = ({ signals }: { signals: number }): number => signals + BLINDING_SCALARS;

/** Their numbers. */
export const blindingScalars = (signals: number) => ({ r: signals, s: signals + 1, minusRs: signals + 2 });

/** Points whose sums in between stay in a second-level cache; see kernels/buckets.ts. */
export const CHUNK_ENTRIES = 16384;
export const PAGE_BYTES = 65536;
/** The carry of signed digits needs one bit more than the scalars' 253 (they are taken within ±r/2). */
const SCALAR_BITS = 254;

export const windowCount = (windowBits: number): number => Math.ceil(SCALAR_BITS / windowBits);

/** Products that a task may take: about 150 ms on a desktop. Tasks are what progress is counted by, and what a lone
 * thread hears a cancel between. */
const TASK_PRODUCTS = 6e6;

/** Windows that one task of a sum takes: an equal share for each thread, in several steps when that is long. */
export function windowsPerTask({ points, windowBits, threads }: Sizes): number {
  // Additions in G2 cost about 2.7 times those in G1, which cost 7 products.
  const longest = Math.max(points.c + points.h, points.a, points.b1, 2.7 * points.b2);
  const each = 7 * (longest + 2 ** windowBits);
  return Math.min(
    Math.ceil(windowCount(windowBits) / threads),
    Math.max(1, Math.floor(TASK_PRODUCTS / each)),
  );
}

export type PointTable = 'a' | 'b1' | 'b2' | 'c' | 'h';

/** Picks the window width for which n points per sum take the fewest additions. */
export function bestWindowBits(n: number): number {
  let best = { bits: 4, cost: Number.POSITIVE_INFINITY };
  for (let bits = 4; bits <= 15; bits++) {
    const cost = windowCount(bits) * (n + 2.4 * 2 ** (bits - 1));
    if (cost < best.cost) best = { bits, cost };
  }
  return best.bits;
}

export interface Layout {
  /** The witness, then what blinds the proof. */
  witness: number;
  points: Record<PointTable, number>;
  /** Signal of each finite point; 0 for h, whose scalars are in order. */
  index: Record<PointTable, number>;
  rows: { starts: number; signals: number; coefficients: number }[];
  /** Powers of the doubled domain's root in bit-reversed order (n), and of the domain's inverse root (n/2). */
  shifts: number;
  roots: number;
  work: [number, number, number];
  quotient: number;
  /** Packed rows, before they become digits; lie where the quotient's results come later. */
  staging: [number, number];
  witnessDigits: number;
  quotientDigits: number;
  /** One packed number for factors. */
  factor: number;
  threads: ThreadLayout[];
  /** Sizes of what tasks pass on. */
  workBytes: number;
  digitBytes: { witness: number; quotient: number };
  bytes: number;
}

export interface ThreadLayout {
  /** Where all of it begins, `bytes` long. */
  batch: number;
  list: number;
  counts: number;
  ends: number;
  entries: number;
  /** u32 per bucket and window of a task. */
  table: number;
  slots: number;
  /** Two running sums and one total for each chain, then the same for the second level. */
  chains: number;
  spare: number;
  bytes: number;
}

export function layOut(sizes: Sizes, tier: TierShape): Layout {
  let end = FREE_BASE;
  let count = 0;
  const take = (bytes: number): number => {
    // Arrays at equal addresses modulo 4,096 slow some processors down: stagger them.
    const start = Math.ceil(end / 128) * 128 + (count++ % 7) * 640;
    end = start + Math.ceil(bytes);
    return start;
  };
  const { domain, points } = sizes;
  const scalars = scalarCount(sizes);
  const windows = windowCount(sizes.windowBits);
  const buckets = 2 ** (sizes.windowBits - 1);
  const workBytes = (n: number) => n * tier.digits * 8;
  const index = (n: number) => take(4 * n);
  const quotientDigits = take(Math.max(windows * domain * 2, domain * 32));
  const quotient = take(domain * 32);
  const layout: Omit<Layout, 'threads' | 'bytes'> = {
    factor: take(64),
    witness: take(scalars * 32),
    points: {
      a: take(points.a * 64),
      b1: take(points.b1 * 64),
      b2: take(points.b2 * 128),
      c: take(points.c * 64),
      h: take(points.h * 64),
    },
    index: {
      a: index(points.a),
      b1: index(points.b1),
      b2: index(points.b2),
      c: index(points.c),
      h: index(points.h),
    },
    rows: sizes.terms.map((terms) => ({
      starts: take(4 * (domain + 1)),
      signals: take(4 * terms),
      coefficients: take(32 * terms),
    })),
    shifts: take(workBytes(domain)),
    roots: take(workBytes(Math.max(domain / 2, tier.lanes))),
    work: [take(workBytes(domain)), take(workBytes(domain)), take(workBytes(domain))],
    quotient,
    staging: [quotient, quotientDigits],
    witnessDigits: take(windows * scalars * 2),
    quotientDigits,
    workBytes: workBytes(domain),
    digitBytes: { witness: windows * scalars * 2, quotient: windows * domain * 2 },
  };
  const most = Math.max(points.a, points.b1, points.b2, points.c + points.h);
  const task = windowsPerTask(sizes);
  const chainPoints = reductionPoints(task);
  const threads = Array.from({ length: sizes.threads }, () => {
    const parts = {
      batch: take(Math.max(batchScratch(tier, 1).bytes, batchScratch(tier, 2).bytes)),
      list: take((MAX_PAIRS + 4) * ENTRY_BYTES),
      counts: take(4 * (buckets + 2)),
      ends: take(4 * (buckets + 2)),
      entries: take(4 * most + 8),
      table: take(4 * task * buckets),
      slots: take(128 * task * buckets),
      chains: take(128 * chainPoints),
      spare: take((CHUNK_ENTRIES / 2 + 1) * 128),
    };
    return { ...parts, bytes: end - parts.batch };
  });
  return { ...layout, threads, bytes: Math.ceil(end / PAGE_BYTES) * PAGE_BYTES };
}
