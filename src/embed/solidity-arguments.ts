// A proof and its public signals as snarkjs' Solidity verifiers take them: 32-byte words in hexadecimal, both
// coordinates of G2's elements turned round, as Ethereum's precompiled contracts want them (EIP-197).
import { GnomonError } from '../core/errors.ts';
import { MAX_PUBLIC_SIGNALS } from '../prover/shape.ts';

const WORD = 1n << 256n;

/** The arguments of `verifyProof`, letter for letter as snarkjs 0.7.6 writes them. Takes what snarkjs takes: decimal or
 * 0x text, bigints, whole numbers. Whether the proof verifies is for the contract to say. Throws `input.proof`. */
export function solidityArguments(proof: unknown, publicSignals: unknown): string {
  const at = (value: unknown, name: string, ...path: number[]): string => {
    let part = (value as Record<string, unknown> | null | undefined)?.[name];
    for (const index of path) part = Array.isArray(part) ? part[index] : undefined;
    return word(part, name + path.map((index) => `[${index}]`).join(''));
  };
  const g1 = (name: string) => `[${at(proof, name, 0)}, ${at(proof, name, 1)}]`;
  const pair = (row: number) => `[${at(proof, 'pi_b', row, 1)}, ${at(proof, 'pi_b', row, 0)}]`;
  if (!Array.isArray(publicSignals) || publicSignals.length > MAX_PUBLIC_SIGNALS) {
    throw unwritable('publicSignals', 'the list of public signals');
  }
  const signals = Array.from(publicSignals, (signal, index) => word(signal, `publicSignals[${index}]`));
  return `${g1('pi_a')},[${pair(0)},${pair(1)}],${g1('pi_c')},[${signals.join(',')}]`;
}

function word(value: unknown, where: string): string {
  const number = wholeNumber(value);
  if (number === undefined || number < 0n || number >= WORD) throw unwritable(where, 'a whole number');
  return `"0x${number.toString(16).padStart(64, '0')}"`;
}

function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  // More letters would be leading zeros, and time.
  if (typeof value !== 'string' || value.length > 100) return undefined;
  return /^(?:[0-9]+|0x[0-9a-fA-F]+)$/.test(value) ? BigInt(value) : undefined;
}

/** Never says what the value was. */
function unwritable(where: string, wanted: string): GnomonError {
  return new GnomonError('input.proof', `${where} is not ${wanted} that fits a contract’s argument.`, {
    where,
    nextStep: 'Give `proof` and `publicSignals` as they came from `fullProve` or `prove`.',
  });
}
