// The steps between witness and the quotient's scalars: rows of the constraint system, conversions between
// packed and work arrays, products at every point.
import type { Module } from './asm.ts';
import { Field } from './field.ts';
import { get, i32 } from './instructions.ts';
import { eachWorkGroup } from './ntt.ts';
import type { Tier } from './tier.ts';
import { eachGroup, packedAt } from './vectors.ts';

export function emitRows(module: Module, tier: Tier, modulus: bigint): void {
  emitConstraintRows(module, tier, modulus);
  emitConversions(module, tier, modulus);
  emitPointwise(module, tier, modulus);
}

/** `fr_rows`: (to, starts, values, coefficients, signals, witness, rows). Row i is the sum of
 * coefficient·witness[signal] over the terms starts[i]…starts[i + 1] − 1, a multiple of the lanes; packed elements in and
 * out. A term's coefficient lies as many bytes into the coefficients as `values` says. */
function emitConstraintRows(module: Module, tier: Tier, modulus: bigint): void {
  const fn = module.fn('fr_rows', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], []);
  const field = new Field(fn, tier, modulus);
  const [to, starts, offsets, coefficients, signals, witness, rows] = fn.given(7);
  const row = fn.let('i32', i32.const(0));
  const term = fn.let('i32', i32.load(starts));
  const end = fn.local('i32');
  const sum = field.variable();
  fn.while(
    () => i32.ltU(get(row), rows),
    () => {
      fn.set(end, i32.load(i32.add(starts, i32.shl(get(row), i32.const(2))), 4));
      sum.assign(field.knownTight(0n));
      fn.while(
        () => i32.ltU(get(term), get(end)),
        () => {
          fn.scope(() => {
            const lanes = Array.from({ length: tier.lanes }, (_, lane) => lane);
            const own = lanes.map((lane) => {
              const offset = i32.load(i32.add(offsets, i32.shl(get(term), i32.const(2))), 4 * lane);
              return get(fn.let('i32', i32.add(coefficients, offset)));
            });
            const values = lanes.map((lane) => {
              const signal = i32.load(i32.add(signals, i32.shl(get(term), i32.const(2))), 4 * lane);
              return get(fn.let('i32', i32.add(witness, i32.shl(signal, i32.const(5)))));
            });
            const [a, b] = [field.loadPacked(own), field.loadPacked(values)];
            sum.assign(
              field.sum([[field.operand(a), field.operand(b)]], 'tight', [{ value: sum.value, sign: 1 }]),
            );
          });
          fn.set(term, i32.add(get(term), i32.const(tier.lanes)));
        },
      );
      fn.scope(() => {
        const others = tier.lanes === 1 ? [] : [{ value: field.reverseLanes(sum.value), sign: 1 as const }];
        const total = field.tidy(sum.value, 'packed', others);
        const address = i32.add(to, i32.shl(get(row), i32.const(5)));
        field.storePacked(
          Array.from({ length: tier.lanes }, () => address),
          total,
        );
      });
      fn.set(row, i32.add(get(row), i32.const(1)));
    },
  );
}

/** `fr_unpack`: (to work, from packed, n) and `fr_pack`: (to packed, from work, n), n a multiple of the lanes. */
function emitConversions(module: Module, tier: Tier, modulus: bigint): void {
  const shift = i32.const(Math.log2(tier.lanes));
  for (const packing of [true, false]) {
    const fn = module.fn(packing ? 'fr_pack' : 'fr_unpack', ['i32', 'i32', 'i32'], []);
    const field = new Field(fn, tier, modulus);
    const bytes = i32.const(field.workBytes);
    eachGroup(fn, tier, fn.param(2), (index) => {
      const work = (base: readonly number[]) => i32.add(base, i32.mul(i32.shrU(index(0), shift), bytes));
      if (packing) {
        field.storePacked(
          packedAt(tier, fn.param(0), index),
          field.tidy(field.loadWork(work(fn.param(1))), 'packed'),
        );
      } else {
        field.storeWork(
          work(fn.param(0)),
          field.tidy(field.loadPacked(packedAt(tier, fn.param(1), index)), 'tight'),
        );
      }
    });
  }
}

/** On work arrays, all (…, groups): `fr_multiply` (to, a, b), `fr_scale_work` (to, a, packed factor),
 * `fr_third` (to, a, b, packed factor): a·b·factor, and `fr_quotient` (to packed, a, b, c): a·b − c out of
 * Montgomery's form. */
function emitPointwise(module: Module, tier: Tier, modulus: bigint): void {
  const factorOf = (field: Field, address: readonly number[]) =>
    field.operand(field.loadPacked(Array.from({ length: tier.lanes }, () => address)));
  {
    const fn = module.fn('fr_multiply', ['i32', 'i32', 'i32', 'i32'], []);
    const field = new Field(fn, tier, modulus);
    eachWorkGroup(fn, field, fn.param(3), (offset) => {
      const [a, b] = [
        field.loadWork(i32.add(fn.param(1), offset)),
        field.loadWork(i32.add(fn.param(2), offset)),
      ];
      field.storeWork(i32.add(fn.param(0), offset), field.multiply(a, b, 'tight'));
    });
  }
  {
    const fn = module.fn('fr_scale_work', ['i32', 'i32', 'i32', 'i32'], []);
    const field = new Field(fn, tier, modulus);
    const factor = factorOf(field, fn.param(2));
    eachWorkGroup(fn, field, fn.param(3), (offset) => {
      const a = field.operand(field.loadWork(i32.add(fn.param(1), offset)));
      field.storeWork(i32.add(fn.param(0), offset), field.sum([[a, factor]], 'tight'));
    });
  }
  {
    const fn = module.fn('fr_third', ['i32', 'i32', 'i32', 'i32', 'i32'], []);
    const field = new Field(fn, tier, modulus);
    const factor = factorOf(field, fn.param(3));
    eachWorkGroup(fn, field, fn.param(4), (offset) => {
      const [a, b] = [
        field.loadWork(i32.add(fn.param(1), offset)),
        field.loadWork(i32.add(fn.param(2), offset)),
      ];
      const product = field.operand(field.multiply(a, b, 'tight'));
      field.storeWork(i32.add(fn.param(0), offset), field.sum([[product, factor]], 'tight'));
    });
  }
  const fn = module.fn('fr_quotient', ['i32', 'i32', 'i32', 'i32', 'i32'], []);
  const field = new Field(fn, tier, modulus);
  const to = fn.let('i32', fn.param(0));
  eachWorkGroup(fn, field, fn.param(4), (offset) => {
    const [a, b, c] = [1, 2, 3].map((i) => field.loadWork(i32.add(fn.param(i), offset))) as [
      ReturnType<Field['loadWork']>,
      ReturnType<Field['loadWork']>,
      ReturnType<Field['loadWork']>,
    ];
    const difference = field.sum([[field.operand(a), field.operand(b)]], 'tight', [{ value: c, sign: -1 }]);
    const plain = field.sum([[field.operand(difference), field.known(1n)]], 'packed');
    field.storePacked(
      Array.from({ length: tier.lanes }, (_, lane) => i32.add(get(to), i32.const(32 * lane))),
      plain,
    );
    fn.set(to, i32.add(get(to), i32.const(32 * tier.lanes)));
  });
}
