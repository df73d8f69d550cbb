// Coordinates of points: elements of Fp (degree 1) or of Fp2 = Fp[u]/(u² + 1) (degree 2), as lists of Limbs.
// In Fp2 the two products of a coordinate are summed before one reduction, which is cheaper than Karatsuba's
// three reduced products, since reducing costs more than multiplying.

import type { Field } from './field.ts';
import type { Code } from './instructions.ts';
import { i32 } from './instructions.ts';
import type { Finish } from './reduction.ts';
import type { Limbs, Operand } from './tier.ts';

export type Element = Limbs[];
export type Factor = Operand[];
type Addend = { value: Element; sign: 1 | -1 };

export class Extension {
  readonly field: Field;
  readonly degree: 1 | 2;

  constructor(field: Field, degree: 1 | 2) {
    this.field = field;
    this.degree = degree;
  }

  /** Bytes of one packed element. */
  get bytes(): number {
    return 32 * this.degree;
  }

  /** Bytes of `lanes` elements in scratch memory. */
  get workBytes(): number {
    return this.field.workBytes * this.degree;
  }

  private parts<T>(make: (part: number) => T): T[] {
    return Array.from({ length: this.degree }, (_, part) => make(part));
  }

  loadPacked(addresses: Code[], offset: number): Element {
    return this.parts((part) =>
      this.field.loadPacked(addresses.map((at) => i32.add(at, i32.const(offset + 32 * part)))),
    );
  }

  storePacked(addresses: Code[], value: Element, offset: number): void {
    value.forEach((part, i) => {
      this.field.storePacked(
        addresses.map((at) => i32.add(at, i32.const(offset + 32 * i))),
        part,
      );
    });
  }

  loadWork(address: Code): Element {
    return this.parts((part) => this.field.loadWork(address, part * this.field.workBytes));
  }

  storeWork(address: Code, value: Element): void {
    value.forEach((part, i) => {
      this.field.storeWork(address, part, i * this.field.workBytes);
    });
  }

  variable(): { value: Element; assign: (value: Element) => void } {
    const parts = this.parts(() => this.field.variable());
    return {
      value: parts.map(({ value }) => value),
      assign: (from) => {
        parts.forEach((part, i) => {
          part.assign(from[i]!);
        });
      },
    };
  }

  factor(a: Element): Factor {
    return a.map((part) => this.field.operand(part));
  }

  sub(a: Element, b: Element): Element {
    return a.map((part, i) => this.field.sub(part, b[i]!));
  }

  tidy(a: Element, finish: Finish, addends: Addend[] = []): Element {
    return a.map((part, i) => this.field.tidy(part, finish, pick(addends, i)));
  }

  /** a·b plus or minus the addends. */
  multiply(a: Factor, b: Factor, finish: Finish, addends: Addend[] = []): Element {
    const { field } = this;
    if (this.degree === 1) return [field.sum([[a[0]!, b[0]!]], finish, pick(addends, 0))];
    const [a0, a1, b0, b1] = [a[0]!, a[1]!, b[0]!, b[1]!];
    const minus = field.tier.negate(field.fn, a1);
    return [
      field.sum(
        [
          [a0, b0],
          [minus, b1],
        ],
        finish,
        pick(addends, 0),
      ),
      field.sum(
        [
          [a0, b1],
          [a1, b0],
        ],
        finish,
        pick(addends, 1),
      ),
    ];
  }

  /** a² plus or minus the addends; the digits of `a` must be balanced. */
  square(a: Factor, finish: Finish, addends: Addend[] = []): Element {
    const { field } = this;
    if (this.degree === 1) return [field.sum([[a[0]!, a[0]!]], finish, pick(addends, 0))];
    const { tier, fn } = field;
    const [a0, a1] = [a[0]!, a[1]!];
    const sum = tier.subtract(fn, a0, tier.negate(fn, a1));
    const difference = tier.subtract(fn, a0, a1);
    return [
      field.sum([[sum, difference]], finish, pick(addends, 0)),
      field.sum([[tier.double(fn, a0), a1]], finish, pick(addends, 1)),
    ];
  }

  one(): Element {
    return this.parts((part) => this.field.knownTight(part === 0 ? this.field.radix : 0n));
  }
}

const pick = (addends: Addend[], part: number) =>
  addends.map(({ value, sign }) => ({ value: value[part]!, sign }));
