// Takes each check out of the circuit, one at a time, and sees its attack get through: so the attack is
// otherwise perfect, and refusals.test.ts would notice the missing check.
import { describe, expect, test } from 'vitest';
import { inputOf, signals } from '../helpers/circuits-claims.ts';
import { ConstraintSystem, wireNames } from '../helpers/circuits-r1cs.ts';
import { compileSize } from '../helpers/circuits-variants.ts';
import { WitnessCalculator } from '../helpers/circuits-witness.ts';
import { runs } from '../helpers/scale.ts';
import { attacks, base } from './attacks.ts';
import { FORGED_HINTS } from './forged-hints.ts';

const planted = attacks.flatMap(({ bug, ...attack }) => (bug === undefined ? [] : [{ ...attack, bug }]));
// Each compiles a circuit, for about six seconds; a quick run takes the ones that were hardest to find.
const quick = ['praise smuggled past the last group', 'a second secret of the same identity'];
const chosen = planted.filter(({ name }) => runs(0, 1) === 1 || quick.includes(name));

describe('with its check taken out, this gets through', () => {
  test.each(chosen)('$name', async ({ bug, forgedHints, signals: cheat }) => {
    const files = await compileSize(16, [...bug, ...(forgedHints ? FORGED_HINTS : [])]);
    const system = new ConstraintSystem(files.r1cs);
    const calculator = await WitnessCalculator.unguarded(files.wasm);
    expect(system.violations(await calculator.witness(cheat))).toEqual([]);
  });

  test.runIf(runs(0, 1) === 1)('a message that nothing binds is a loose wire', async () => {
    const files = await compileSize(16, [['signal messageSquare <== message * message;', '']]);
    const witness = await (await WitnessCalculator.honest(files.wasm)).witness(signals(inputOf(base)));
    const free = new ConstraintSystem(files.r1cs).freeWires(witness, 1n);
    const names = wireNames(files.sym);
    expect(free.flatMap((wire) => names.get(wire)!)).toContain('main.message');
  });
});
