// Checks a finished proof again, from what is kept: the key by its digest, both verifiers, and that it says
// what was asked for. The verdict is the checks'; a label on a key or a job counts for nothing.
import { isDevelopmentKey } from '../../../core/development-key.ts';
import { GnomonError } from '../../../core/errors.ts';
import type { Job } from '../../../core/job.ts';
import type { CircuitsService } from '../../../services/circuits.ts';
import type { CryptographicCheck, VerifierService } from '../../../services/verification.ts';

export interface ProofVerdict {
  ok: boolean;
  checks: CryptographicCheck[];
  /** Told by the key's own numbers: anyone can forge with it. */
  developmentKey: boolean;
}

/** Rejects when the checks could not be made, which says nothing about the proof. */
export async function checkProof(
  job: Job,
  circuits: Pick<CircuitsService, 'vkey'>,
  verifier: Pick<VerifierService, 'verify'>,
): Promise<ProofVerdict> {
  if (job.result === null) {
    throw new GnomonError('input.no-proof', 'There is no proof to check yet.', {
      nextStep: 'Wait until it is made.',
    });
  }
  const vkey = await circuits.vkey(job.circuit);
  const { proof, publicSignals } = job.result;
  const cryptographic = await verifier.verify(vkey, publicSignals, proof);
  const checks = [...cryptographic, ...expectedCheck(job.expectedPublicSignals, publicSignals)];
  return {
    // No checks is no verdict.
    ok: cryptographic.length > 0 && checks.every((check) => check.ok),
    checks,
    developmentKey: isDevelopmentKey(vkey),
  };
}

function expectedCheck(expected: readonly string[] | null, found: readonly string[]): CryptographicCheck[] {
  if (expected === null) return [];
  const same = expected.length === found.length && expected.every((value, at) => value === found[at]);
  return [
    {
      name: 'What was asked',
      ok: same,
      detail: same
        ? 'The proof says exactly what was asked for.'
        : 'The proof says something else than what was asked for.',
    },
  ];
}
