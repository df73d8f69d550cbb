// Elements of a prime field on the digits of a tier: loading, storing, adding and multiplying, emitted inline.
import type { Fn } from './asm.ts';
import { columnPlus, deduct, emptyColumns } from './column.ts';
import { type Code, get, setTop } from './instructions.ts';
import { type Addend, abs, balancedDigits, type Finish, PACKED_SLACK, Reduction } from './reduction.ts';
import { type Limbs, type Operand, type Tier, widest } from './tier.ts';

/** Functions that sum up one or two products, with all digits as parameters and results. */
export type Outlined = Record<1 | 2, { index: number }>;

/** What the operands of an outlined product may be: digits as wide as the tier's, values of ±2p. */
export const outlinedDigit = (tier: Tier): bigint => 1n << BigInt(tier.width);
export const OUTLINED_K = 2;

export class Field extends Reduction {
  private readonly outlined: Outlined | undefined;

  constructor(fn: Fn, tier: Tier, modulus: bigint, outlined?: Outlined) {
    super(fn, tier, modulus);
    this.outlined = outlined;
  }

  /** The digits of four words each, packed as in memory. */
  loadPacked(addresses: Code[]): Limbs {
    const { tier, fn, mask } = this;
    const { digits, width } = tier;
    const words = tier.loadWords(fn, addresses);
    const regs = Array.from({ length: digits }, (_, i) => {
      const bit = i * width;
      const [word, from] = [bit >> 6, bit & 63];
      let value = from === 0 ? words[word]! : tier.shrU(words[word]!, from);
      if (from + width > 64 && word < 3) value = tier.or(value, tier.shl(words[word + 1]!, 64 - from));
      return this.keep(i === digits - 1 ? value : tier.and(value, this.constant(mask)));
    });
    const k = 1 + PACKED_SLACK;
    return this.limbs(regs, 0n, 0n, mask, 0, k, 0n, this.top(k));
  }

  /** Writes digits that `finish` made with 'packed'. */
  storePacked(addresses: Code[], value: Limbs): void {
    const { tier } = this;
    if (value.lo.some((lo) => lo < 0n) || value.kHi > 1 + PACKED_SLACK) throw new Error('Not packed.');
    const words: Code[] = [];
    for (let i = 0; i < tier.digits; i++) {
      const bit = i * tier.width;
      const [word, from] = [bit >> 6, bit & 63];
      const low = from === 0 ? value.regs[i]! : tier.shl(value.regs[i]!, from);
      words[word] = words[word] === undefined ? low : tier.or(words[word], low);
      if (from + tier.width > 64 && word < 3) words[word + 1] = tier.shrU(value.regs[i]!, 64 - from);
    }
    const { fn } = this;
    fn.scope(() =>
      tier.storeWords(
        fn,
        addresses,
        words.map((word) => this.keep(word)),
      ),
    );
  }

  /** Bytes of `lanes` elements as digits, the form that scratch arrays have. */
  get workBytes(): number {
    return this.tier.digits * this.tier.lanes * 8;
  }

  /** Digits as `storeWork` wrote them; all work arrays hold tight values. */
  loadWork(address: Code, offset = 0): Limbs {
    const regs = Array.from({ length: this.tier.digits }, (_, i) =>
      this.keep(this.tier.loadReg(address, offset + i * this.tier.lanes * 8)),
    );
    return this.tight(regs);
  }

  private tight(regs: Code[]): Limbs {
    const half = 1n << (this.shift - 1n);
    const k = 0.5 + PACKED_SLACK;
    return this.limbs(regs, half, -half, half - 1n, -k, k, -this.top(k), this.top(k));
  }

  /** One element of a work array, in all lanes; `address` points at its lane of the first digit. */
  loadWorkSplat(address: Code): Limbs {
    const regs = Array.from({ length: this.tier.digits }, (_, i) =>
      this.keep(this.tier.loadSplat(address, i * this.tier.lanes * 8)),
    );
    return this.tight(regs);
  }

