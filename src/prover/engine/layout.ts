// Where everything lies in a thread's memory. Computed from sizes alone, so that every thread arrives at the same
// addresses for what tasks pass on, whether the memory is shared or each has its own.

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
  /** Different coefficients among them, zero included, padded likewise. */
  coefficients: number;
  /** Of each sum's digits. */
  windowBits: Record<SumName, number>;
}

/** Sums that a proof needs; C and H share their buckets. */
export const SUMS = ['a', 'b1', 'b2', 'ch'] as const;
export type SumName = (typeof SUMS)[number];

/** Scalars that follow the witness: r, s and −rs. */
const BLINDING_SCALARS = 3;
export const scalarCount = ({ signals }: { signals: number }): number => signals + BLINDING_SCALARS;

/** Their numbers. */
export const blindingScalars = (signals: number) => ({ r: signals, s: signals + 1, minusRs: signals + 2 });

/** Points whose sums in between stay in a second-level cache; see kernels/buckets.ts. */
export const CHUNK_ENTRIES = 4096;
export const PAGE_BYTES = 65536;
/** Scalars are taken as two halves of up to 127 bits and a sign; see kernels/split.ts. */
const HALF_BITS = 128;

/** Windows of each half. */
export const windowCount = (windowBits: number): number => Math.ceil(HALF_BITS / windowBits);

/** Products that a task may take: about 150 ms on a desktop. Tasks are what progress is counted by, and what a lone
 * thread hears a cancel between. */
const TASK_PRODUCTS = 6e6;

/** Points of each sum. */
export const sumPoints = (points: Sizes['points']): Record<SumName, number> => ({
  a: points.a,
  b1: points.b1,
  b2: points.b2,
  ch: points.c + points.h,
});

/** Additions per bucket: about one to join both halves, and two to weigh it. */
const PER_BUCKET = 2.2;

/** Additions of a window of both halves, at most. */
export const additionsPerWindow = (points: number, bits: number): number =>
  2 * points + PER_BUCKET * 2 ** (bits - 1);

/** Windows that one task of a sum takes: an equal share for each thread, in several steps when that is long. */
export function windowsPerTask({ points, windowBits, threads }: Sizes, sum: SumName): number {
  // Additions in G1 cost 7 products, those in G2 about 2.7 times as much.
  const each = (sum === 'b2' ? 19 : 7) * additionsPerWindow(sumPoints(points)[sum], windowBits[sum]);
  return Math.min(
    Math.ceil(windowCount(windowBits[sum]) / threads),
    Math.max(1, Math.floor(TASK_PRODUCTS / each)),
  );
}

export type PointTable = 'a' | 'b1' | 'b2' | 'c' | 'h';

/** A wider window must save that share of the additions: its buckets take memory. */
const WORTH = 0.98;
/** Digits are 16-bit numbers. */
const MOST_BITS = 16;

/** Picks the window width for which n points per sum take the fewest additions. */
export function bestWindowBits(n: number): number {
  let best = { bits: 4, cost: Number.POSITIVE_INFINITY };
  for (let bits = 4; bits <= MOST_BITS; bits++) {
    const cost = windowCount(bits) * additionsPerWindow(n, bits);
    if (cost < WORTH * best.cost) best = { bits, cost };
  }
  return best.bits;
}

export interface Layout {
  /** The witness, then what blinds the proof. */
  witness: number;
  points: Record<PointTable, number>;
  /** Signal of each finite point; 0 for h, whose scalars are in order. */
  index: Record<PointTable, number>;
  /** Of each term: its signal, and how far into the coefficients its own is. */
  rows: { starts: number; signals: number; values: number }[];
  coefficients: number;
  /** Powers of the doubled domain's root in bit-reversed order (n), and of the domain's inverse root (n/2). */
  shifts: number;
  roots: number;
  work: [number, number, number];
  quotient: number;
  /** Packed rows, before they become digits; lie where the quotient's results come later. */
  staging: [number, number];
  /** Both halves' digits of the witness, for each width in which a sum wants them. */
  witnessDigits: Map<number, number>;
  quotientDigits: number;
  /** One packed number for factors. */
  factor: number;
  threads: ThreadLayout[];
  /** What tasks pass on. */
  workBytes: number;
  digits: Record<'witness' | 'quotient', { at: number; bytes: number }>;
  bytes: number;
}

