// From a zkey's tables to the engine's own layout, once per key: finite points only, with lists of their
// signals; coefficients by row, so that threads need no locks; the tier's Montgomery form.
import { FIELD_BYTES, P, R } from './constants.ts';
import { EngineError } from './errors.ts';
import type { Instance } from './instance.ts';
import type { TierShape } from './kernels/scratch.ts';
import { giveBack, hasPoint, type KeyFile, pieces, type SurveyedKey, wordsOf } from './key-file.ts';
import {
  bestWindowBits,
  blindingScalars,
  type Layout,
  type PointTable,
  type Sizes,
  SUMS,
  sumPoints,
} from './layout.ts';
import { inverse, mod } from './reference/field.ts';
import { rootOfUnity } from './reference/ntt.ts';
import { ValueTable } from './value-table.ts';
import { COEFFICIENT_BYTES, type KeyOutline, pointBytes, TABLES } from './zkey.ts';

const ZKEY_RADIX = 1n << 256n;

const radixOf = (tier: TierShape): bigint => 1n << BigInt(tier.width * tier.digits);

/** The single points that a sum takes as well, each with the number of its scalar: the constants of the proof, times
 * the first signal, which is one, and what blinds it. */
function singles(key: KeyOutline): Record<PointTable, { bytes: Uint8Array; scalar: number }[]> {
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
export function measure(key: SurveyedKey, tier: TierShape, threads: number): Sizes {
  const terms = key.rowCounts.map((rows) =>
    rows.reduce((sum, count) => sum + padded(count, tier.lanes), 0),
  ) as [number, number];
  return sizesOf(key, key.finite, terms, key.coefficients + 1, tier, threads);
}

/** As much as they can be, by the key's outline alone. */
export function measureAtMost(key: KeyOutline, tier: TierShape, threads: number): Sizes {
  const { spans, domain } = key;
  const most = Object.fromEntries(TABLES.map((table) => [table, spans[table].bytes / pointBytes(table)]));
  const coefficients = spans.coefficients.bytes / COEFFICIENT_BYTES;
  const terms = coefficients / 2 + domain * tier.lanes;
  return sizesOf(key, most as Sizes['points'], [terms, terms], coefficients + 1, tier, threads);
}

/** Of a witness's values, those with digits in all windows; the others are zeros, bits and small numbers. Between
 * what arithmetic (0.9) and comparisons (0.3) make of it. */
const SHARE_OF_FULL = 0.6;

function sizesOf(
  key: KeyOutline,
  finite: Sizes['points'],
  terms: [number, number],
  different: number,
  tier: TierShape,
  threads: number,
): Sizes {
  const { signals, publicSignals, domain } = key;
  const single = singles(key);
  // H's scalars are in order, so its table is kept whole; snarkjs' keys have no infinity there.
  const points = Object.fromEntries(
    TABLES.map((table) => [table, table === 'h' ? domain : finite[table] + single[table].length]),
  ) as Sizes['points'];
  const full = sumPoints({
    ...(Object.fromEntries(TABLES.map((table) => [table, SHARE_OF_FULL * points[table]])) as Sizes['points']),
    h: points.h,
  });
  const windowBits = Object.fromEntries(
    SUMS.map((sum) => [sum, bestWindowBits(full[sum])]),
  ) as Sizes['windowBits'];
  const coefficients = padded(different, tier.lanes);
  return {
    tier: tier.name,
    threads,
    signals,
    publicSignals,
    domain,
    points,
    terms,
    coefficients,
    windowBits,
  };
}

const padded = (count: number, lanes: number): number => Math.ceil(count / lanes) * lanes;

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

/** All of a key, in pieces of about 1 MiB, in the order in which they must come. The buffers are the taker's. */
export async function* keyParts(
  file: KeyFile,
  key: SurveyedKey,
  tier: TierShape,
): AsyncGenerator<{ part: KeyPart; buffer?: ArrayBuffer }> {
  for (const table of TABLES) {
    for await (const { piece } of pieces(file, key.spans[table], pointBytes(table))) {
      yield { part: { part: 'points', table, bytes: piece }, buffer: piece.buffer as ArrayBuffer };
    }
    for (const { bytes, scalar } of singles(key)[table]) {
      yield { part: { part: 'single', table, bytes, scalar } };
    }
  }
  for (const [matrix, counts] of key.rowCounts.entries()) {
    const starts = new Uint32Array(counts.length + 1);
    counts.forEach((count, row) => {
      starts[row + 1] = starts[row]! + padded(count, tier.lanes);
    });
    yield { part: { part: 'rows', matrix: matrix as 0 | 1, starts } };
  }
  for await (const { piece } of pieces(file, key.spans.coefficients, COEFFICIENT_BYTES)) {
    yield { part: { part: 'coefficients', bytes: piece }, buffer: piece.buffer as ArrayBuffer };
  }
  yield { part: { part: 'end' } };
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
  private readonly values: ValueTable;

  constructor(sizes: Sizes, layout: Layout, tier: TierShape, instance: Instance) {
    this.sizes = sizes;
    this.layout = layout;
    this.tier = tier;
    this.instance = instance;
    const none = () => ({ seen: 0, kept: 0 });
    this.done = { a: none(), b1: none(), b2: none(), c: none(), h: none() };
    // The first is zero, for padding.
    const first = (layout.coefficients >> 2) + FIELD_BYTES / 4;
    const most = (FIELD_BYTES / 4) * (sizes.coefficients - 1);
    this.values = new ValueTable(instance.u32.subarray(first, first + most));
  }

  take(part: KeyPart): void {
    switch (part.part) {
      case 'points':
        this.points(part.table, part.bytes);
        giveBack(part.bytes);
        break;
      case 'single':
        this.keep(part.table, part.bytes, part.scalar);
        this.scale(part.table, this.done[part.table].kept - 1);
        break;
      case 'rows':
        this.rows(part.matrix, part.starts);
        break;
      case 'coefficients':
        this.coefficients(part.bytes);
        giveBack(part.bytes);
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
    const count = source.length / bytes;
    const isKept = (i: number) => i < count && (table === 'h' || hasPoint(words, i, bytes / 4));
    const kept = done.kept;
    // Runs of finite points: an object for each point would make the heap grow by megabytes.
    for (let i = 0; i < count; i++) {
      const from = i;
      while (isKept(i)) i++;
      if (i > from)
        this.keep(table, source.subarray(from * bytes, i * bytes), firstSignal + done.seen + from);
    }
    done.seen += count;
    this.scale(table, kept);
  }

  /** Adds finite points to a table; their scalars follow each other. */
  private keep(table: PointTable, points: Uint8Array, firstScalar: number): void {
    const { layout, instance } = this;
    const bytes = pointBytes(table);
    const done = this.done[table];
    const count = points.length / bytes;
    // The file may have changed since it was surveyed.
    if (done.kept + count > this.sizes.points[table]) throw changed();
    instance.u8.set(points, layout.points[table] + done.kept * bytes);
    for (let i = 0; i < count; i++) {
      instance.u32[(layout.index[table] >> 2) + done.kept++] = firstScalar + i;
    }
  }

  /** Brings a table's points into the tier's form, from number `first` on. */
  private scale(table: PointTable, first: number): void {
    const { layout, instance } = this;
    const radix = radixOf(this.tier);
    instance.write(layout.factor, (radix * radix * inverse(ZKEY_RADIX, P)) % P);
    const start = layout.points[table] + first * pointBytes(table);
    const numbers = ((this.done[table].kept - first) * pointBytes(table)) / FIELD_BYTES;
    instance.kernels.fp_scale(start, start, layout.factor, numbers);
  }

  private rows(matrix: 0 | 1, positions: Uint32Array): void {
    const { u8, u32 } = this.instance;
    const { starts, signals, values } = this.layout.rows[matrix]!;
    u32.set(positions, starts >> 2);
    // Padding: coefficient 0 of signal 0.
    const terms = positions.at(-1)!;
    u8.fill(0, signals, signals + 4 * terms);
    u8.fill(0, values, values + 4 * terms);
    this.next[matrix] = positions.slice();
  }

  private coefficients(source: Uint8Array): void {
    const { u32 } = this.instance;
    const words = wordsOf(source);
    for (let at = 0; at < words.length; at += COEFFICIENT_BYTES / 4) {
      const matrix = words[at]!;
      const row = words[at + 1]!;
      const positions = this.next[matrix];
      const term = positions?.[row];
      if (term === undefined || term >= this.sizes.terms[matrix as 0 | 1]) throw changed();
      positions![row] = term + 1;
      const number = this.values.numberOf(words, at + 3);
      if (number < 0) throw changed();
      const { signals, values } = this.layout.rows[matrix]!;
      u32[(signals >> 2) + term] = words[at + 2]!;
      u32[(values >> 2) + term] = FIELD_BYTES * (number + 1);
    }
  }

  /** The file holds v·2⁵¹². A row times a plain witness shall be v·w/n in Montgomery's form, so v·radix²/n is wanted;
   * dividing by n here saves a pass after the transforms. */
  private scaleCoefficients(): void {
    const { sizes, layout, instance } = this;
    const radix = radixOf(this.tier);
    const file = ZKEY_RADIX * ZKEY_RADIX * BigInt(sizes.domain);
    instance.write(layout.factor, mod(radix * radix * radix * inverse(file, R), R));
    const at = layout.coefficients;
    instance.kernels.fr_scale(at, at, layout.factor, sizes.coefficients);
  }
}

const changed = () =>
  new EngineError('artifact.zkey-format', 'The proving key changed while it was read.', {
    nextStep: 'Start the proof again.',
  });

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
