// Multiplies the generators of BN254's G1 and G2 by many scalars: tables of signed windows, one mixed
// addition per window, one inversion per chunk (Brickell, Gordon, McCurley, Wilson, EUROCRYPT 1992).
// The field arithmetic is ffjavascript's WebAssembly; points come as it stores them: affine, little-endian,
// Montgomery form, infinity all zeros.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Bn128, buildBn128 } from 'ffjavascript';
import { GnomonError } from '../src/core/errors.ts';
import { FIELD_ORDER_R } from '../src/core/groth16.ts';

export type GroupName = 'G1' | 'G2';

const SCALAR_BITS = 254;
const CHUNK = 4096;
const PAGE_BYTES = 65_536;

/** Window width that makes the fewest additions, table included. */
function windowBits(scalars: number): number {
  let best = 4;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let bits = 4; bits <= 16; bits++) {
    const windows = Math.ceil((SCALAR_BITS + 1) / bits);
    const cost = windows * (2 ** (bits - 1) + scalars);
    if (cost < bestCost) [best, bestCost] = [bits, cost];
  }
  return best;
}

/** One group's generator. Holds its own WebAssembly memory; drop the object to free it. */
export class FixedBase {
  readonly pointBytes: number;
  private readonly curve: Bn128;
  private readonly prefix: string;
  private readonly fieldBytes: number;
  private readonly bits: number;
  private readonly windows: number;
  private readonly table: number;
  private readonly accumulators: number;
  private readonly affine: number;
  private readonly sum: number;
  private readonly generator: Uint8Array;

  private constructor(curve: Bn128, group: GroupName, expectedScalars: number) {
    this.curve = curve;
    this.prefix = group === 'G1' ? 'g1m' : 'g2m';
    this.fieldBytes = group === 'G1' ? 32 : 64;
    this.pointBytes = 2 * this.fieldBytes;
    this.bits = windowBits(expectedScalars);
    this.windows = Math.ceil((SCALAR_BITS + 1) / this.bits);
    const perWindow = 2 ** (this.bits - 1);
    // Batched conversions write beyond the module's own data, some fields per point; keep clear of that.
    this.allocate(4 * CHUNK * this.fieldBytes);
    this.table = this.allocate(this.windows * perWindow * this.pointBytes);
    this.accumulators = this.allocate(Math.max(CHUNK, perWindow) * 3 * this.fieldBytes);
    this.affine = this.allocate(CHUNK * this.pointBytes);
    this.sum = this.allocate(3 * this.fieldBytes);
    this.operation('zero')(this.sum);
    this.generator = group === 'G1' ? curve.G1.gAffine : curve.G2.gAffine;
    this.fillTable(this.generator, perWindow);
  }

  /** `expectedScalars` is how many multiplications are to come, in all; it decides the table's size. */
  static async create(group: GroupName, expectedScalars: number): Promise<FixedBase> {
    return new FixedBase(await buildBn128(true), group, expectedScalars);
  }

  /** Takes fresh pages, beyond all that ffjavascript itself uses. */
  private allocate(bytes: number): number {
    const { memory } = this.curve.tm;
    const at = memory.buffer.byteLength;
    memory.grow(Math.ceil(bytes / PAGE_BYTES));
    return at;
  }

  private operation(name: string): (...pointers: number[]) => number {
    return this.curve.tm.instance.exports[`${this.prefix}_${name}`] as (...pointers: number[]) => number;
  }

  /** Entry d − 1 of window w is d·2^(bits·w)·G, d = 1 … 2^(bits−1). */
  private fillTable(generator: Uint8Array, perWindow: number): void {
    const addMixed = this.operation('addMixed');
    const double = this.operation('double');
    const toAffine = this.operation('toAffine');
    const toJacobian = this.operation('toJacobian');
    const batchToAffine = this.operation('batchToAffine');
    const jacobianBytes = 3 * this.fieldBytes;
    const base = this.affine;
    new Uint8Array(this.curve.tm.memory.buffer).set(generator, base);
    for (let w = 0; w < this.windows; w++) {
      toJacobian(base, this.accumulators);
      for (let d = 1; d < perWindow; d++) {
        const previous = this.accumulators + (d - 1) * jacobianBytes;
        addMixed(previous, base, previous + jacobianBytes);
      }
      for (let from = 0; from < perWindow; from += CHUNK) {
        const at = this.table + (w * perWindow + from) * this.pointBytes;
        batchToAffine(this.accumulators + from * jacobianBytes, Math.min(CHUNK, perWindow - from), at);
      }
      const last = this.accumulators + (perWindow - 1) * jacobianBytes;
      double(last, last);
      toAffine(last, base);
    }
  }

