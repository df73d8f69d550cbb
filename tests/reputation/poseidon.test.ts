import fc from 'fast-check';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { poseidon3 } from 'poseidon-lite/poseidon3';
import { poseidon5 } from 'poseidon-lite/poseidon5';
import { describe, expect, it } from 'vitest';
import { FIELD_ORDER_R } from '../../src/core/groth16.ts';
import { poseidon } from '../../src/reputation/poseidon.ts';
import { runs } from '../helpers/scale.ts';
import { seeded } from './arbitrary.ts';

const element = fc.oneof(
  fc.bigInt(0n, FIELD_ORDER_R - 1n),
  fc.constantFrom(0n, 1n, FIELD_ORDER_R - 1n, 2n ** 240n - 1n),
);

describe('Poseidon', () => {
  it.each([
    [2, poseidon2],
    [3, poseidon3],
    [5, poseidon5],
  ])('of %i inputs is circomlib’s', (inputs, reference) => {
    fc.assert(
      fc.property(fc.array(element, { minLength: inputs, maxLength: inputs }), (values) => {
        expect(poseidon(values)).toBe(reference(values));
      }),
      seeded(runs(100, 3000)),
    );
  });
});
