// Multiplies the generators of BN254's G1 and G2 by many scalars: tables of signed windows (Brickell, Gordon,
// McCurley, Wilson, EUROCRYPT 1992), added up window by window with the proving engine's batched affine
// additions. Points come as snarkjs stores them: affine, little-endian, Montgomery form with 2²⁵⁶, infinity
// all zeros.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { GnomonError } from '../src/core/errors.ts';
import { P, R } from '../src/prover/engine/constants.ts';
import { Instance } from '../src/prover/engine/instance.ts';
import {
  batchScratch,
  ENTRY_BYTES,
  FREE_BASE,
  MAX_PAIRS,
  TIER_SHAPES,
} from '../src/prover/engine/kernels/scratch.ts';
import { makeMemory } from '../src/prover/engine/memory.ts';
import {
  type Affine,
  type Curve,
  G1_GENERATOR,
  G2_GENERATOR,
  g1,
  g2,
} from '../src/prover/engine/reference/curve.ts';
import { inverse } from '../src/prover/engine/reference/field.ts';
import { littleEndian } from '../src/prover/engine/sections.ts';
import { type ChosenTier, chooseTier, type TierName } from '../src/prover/engine/tiers.ts';

export type GroupName = 'G1' | 'G2';

/** Scalars are taken within ±r/2: 253 bits, and one for the carry of signed digits. */
const SCALAR_BITS = 254;
/** Digits are 16-bit numbers, the highest of them 2^(bits − 1). */
const MAX_WINDOW_BITS = 15;
/** So many sums and one window of the table stay in a second-level cache. */
export const CHUNK = 8192;
const FIELD_BYTES = 32;
const PAGE_BYTES = 65_536;
const FILE_RADIX = 1n << 256n;
const TOP_WORD = Number(P >> 224n);

/** Window width that makes the fewest additions, table included. */
function windowBits(scalars: number): number {
  let best = 4;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let bits = 4; bits <= MAX_WINDOW_BITS; bits++) {
    const cost = Math.ceil(SCALAR_BITS / bits) * (2 ** (bits - 1) + scalars);
    if (cost < bestCost) [best, bestCost] = [bits, cost];
  }
  return best;
}

/** One group's generator. Holds its own WebAssembly memory; drop the object to free it. */
export class FixedBase {
  readonly pointBytes: number;
  private readonly degree: 1 | 2;
  private readonly instance: Instance;
  private readonly words: BigUint64Array;
  /** Of the kernel's Montgomery form. */
  private readonly radix: bigint;
  private readonly bits: number;
  private readonly windows: number;
  private readonly perWindow: number;
  private readonly list: number;
  private readonly scalars: number;
  private readonly digits: number;
  private readonly points: number;
  private readonly factor: number;
  private readonly table: number;
  /** Pairs in the list. */
  private pairs = 0;

  private constructor(tier: ChosenTier, group: GroupName, expectedScalars: number) {
    const shape = TIER_SHAPES[tier.name];
    this.degree = group === 'G1' ? 1 : 2;
    this.pointBytes = 2 * FIELD_BYTES * this.degree;
    this.radix = 1n << BigInt(shape.width * shape.digits);
    this.bits = windowBits(expectedScalars);
    this.windows = Math.ceil(SCALAR_BITS / this.bits);
    this.perWindow = 2 ** (this.bits - 1);
    const batch = batchScratch(shape, this.degree);
    let end = FREE_BASE;
    const take = (bytes: number): number => {
      const start = end;
      end += Math.ceil(bytes / 128) * 128;
      return start;
    };
    const scratch = take(batch.bytes);
    this.list = take((MAX_PAIRS + 4) * ENTRY_BYTES);
    this.scalars = take(CHUNK * FIELD_BYTES);
    this.digits = take(CHUNK * this.windows * 2);
    // One more for the sum of all.
    this.points = take((CHUNK + 1) * this.pointBytes);
    this.factor = take(FIELD_BYTES);
    this.table = take(this.windows * this.perWindow * this.pointBytes);
    this.instance = new Instance(tier.module, makeMemory(Math.ceil(end / PAGE_BYTES), false));
    this.words = new BigUint64Array(this.instance.memory.buffer);
    this.instance.kernels.set_scratch(scratch);
    // Pairs that fill a group up need two points with different x.
    this.instance.u8[scratch + batch.dummyB] = 1;
    if (this.degree === 1) this.fillTable(g1, G1_GENERATOR);
    else this.fillTable(g2, G2_GENERATOR);
  }

