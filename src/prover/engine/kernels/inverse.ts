// The inverse by Fermat's little theorem, for all lanes at once: x^(p−2) by windows of four bits.
import type { Module } from './asm.ts';
import { Field } from './field.ts';
import { type Code, get, i32 } from './instructions.ts';
import { INVERSE_ENTRIES } from './scratch.ts';
import type { Tier } from './tier.ts';

const WINDOW = 4;

/** (to, from, scratch): `from` holds packed elements, one per lane; `to` gets their inverses as digits. The
 * inverse of zero is zero. */
export function emitInverse(module: Module, tier: Tier, modulus: bigint): { index: number } {
  const fn = module.fn(null, ['i32', 'i32', 'i32'], []);
  const field = new Field(fn, tier, modulus);
  const exponent = modulus - 2n;
  const windows = Math.ceil(exponent.toString(2).length / WINDOW);
  const nibbles = Array.from({ length: windows }, (_, i) =>
    Number((exponent >> BigInt(WINDOW * i)) & BigInt(INVERSE_ENTRIES - 1)),
  );
  const table = module.constantBytes(nibbles.flatMap((nibble) => [nibble, 0, 0, 0]));
  const [to, from, scratch] = [fn.param(0), fn.param(1), fn.param(2)];
  const entry = (index: Code): Code => i32.add(scratch, i32.mul(index, i32.const(field.workBytes)));
  const addresses = Array.from({ length: tier.lanes }, (_, lane) => i32.add(from, i32.const(32 * lane)));
  const x = field.variable();
  x.assign(field.tidy(field.loadPacked(addresses), 'tight'));
  const power = field.variable();
  power.assign(field.knownTight(field.radix));
  const i = fn.let('i32', i32.const(0));
  fn.while(
    () => i32.ltU(get(i), i32.const(INVERSE_ENTRIES)),
    () => {
      field.storeWork(entry(get(i)), power.value);
      fn.scope(() => power.assign(field.multiply(power.value, x.value, 'tight')));
      fn.set(i, i32.add(get(i), i32.const(1)));
    },
  );
  power.assign(field.knownTight(field.radix));
  fn.set(i, i32.const(windows));
  const j = fn.local('i32');
  fn.while(
    () => get(i),
    () => {
      fn.set(i, i32.sub(get(i), i32.const(1)));
      fn.set(j, i32.const(WINDOW));
      fn.while(
        () => get(j),
        () => {
          fn.scope(() => power.assign(field.square(power.value, 'tight')));
          fn.set(j, i32.sub(get(j), i32.const(1)));
        },
      );
      fn.scope(() => {
        const nibble = i32.load(i32.shl(get(i), i32.const(2)), table);
        power.assign(field.multiply(power.value, field.loadWork(entry(nibble)), 'tight'));
      });
    },
  );
  field.storeWork(to, power.value);
  return fn;
}
