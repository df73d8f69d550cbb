// How fast a device is taken for before its first proof.
import type { Rung } from './job.ts';

/** Milliseconds for each constraint, from proofs of 61,002 constraints on the 2-core reference machine in Chromium;
 * a phone takes several times that, and knows it after its first proof. */
export const MS_PER_CONSTRAINT: Record<Rung, number> = {
  'engine-threaded': 0.02,
  'engine-single': 0.03,
  'snarkjs-threaded': 0.13,
  'snarkjs-single': 0.2,
};

/** Servers are not taken for anything before they have been measured. */
export function assumedMsPerConstraint(backendId: string, rung: Rung | null): number | null {
  return backendId === 'local' && rung !== null ? MS_PER_CONSTRAINT[rung] : null;
}