  /** `expectedScalars` is how many multiplications are to come, in all; it decides the table's size. The
   * kernels are the fastest that work unless told. */
  static async create(group: GroupName, expectedScalars: number, tier?: TierName): Promise<FixedBase> {
    return new FixedBase(await chooseTier(false, tier), group, expectedScalars);
  }

  private entry(window: number, digit: number): number {
    return this.table + (window * this.perWindow + digit - 1) * this.pointBytes;
  }

  /** Puts a pair on the list; bit 0 of an address negates its point. Pairs of a list must not depend on each other. */
  private add(a: number, b: number, to: number): void {
    const { u32 } = this.instance;
    const at = (this.list + this.pairs * ENTRY_BYTES) >> 2;
    u32[at] = a;
    u32[at + 1] = b;
    u32[at + 2] = to;
    if (++this.pairs === MAX_PAIRS) this.flush();
  }

  private flush(): void {
    const { kernels } = this.instance;
    if (this.pairs > 0)
      (this.degree === 1 ? kernels.g1_add_batch : kernels.g2_add_batch)(this.list, this.pairs);
    this.pairs = 0;
  }

  /** Entry d of window w is d·2^(bits·w)·G, d = 1 … 2^(bits − 1). */
  private fillTable<T>(curve: Curve<T>, generator: Affine<T>): void {
    let base = curve.from(generator);
    for (let window = 0; window < this.windows; window++) {
      const at = this.entry(window, 1);
      const { x, y } = curve.affine(base)!;
      ([x, y].flat() as bigint[]).forEach((value, i) => {
        this.instance.write(at + FIELD_BYTES * i, (value * this.radix) % P);
      });
      for (let bit = 0; bit < this.bits; bit++) base = curve.double(base);
    }
    for (let known = 1; known < this.perWindow; known *= 2) {
      for (let window = 0; window < this.windows; window++) {
        const last = this.entry(window, known);
        for (let d = 1; d <= known; d++) this.add(this.entry(window, d), last, this.entry(window, known + d));
      }
      this.flush();
    }
  }

  /** Scalars (0 ≤ s < r) to points, one after the other. `onChunk` hears how many are done; between chunks
   * (tens of milliseconds) the event loop has its turn. */
  async multiply(scalars: readonly bigint[], onChunk?: (done: number) => void): Promise<Uint8Array> {
    const out = new Uint8Array(scalars.length * this.pointBytes);
    const { u8, kernels } = this.instance;
    kernels.set_careful(0);
    let sum = 0;
    for (let from = 0; from < scalars.length; from += CHUNK) {
      const count = Math.min(CHUNK, scalars.length - from);
      this.multiplyChunk(scalars, from, count);
      this.scale(count, FILE_RADIX);
      out.set(u8.subarray(this.points, this.points + count * this.pointBytes), from * this.pointBytes);
      sum = this.addUp(count, sum);
      onChunk?.(from + count);
      await nextTurn();
    }
    this.checkSum(scalars, sum);
    return out;
  }

  /** Leaves the products in `points`. */
  private multiplyChunk(scalars: readonly bigint[], from: number, count: number): void {
    const { kernels, u8 } = this.instance;
    for (let i = 0; i < count; i++) this.writeScalar(this.scalars + FIELD_BYTES * i, scalars[from + i]!);
    kernels.recode(this.digits, this.scalars, count, 2 * count, this.bits);
    const digits = new Int16Array(u8.buffer, this.digits, count * this.windows);
    // Where each sum so far is: a table's entry | sign, its own place, or 0 for infinity.
    const sums = new Uint32Array(count);
    for (let window = 0; window < this.windows; window++) {
      for (let i = 0; i < count; i++) {
        const digit = digits[window * count + i]!;
        if (digit === 0) continue;
        const entry = this.entry(window, Math.abs(digit)) | (digit < 0 ? 1 : 0);
        const own = this.points + i * this.pointBytes;
        if (sums[i] === 0) sums[i] = entry;
        else {
          this.add(sums[i]!, entry, own);
          sums[i] = own;
        }
      }
      this.flush();
    }
    sums.forEach((at, i) => {
      const own = this.points + i * this.pointBytes;
      if (at === 0) u8.fill(0, own, own + this.pointBytes);
      else if (at !== own) this.copy(own, at);
    });
  }

