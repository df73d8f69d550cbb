// A proving key's verification key as snarkjs exports it: with the pairing of α and β, which our verifiers compute anew.
import type { VerificationKey } from '../core/groth16.ts';
import type { KeyOutline } from './engine/zkey.ts';
import { alphaBeta } from './noble-verifier.ts';
import { openKey } from './proof-check.ts';
import { verificationKeyFrom } from './zkey.ts';

export interface ExportedKey extends VerificationKey {
  vk_alphabeta_12: string[][][];
}

/** Entry by entry in snarkjs' order. Throws `circuit.zkey` for a key under which no proof could ever verify. */
export function exportedKey(outline: KeyOutline): ExportedKey {
  const vkey = verificationKeyFrom(outline);
  const { IC, ...before } = vkey;
  return { ...before, vk_alphabeta_12: alphaBeta(openKey(vkey)), IC };
}