  /** [a + bc, a − bc], tight, with one reduction of the product. */
  butterfly(a: Limbs, b: Operand, c: Operand): [Limbs, Limbs] {
    const { fn, tier } = this;
    const outs = Array.from({ length: 2 * tier.digits }, () => fn.local(tier.reg));
    return fn.scope(() => {
      const { columns, kLo, kHi } = this.columns([[b, c]]);
      const minus = emptyColumns(fn, tier, tier.digits);
      minus.forEach((column, i) => {
        const from = columns[i]!;
        this.addLimb(column, a, i, 1);
        if (!from.started) return;
        deduct(fn, tier, column, columnPlus(fn, tier, from, from.bias), from.bias, from.lo, from.hi);
      });
      const results = [
        this.finish(columns, kLo, kHi, 'tight', [{ value: a, sign: 1 }]),
        this.finish(minus, kLo + a.kLo, kHi + a.kHi, 'tight'),
      ];
      const kept = results.map((value, which) => {
        const regs = value.regs.map((reg, i) => {
          fn.set(outs[which * tier.digits + i]!, reg);
          return get(outs[which * tier.digits + i]!);
        });
        return { ...value, regs };
      });
      return [kept[0]!, kept[1]!];
    });
  }

  /** The same value with the lanes the other way round. */
  reverseLanes(a: Limbs): Limbs {
    return { ...a, regs: a.regs.map((reg) => this.keep(this.tier.reverseLanes(reg))) };
  }

  /** See Tier.transpose. */
  transpose(a: Limbs, b: Limbs): [Limbs, Limbs] {
    const pairs = a.regs.map((reg, i) => this.tier.transpose(reg, b.regs[i]!).map((code) => this.keep(code)));
    return [
      { ...a, regs: pairs.map((pair) => pair[0]!) },
      { ...b, regs: pairs.map((pair) => pair[1]!) },
    ];
  }

  storeWork(address: Code, value: Limbs, offset = 0): void {
    if (!this.isTight(value)) throw new Error('Only tight values go to scratch arrays.');
    value.regs.forEach((reg, i) => {
      this.fn.emit(this.tier.storeReg(address, reg, offset + i * this.tier.lanes * 8));
    });
  }

  /** Locals that hold a tight value across loop rounds. */
  variable(): { value: Limbs; assign: (value: Limbs) => void } {
    const { fn, tier } = this;
    const locals = Array.from({ length: tier.digits }, () => fn.local(tier.reg));
    const value = this.tight(locals.map(get));
    return {
      value,
      assign: (from) => {
        if (!this.isTight(from)) throw new Error('Only tight values go to variables.');
        from.regs.forEach((reg, i) => {
          fn.set(locals[i]!, reg);
        });
      },
    };
  }

  /** A known residue as a tight value. */
  knownTight(value: bigint): Limbs {
    const residue = ((value % this.modulus) + this.modulus) % this.modulus;
    const centred = residue > this.modulus / 2n ? residue - this.modulus : residue;
    const { digits, width } = this.tier;
    const half = 1n << (this.shift - 1n);
    return this.tight(
      balancedDigits(centred, digits, width).map((digit, i) =>
        this.constant(i < digits - 1 ? digit + half : digit),
      ),
    );
  }

  private isTight(value: Limbs): boolean {
    const half = 1n << (this.shift - 1n);
    return (
      value.kHi <= 0.5 + PACKED_SLACK &&
      value.kLo >= -0.5 - PACKED_SLACK &&
      value.offset.every((offset, i) => offset === (i < this.tier.digits - 1 ? half : 0n))
    );
  }

  add(a: Limbs, b: Limbs): Limbs {
    return {
      regs: a.regs.map((reg, i) => this.keep(this.tier.add(reg, b.regs[i]!))),
      offset: a.offset.map((offset, i) => offset + b.offset[i]!),
      lo: a.lo.map((lo, i) => lo + b.lo[i]!),
      hi: a.hi.map((hi, i) => hi + b.hi[i]!),
      kLo: a.kLo + b.kLo,
      kHi: a.kHi + b.kHi,
    };
  }

  sub(a: Limbs, b: Limbs): Limbs {
    return {
      regs: a.regs.map((reg, i) => this.keep(this.tier.sub(reg, b.regs[i]!))),
      offset: a.offset.map((offset, i) => offset - b.offset[i]!),
      lo: a.lo.map((lo, i) => lo - b.hi[i]!),
      hi: a.hi.map((hi, i) => hi - b.lo[i]!),
      kLo: a.kLo - b.kHi,
      kHi: a.kHi - b.kLo,
    };
  }

