// The check that every prover's own result passes before anyone gets it: the pairing equation under the key that
// the zkey carries. Whoever receives a proof verifies strictly, with verify.ts.
import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof, VerificationKey } from '../core/groth16.ts';
import { pairingHolds, type ValidKey, validKey, validProof } from './noble-verifier.ts';
import { MAX_PUBLIC_SIGNALS, readKey, readProof, readSignals, ShapeError } from './shape.ts';

/** True when the equation holds. Takes some tens of milliseconds. */
export type ProofCheck = (made: { proof: Groth16Proof; publicSignals: string[] }) => boolean;

/** Throws `circuit.zkey` for a key whose points are not in their groups: no proof could ever verify. */
export function makeProofCheck(vkey: VerificationKey): ProofCheck {
  const key = openKey(vkey);
  return ({ proof, publicSignals }) => {
    try {
      return pairingHolds(key, readSignals(publicSignals, 'Public signal'), validProof(readProof(proof)));
    } catch (thrown) {
      if (thrown instanceof ShapeError) return false;
      throw thrown;
    }
  };
}

/** Throws `circuit.zkey`, likewise. */
export function openKey(vkey: VerificationKey): ValidKey {
  if (vkey.nPublic > MAX_PUBLIC_SIGNALS) {
    const found = `This circuit has ${vkey.nPublic} public signals; at most ${MAX_PUBLIC_SIGNALS} are supported.`;
    throw new GnomonError('circuit.zkey', found, {
      nextStep: 'Take a circuit with fewer, e.g. one whose public signal is a hash of them.',
      retryable: false,
    });
  }
  try {
    return validKey(readKey(vkey));
  } catch (thrown) {
    const why = thrown instanceof ShapeError ? thrown.message : 'It could not be read.';
    throw new GnomonError('circuit.zkey', `The proving key is damaged. ${why}`, {
      nextStep: 'Get the proving key again from where the circuit came from.',
    });
  }
}
