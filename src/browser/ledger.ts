// The accepted claims, keyed on (scope, nullifier): never on proof bytes, which anyone can re-randomise.
// Spending reads and writes in one transaction, so two tabs cannot both accept one nullifier.

import { GnomonError } from '../core/errors.ts';
import { FIELD_ORDER_R } from '../core/groth16.ts';
import type { AcceptedClaim, LedgerService } from '../services/verification.ts';
import type { Vault } from './database.ts';

export function makeLedger(vault: Vault): LedgerService {
  return {
    async spend(claim) {
      requireCanonical(claim.scope, 'scope');
      requireCanonical(claim.nullifier, 'nullifier');
      const kept: AcceptedClaim = {
        scope: claim.scope,
        nullifier: claim.nullifier,
        campaignName: claim.campaignName,
        claimantPayload: claim.claimantPayload,
        ...(claim.shows === undefined ? {} : { shows: claim.shows }),
        ...(claim.demo === undefined ? {} : { demo: claim.demo }),
        acceptedAtMs: claim.acceptedAtMs,
      };
      return vault.use(async (database) => {
        const transaction = database.transaction('ledger', 'readwrite', { durability: 'strict' });
        const known = await transaction.store.get([kept.scope, kept.nullifier]);
        if (known === undefined) await transaction.store.add(kept);
        await transaction.done;
        return known === undefined ? 'accepted' : 'already-used';
      });
    },
    async list() {
      const claims = await vault.use((database) => database.getAll('ledger'));
      return claims.sort((a, b) => b.acceptedAtMs - a.acceptedAtMs);
    },
    async clear() {
      await vault.use(async (database) => {
        const transaction = database.transaction('ledger', 'readwrite', { durability: 'strict' });
        await transaction.store.clear();
        await transaction.done;
      });
    },
  };
}

// A second spelling of one number ("7" and "07", or 7 + r) would be a second key, and so a second spend.
function requireCanonical(value: string, field: 'scope' | 'nullifier'): void {
  if (/^(0|[1-9][0-9]{0,76})$/.test(value) && BigInt(value) < FIELD_ORDER_R) return;
  throw new GnomonError('input.ledger-key', `The ${field} is not a canonical field element.`, {
    nextStep: 'Ask for the claim again; this one was not made by the app.',
    where: field,
  });
}
