// Element-wise functions over packed arrays: conversions at import, and what the tests compare.
import type { Fn, Module } from './asm.ts';
import { Field } from './field.ts';
import { type Code, get, i32 } from './instructions.ts';
import type { Limbs, Tier } from './tier.ts';

const BYTES = 32;

/** Runs `body` for every group of lanes of n elements; a short last group works its last element again. */
export function eachGroup(fn: Fn, tier: Tier, n: Code, body: (index: (lane: number) => Code) => void): void {
  const i = fn.let('i32', i32.const(0));
  fn.while(
    () => i32.ltU(get(i), n),
    () => {
      fn.scope(() => {
        const indices = Array.from({ length: tier.lanes }, (_, lane) => {
          const own = i32.add(get(i), i32.const(lane));
          return lane === 0 ? i : fn.let('i32', i32.select(own, i32.sub(n, i32.const(1)), i32.ltU(own, n)));
        });
        body((lane) => get(indices[lane]!));
      });
      fn.set(i, i32.add(get(i), i32.const(tier.lanes)));
    },
  );
}

/** Address of each lane's element in an array of 32-byte elements. */
export const packedAt = (tier: Tier, base: Code, index: (lane: number) => Code): Code[] =>
  Array.from({ length: tier.lanes }, (_, lane) =>
    i32.add(base, i32.shl(index(lane), i32.const(Math.log2(BYTES)))),
  );

type Compute = (field: Field, a: Limbs, b: Limbs) => Limbs;

/** `<name>_<suffix>`: (to, a, b, n), of one factor b when told so. */
function emitVector(
  { module, tier, name, modulus }: Target,
  suffix: string,
  compute: Compute,
  oneFactor = false,
): void {
  const fn = module.fn(`${name}_${suffix}`, ['i32', 'i32', 'i32', 'i32'], []);
  const field = new Field(fn, tier, modulus);
  eachGroup(fn, tier, fn.param(3), (index) => {
    const a = field.loadPacked(packedAt(tier, fn.param(1), index));
    const b = field.loadPacked(
      oneFactor ? Array.from({ length: tier.lanes }, () => fn.param(2)) : packedAt(tier, fn.param(2), index),
    );
    field.storePacked(packedAt(tier, fn.param(0), index), compute(field, a, b));
  });
}

interface Target {
  module: Module;
  tier: Tier;
  /** What the functions' names begin with. */
  name: string;
  modulus: bigint;
}

const product: Compute = (field, a, b) => field.multiply(a, b, 'packed');

/** `<name>_mul` alone. */
export function emitProducts(target: Target): void {
  emitVector(target, 'mul', product);
}

/** `<name>_mul`, `_sqr`, `_add`, `_sub`: (to, a, b, n); `_scale`: (to, a, factor, n) with one factor. */
export function emitVectors(target: Target): void {
  emitProducts(target);
  emitVector(target, 'scale', product, true);
  emitVector(target, 'sqr', (field, a) => field.square(field.tidy(a, 'tight'), 'packed'));
  emitVector(target, 'add', (field, a, b) => field.tidy(a, 'packed', [{ value: b, sign: 1 }]));
  emitVector(target, 'sub', (field, a, b) => field.tidy(a, 'packed', [{ value: b, sign: -1 }]));
}
