// What one thread does: pieces of a proof over its memory. Knows nothing of messages; pool.ts and the platform
// files carry tasks here.
import { P, R } from './constants.ts';
import { KeyImport, type KeyPart } from './import.ts';
import type { Instance } from './instance.ts';
import { batchScratch, TIER_SHAPES, type TierShape } from './kernels/scratch.ts';
import {
  CHUNK_ENTRIES,
  type Layout,
  layOut,
  type PointTable,
  type Sizes,
  type SumName,
  scalarCount,
  type ThreadLayout,
  windowCount,
  writeWitness,
} from './layout.ts';
import { type MaskSeed, makeMask } from './mask.ts';
import { reduceWindows, type WindowSum } from './reduce.ts';
import type { G1, G2 } from './reference/curve.ts';
import { inverse } from './reference/field.ts';
import { readG1, readG2 } from './reference/points.ts';

export type Task =
  | { kind: 'recode-witness'; mask?: MaskSeed }
  /** The masks alone, as digits of both kinds. */
  | { kind: 'recode-mask'; mask: MaskSeed }
  | { kind: 'rows'; matrix: 0 | 1 }
  | { kind: 'third' }
  | { kind: 'transform'; which: 0 | 1 | 2 }
  | { kind: 'quotient'; mask?: MaskSeed }
  | { kind: 'sum'; sum: SumName; firstWindow: number; windows: number };

/** For each window: the sum within segments, and across them (times `length`). */
export interface WindowPoints {
  within: G1 | G2;
  across: G1 | G2;
  length: number;
  /** Points beyond the first of each bucket: what the time goes by. */
  additions: number;
}

/** Streams of a mask. */
const OF_WITNESS = 1;
const OF_QUOTIENT = 2;
/** Scalars recoded at a time. */
const RECODE_CHUNK = 1024;

export class Thread {
  readonly layout: Layout;
  readonly instance: Instance;
  private readonly sizes: Sizes;
  private readonly tier: TierShape;
  private readonly own: ThreadLayout;
  private importing: KeyImport | undefined;

  /** `number` among the `scratches` threads that work in this memory. */
  constructor(instance: Instance, sizes: Sizes, number: number, scratches = sizes.threads) {
    const tier = TIER_SHAPES[sizes.tier];
    this.instance = instance;
    this.tier = tier;
    this.sizes = sizes;
    this.layout = layOut(sizes, tier, scratches);
    this.own = this.layout.threads[number]!;
    instance.kernels.set_scratch(this.own.batch);
  }

  takePart(part: KeyPart): void {
    this.importing ??= new KeyImport(this.sizes, this.layout, this.tier, this.instance);
    this.importing.take(part);
    if (part.part === 'end') this.importing = undefined;
  }

  /** `blinding`: r, s and −rs. */
  setWitness(values: Uint8Array, blinding: Uint8Array): void {
    writeWitness(this.instance.u8, this.layout, values, blinding);
  }

  /** Overwrites what the last proof left of the witness and of what follows from it: the rows' values tell it as
   * well, and a thread's buckets which points had which digit. */
  wipe(common: boolean): void {
    const { layout, sizes, own } = this;
    const clear = (at: number, bytes: number) => this.instance.u8.fill(0, at, at + bytes);
    clear(own.batch, own.bytes);
    if (!common) return;
    clear(layout.witness, 32 * scalarCount(sizes));
    clear(layout.quotient, 32 * sizes.domain);
    for (const work of layout.work) clear(work, layout.workBytes);
    for (const { at, bytes } of Object.values(layout.digits)) clear(at, bytes);
  }

  run(task: Task): WindowPoints[] | undefined {
    const { layout, sizes, instance } = this;
    const { kernels } = instance;
    const { domain } = sizes;
    const groups = domain / this.tier.lanes;
    switch (task.kind) {
      case 'recode-witness':
        this.recode('witness', task.mask, true);
        return undefined;
      case 'recode-mask':
        this.recode('witness', task.mask, false);
        this.recode('quotient', task.mask, false);
        return undefined;
      case 'rows': {
        const { starts, values, signals } = layout.rows[task.matrix]!;
        const staging = layout.staging[task.matrix];
        kernels.fr_rows(staging, starts, values, layout.coefficients, signals, layout.witness, domain);
        kernels.fr_unpack(layout.work[task.matrix]!, staging, domain);
        return undefined;
      }
      case 'third': {
        // A/n·B/n·n: with n·radix as factor the result is C/n.
        const radix = 1n << BigInt(this.tier.width * this.tier.digits);
        instance.write(layout.factor, (BigInt(domain) * radix) % R);
        kernels.fr_third(layout.work[2], layout.work[0], layout.work[1], layout.factor, groups);
        return undefined;
      }
      case 'transform': {
        const array = layout.work[task.which]!;
        kernels.fr_to_coefficients(array, layout.roots, domain);
        kernels.fr_multiply(array, array, layout.shifts, groups);
        kernels.fr_to_values(array, layout.shifts, domain);
        return undefined;
      }
      case 'quotient':
        kernels.fr_quotient(layout.quotient, layout.work[0], layout.work[1], layout.work[2], groups);
        this.recode('quotient', task.mask, true);
        return undefined;
      case 'sum':
        return this.sum(task);
    }
  }

