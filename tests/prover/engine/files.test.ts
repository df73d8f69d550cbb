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

const circuit = await smallCircuit(new SeededRandom(testSeed), 12);

/** Cuts, extends, flips, overwrites with telling words, moves parts about. */
function mutant(file: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = Uint8Array.from(file);
  const at = random.chance(0.5) ? random.below(Math.min(file.length, 400)) : random.below(file.length);
  switch (random.below(6)) {
    case 0:
      return copy.slice(0, at);
    case 1:
      return Uint8Array.from([
        ...copy,
        ...Array.from({ length: 1 + random.below(64) }, () => random.below(256)),
      ]);
    case 2:
      copy[at]! ^= 1 << random.below(8);
      return copy;
    case 3: {
      const word = random.pick([0, 1, 2, 0xffffffff, 0x7fffffff, 0x80000000, 0x10000, file.length]);
      new DataView(copy.buffer).setUint32(Math.min(at & ~3, copy.length - 4), word, true);
      return copy;
    }
    case 4:
      return copy.fill(random.pick([0, 255]), at, at + 1 + random.below(64));
    default:
      copy.copyWithin(at, random.below(file.length), file.length);
      return copy;
  }
}

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
