// Hostile .zkey and .wtns files: every mutant ends in a typed error or a parse, soon, and never in a crash.
import { describe, expect, test } from 'vitest';
import { R } from '../../../src/prover/engine/constants.ts';
import { EngineError } from '../../../src/prover/engine/errors.ts';
import { readWitness } from '../../../src/prover/engine/wtns.ts';
import { readProvingKey } from '../../../src/prover/engine/zkey.ts';
import { wtnsFile } from '../../helpers/circuits-witness.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { smallCircuit } from './circuits.ts';
import { mutant } from './mutants.ts';

const circuit = await smallCircuit(new SeededRandom(testSeed), 12);

describe.each([
  { name: 'zkey', file: circuit.zkey, read: readProvingKey, code: 'artifact.zkey-format' },
  { name: 'wtns', file: circuit.wtns, read: readWitness, code: 'witness.wtns-format' },
])('$name', ({ file, read, code }) => {
  test('mutants are read or refused with a typed error that says where', () => {
    const random = new SeededRandom(testSeed);
    let refused = 0;
    for (let i = 0; i < runs(2_000, 10_000); i++) {
      const bytes = mutant(file, random);
      try {
        read(bytes);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        expect(error.code).toBe(code);
        expect(error.where).not.toBe('');
        expect(error.nextStep).not.toBe('');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(runs(500, 2_500));
  });

  test('every cut is refused', () => {
    for (let length = 0; length < file.length; length += file.length < 2000 ? 1 : 37) {
      expect(() => read(file.slice(0, length))).toThrow(EngineError);
    }
  });

  test('bytes after the end are refused', () => {
    expect(() => read(Uint8Array.from([...file, 0]))).toThrow('goes on');
  });
});

test('a witness must be canonical and begin with one', () => {
  expect(() => readWitness(wtnsFile([1n, R]))).toThrow('not below the modulus');
  expect(() => readWitness(wtnsFile([2n, 3n]))).toThrow('number one');
  expect(readWitness(wtnsFile([1n, R - 1n])).count).toBe(2);
});
