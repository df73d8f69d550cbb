// Which campaign file a scope was first used under. A second campaign file with the same scope would
// link a person's claims through one nullifier, so it is refused before anything is proved.
import type { Vault } from './database.ts';

export interface ScopeStore {
  /** Remembers the first digest; `other` when the scope already belongs to another campaign file. */
  claimFor(scope: string, campaignDigest: string): Promise<'new' | 'same' | 'other'>;
}

/** Read and write share one transaction, so two tabs can never both be first. */
export function makeScopeStore(vault: Vault, nowMs: () => number = Date.now): ScopeStore {
  return {
    claimFor(scope, campaignDigest) {
      return vault.use(async (database) => {
        const transaction = database.transaction('scopes', 'readwrite', { durability: 'strict' });
        const known = await transaction.store.get(scope);
        if (known === undefined) {
          await transaction.store.add({ scope, campaignDigest, firstUsedAtMs: nowMs() });
        }
        await transaction.done;
        if (known === undefined) return 'new';
        return known.campaignDigest === campaignDigest ? 'same' : 'other';
      });
    },
  };
}
