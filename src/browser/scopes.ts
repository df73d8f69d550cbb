// Which campaign file a scope was first used under. A second campaign file with the same scope would
// link a person's claims through one nullifier, so it is refused before anything is proved.
import type { ScopesService } from '../services/verification.ts';
import type { Vault } from './database.ts';

/** Read and write share one transaction, so two tabs can never both be first. */
export function makeScopeStore(vault: Vault, nowMs: () => number = Date.now): ScopesService {
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
