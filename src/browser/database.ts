// The "gnomon-vault" database: kept identities, scopes used, claims accepted. Only opening it and
// saying what went wrong live here; each store's rules live with the store. Jobs are kept elsewhere.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { GnomonError } from '../core/errors.ts';
import type { StoredIdentity } from '../reputation/identity.ts';

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

/** A claim that was accepted; (scope, nullifier) is the key, so that it can be spent only once. */
export interface StoredAcceptedClaim {
  scope: string;
  nullifier: string;
  campaignName: string;
  claimantPayload: string;
  /** What it showed, in words. */
  shows?: string;
  demo?: boolean;
  acceptedAtMs: number;
}

interface VaultSchema extends DBSchema {
  identities: { key: string; value: IdentityRecord; indexes: { commitment: string } };
  scopes: { key: string; value: StoredScope };
  ledger: { key: [string, string]; value: StoredAcceptedClaim };
}

const VAULT_NAME = 'gnomon-vault';
const VAULT_VERSION = 1;

export interface Vault {
  /** Runs `work` on the open database; storage failures become `GnomonError`s with a next step. */
  use<T>(work: (database: IDBPDatabase<VaultSchema>) => Promise<T>): Promise<T>;
  /** Closes the connection; the next `use` opens it again. */
  close(): Promise<void>;
}

/** A lazily opened connection, shared by the stores of one tab. It gives way to a newer version of
 * the app in another tab and reopens after the browser has cut it. */
export function makeVault(name: string = VAULT_NAME): Vault {
  let opening: Promise<IDBPDatabase<VaultSchema>> | null = null;

  function open(): Promise<IDBPDatabase<VaultSchema>> {
    if (opening !== null) return opening;
    const attempt = openOnce(name, () => {
      if (opening === attempt) opening = null;
    });
    opening = attempt;
    // A failed opening must not be remembered, or one full disk would last until the tab is closed.
    attempt.catch(() => {
      if (opening === attempt) opening = null;
    });
    return attempt;
  }

  return {
    async use(work) {
      try {
        return await work(await open());
      } catch (thrown) {
        // The connection was closed under the work, by a newer tab or by the browser.
        if (thrown instanceof Error && thrown.name === 'InvalidStateError') opening = null;
        throw storageError(thrown);
      }
    },
    async close() {
      const current = opening;
      opening = null;
      (await current?.catch(() => null))?.close();
    },
  };
}

function openOnce(name: string, onGone: () => void): Promise<IDBPDatabase<VaultSchema>> {
  return new Promise((resolve, reject) => {
    let blocked = false;
    const request = openDB<VaultSchema>(name, VAULT_VERSION, {
      upgrade(database, oldVersion) {
        if (oldVersion < 1) {
          const identities = database.createObjectStore('identities', { keyPath: 'id' });
          identities.createIndex('commitment', 'commitment', { unique: true });
          database.createObjectStore('scopes', { keyPath: 'scope' });
          database.createObjectStore('ledger', { keyPath: ['scope', 'nullifier'] });
        }
      },
      blocked() {
        blocked = true;
        reject(
          new GnomonError('resource.storage-blocked', 'Another tab holds an older version of this storage.', {
            nextStep: 'Close the other Gnomon tabs, then try again.',
          }),
        );
      },
      blocking(_current, _wanted, event) {
        (event.target as IDBDatabase).close();
        onGone();
      },
      terminated: onGone,
    });
    request.then((database) => {
      if (blocked) database.close();
      else resolve(database);
    }, reject);
  });
}

/** Says in words what IndexedDB meant; other errors pass through unchanged. */
export function storageError(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof GnomonError) return thrown;
  switch (thrown.name) {
    case 'QuotaExceededError':
      return new GnomonError('resource.storage-full', 'There is no room left to save on this device.', {
        nextStep: 'Free some space or remove old proofs, then try again.',
        cause: thrown,
      });
    case 'VersionError':
      return new GnomonError(
        'resource.storage-newer',
        'This storage was made by a newer version of Gnomon.',
        {
          nextStep: 'Reload the page to get the newer version.',
          cause: thrown,
        },
      );
    case 'InvalidStateError':
    case 'SecurityError':
    case 'UnknownError':
      return new GnomonError(
        'resource.storage-unavailable',
        'The browser does not let this page save anything.',
        {
          nextStep: 'Leave private browsing or allow site data for this page, then reload it.',
          cause: thrown,
        },
      );
    default:
      return thrown;
  }
}