  /** Scalars (0 ≤ s < r) to points, one after the other. `onChunk` hears how many are done; between chunks
   * (tens of milliseconds) the event loop has its turn. */
  async multiply(scalars: readonly bigint[], onChunk?: (done: number) => void): Promise<Uint8Array> {
    const out = new Uint8Array(scalars.length * this.pointBytes);
    const batchToAffine = this.operation('batchToAffine');
    for (let from = 0; from < scalars.length; from += CHUNK) {
      const count = Math.min(CHUNK, scalars.length - from);
      for (let i = 0; i < count; i++) {
        this.multiplyOne(scalars[from + i]!, this.accumulators + i * 3 * this.fieldBytes);
      }
      batchToAffine(this.accumulators, count, this.affine);
      const memory = new Uint8Array(this.curve.tm.memory.buffer, this.affine, count * this.pointBytes);
      out.set(memory, from * this.pointBytes);
      this.addToSum(count);
      onChunk?.(from + count);
      await nextTurn();
    }
    this.checkSum(scalars);
    return out;
  }

  /** Adds the chunk's points, as they are in `affine`, to the running sum. */
  private addToSum(count: number): void {
    const addMixed = this.operation('addMixed');
    for (let i = 0; i < count; i++) addMixed(this.sum, this.affine + i * this.pointBytes, this.sum);
  }

  /** Σ sᵢG = (Σ sᵢ)G, the right side without the tables: one damaged entry would make a useless key, and
   * nobody would know until a proof fails. */
  private checkSum(scalars: readonly bigint[]): void {
    const total = scalars.reduce((sum, scalar) => sum + scalar, 0n) % FIELD_ORDER_R;
    const memory = new DataView(this.curve.tm.memory.buffer);
    for (let i = 0; i < 4; i++) {
      memory.setBigUint64(this.affine + 8 * i, BigInt.asUintN(64, total >> BigInt(64 * i)), true);
    }
    const [generator, product] = [this.affine + this.pointBytes, this.accumulators];
    new Uint8Array(memory.buffer).set(this.generator, generator);
    this.operation('timesScalarAffine')(generator, this.affine, 32, product);
    const isEqual = this.operation('eq')(product, this.sum);
    this.operation('zero')(this.sum);
    if (!isEqual) {
      throw new GnomonError('internal.key-check', 'The multiplication tables of the key maker are damaged.', {
        nextStep: 'Run npm run circuits again; if it happens again, report it with your Node version.',
        where: this.prefix,
      });
    }
  }

  private multiplyOne(scalar: bigint, accumulator: number): void {
    const zero = this.operation('zero');
    const addMixed = this.operation('addMixed');
    const subMixed = this.operation('subMixed');
    const perWindow = 2 ** (this.bits - 1);
    const mask = BigInt(2 * perWindow - 1);
    const shift = BigInt(this.bits);
    zero(accumulator);
    let rest = scalar;
    let carry = 0;
    for (let w = 0; w < this.windows; w++) {
      let digit = Number(rest & mask) + carry;
      rest >>= shift;
      carry = digit > perWindow ? 1 : 0;
      if (carry === 1) digit -= 2 * perWindow;
      if (digit === 0) continue;
      const entry = this.table + (w * perWindow + Math.abs(digit) - 1) * this.pointBytes;
      if (digit > 0) addMixed(accumulator, entry, accumulator);
      else subMixed(accumulator, entry, accumulator);
    }
  }
}
