// From a zkey's tables to the engine's own layout, once per key: finite points only, with lists of their
// signals; coefficients by row, so that threads need no locks; the tier's Montgomery form.
import { FIELD_BYTES, P, R } from './constants.ts';
import type { Instance } from './instance.ts';
import type { TierShape } from './kernels/scratch.ts';
import { bestWindowBits, blindingScalars, type Layout, type PointTable, type Sizes } from './layout.ts';
import { inverse, mod } from './reference/field.ts';
import { rootOfUnity } from './reference/ntt.ts';
import { COEFFICIENT_BYTES, type ProvingKey } from './zkey.ts';

const ZKEY_RADIX = 1n << 256n;

const radixOf = (tier: TierShape): bigint => 1n << BigInt(tier.width * tier.digits);

function pointBytes(table: PointTable): number {
  return table === 'b2' ? 128 : 64;
}

function hasPoint(bytes: Uint32Array, point: number, words: number): boolean {
  for (let i = point * words; i < (point + 1) * words; i++) if (bytes[i] !== 0) return true;
  return false;
}

/** As 32-bit words; a copy when the file has them at an odd place. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return new Uint32Array(bytes.slice().buffer);
}

const TABLES: PointTable[] = ['a', 'b1', 'b2', 'c', 'h'];

/** The single points that a sum takes as well, each with the number of its scalar: the constants of the proof, times
 * the first signal, which is one, and what blinds it. */
function singles(key: ProvingKey): Record<PointTable, { bytes: Uint8Array; scalar: number }[]> {
  const { r, s, minusRs } = blindingScalars(key.signals);
  const one = 0;
  const all = {
    a: [
      { bytes: key.alpha1, scalar: one },
      { bytes: key.delta1, scalar: r },
    ],
    b1: [
      { bytes: key.beta1, scalar: one },
      { bytes: key.delta1, scalar: s },
    ],
    b2: [
      { bytes: key.beta2, scalar: one },
      { bytes: key.delta2, scalar: s },
    ],
    c: [{ bytes: key.delta1, scalar: minusRs }],
    h: [],
  };
  const finite = ({ bytes }: { bytes: Uint8Array }) => bytes.some((byte) => byte !== 0);
  return Object.fromEntries(
    Object.entries(all).map(([table, points]) => [table, points.filter(finite)]),
  ) as ReturnType<typeof singles>;
}

/** Sizes of a key: what its layout depends on. */
export function measure(key: ProvingKey, tier: TierShape, threads: number): Sizes {
  const points = Object.fromEntries(
    TABLES.map((table) => {
      const words = wordsOf(key[table]);
      const single = singles(key)[table].length;
      const each = pointBytes(table) / 4;
      let finite = 0;
      // H's scalars are in order, so its table is kept whole; snarkjs' keys have no infinity there.
      if (table === 'h') finite = words.length / each;
      else for (let i = 0; i < words.length / each; i++) if (hasPoint(words, i, each)) finite++;
      return [table, finite + single];
    }),
  ) as Sizes['points'];
  const counts = rowCounts(key);
  const terms = counts.map((rows) => rows.reduce((sum, count) => sum + padded(count, tier.lanes), 0)) as [
    number,
    number,
  ];
  const { signals, publicSignals, domain } = key;
  const windowBits = bestWindowBits(points.c + points.h);
  return { tier: tier.name, threads, signals, publicSignals, domain, points, terms, windowBits };
}

const padded = (count: number, lanes: number): number => Math.ceil(count / lanes) * lanes;

function rowCounts(key: ProvingKey): Uint32Array[] {
  const counts = [new Uint32Array(key.domain), new Uint32Array(key.domain)];
  const view = new DataView(
    key.coefficients.buffer,
    key.coefficients.byteOffset,
    key.coefficients.byteLength,
  );
  for (let at = 0; at < view.byteLength; at += COEFFICIENT_BYTES) {
    const rows = counts[view.getUint32(at, true)]!;
    const row = view.getUint32(at + 4, true);
    rows[row] = rows[row]! + 1;
  }
  return counts;
}