export interface ThreadLayout {
  /** Where all of it begins, `bytes` long. */
  batch: number;
  list: number;
  counts: number;
  ends: number;
  entries: number;
  /** u32 per bucket and window of a task, and one window more for second halves. */
  table: number;
  slots: number;
  /** Two running sums and one total for each chain, then the same for the second level. */
  chains: number;
  spare: number;
  bytes: number;
}

/** `blinding`: r, s and −rs, which follow the signals' values. */
export function writeWitness(u8: Uint8Array, layout: Layout, values: Uint8Array, blinding: Uint8Array): void {
  u8.set(values, layout.witness);
  u8.set(blinding, layout.witness + values.length);
}

/** `scratches`: threads that work in this memory, all of them where it is shared and one where each has its own. What
 * tasks pass on lies at the same addresses either way. */
export function layOut(sizes: Sizes, tier: TierShape, scratches = sizes.threads): Layout {
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
  /** For n scalars. */
  const digitBytes = (n: number, bits: number) => 4 * windowCount(bits) * n;
  const workBytes = (n: number) => n * tier.digits * 8;
  const index = (n: number) => take(4 * n);
  const quotientBytes = Math.max(digitBytes(domain, sizes.windowBits.ch), domain * 32);
  const quotientDigits = take(quotientBytes);
  const quotient = take(domain * 32);
  const witnessDigits = new Map<number, number>();
  let witnessBytes = 0;
  for (const bits of new Set(Object.values(sizes.windowBits))) {
    witnessDigits.set(bits, witnessBytes);
    witnessBytes += digitBytes(scalars, bits);
  }
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
      values: take(4 * terms),
    })),
    coefficients: take(32 * sizes.coefficients),
    shifts: take(workBytes(domain)),
    roots: take(workBytes(Math.max(domain / 2, tier.lanes))),
    work: [take(workBytes(domain)), take(workBytes(domain)), take(workBytes(domain))],
    quotient,
    staging: [quotient, quotientDigits],
    witnessDigits,
    quotientDigits,
    workBytes: workBytes(domain),
    digits: {
      witness: { at: take(witnessBytes), bytes: witnessBytes },
      quotient: { at: quotientDigits, bytes: quotientBytes },
    },
  };
  for (const [bits, offset] of witnessDigits) witnessDigits.set(bits, layout.digits.witness.at + offset);
  const counts = sumPoints(points);
  const sums = SUMS.map((sum) => {
    const [windows, buckets] = [windowsPerTask(sizes, sum), 2 ** (sizes.windowBits[sum] - 1)];
    const pointBytes = sum === 'b2' ? 128 : 64;
    return { points: counts[sum], buckets, tables: (windows + 1) * buckets, windows, pointBytes };
  });
  const most = (of: (sum: (typeof sums)[number]) => number) => Math.max(...sums.map(of));
  const threads = Array.from({ length: scratches }, () => {
    const parts = {
      batch: take(Math.max(batchScratch(tier, 1).bytes, batchScratch(tier, 2).bytes)),
      list: take((MAX_PAIRS + 4) * ENTRY_BYTES),
      counts: take(4 * (most(({ buckets }) => buckets) + 2)),
      ends: take(4 * (most(({ buckets }) => buckets) + 2)),
      entries: take(4 * most(({ points }) => points) + 8),
      table: take(4 * most(({ tables }) => tables)),
      slots: take(most(({ tables, pointBytes }) => tables * pointBytes)),
      chains: take(most(({ windows, pointBytes }) => pointBytes * reductionPoints(windows))),
      spare: take((CHUNK_ENTRIES / 2 + 1) * 128),
    };
    return { ...parts, bytes: end - parts.batch };
  });
  return { ...layout, threads, bytes: Math.ceil(end / PAGE_BYTES) * PAGE_BYTES };
}
