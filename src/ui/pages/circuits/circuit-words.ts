// Circuits in words: how they were set up, how much of each is here, which jobs need one.
import type { Job } from '../../../core/job.ts';
import type { CircuitEntry } from '../../../core/manifest.ts';
import { bytesText, plural } from '../../components/format.ts';

export const SETUP_WORDS: Record<CircuitEntry['setup'], string> = {
  development: 'Development key: anyone can forge with it',
  ceremony: 'Ceremony',
  unknown: 'Not known: trust whoever made the key',
};

export function artifactsOf({ artifacts }: CircuitEntry) {
  return [artifacts.wasm, artifacts.zkey, artifacts.vkey];
}

export function totalBytes(circuit: CircuitEntry): number {
  return artifactsOf(circuit).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes of the circuit's whole files that are here, by the digests that are kept. */
export function keptBytes(circuit: CircuitEntry, kept: ReadonlySet<string>): number {
  return artifactsOf(circuit).reduce((sum, { sha256, bytes }) => sum + (kept.has(sha256) ? bytes : 0), 0);
}

export function keptWords(circuit: CircuitEntry, kept: ReadonlySet<string>): string {
  const here = keptBytes(circuit, kept);
  if (here === totalBytes(circuit)) return 'Kept here, works offline';
  return here === 0 ? 'Fetched when it is needed' : `${bytesText(here)} of it kept here`;
}

export function sizeWords(circuit: CircuitEntry): string {
  const constraints = plural(circuit.constraints, 'constraint', 'constraints');
  return circuit.capacity === null
    ? constraints
    : `Up to ${plural(circuit.capacity, 'attestation', 'attestations')}, ${constraints}`;
}

/** Jobs that would fail without this circuit's files. */
export function waitingFor(circuit: CircuitEntry, jobs: readonly Job[]): number {
  const { zkey } = circuit.artifacts;
  return jobs.filter(
    (job) =>
      (job.state === 'queued' || job.state === 'running') &&
      job.circuit.artifacts.zkey.sha256 === zkey.sha256,
  ).length;
}