/** A piece of a key on its way into a thread's memory: messages copy what they carry, so a thread is never sent the
 * whole file. */
export type KeyPart =
  | { part: 'points'; table: PointTable; bytes: Uint8Array }
  /** A finite point apart from the tables' order, with the number of its scalar. */
  | { part: 'single'; table: PointTable; bytes: Uint8Array; scalar: number }
  /** First term of each row, and the number of terms. */
  | { part: 'rows'; matrix: 0 | 1; starts: Uint32Array }
  | { part: 'coefficients'; bytes: Uint8Array }
  | { part: 'end' };

const PIECE_BYTES = 1 << 20;

/** All of a key, in pieces of about 1 MiB, in the order in which they must come. */
export function* keyParts(key: ProvingKey, tier: TierShape): Generator<KeyPart> {
  function* pieces(bytes: Uint8Array, each: number): Generator<Uint8Array> {
    const step = Math.floor(PIECE_BYTES / each) * each;
    // Copies: of a view, messages would carry the whole file.
    for (let at = 0; at < bytes.length; at += step) yield bytes.slice(at, at + step);
  }
  for (const table of TABLES) {
    for (const bytes of pieces(key[table], pointBytes(table))) yield { part: 'points', table, bytes };
    for (const { bytes, scalar } of singles(key)[table]) {
      yield { part: 'single', table, bytes: bytes.slice(), scalar };
    }
  }
  for (const [matrix, counts] of rowCounts(key).entries()) {
    const starts = new Uint32Array(counts.length + 1);
    counts.forEach((count, row) => {
      starts[row + 1] = starts[row]! + padded(count, tier.lanes);
    });
    yield { part: 'rows', matrix: matrix as 0 | 1, starts };
  }
  for (const bytes of pieces(key.coefficients, COEFFICIENT_BYTES)) yield { part: 'coefficients', bytes };
  yield { part: 'end' };
}

/** Takes a key's parts into one memory. */
export class KeyImport {
  private readonly sizes: Sizes;
  private readonly layout: Layout;
  private readonly tier: TierShape;
  private readonly instance: Instance;
  /** Points seen and kept of each table. */
  private readonly done: Record<PointTable, { seen: number; kept: number }>;
  /** The next term of each row. */
  private readonly next: Uint32Array[] = [];

  constructor(sizes: Sizes, layout: Layout, tier: TierShape, instance: Instance) {
    this.sizes = sizes;
    this.layout = layout;
    this.tier = tier;
    this.instance = instance;
    const none = () => ({ seen: 0, kept: 0 });
    this.done = { a: none(), b1: none(), b2: none(), c: none(), h: none() };
  }

  take(part: KeyPart): void {
    switch (part.part) {
      case 'points':
        this.points(part.table, part.bytes);
        break;
      case 'single':
        this.keep(part.table, [part.bytes], () => part.scalar);
        break;
      case 'rows':
        this.rows(part.matrix, part.starts);
        break;
      case 'coefficients':
        this.coefficients(part.bytes);
        break;
      case 'end':
        this.scaleCoefficients();
        makeTables(this.sizes, this.layout, this.tier, this.instance);
    }
  }

  private points(table: PointTable, source: Uint8Array): void {
    const words = wordsOf(source);
    const bytes = pointBytes(table);
    const done = this.done[table];
    // Signal of the table's first point; C leaves out the public signals and the one.
    const firstSignal = table === 'c' ? this.sizes.publicSignals + 1 : 0;
    const signals: number[] = [];
    const finite: Uint8Array[] = [];
    for (let i = 0; i < source.length / bytes; i++) {
      const signal = firstSignal + done.seen++;
      if (table !== 'h' && !hasPoint(words, i, bytes / 4)) continue;
      signals.push(signal);
      finite.push(source.subarray(i * bytes, (i + 1) * bytes));
    }
    this.keep(table, finite, (i) => signals[i]!);
  }

