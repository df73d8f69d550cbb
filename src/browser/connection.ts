// One lazily opened IndexedDB connection, shared by the stores of a tab: it gives way to a newer version of the
// app in another tab, says so when an older one holds the storage, and opens again after the browser has cut it.
import { type IDBPDatabase, openDB } from 'idb';
import { GnomonError } from '../core/errors.ts';
import { storageError } from './storage-error.ts';

export interface Connection<Schema> {
  /** Runs `work` on the open database; storage failures become `GnomonError`s with a next step. */
  use<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T>;
  /** Closes the connection; the next `use` opens it again. */
  close(): Promise<void>;
}

export type Upgrade<Schema> = (database: IDBPDatabase<Schema>, oldVersion: number) => void;

/** Nothing is opened before the first `use`. */
export function makeConnection<Schema>(
  name: string,
  version: number,
  upgrade: Upgrade<Schema>,
): Connection<Schema> {
  let opening: Promise<IDBPDatabase<Schema>> | null = null;

  function open(): Promise<IDBPDatabase<Schema>> {
    if (opening !== null) return opening;
    const forget = () => {
      if (opening === attempt) opening = null;
    };
    const attempt = openOnce(name, version, upgrade, forget);
    opening = attempt;
    // A failed opening must not be remembered, or one full disk would last until the tab is closed.
    attempt.catch(forget);
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

function openOnce<Schema>(
  name: string,
  version: number,
  upgrade: Upgrade<Schema>,
  onGone: () => void,
): Promise<IDBPDatabase<Schema>> {
  return new Promise((resolve, reject) => {
    let blocked = false;
    const request = openDB<Schema>(name, version, {
      upgrade,
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
