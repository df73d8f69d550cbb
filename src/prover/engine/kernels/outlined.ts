// Sums of one or two products as functions, for Fp2: inlined, its products outgrow a processor's instruction caches.
import type { Module } from './asm.ts';
import { Field, OUTLINED_K, type Outlined, outlinedDigit } from './field.ts';
import type { Operand, Tier } from './tier.ts';

export function emitOutlined(module: Module, tier: Tier, modulus: bigint): Outlined {
  const emit = (products: 1 | 2) => {
    const params = Array.from({ length: 2 * products * tier.digits }, () => tier.reg);
    const results = Array.from({ length: tier.digits }, () => tier.reg);
    const fn = module.fn(null, params, results);
    const field = new Field(fn, tier, modulus);
    const operand = (which: number): Operand => ({
      regs: Array.from({ length: tier.digits }, (_, i) => fn.param(which * tier.digits + i)),
      max: Array.from({ length: tier.digits }, () => outlinedDigit(tier)),
      k: OUTLINED_K,
    });
    const pairs = Array.from({ length: products }, (_, i): [Operand, Operand] => [
      operand(2 * i),
      operand(2 * i + 1),
    ]);
    const { regs } = field.sum(pairs, 'tight');
    fn.emit(...regs);
    return fn;
  };
  return { 1: emit(1), 2: emit(2) };
}