  /** Adds finite points to a table, in the tier's form. */
  private keep(table: PointTable, points: Uint8Array[], scalarOf: (i: number) => number): void {
    const { layout, instance } = this;
    const { u8, u32, kernels } = instance;
    const radix = radixOf(this.tier);
    instance.write(layout.factor, (radix * radix * inverse(ZKEY_RADIX, P)) % P);
    const bytes = pointBytes(table);
    const done = this.done[table];
    const start = layout.points[table] + done.kept * bytes;
    points.forEach((point, i) => {
      u32[(layout.index[table] >> 2) + done.kept++] = scalarOf(i);
      u8.set(point, start + i * bytes);
    });
    kernels.fp_scale(start, start, layout.factor, (points.length * bytes) / FIELD_BYTES);
  }

  private rows(matrix: 0 | 1, positions: Uint32Array): void {
    const { u8, u32 } = this.instance;
    const { starts, signals, coefficients } = this.layout.rows[matrix]!;
    u32.set(positions, starts >> 2);
    // Padding: coefficient 0 of signal 0.
    const terms = positions.at(-1)!;
    u8.fill(0, signals, signals + 4 * terms);
    u8.fill(0, coefficients, coefficients + 32 * terms);
    this.next[matrix] = positions.slice();
  }

  private coefficients(source: Uint8Array): void {
    const { u8, u32 } = this.instance;
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    for (let at = 0; at < view.byteLength; at += COEFFICIENT_BYTES) {
      const [matrix, row] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      const positions = this.next[matrix]!;
      const term = positions[row]!;
      positions[row] = term + 1;
      const { signals, coefficients } = this.layout.rows[matrix]!;
      u32[(signals >> 2) + term] = view.getUint32(at + 8, true);
      u8.set(source.subarray(at + 12, at + COEFFICIENT_BYTES), coefficients + 32 * term);
    }
  }

  /** The file holds v·2⁵¹². A row times a plain witness shall be v·w/n in Montgomery's form, so v·radix²/n is wanted;
   * dividing by n here saves a pass after the transforms. */
  private scaleCoefficients(): void {
    const { sizes, layout, instance } = this;
    const radix = radixOf(this.tier);
    const file = ZKEY_RADIX * ZKEY_RADIX * BigInt(sizes.domain);
    instance.write(layout.factor, mod(radix * radix * radix * inverse(file, R), R));
    sizes.terms.forEach((count, matrix) => {
      const at = layout.rows[matrix]!.coefficients;
      if (count > 0) instance.kernels.fr_scale(at, at, layout.factor, count);
    });
  }
}

/** Powers in bit-reversed order. Entry 2ᵏ + j is entry j times a power, so that each doubling is one pass. */
function makeTables(sizes: Sizes, layout: Layout, tier: TierShape, instance: Instance): void {
  const log = Math.log2(sizes.domain);
  expand(layout.shifts, rootOfUnity(log + 1), log, layout, tier, instance);
  expand(layout.roots, inverse(rootOfUnity(log), R), log - 1, layout, tier, instance);
}

function expand(
  table: number,
  root: bigint,
  log: number,
  layout: Layout,
  tier: TierShape,
  instance: Instance,
): void {
  const { kernels } = instance;
  const radix = radixOf(tier);
  const { lanes } = tier;
  const bytes = tier.digits * lanes * 8;
  const powers = Array.from({ length: log }, (_, k) => {
    // Entry 2ᵏ: root^(2^(log − 1 − k)).
    let value = root;
    for (let i = 0; i < log - 1 - k; i++) value = (value * value) % R;
    return value;
  });
  // The first group comes packed, through `staging`; the table may be smaller than a group.
  const first = [1n, powers[0] ?? 1n].slice(0, lanes);
  first.forEach((value, lane) => {
    instance.write(layout.staging[0] + 32 * lane, (value * radix) % R);
  });
  kernels.fr_unpack(table, layout.staging[0], lanes);
  for (let k = Math.log2(lanes); k < log; k++) {
    instance.write(layout.factor, (powers[k]! * radix) % R);
    const groups = 2 ** k / lanes;
    kernels.fr_scale_work(table + groups * bytes, table, layout.factor, groups);
  }
}
