// Affine additions by the thousand, with one inversion for all (Montgomery's trick). The list holds triples
// of addresses (a, b, to): bit 0 of a and of b says that the point is to be negated; a = b doubles it.
// An inversion of zero means that two points share their x, or that one is at infinity: then `careful`
// (in JavaScript) handles those pairs itself, takes them off the list, and the rest is done again.
import type { Fn, Module } from './asm.ts';
import { type Element, Extension, type Factor } from './extension.ts';
import { Field, type Outlined } from './field.ts';
import { type Code, get, i32, i64 } from './instructions.ts';
import { batchScratch, ENTRY_BYTES } from './scratch.ts';
import type { Tier } from './tier.ts';

interface Shared {
  /** Start of this thread's scratch memory. */
  scratch: Code;
  /** Not zero: always ask `careful` first, since points at infinity may be about. */
  carefulFirst: Code;
  careful: { index: number };
  inverse: { index: number };
  /** For tiers whose inlined products of Fp2 are too long. */
  outlined: Outlined | undefined;
}

/** `<name>_add_batch`: (list, n). There must be room for one more entry after the list. */
export function emitBatchAdd(
  module: Module,
  tier: Tier,
  name: string,
  modulus: bigint,
  degree: 1 | 2,
  shared: Shared,
): Fn {
  const fn = module.fn(`${name}_add_batch`, ['i32', 'i32'], []);
  const ext = new Extension(new Field(fn, tier, modulus, degree === 2 ? shared.outlined : undefined), degree);
  const at = batchScratch(tier, degree);
  const scratch = fn.let('i32', shared.scratch);
  const place = (offset: number): Code => i32.add(get(scratch), i32.const(offset));
  const list = fn.param(0);
  const n = fn.let('i32', fn.param(1));
  const groups = fn.local('i32');
  const group = fn.local('i32');
  const retry = fn.let('i32', i32.const(1));
  const product = ext.variable();

  const asked = fn.let('i32', i32.const(0));
  const askCareful = () => {
    fn.set(n, fn.call(shared.careful, list, get(n), i32.const(degree)));
    fn.set(asked, i32.const(1));
  };
  fn.if(shared.carefulFirst, askCareful);
  fn.while(
    () => get(retry),
    () => {
      fn.set(retry, i32.const(0));
      fn.if(i32.eqz(get(n)), () => fn.return());
      fillUp(fn, tier, list, get(n), [place(at.dummyA), place(at.dummyB), place(at.dummyTo)]);
      fn.set(groups, i32.shrU(i32.add(get(n), i32.const(tier.lanes - 1)), i32.const(Math.log2(tier.lanes))));
      product.assign(ext.one());
      fn.set(group, i32.const(0));
      fn.while(
        () => i32.ltU(get(group), get(groups)),
        () => {
          fn.scope(() => {
            const pairs = new Pairs(ext, list, get(group));
            ext.storeWork(
              i32.add(place(at.prefix), i32.mul(get(group), i32.const(ext.workBytes))),
              product.value,
            );
            product.assign(
              ext.multiply(
                product.value.map((part) => ext.field.operand(part)),
                pairs.denominator(),
                'tight',
              ),
            );
          });
          fn.set(group, i32.add(get(group), i32.const(1)));
        },
      );
      fn.scope(() => storeNorm(ext, product.value, place(at.packed)));
      // Once: what `careful` leaves has slopes, so a zero after that is a broken kernel's, to be found by its results.
      fn.if(i32.eqz(get(asked)), () => {
        fn.if(anyZero(fn, tier, place(at.packed), modulus), () => {
          askCareful();
          fn.set(retry, i32.const(1));
        });
      });
    },
  );
  fn.emit(fn.call(shared.inverse, place(at.inverse), place(at.packed)));
  fn.scope(() => product.assign(inverseFromNorm(ext, product.value, place(at.inverse))));
  fn.while(
    () => get(group),
    () => {
      fn.set(group, i32.sub(get(group), i32.const(1)));
      fn.scope(() => {
        const pairs = new Pairs(ext, list, get(group));
        const prefix = ext.loadWork(i32.add(place(at.prefix), i32.mul(get(group), i32.const(ext.workBytes))));
        const denominator = pairs.denominator();
        const inverse = ext.factor(product.value);
        const own = ext.factor(ext.multiply(inverse, ext.factor(prefix), 'loose'));
        product.assign(ext.multiply(inverse, denominator, 'tight'));
        pairs.finish(own);
      });
    },
  );
  return fn;
}

/** Adds harmless pairs until the last group is whole. */
function fillUp(fn: Fn, tier: Tier, list: Code, n: Code, dummies: Code[]): void {
  for (let extra = 0; extra < tier.lanes - 1; extra++) {
    const entry = i32.add(list, i32.mul(i32.add(n, i32.const(extra)), i32.const(ENTRY_BYTES)));
    dummies.forEach((dummy, i) => {
      fn.emit(i32.store(entry, dummy, 4 * i));
    });
  }
}

/** Writes the product's norm down to Fp, packed, one per lane. */
function storeNorm(ext: Extension, value: Element, to: Code): void {
  const { field } = ext;
  const addresses = Array.from({ length: field.tier.lanes }, (_, lane) => i32.add(to, i32.const(32 * lane)));
  const norm =
    ext.degree === 1
      ? field.tidy(value[0]!, 'packed')
      : field.sum(
          ext.factor(value).map((part) => [part, part]),
          'packed',
        );
  field.storePacked(addresses, norm);
}

