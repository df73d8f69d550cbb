// `generate` with attestations alone: the claim that they allow, in a circuit of the type that was asked for.
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { type AttestationClaim, claimFromAttestations } from '../../src/reputation/attestation-claim.ts';
import { CIRCUIT_TYPES, type GenerateRequest } from './schemas.ts';

/** Throws `input.…` with where and why, or `circuit.not-found`. */
export function claimOfRequest(
  request: GenerateRequest,
  circuits: readonly CircuitEntry[],
  nowMs: number,
): Promise<AttestationClaim> {
  const fitting = circuitsFor(request.circuitType, circuits);
  return claimFromAttestations(request, fitting, nowMs, { name: 'REST', issuer: 'rest' });
}

function circuitsFor(type: string | undefined, circuits: readonly CircuitEntry[]): readonly CircuitEntry[] {
  const anySize = type === undefined || (CIRCUIT_TYPES as readonly string[]).includes(type);
  return anySize ? circuits : circuits.filter(({ id }) => id === type);
}
