// How a fleet's inputs are sealed and opened; by the key ring (keys.ts).
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { Job } from '../../src/core/job.ts';

export interface Sealer {
  seal(input: CircuitInput, job: { id: string; circuit: Job['circuit'] }): Promise<Uint8Array>;
  /** `no-key`: sealed to a key that this machine does not have (yet); null: nothing that can be read. */
  open(sealed: Uint8Array, job: Job): Promise<CircuitInput | 'no-key' | null>;
}
