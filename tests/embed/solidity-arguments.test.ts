// Calldata against snarkjs: the same text for whatever both take, and a refusal by name where snarkjs would write
// something that no contract reads.
import fc from 'fast-check';
import { groth16 } from 'snarkjs';
import { describe, expect, it } from 'vitest';
import { FIELD_ORDER_Q, FIELD_ORDER_R } from '../../src/core/groth16.ts';
import { solidityArguments } from '../../src/embed/solidity-arguments.ts';
import { runs, testSeed } from '../helpers/scale.ts';

/** A number below the modulus, often at an edge, as any of the kinds of value that snarkjs takes. */
function value(modulus: bigint): fc.Arbitrary<unknown> {
  const edges = [0n, 1n, 15n, 16n, 255n, 2n ** 64n, modulus - 1n];
  const number = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: modulus - 1n }));
  return fc.oneof(
    number.map(String),
    number.map((given) => `0x${given.toString(16)}`),
    number.map((given) => `0x${given.toString(16).toUpperCase()}`),
    number.map((given) => `00${given}`),
    number,
    fc.nat(),
  );
}

const coordinate = value(FIELD_ORDER_Q);
const pair = fc.tuple(coordinate, coordinate);
const proofs = fc.record({
  pi_a: fc.tuple(coordinate, coordinate, fc.constant('1')),
  pi_b: fc.tuple(pair, pair, fc.constant(['1', '0'])),
  pi_c: fc.tuple(coordinate, coordinate, fc.constant('1')),
  protocol: fc.constant('groth16'),
  curve: fc.constant('bn128'),
});

describe('arguments of a Solidity verifier', () => {
  it('are what snarkjs writes', async () => {
    await fc.assert(
      fc.asyncProperty(
        proofs,
        fc.array(value(FIELD_ORDER_R), { maxLength: 20 }),
        async (proof, publicSignals) => {
          const theirs = await groth16.exportSolidityCallData(proof, publicSignals);
          expect(solidityArguments(proof, publicSignals)).toBe(theirs);
        },
      ),
      { seed: testSeed, numRuns: runs(500, 50_000) },
    );
  });

  const proof = { pi_a: ['1', '2'], pi_b: [['3', '4'] as unknown[], ['5', '6']], pi_c: ['7', '8'] };
  const secret = '7345912345678901234';
  const SPOILT: [string, unknown, unknown][] = [
    ['pi_a[0]', null, []],
    ['pi_a[0]', 'x', []],
    ['pi_a[1]', { ...proof, pi_a: ['1'] }, []],
    ['pi_b[0][1]', { ...proof, pi_b: [[secret], ['5', '6']] }, []],
    [
      'pi_b[1][0]',
      {
        ...proof,
        pi_b: [
          ['3', '4'],
          [`-${secret}`, '6'],
        ],
      },
      [],
    ],
    ['pi_c[0]', { ...proof, pi_c: [[secret], '8'] }, []],
    ['pi_c[1]', { ...proof, pi_c: ['7', { toString: () => '8' }] }, []],
    ['publicSignals', proof, undefined],
    ['publicSignals', proof, secret],
    ['publicSignals', proof, { 0: secret, length: 1 }],
    ['publicSignals', proof, new Array(4097).fill('1')],
    ['publicSignals[0]', proof, [`${secret} `]],
    ['publicSignals[1]', proof, ['1', 1.5]],
    ['publicSignals[0]', proof, [`0x1${'0'.repeat(64)}`]],
    ['publicSignals[0]', proof, [-1n]],
    ['publicSignals[0]', proof, [2 ** 60]],
    ['publicSignals[1]', proof, ['1', undefined]],
    ['publicSignals[0]', proof, new Array(1)],
    ['publicSignals[0]', proof, ['0'.repeat(101)]],
  ];
  it.each(SPOILT)('name what they cannot write: %s (%#)', (where, spoilt, publicSignals) => {
    let caught: unknown;
    try {
      solidityArguments(spoilt, publicSignals);
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toMatchObject({ code: 'input.proof', where, retryable: false });
    expect(String((caught as Error).message)).not.toContain(secret);
  });

  it('take words that are no field elements, which the contract refuses', () => {
    const most = 2n ** 256n - 1n;
    expect(solidityArguments(proof, [most])).toContain(`["0x${'f'.repeat(64)}"]`);
  });
});