  /** Digits of scalars plus masks, or of one of both alone; the scalars stay as they are. */
  private recode(of: 'witness' | 'quotient', seed: MaskSeed | undefined, withScalars: boolean): void {
    const { layout, sizes, instance, own } = this;
    const { u8, u32, kernels } = instance;
    const [scalars, n] =
      of === 'witness' ? [layout.witness, scalarCount(sizes)] : [layout.quotient, sizes.domain];
    const digits =
      of === 'witness' ? [...layout.witnessDigits] : [[sizes.windowBits.ch, layout.quotientDigits] as const];
    const mask = seed && makeMask(seed, of === 'witness' ? OF_WITNESS : OF_QUOTIENT);
    const halves = own.spare;
    for (let at = 0; at < n; at += RECODE_CHUNK) {
      const count = Math.min(RECODE_CHUNK, n - at);
      if (withScalars) u8.copyWithin(halves, scalars + 32 * at, scalars + 32 * (at + count));
      else u8.fill(0, halves, halves + 32 * count);
      mask?.(u32, halves >> 2, count);
      kernels.split(halves, halves, count);
      for (const [bits, first] of digits) {
        kernels.recode_halves(first + 2 * at, halves, count, 2 * n, bits, windowCount(bits));
      }
    }
  }

  private sum(task: Task & { kind: 'sum' }): WindowPoints[] {
    const { sizes, instance, own } = this;
    const { kernels, u8, u32 } = instance;
    const degree = task.sum === 'b2' ? 2 : 1;
    const pointBytes = 64 * degree;
    const buckets = 2 ** (sizes.windowBits[task.sum] - 1);
    const windows = windowCount(sizes.windowBits[task.sum]);
    kernels.set_careful(0);
    // Pairs that fill a group up need two points with different x.
    const dummy = batchScratch(this.tier, degree);
    u8.fill(0, own.batch, own.batch + dummy.packed);
    u8[own.batch + dummy.dummyB] = 1;
    const merge = degree === 1 ? kernels.g1_merge : kernels.g2_merge;
    const additions: number[] = [];
    const place = (i: number) => [own.table + 4 * i * buckets, own.slots + pointBytes * i * buckets] as const;
    const second = place(task.windows);
    for (let i = 0; i < task.windows; i++) {
      const window = task.firstWindow + i;
      const inBuckets =
        this.fillBuckets(task.sum, window, ...place(i)) +
        this.fillBuckets(task.sum, windows + window, ...second);
      additions.push(inBuckets + merge(...place(i), ...second, buckets, own.list));
    }
    const space = {
      u32,
      addBatch: degree === 1 ? kernels.g1_add_batch : kernels.g2_add_batch,
      list: own.list,
      pointBytes,
    };
    const sums = reduceWindows(space, own.table, task.windows, buckets, own.chains);
    return sums.map((sum, i) => ({ ...this.readWindow(sum, degree), additions: additions[i]! }));
  }

  /** Adds the points of one window, the second halves' windows after the first's, up by bucket. Returns the number of
   * additions. */
  private fillBuckets(sum: SumName, window: number, table: number, slots: number): number {
    const { layout, sizes, own } = this;
    const { kernels, u32 } = this.instance;
    const degree = sum === 'b2' ? 2 : 1;
    const bits = sizes.windowBits[sum];
    const buckets = 2 ** (bits - 1);
    const tables: PointTable[] = sum === 'ch' ? ['c', 'h'] : [sum];
    const sources = tables.map((table) => {
      const ofH = table === 'h';
      const digits = ofH
        ? layout.quotientDigits + window * 2 * sizes.domain
        : layout.witnessDigits.get(bits)! + window * 2 * scalarCount(sizes);
      return {
        digits,
        index: ofH ? 0 : layout.index[table],
        n: sizes.points[table],
        points: layout.points[table],
      };
    });
    u32.fill(0, own.counts >> 2, (own.counts >> 2) + buckets + 2);
    for (const { digits, index, n } of sources) kernels.count(own.counts, digits, index, n);
    const counts = u32.subarray((own.counts >> 2) + 1, (own.counts >> 2) + 1 + buckets);
    const additions = counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
    kernels.sums(own.ends, own.counts, buckets);
    for (const { digits, index, n, points } of sources) {
      kernels.place(own.ends, own.entries, digits, index, n, points, 5 + degree);
    }
    const add = degree === 1 ? kernels.g1_buckets : kernels.g2_buckets;
    add(own.ends, own.entries, own.counts, buckets, table, slots, own.list, own.spare, CHUNK_ENTRIES);
    return additions;
  }

  private readWindow(sum: WindowSum, degree: 1 | 2): Omit<WindowPoints, 'additions'> {
    const factor = inverse(1n << BigInt(this.tier.width * this.tier.digits), P);
    const read = (entry: number): G1 | G2 => {
      if (entry === 0) return null;
      const at = entry & ~1;
      const bytes = this.instance.u8.slice(at, at + 64 * degree);
      const negate = (value: bigint) => ((entry & 1) === 0 || value === 0n ? value : P - value);
      if (degree === 1) {
        const point = readG1(bytes, 0, factor);
        return point && { x: point.x, y: negate(point.y) };
      }
      const point = readG2(bytes, 0, factor);
      return point && { x: point.x, y: [negate(point.y[0]), negate(point.y[1])] };
    };
    return { within: read(sum.within), across: read(sum.across), length: sum.length };
  }
}
