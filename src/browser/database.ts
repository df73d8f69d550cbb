// The "gnomon-vault" database: kept identities, scopes used, claims accepted. Only its shape
// lives here; each store's rules live with the store. Jobs are kept elsewhere.

import type { DBSchema } from 'idb';
import type { StoredIdentity } from '../reputation/identity.ts';
import type { AcceptedClaim } from '../services/verification.ts';
import { type Connection, makeConnection } from './connection.ts';

/** A kept identity. Everything but `sealed` may be read without the passphrase. */
export interface IdentityRecord {
  id: string;
  name: string;
  /** Canonical decimal. */
  commitment: string;
  createdAtMs: number;
  backedUp: boolean;
  /** Derived from a published seed: anyone can act as it. */
  demo: boolean;
  /** The private key under the passphrase. */
  sealed: StoredIdentity;
}

/** The campaign file under which a scope was first used. */
interface StoredScope {
  scope: string;
  campaignDigest: string;
  firstUsedAtMs: number;
}

interface VaultSchema extends DBSchema {
  identities: { key: string; value: IdentityRecord; indexes: { commitment: string } };
  scopes: { key: string; value: StoredScope };
  ledger: { key: [string, string]; value: AcceptedClaim };
}

const VAULT_NAME = 'gnomon-vault';
const VAULT_VERSION = 1;

export type Vault = Connection<VaultSchema>;

/** The connection that the stores of one tab share. */
export function makeVault(name: string = VAULT_NAME): Vault {
  return makeConnection<VaultSchema>(name, VAULT_VERSION, (database, oldVersion) => {
    if (oldVersion < 1) {
      const identities = database.createObjectStore('identities', { keyPath: 'id' });
      identities.createIndex('commitment', 'commitment', { unique: true });
      database.createObjectStore('scopes', { keyPath: 'scope' });
      database.createObjectStore('ledger', { keyPath: ['scope', 'nullifier'] });
    }
  });
}
