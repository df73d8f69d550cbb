// The files a finished proof can be taken away as, and their names.
import type { Job, ProofResult } from '../../../core/job.ts';
import { makeClaimFile, writeClaimFile } from '../../../reputation/claim-file.ts';
import type { ClaimContext } from '../claim/claim-context.ts';

export interface NamedFile {
  name: string;
  text: string;
}

/** `harbour-co-op-1a2b3c4d`: what it is called, and enough of the id to tell two apart. */
export function fileStem(job: Pick<Job, 'id' | 'label'>): string {
  const words = job.label
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  const id = job.id.replace(/[^a-zA-Z0-9]/g, '').slice(0, 8);
  return [words, id].filter((part) => part !== '').join('-') || 'proof';
}

/** What a verifier takes together with the campaign file. */
export function claimFile(
  job: Pick<Job, 'id' | 'label' | 'circuit'>,
  context: ClaimContext,
  result: ProofResult,
): NamedFile {
  const { campaign, challenge, payload } = context;
  const circuit = campaign.circuits.find((one) => one.id === job.circuit.id);
  const file = makeClaimFile(
    // Only the id is written; a circuit that the campaign does not know is the verifier's to refuse.
    { circuit: circuit ?? { ...campaign.circuits[0]!, id: job.circuit.id }, challenge, payload },
    campaign,
    result.proof,
    result.publicSignals,
  );
  return { name: `${fileStem(job)}.claim.json`, text: writeClaimFile(file) };
}

/** As snarkjs writes them. */
export function snarkjsFiles(job: Pick<Job, 'id' | 'label'>, result: ProofResult) {
  const stem = fileStem(job);
  return {
    proof: { name: `${stem}.proof.json`, text: `${JSON.stringify(result.proof, null, 1)}\n` },
    publicSignals: {
      name: `${stem}.public.json`,
      text: `${JSON.stringify(result.publicSignals, null, 1)}\n`,
    },
  };
}

export function calldataFile(job: Pick<Job, 'id' | 'label'>, calldata: string): NamedFile {
  return { name: `${fileStem(job)}.calldata.txt`, text: `${calldata}\n` };
}
