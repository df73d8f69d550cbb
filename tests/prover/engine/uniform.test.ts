// Uniform proofs: the same proofs as ever, by work that does not depend on what the witness holds.
import { groth16 } from 'snarkjs';
import { describe, expect, test } from 'vitest';
import { buildKernels } from '../../../scripts/kernels.ts';
import { R } from '../../../src/prover/engine/constants.ts';
import { createEngine, type EngineOptions } from '../../../src/prover/engine/engine.ts';
import { type MaskSeed, makeMask } from '../../../src/prover/engine/mask.ts';
import { littleEndian } from '../../../src/prover/engine/sections.ts';
import { wtnsFile } from '../../helpers/circuits-witness.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { smallCircuit, snarkjsProof } from './circuits.ts';
import { createEngineWithBlinding } from './fixed-blinding.ts';

await buildKernels();

const blinding = { r: 77n, s: 2n ** 251n + 3n };
const CONFIGURATIONS: EngineOptions[] = [
  { threads: 1 },
  { threads: 2 },
  { threads: 2, sharedMemory: false },
  { threads: 2, tier: 'scalar' },
];

test.each(CONFIGURATIONS)('the proof is the reference’s, byte for byte: %j', async (options) => {
  for (const rows of [3, 60]) {
    const { zkey, wtns, vkey } = await smallCircuit(new SeededRandom(testSeed + rows), rows);
    const expected = await snarkjsProof(zkey, wtns, blinding);
    const engine = createEngineWithBlinding(options, () => blinding);
    for (const uniform of [true, false, true]) {
      const { proof, publicSignals } = await engine.prove(zkey, wtns, { uniform });
      expect([proof, publicSignals]).toEqual([expected.proof, expected.publicSignals]);
    }
    engine.dispose();
    expect(await groth16.verify(vkey, expected.publicSignals, expected.proof)).toBe(true);
  }
});

describe('the work', () => {
  test('is the same for a witness of zeros, of ones, of one value, and of any values', async () => {
    const random = new SeededRandom(testSeed);
    const { zkey, wtns } = await smallCircuit(random, 800);
    const signals = (wtns.length - 76) / 32;
    const of = (value: () => bigint) =>
      wtnsFile(Array.from({ length: signals }, (_, i) => (i ? value() : 1n)));
    const any = () => {
      let value = 0n;
      for (let word = 0; word < 9; word++) value = (value << 31n) + BigInt(random.below(2 ** 31));
      return value % R;
    };
    const one = any();
    const witnesses = {
      zeros: of(() => 0n),
      ones: of(() => 1n),
      one: of(() => one),
      any: of(any),
      true: wtns,
    };
    const engine = createEngine({ threads: 2 });
    const additions = async (uniform: boolean) => {
      const counts: Record<string, number> = {};
      for (const [name, witness] of Object.entries(witnesses)) {
        counts[name] = (await engine.prove(zkey, witness, { uniform })).timings.additions;
      }
      return counts as Record<keyof typeof witnesses, number>;
    };
    const plain = await additions(false);
    // What an observer could tell without it.
    expect(plain.any / plain.zeros).toBeGreaterThan(2);
    const uniform = Object.values(await additions(true));
    // Chance alone, in which buckets points fall, makes about a fifth of a percent.
    expect(Math.max(...uniform) / Math.min(...uniform)).toBeLessThan(1.02);
    engine.dispose();
  });

  test('takes the masks’ own sums once for each key', async () => {
    const { zkey, wtns } = await smallCircuit(new SeededRandom(testSeed), 30);
    // What blinds a proof is summed with it, so its numbers must be the same to tell.
    const engine = createEngineWithBlinding({ threads: 1 }, () => blinding);
    const steps: number[] = [];
    for (const uniform of [true, true, true]) {
      steps.push((await engine.prove(zkey, wtns, { uniform })).timings.additions);
    }
    expect(steps[1]).toBe(steps[2]);
    engine.dispose();
  });
});

test('masks are added modulo r, the same sequence each time, another for each seed and stream', () => {
  const random = new SeededRandom(testSeed);
  const seed = () => Array.from({ length: 4 }, () => random.below(2 ** 31)) as MaskSeed;
  for (let round = 0; round < runs(20, 500); round++) {
    const mine = seed();
    const masked = (value: bigint, from = mine, stream = 1): bigint[] => {
      const words = new Uint32Array(24);
      for (let i = 0; i < 3; i++)
        for (let word = 0; word < 8; word++)
          words[8 * i + word] = Number((value >> BigInt(32 * word)) & 0xffffffffn);
      makeMask(from, stream)(words, 0, 3);
      const bytes = new Uint8Array(words.buffer);
      return [0, 1, 2].map((i) => littleEndian(bytes.subarray(32 * i, 32 * i + 32)));
    };
    const masks = masked(0n);
    expect(new Set([...masks, ...masked(0n, seed()), ...masked(0n, mine, 2)]).size).toBe(9);
    for (const value of [1n, R - 1n, R - 2n, 2n ** 253n, (BigInt(random.below(2 ** 31)) << 220n) + 5n]) {
      expect(masked(value)).toEqual(masks.map((mask) => (value + mask) % R));
    }
  }
});
