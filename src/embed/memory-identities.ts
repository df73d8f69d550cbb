// Secrets of identities that a page has handed over: in this tab's memory, never stored.
import { GnomonError } from '../core/errors.ts';
import { IDENTITY_LOCKED } from '../core/retry.ts';

export interface MemoryIdentities {
  put(id: string, secretScalar: bigint): void;
  /** Rejects with `input.identity-locked`: the job waits until it is put. */
  secretFor(id: string): Promise<string>;
}

export function makeMemoryIdentities(): MemoryIdentities {
  const secrets = new Map<string, bigint>();
  return {
    put: (id, secretScalar) => void secrets.set(id, secretScalar),
    async secretFor(id) {
      const secret = secrets.get(id);
      if (secret !== undefined) return secret.toString();
      throw new GnomonError(IDENTITY_LOCKED, 'This proof needs an identity that this page does not hold.', {
        nextStep: 'Give the identity again; the proof then goes on.',
      });
    },
  };
}
