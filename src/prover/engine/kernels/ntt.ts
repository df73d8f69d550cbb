// Number-theoretic transforms without bit reversal, over arrays of digits ("work" arrays: one group of lanes
// after the other). `fr_to_coefficients` takes values in natural order and leaves coefficients in bit-reversed
// order; `fr_to_values` goes back. Every block of a level has one twiddle, and the tables, in bit-reversed order,
// serve all levels: block b of any level uses entry b (P. Longa, M. Naehrig, "Speeding up the number theoretic
// transform for faster ideal lattice-based cryptography", CANS 2016, algorithms 1 and 2).
import type { Fn, Module } from './asm.ts';
import { Field } from './field.ts';
import { type Code, get, i32 } from './instructions.ts';
import type { Tier } from './tier.ts';

/** Both functions: (array, table, n), n a power of two and at least twice the lanes. Nothing is divided by n. */
export function emitTransforms(module: Module, tier: Tier, modulus: bigint): void {
  emitTransform(module, tier, modulus, 'fr_to_coefficients', true);
  emitTransform(module, tier, modulus, 'fr_to_values', false);
}

function emitTransform(module: Module, tier: Tier, modulus: bigint, name: string, descending: boolean): void {
  const fn = module.fn(name, ['i32', 'i32', 'i32'], []);
  const field = new Field(fn, tier, modulus);
  const [array, table, n] = [fn.param(0), fn.param(1), fn.param(2)];
  const groups = fn.let('i32', i32.shrU(n, i32.const(Math.log2(tier.lanes))));
  const half = fn.local('i32');
  const wide = () => emitLevel(field, array, table, get(groups), get(half), descending);
  if (descending) {
    fn.set(half, i32.shrU(get(groups), i32.const(1)));
    fn.while(
      () => get(half),
      () => {
        wide();
        fn.set(half, i32.shrU(get(half), i32.const(1)));
      },
    );
    if (tier.lanes === 2) emitInnermost(field, array, table, get(groups), true);
  } else {
    if (tier.lanes === 2) emitInnermost(field, array, table, get(groups), false);
    fn.set(half, i32.const(1));
    fn.while(
      () => i32.ltU(get(half), get(groups)),
      () => {
        wide();
        fn.set(half, i32.shl(get(half), i32.const(1)));
      },
    );
  }
}

/** One level whose butterflies are `half` groups apart. */
function emitLevel(
  field: Field,
  array: Code,
  table: Code,
  groups: Code,
  half: Code,
  multiplyFirst: boolean,
): void {
  const { fn, tier } = field;
  const bytes = i32.const(field.workBytes);
  fn.scope(() => {
    const near = fn.let('i32', array);
    const end = fn.let('i32', i32.add(array, i32.mul(groups, bytes)));
    const distance = fn.let('i32', i32.mul(half, bytes));
    const block = fn.let('i32', i32.const(0));
    const blockEnd = fn.local('i32');
    fn.while(
      () => i32.ltU(get(near), get(end)),
      () => {
        fn.set(blockEnd, i32.add(get(near), get(distance)));
        fn.scope(() => {
          const lanes = Math.log2(tier.lanes);
          const entry = i32.add(
            i32.mul(i32.shrU(get(block), i32.const(lanes)), bytes),
            i32.shl(i32.and(get(block), i32.const(tier.lanes - 1)), i32.const(3)),
          );
          const twiddle = field.operand(field.loadWorkSplat(get(fn.let('i32', i32.add(table, entry)))));
          fn.while(
            () => i32.ltU(get(near), get(blockEnd)),
            () => {
              fn.scope(() => {
                const far = fn.let('i32', i32.add(get(near), get(distance)));
                const [a, b] = [field.loadWork(get(near)), field.loadWork(get(far))];
                const [sum, other] = multiplyFirst
                  ? field.butterfly(a, field.operand(b), twiddle)
                  : [
                      field.tidy(a, 'tight', [{ value: b, sign: 1 }]),
                      field.sum([[field.operand(field.sub(a, b)), twiddle]], 'tight'),
                    ];
                field.storeWork(get(near), sum);
                field.storeWork(get(far), other);
              });
              fn.set(near, i32.add(get(near), bytes));
            },
          );
        });
        fn.set(near, i32.add(get(near), get(distance)));
        fn.set(block, i32.add(get(block), i32.const(1)));
      },
    );
  });
}

/** The level of neighbours, for two lanes: two groups are transposed, worked, and transposed back. */
function emitInnermost(field: Field, array: Code, table: Code, groups: Code, multiplyFirst: boolean): void {
  const { fn } = field;
  const bytes = field.workBytes;
  fn.scope(() => {
    const near = fn.let('i32', array);
    const entry = fn.let('i32', table);
    const end = fn.let('i32', i32.add(array, i32.mul(groups, i32.const(bytes))));
    fn.while(
      () => i32.ltU(get(near), get(end)),
      () => {
        fn.scope(() => {
          const far = fn.let('i32', i32.add(get(near), i32.const(bytes)));
          const [a, b] = field.transpose(field.loadWork(get(near)), field.loadWork(get(far)));
          const twiddle = field.operand(field.loadWork(get(entry)));
          const [sum, other] = multiplyFirst
            ? field.butterfly(a, field.operand(b), twiddle)
            : [
                field.tidy(a, 'tight', [{ value: b, sign: 1 }]),
                field.sum([[field.operand(field.sub(a, b)), twiddle]], 'tight'),
              ];
          const [first, second] = field.transpose(sum, other);
          field.storeWork(get(near), first);
          field.storeWork(get(far), second);
        });
        fn.set(near, i32.add(get(near), i32.const(2 * bytes)));
        fn.set(entry, i32.add(get(entry), i32.const(bytes)));
      },
    );
  });
}

/** Loops over the groups of work arrays at the same position. */
export function eachWorkGroup(fn: Fn, field: Field, groups: Code, body: (offset: Code) => void): void {
  const offset = fn.let('i32', i32.const(0));
  const end = fn.let('i32', i32.mul(groups, i32.const(field.workBytes)));
  fn.while(
    () => i32.ltU(get(offset), get(end)),
    () => {
      fn.scope(() => body(get(offset)));
      fn.set(offset, i32.add(get(offset), i32.const(field.workBytes)));
    },
  );
}
