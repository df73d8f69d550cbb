// A circuit's input as a form: nothing is lost or rounded on the way from a file to the prover, and no message
// quotes a value.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { FIELD_ORDER_R, type SignalValue } from '../../src/core/groth16.ts';
import { flatten } from '../../src/prover/input-values.ts';
import {
  emptyFields,
  fieldProblem,
  fieldsFromJson,
  inputOf,
  nameProblem,
  totalProblem,
} from '../../src/ui/pages/circuits/input-form.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const decimal = fc.bigInt({ min: 0n, max: FIELD_ORDER_R - 1n }).map(String);
const value = fc.letrec<{ value: SignalValue }>((tie) => ({
  value: fc.oneof(
    { weight: 3, arbitrary: decimal },
    {
      weight: 1,
      arbitrary: fc.array(tie('value'), { minLength: 1, maxLength: 4 }) as fc.Arbitrary<SignalValue>,
    },
  ),
})).value;
const name = fc.stringMatching(/^[a-z][a-zA-Z0-9_]{0,10}$/).filter((text) => text !== '__proto__');
const input = fc.dictionary(name, value, { minKeys: 1, maxKeys: 6, noNullPrototype: true });

function thrownBy(work: () => unknown): GnomonError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof GnomonError) return thrown;
  }
  throw new Error('It did not throw a GnomonError.');
}

describe('an input file as fields', () => {
  it('hands the prover the very values of the file, in its order', () => {
    fc.assert(
      fc.property(input, (given) => {
        const back = inputOf(fieldsFromJson(JSON.stringify(given)));
        expect(Object.keys(back)).toEqual(Object.keys(given));
        for (const signal of Object.keys(given)) {
          expect(flatten(signal, back[signal]!)).toEqual(flatten(signal, given[signal]!));
        }
      }),
      { numRuns: runs(200, 5000), seed: testSeed },
    );
  });

  it('takes numbers only as far as they are exact', () => {
    expect(inputOf(fieldsFromJson('{"a": 7, "b": [true, -1], "c": "0x10"}'))).toEqual({
      a: '7',
      b: ['1', '-1'],
      c: '0x10',
    });
    const error = thrownBy(() => fieldsFromJson('{"secret": 123456789012345678901}'));
    expect(error.code).toBe('input.signal-malformed');
    expect(error.nextStep).toContain('quotes');
    expect(JSON.stringify(error.toData())).not.toContain('12345678901');
  });

  it('refuses what is no input, and never quotes it', () => {
    for (const text of ['[1]', '"x"', 'null', '{"a": {"canary": 1}}', '{"a": 1.5}', '{"a": null}', '{"a":']) {
      const error = thrownBy(() => fieldsFromJson(text));
      expect(error.group).toBe('input');
      expect(error.message).not.toContain('canary');
    }
  });
});

describe('a field', () => {
  const field = (text: string) => ({ name: 'a', text });
  it('says what is wrong with it', () => {
    expect(fieldProblem(field('1\n2, 3'), 3)).toBeNull();
    expect(fieldProblem(field('1 2'), 3)).toContain('Takes 3 values; here are 2');
    expect(fieldProblem(field('1'), 0)).toContain('no such input');
    expect(fieldProblem(field(''), null)).toContain('missing');
    expect(fieldProblem(field('1 x 3'), null)).toBe('Value 2 is not a whole number.');
    expect(fieldProblem(field('canary'), null)).not.toContain('canary');
  });

  it('counts over all fields', () => {
    expect(totalProblem([field('1 2'), field('3')], 3)).toBeNull();
    expect(totalProblem([field('1 2')], 3)).toContain('1 more is missing');
    expect(totalProblem([field('1 2 3 4')], 3)).toContain('1 too many');
  });

  it('comes from the circuit’s own description when it has one', () => {
    const described = { inputs: [{ name: 'a' }, { name: 'b', length: 2 }] } as Parameters<
      typeof emptyFields
    >[0];
    expect(emptyFields(described)).toEqual([
      { name: 'a', text: '' },
      { name: 'b', text: '' },
    ]);
  });

  it('is added under a new, well-formed name only', () => {
    expect(nameProblem('b', [field('1')])).toBeNull();
    expect(nameProblem('a', [field('1')])).not.toBeNull();
    expect(nameProblem('1a', [])).not.toBeNull();
  });
});
