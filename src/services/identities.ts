// Kept identities as the pages see them; secrets never pass through a page.
import type { Unsubscribe } from './jobs.ts';

export interface IdentitySummary {
  id: string;
  name: string;
  /** Canonical decimal. */
  commitment: string;
  createdAtMs: number;
  backedUp: boolean;
  /** Derived from a published seed: anyone can act as it. */
  demo?: boolean;
  /** In this tab. */
  unlocked: boolean;
}

/** Kept identities: encrypted at rest, unlocked in memory only. */
export interface IdentitiesService {
  list(): Promise<IdentitySummary[]>;
  create(name: string, passphrase: string): Promise<IdentitySummary>;
  /** Takes a Semaphore export string. */
  importExported(exported: string, name: string, passphrase: string): Promise<IdentitySummary>;
  unlock(id: string, passphrase: string): Promise<void>;
  lock(id: string): Promise<void>;
  /** The Semaphore export string: the unencrypted key. Marks the identity as backed up. */
  exportString(id: string, passphrase: string): Promise<string>;
  /** Poseidon2(scope, secret), decimal; the identity must be unlocked. */
  nullifier(id: string, scope: string): Promise<string>;
  /** The line `subject,commitment,signature` that a campaign takes, signed over (campaign id, subject); the
   * identity must be unlocked. */
  signRegistration(id: string, campaignId: string, subject: string): Promise<string>;
  remove(id: string): Promise<void>;
  watch(listener: () => void): Unsubscribe;
}
