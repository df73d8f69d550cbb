// Checking proofs that others made, and keeping what was accepted.
import type { Groth16Proof } from '../core/groth16.ts';

export interface CryptographicCheck {
  name: string;
  ok: boolean;
  /** What was found, in words. */
  detail: string;
}

export interface VerifierService {
  /** Strict verification by both independent verifiers; one entry for each check. Rejects when they could not be
   * made to the end, which says nothing about the proof. */
  verify(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<CryptographicCheck[]>;
  /** snarkjs' Solidity calldata for a proof. */
  solidityCalldata(proof: Groth16Proof, publicSignals: string[]): Promise<string>;
}

export interface AcceptedClaim {
  scope: string;
  nullifier: string;
  campaignName: string;
  claimantPayload: string;
  /** What it showed, in words: "at least 0.7". */
  shows?: string;
  /** A demo campaign's, so it proves nothing. */
  demo?: boolean;
  acceptedAtMs: number;
}

/** Accepted claims, keyed on (scope, nullifier); spending is atomic. */
export interface LedgerService {
  spend(claim: AcceptedClaim): Promise<'accepted' | 'already-used'>;
  list(): Promise<AcceptedClaim[]>;
  clear(): Promise<void>;
}

/** Which campaign file a scope was first used under; a scope is refused under another. */
export interface ScopesService {
  claimFor(scope: string, campaignDigest: string): Promise<'new' | 'same' | 'other'>;
}
