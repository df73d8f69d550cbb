// Demo identities: derived from a published seed and the subject's id, so anyone can claim as anyone. They
// exist to try things out, are marked wherever they are used, and real campaigns refuse them.
import { sha256 } from '@noble/hashes/sha2.js';
import { deriveKeyPair, type KeyPair } from './baby-jubjub.ts';
import { SAMPLE_NAMES } from './sample-names.ts';
import { makePacer, type Work } from './work.ts';

export const DEMO_SEED = 'gnomon/demo/v1';

/** The private key of a subject's demo identity: SHA-256 of seed, NUL, subject. */
export function demoPrivateKey(subject: string): Uint8Array {
  return sha256(new TextEncoder().encode(`${DEMO_SEED}\0${subject}`));
}

export function demoKeyPair(subject: string): KeyPair {
  return deriveKeyPair(demoPrivateKey(subject));
}

/** Demo commitments of many subjects, in slices. */
export async function demoCommitments(
  subjects: readonly string[],
  work: Work = {},
): Promise<Map<string, bigint>> {
  const pacer = makePacer(work);
  const commitments = new Map<string, bigint>();
  for (const subject of subjects) {
    commitments.set(subject, demoKeyPair(subject).commitment);
    if (pacer.due()) await pacer.pause('identities', commitments.size, subjects.length);
  }
  await pacer.finish('identities', subjects.length);
  return commitments;
}

/** Whether this is the demo identity of one of these subjects or of anyone in the sample. All others cannot be
 * told: a demo identity of an id that nobody names looks like any identity. */
export function isDemoCommitment(commitment: bigint, subjects: readonly string[]): boolean {
  return [...subjects, ...SAMPLE_NAMES].some((subject) => demoKeyPair(subject).commitment === commitment);
}