/** From the norm's inverse at `from` to the inverse of the value: its conjugate over its norm. */
function inverseFromNorm(ext: Extension, value: Element, from: Code): Element {
  const { field } = ext;
  const norm = field.loadWork(from);
  if (ext.degree === 1) return [norm];
  const by = field.operand(norm);
  return value.map((part, i) => {
    const factor = field.operand(part);
    return field.sum([[i === 0 ? factor : field.tier.negate(field.fn, factor), by]], 'tight');
  });
}

/** Whether a packed value is 0 or the modulus. */
function anyZero(fn: Fn, tier: Tier, from: Code, modulus: bigint): Code {
  const found = fn.let('i32', i32.const(0));
  for (let lane = 0; lane < tier.lanes; lane++) {
    for (const zero of [0n, modulus]) {
      const differences = [0, 1, 2, 3].map((word) =>
        i64.xor(i64.load(from, 32 * lane + 8 * word), i64.const(zero >> BigInt(64 * word))),
      );
      const all = differences.reduce((a, b) => i64.or(a, b));
      fn.set(found, i32.or(get(found), i64.eqz(all)));
    }
  }
  return get(found);
}

/** One group of pairs: as many as there are lanes. */
class Pairs {
  private readonly ext: Extension;
  private readonly a: Code[];
  private readonly b: Code[];
  private readonly to: Code[];
  private readonly signA: Code;
  private readonly signB: Code;
  private readonly doubling: Code[];
  private readonly xa: Element;
  private readonly xb: Element;

  constructor(ext: Extension, list: Code, group: Code) {
    this.ext = ext;
    const { fn, tier } = ext.field;
    const first = fn.let('i32', i32.add(list, i32.mul(group, i32.const(ENTRY_BYTES * tier.lanes))));
    const read = (field: number): Code[] =>
      Array.from({ length: tier.lanes }, (_, lane) =>
        get(fn.let('i32', i32.load(get(first), ENTRY_BYTES * lane + 4 * field))),
      );
    const [a, b] = [read(0), read(1)];
    this.to = read(2);
    this.doubling = a.map((address, lane) => get(fn.let('i32', i32.eq(address, b[lane]!))));
    const low = (addresses: Code[]) => addresses.map((address) => i32.and(address, i32.const(1)));
    this.signA = get(fn.let(tier.reg, tier.laneMask(fn, low(a))));
    this.signB = get(fn.let(tier.reg, tier.laneMask(fn, low(b))));
    const point = (addresses: Code[]) =>
      addresses.map((address) => get(fn.let('i32', i32.and(address, i32.const(-2)))));
    this.a = point(a);
    this.b = point(b);
    this.xa = ext.loadPacked(this.a, 0);
    this.xb = ext.loadPacked(this.b, 0);
  }

  private get anyDoubling(): Code {
    return this.doubling.reduce((a, b) => i32.or(a, b));
  }

  /** x_b − x_a, and 2·y_a in the lanes that double. */
  denominator(): Factor {
    const { ext } = this;
    const factor = ext.factor(ext.sub(this.xb, this.xa));
    return this.replaceWhereDoubling(factor, () => {
      const y = this.loadSignedA();
      const twice = ext.tidy(y, 'packed', [{ value: y, sign: 1 }]);
      return ext.factor(twice);
    });
  }

  private replaceWhereDoubling(factor: Factor, other: () => Factor): Factor {
    const { fn, tier } = this.ext.field;
    const locals = factor.map((part) => part.regs.map((reg) => fn.let(tier.reg, reg)));
    const max = factor.map((part) => [...part.max]);
    let k = Math.max(...factor.map((part) => part.k));
    fn.if(this.anyDoubling, () => {
      fn.scope(() => {
        const lanes = get(fn.let(tier.reg, tier.laneMask(fn, this.doubling)));
        const mask = tier.operandMask(fn, lanes);
        other().forEach((part, c) => {
          k = Math.max(k, part.k);
          part.regs.forEach((reg, i) => {
            const local = locals[c]![i]!;
            if (part.max[i]! > max[c]![i]!) max[c]![i] = part.max[i]!;
            fn.set(local, tier.select(reg, get(local), mask));
          });
        });
      });
    });
    return locals.map((part, c) => ({ regs: part.map(get), max: max[c]!, k }));
  }

  private loadSignedA(): Element {
    const { ext } = this;
    return ext.loadPacked(this.a, ext.bytes).map((part) => ext.field.negateWhere(part, this.signA));
  }

  /** Writes the sums, given the denominators' inverses. */
  finish(inverse: Factor): void {
    const { ext, xa, xb } = this;
    const { fn, tier } = ext.field;
    const ya = this.loadSignedA();
    const yb = ext
      .factor(ext.loadPacked(this.b, ext.bytes))
      .map((part) => tier.negateWhere(fn, part, this.signB));
    const difference = ext.factor(ya).map((part, i) => tier.subtract(fn, yb[i]!, part));
    const numerator = this.replaceWhereDoubling(difference, () => {
      const square = ext.square(ext.factor(ext.tidy(xa, 'tight')), 'tight');
      return ext.factor(
        ext.tidy(square, 'packed', [
          { value: square, sign: 1 },
          { value: square, sign: 1 },
        ]),
      );
    });
    const slope = ext.factor(ext.multiply(numerator, inverse, ext.degree === 1 ? 'loose' : 'tight'));
    const x = ext.square(slope, 'packed', [
      { value: xa, sign: -1 },
      { value: xb, sign: -1 },
    ]);
    const y = ext.multiply(slope, ext.factor(ext.sub(xa, x)), 'packed', [{ value: ya, sign: -1 }]);
    ext.storePacked(this.to, x, 0);
    ext.storePacked(this.to, y, ext.bytes);
  }
}