  /** −a in the lanes whose mask is set. */
  negateWhere(a: Limbs, mask: Code): Limbs {
    if (a.offset.some((offset) => offset !== 0n)) throw new Error('Negation needs plain digits.');
    const k = Math.max(-a.kLo, a.kHi);
    return {
      regs: a.regs.map((reg) => this.keep(this.tier.sub(this.tier.xor(reg, mask), mask))),
      offset: a.offset,
      lo: a.lo.map((lo, i) => -widest(lo, a.hi[i]!)),
      hi: a.lo.map((lo, i) => widest(lo, a.hi[i]!)),
      kLo: -k,
      kHi: k,
    };
  }

  operand(a: Limbs): Operand {
    return this.tier.operand(this.fn, a);
  }

  /** A known residue, as an operand within ±modulus/2. */
  known(value: bigint): Operand {
    const residue = ((value % this.modulus) + this.modulus) % this.modulus;
    const centred = residue > this.modulus / 2n ? residue - this.modulus : residue;
    const digits = balancedDigits(centred, this.tier.digits, this.tier.width);
    return { regs: this.tier.known(this.fn, digits), max: digits.map(abs), k: 0.5 };
  }

  /** Σ aᵢ·bᵢ/radix + Σ ±addends, brought down as asked. */
  sum(products: [Operand, Operand][], finish: Finish, addends: Addend[] = []): Limbs {
    return this.reduce(products, finish, addends);
  }

  multiply(a: Limbs, b: Limbs, finish: Finish = 'loose'): Limbs {
    return this.reduce([[this.operand(a), this.operand(b)]], finish, []);
  }

  square(a: Limbs, finish: Finish = 'loose'): Limbs {
    const operand = this.operand(a);
    return this.reduce([[operand, operand]], finish, []);
  }

  private reduce(products: [Operand, Operand][], finish: Finish, addends: Addend[]): Limbs {
    const { fn, tier } = this;
    if (this.outlined !== undefined) {
      const product = this.call(this.outlined[products.length as 1 | 2], products);
      return finish === 'packed' || addends.length > 0 ? this.tidy(product, finish, addends) : product;
    }
    const outs = Array.from({ length: tier.digits }, () => fn.local(tier.reg));
    return fn.scope(() => {
      const product = this.columns(products);
      const limbs = this.finish(product.columns, product.kLo, product.kHi, finish, addends);
      limbs.regs.forEach((reg, i) => {
        fn.set(outs[i]!, reg);
      });
      return { ...limbs, regs: outs.map(get) };
    });
  }

  /** The same value (plus or minus others), normalised and brought down. */
  tidy(a: Limbs, finish: Finish, addends: Addend[] = []): Limbs {
    const { fn, tier } = this;
    const outs = Array.from({ length: tier.digits }, () => fn.local(tier.reg));
    return fn.scope(() => {
      const limbs = this.finish(emptyColumns(fn, tier, tier.digits), 0, 0, finish, [
        { value: a, sign: 1 },
        ...addends,
      ]);
      limbs.regs.forEach((reg, i) => {
        fn.set(outs[i]!, reg);
      });
      return { ...limbs, regs: outs.map(get) };
    });
  }

  /** The outlined sum; only the size of each single product matters to it. */
  private call(outlined: { index: number }, products: [Operand, Operand][]): Limbs {
    const { fn, tier } = this;
    for (const [a, b] of products) {
      const most = (max: bigint[]) => max.reduce((x, y) => widest(x, y));
      const fits = most(a.max) * most(b.max) <= outlinedDigit(tier) ** 2n && a.k * b.k <= OUTLINED_K ** 2;
      if (!fits) throw new Error('The operands are too large for an outlined product.');
    }
    const outs = Array.from({ length: tier.digits }, () => fn.local(tier.reg));
    fn.emit(fn.call(outlined, ...products.flatMap(([a, b]) => [...a.regs, ...b.regs])));
    for (const out of [...outs].reverse()) fn.emit(setTop(out));
    return this.tight(outs.map(get));
  }
}