  /** A single entry of the table, whose sign the kernels know only as a summand. */
  private copy(to: number, entry: number): void {
    const { u8 } = this.instance;
    const from = entry & ~1;
    u8.copyWithin(to, from, from + this.pointBytes);
    if ((entry & 1) === 0) return;
    for (let at = this.pointBytes / 2; at < this.pointBytes; at += FIELD_BYTES) {
      this.instance.write(to + at, (P - (this.read(to + at) % P)) % P);
    }
  }

  private writeScalar(to: number, value: bigint): void {
    for (let i = 0; i < 4; i++) this.words[(to >> 3) + i] = value >> BigInt(64 * i);
  }

  private read(at: number): bigint {
    return littleEndian(this.instance.u8.subarray(at, at + FIELD_BYTES));
  }

  /** Multiplies the first points' coordinates, as the kernels have them, by `factor`, and makes them canonical:
   * with 2²⁵⁶ they are as the file has them. */
  private scale(count: number, factor: bigint): void {
    const { kernels, u32 } = this.instance;
    const coordinates = count * 2 * this.degree;
    this.instance.write(this.factor, factor % P);
    kernels.fp_scale(this.points, this.points, this.factor, coordinates);
    for (let i = 0; i < coordinates; i++) {
      const at = this.points + i * FIELD_BYTES;
      if (u32[(at >> 2) + 7]! >= TOP_WORD) this.instance.write(at, this.read(at) % P);
    }
  }

  /** Adds the points up, as the file has them, and adds `sum`; returns where the new sum is, 0 for infinity. */
  private addUp(count: number, sum: number): number {
    const { u8 } = this.instance;
    this.scale(count, this.radix * this.radix * inverse(FILE_RADIX, P));
    let left = Array.from({ length: count }, (_, i) => this.points + i * this.pointBytes);
    left = left.filter((at) => !this.isInfinity(at));
    if (sum !== 0) left.push(sum);
    while (left.length > 1) {
      // Neighbours may be equal, which batches are slow with: pair those that lie far apart.
      const half = Math.ceil(left.length / 2);
      for (let i = half; i < left.length; i++) this.add(left[i - half]!, left[i]!, left[i - half]!);
      this.flush();
      left = left.slice(0, half);
    }
    const [total] = left;
    if (total === undefined) return 0;
    const kept = this.points + CHUNK * this.pointBytes;
    u8.copyWithin(kept, total, total + this.pointBytes);
    return kept;
  }

  private isInfinity(at: number): boolean {
    const { u32 } = this.instance;
    for (let i = at >> 2; i < (at + this.pointBytes) >> 2; i++) if (u32[i] !== 0) return false;
    return true;
  }

  /** Σ sᵢG = (Σ sᵢ)G, the right side without tables and kernels: one damaged entry would make a useless key, and
   * nobody would know until a proof fails. */
  private checkSum(scalars: readonly bigint[], sum: number): void {
    const total = scalars.reduce((total, scalar) => total + scalar, 0n) % R;
    const expected =
      this.degree === 1
        ? g1.affine(g1.multiply(g1.from(G1_GENERATOR), total))
        : g2.affine(g2.multiply(g2.from(G2_GENERATOR), total));
    const coordinates = expected === null ? [] : ([expected.x, expected.y].flat() as bigint[]);
    const back = inverse(this.radix, P);
    const isEqual =
      expected === null
        ? sum === 0 || this.isInfinity(sum)
        : sum !== 0 &&
          coordinates.every((value, i) => (this.read(sum + FIELD_BYTES * i) * back) % P === value);
    if (isEqual) return;
    throw new GnomonError('internal.key-check', 'The multiplication tables of the key maker are damaged.', {
      nextStep: 'Run npm run circuits again; if it happens again, report it with your Node version.',
      where: `G${this.degree}`,
    });
  }
}
