// Whether three files belong together as one circuit: calculator, proving key and verification key. Asked once,
// when a person brings a circuit, so that a mistake shows before it costs a proof.
import { isDevelopmentKey } from '../core/development-key.ts';
import { GnomonError } from '../core/errors.ts';
import type { VerificationKey } from '../core/groth16.ts';
import { parseVerificationKey } from './shape.ts';
import { inspectCalculator } from './witness.ts';
import { constraintsOf, readZkeyHeader, verificationKeyOf } from './zkey.ts';

export interface CircuitFacts {
  variables: number;
  constraints: number;
  domain: number;
  publicSignals: number;
  /** Values that all input signals take together. */
  inputValues: number;
  /** Anyone can forge proofs under this key. */
  developmentKey: boolean;
}

/** The key that a proving key carries, as a file: for circuits that come without one. */
export function verificationKeyFile(zkey: Uint8Array): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(verificationKeyOf(zkey), null, 1)}\n`);
}

/** Rejects with `circuit.…`: which file cannot be used, or which two do not belong together. */
export async function inspectCircuit(files: {
  wasm: Uint8Array<ArrayBuffer>;
  zkey: Uint8Array;
  vkey: Uint8Array;
}): Promise<CircuitFacts> {
  const header = readZkeyHeader(files.zkey);
  const vkey = readVerificationKey(files.vkey);
  if (canonical(vkey) !== canonical(verificationKeyOf(files.zkey))) {
    throw mismatch('The verification key does not belong to the proving key.', 'vkey');
  }
  const { inputValues, variables } = await inspectCalculator(files.wasm, []);
  if (variables !== header.variables) {
    throw mismatch('The calculator does not belong to the proving key.', 'wasm');
  }
  return {
    variables,
    constraints: constraintsOf(files.zkey),
    domain: header.domain,
    publicSignals: header.publicSignals,
    inputValues,
    developmentKey: isDevelopmentKey(vkey),
  };
}

function readVerificationKey(file: Uint8Array): VerificationKey {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(file));
  } catch (cause) {
    throw new GnomonError('circuit.vkey', 'The verification key is not valid JSON.', {
      where: 'vkey',
      nextStep: 'Export it again with snarkjs, or leave it out: it is then taken from the proving key.',
      cause,
    });
  }
  return parseVerificationKey(value);
}

/** What two keys must agree in; snarkjs adds fields that can be computed from these. */
function canonical(key: VerificationKey): string {
  const { nPublic, vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC } = key;
  return JSON.stringify([nPublic, vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC]);
}

function mismatch(message: string, where: string): GnomonError {
  return new GnomonError('circuit.mismatch', message, {
    where,
    nextStep: 'Choose the three files of one and the same circuit and set-up.',
  });
}
