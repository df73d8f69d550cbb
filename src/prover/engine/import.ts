// From a zkey's tables to the engine's own layout, once per key: finite points only, with lists of their
// signals; coefficients by row, so that threads need no locks; the tier's Montgomery form.
import { FIELD_BYTES, P, R } from './constants.ts';
import type { Instance } from './instance.ts';
import type { TierShape } from './kernels/scratch.ts';
import { bestWindowBits, type Layout, type PointTable, type Sizes } from './layout.ts';
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

/** Sizes of a key: what its layout depends on. */
export function measure(key: ProvingKey, tier: TierShape, threads: number): Sizes {
  const points = Object.fromEntries(
    TABLES.map((table) => {
      const words = wordsOf(key[table]);
      const each = pointBytes(table) / 4;
      let finite = 0;
      // H's scalars are in order, so its table is kept whole; snarkjs' keys have no infinity there.
      if (table === 'h') finite = words.length / each;
      else for (let i = 0; i < words.length / each; i++) if (hasPoint(words, i, each)) finite++;
      return [table, finite];
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

/** Fills the memory with everything of the key. */
export function importKey(
  key: ProvingKey,
  sizes: Sizes,
  layout: Layout,
  tier: TierShape,
  instance: Instance,
): void {
  importPoints(key, layout, tier, instance);
  importRows(key, sizes, layout, tier, instance);
  makeTables(sizes, layout, tier, instance);
}

function importPoints(key: ProvingKey, layout: Layout, tier: TierShape, instance: Instance): void {
  const { u8, u32, kernels } = instance;
  const radix = radixOf(tier);
  instance.write(layout.factor, (radix * radix * inverse(ZKEY_RADIX, P)) % P);
  for (const table of TABLES) {
    const source = key[table];
    const words = wordsOf(source);
    const bytes = pointBytes(table);
    const start = layout.points[table];
    // Signal of the table's first point; C leaves out the public signals and the one.
    const firstSignal = table === 'c' ? key.publicSignals + 1 : 0;
    const count = source.length / bytes;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      if (table !== 'h' && !hasPoint(words, i, bytes / 4)) continue;
      u32[(layout.index[table] >> 2) + kept] = firstSignal + i;
      u8.set(source.subarray(i * bytes, (i + 1) * bytes), start + kept * bytes);
      kept++;
    }
    kernels.fp_scale(start, start, layout.factor, (kept * bytes) / FIELD_BYTES);
  }
}

function importRows(
  key: ProvingKey,
  sizes: Sizes,
  layout: Layout,
  tier: TierShape,
  instance: Instance,
): void {
  const { u8, u32, kernels } = instance;
  const { coefficients } = key;
  const view = new DataView(coefficients.buffer, coefficients.byteOffset, coefficients.byteLength);
  const counts = rowCounts(key);
  const next = counts.map((rows, matrix) => {
    const { starts, signals, coefficients: values } = layout.rows[matrix]!;
    const positions = new Uint32Array(rows.length);
    let sum = 0;
    rows.forEach((count, row) => {
      positions[row] = sum;
      u32[(starts >> 2) + row] = sum;
      sum += padded(count, tier.lanes);
    });
    u32[(starts >> 2) + rows.length] = sum;
    // Padding: coefficient 0 of signal 0.
    u8.fill(0, signals, signals + 4 * sum);
    u8.fill(0, values, values + 32 * sum);
    return positions;
  });
  for (let at = 0; at < view.byteLength; at += COEFFICIENT_BYTES) {
    const [matrix, row, signal] = [
      view.getUint32(at, true),
      view.getUint32(at + 4, true),
      view.getUint32(at + 8, true),
    ];
    const term = next[matrix]![row]!;
    next[matrix]![row] = term + 1;
    const { signals, coefficients: values } = layout.rows[matrix]!;
    u32[(signals >> 2) + term] = signal;
    u8.set(coefficients.subarray(at + 12, at + COEFFICIENT_BYTES), values + 32 * term);
  }
  // The file holds v·2⁵¹². A row times a plain witness shall be v·w/n in Montgomery's form, so v·radix²/n is wanted;
  // dividing by n here saves a pass after the transforms.
  const radix = radixOf(tier);
  const factor = mod(radix * radix * radix * inverse(ZKEY_RADIX * ZKEY_RADIX * BigInt(sizes.domain), R), R);
  instance.write(layout.factor, factor);
  sizes.terms.forEach((count, matrix) => {
    const at = layout.rows[matrix]!.coefficients;
    if (count > 0) kernels.fr_scale(at, at, layout.factor, count);
  });
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
