// What must not satisfy the circuit. The honest calculator refuses each attack, and so do the constraints
// themselves when the calculator's assertions are taken out or its hints forged.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CompiledFiles } from '../../circuits/compile.ts';
import { inputOf, signals } from '../helpers/circuits-claims.ts';
import { ConstraintSystem } from '../helpers/circuits-r1cs.ts';
import { builtCircuit, compileSize } from '../helpers/circuits-variants.ts';
import { accepts, WitnessCalculator } from '../helpers/circuits-witness.ts';
import { attacks, base } from './attacks.ts';
import { FORGED_HINTS } from './forged-hints.ts';

describe('reputation(16) refuses', () => {
  let files: CompiledFiles;
  let system: ConstraintSystem;
  let honest: WitnessCalculator;
  let unguarded: WitnessCalculator;
  let forging: WitnessCalculator;

  beforeAll(async () => {
    files = await builtCircuit(16);
    system = new ConstraintSystem(files.r1cs);
    honest = await WitnessCalculator.honest(files.wasm);
    unguarded = await WitnessCalculator.unguarded(files.wasm);
    const forged = await compileSize(16, FORGED_HINTS);
    // Hints are no constraints: it is the very same system.
    expect(readFileSync(forged.r1cs).equals(readFileSync(files.r1cs))).toBe(true);
    forging = await WitnessCalculator.unguarded(forged.wasm);
  });

  test('nothing honest: all three calculators agree on an honest claim', async () => {
    const input = signals(inputOf(base));
    const witness = await honest.witness(input);
    expect(system.violations(witness)).toEqual([]);
    expect(await unguarded.witness(input)).toEqual(witness);
    expect(await forging.witness(input)).toEqual(witness);
  });

  test.each(attacks)('$name', async (attack) => {
    // With forged hints the claim may be honest, only the way to it is not.
    if (!attack.forgedHints) expect(await accepts(honest, attack.signals)).toBe(false);
    const witness = await (attack.forgedHints ? forging : unguarded).witness(attack.signals);
    expect(system.violations(witness)).not.toEqual([]);
  });
});
