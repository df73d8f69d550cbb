// The database that holds jobs: its schema, its upgrades, and the key that seals inputs. One opening serves
// all of a tab's calls until the browser, or a newer page, closes it.
import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB, type StoreNames } from 'idb';
import { type ErrorData, GnomonError } from '../core/errors.ts';
import type { CircuitInput } from '../core/groth16.ts';
import { isSingleThreaded, type Job, type Priority, proverOf } from '../core/job.ts';
import type { KeptInput, Lane, StoreMeta } from '../core/store-engine.ts';
import { isSealed, makeSealKey, sealInput } from './input-seal.ts';

/** 1: inputs in plain. 2: sealed. 3: our engine is on the ladder. */
const VERSION = 3;

/** `lane` repeats what the job says, for the index. */
export type StoredJob = Job & { lane: Lane };

export interface JobSchema extends DBSchema {
  jobs: {
    key: string;
    value: StoredJob;
    indexes: { waiting: [Lane, Priority, number]; sequence: number };
  };
  /** Apart from the jobs, so that lists never read them and deleting one leaves nothing behind. */
  inputs: { key: string; value: KeptInput };
  meta: { key: 'meta'; value: StoreMeta };
  /** `inputs`: the key. `unsealed`: there may still be inputs in plain, of version 1. */
  keys: { key: 'inputs' | 'unsealed'; value: CryptoKey | true };
}

export interface JobDatabase {
  database: IDBPDatabase<JobSchema>;
  /** Null: inputs are kept in plain here. */
  key: CryptoKey | null;
}

export interface JobDatabaseOptions {
  name: string;
  /** The connection is gone. `outdated`: for a newer version of the page, so that opening again is no use. */
  onGone: (outdated: boolean) => void;
  onWarning?: (warning: ErrorData) => void;
  /** How long older pages may take to let go. */
  blockedMs?: number;
}

/** A page that closes its connection when asked needs milliseconds, unless it is in the middle of a write. */
const BLOCKED_MS = 3_000;

/** Rejects with `resource.storage-blocked` when an older page does not let go; other failures are
 * IndexedDB's own. */
export async function openJobDatabase(options: JobDatabaseOptions): Promise<JobDatabase> {
  const database = await openUpgraded(options);
  try {
    const key = await sealingKey(database);
    if (key === null) options.onWarning?.(unsealedWarning());
    else await sealOldInputs(database, key);
    return { database, key };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function openUpgraded({ name, onGone, blockedMs = BLOCKED_MS }: JobDatabaseOptions) {
  return new Promise<IDBPDatabase<JobSchema>>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let given = false;
    const request = openDB<JobSchema>(name, VERSION, {
      upgrade(database, from, _to, transaction) {
        if (from < 1) {
          const jobs = database.createObjectStore('jobs', { keyPath: 'id' });
          jobs.createIndex('waiting', ['lane', 'priority', 'sequence']);
          jobs.createIndex('sequence', 'sequence');
          database.createObjectStore('inputs');
          database.createObjectStore('meta');
        }
        if (from < 2) {
          database.createObjectStore('keys');
          if (from === 1) void transaction.objectStore('keys').put(true, 'unsealed');
        }
        if (from > 0 && from < 3) void ontoTheEngine(transaction.objectStore('jobs'));
      },
      blocked() {
        timer = setTimeout(() => {
          given = true;
          reject(blockedError());
        }, blockedMs);
      },
      // A newer page wants to upgrade, or everything is being deleted: let it.
      blocking(_current, wanted, event) {
        (event.target as IDBDatabase).close();
        onGone(wanted !== null);
      },
      terminated: () => onGone(false),
    });
    request
      .then((database) => {
        if (given) database.close();
        else resolve(database);
      }, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** Jobs from before the engine start on its rung with as many threads. */
async function ontoTheEngine(
  jobs: IDBPObjectStore<JobSchema, StoreNames<JobSchema>[], 'jobs', 'versionchange'>,
) {
  for (let at = await jobs.openCursor(); at !== null; at = await at.continue()) {
    const { rung } = at.value;
    if (proverOf(rung) === 'engine') continue;
    await at.update({ ...at.value, rung: isSingleThreaded(rung) ? 'engine-single' : 'engine-threaded' });
  }
}

/** The key, made once for all tabs: whoever comes second takes the first one's. */
async function sealingKey(database: IDBPDatabase<JobSchema>): Promise<CryptoKey | null> {
  const known = await database.get('keys', 'inputs');
  if (known !== undefined) return known as CryptoKey;
  const made = await makeSealKey();
  if (made === null) return null;
  const transaction = database.transaction('keys', 'readwrite', { durability: 'strict' });
  const first = await transaction.store.get('inputs');
  if (first === undefined) {
    try {
      await transaction.store.put(made, 'inputs');
    } catch (thrown) {
      // Some browsers cannot store keys, in private windows for one.
      await transaction.done.catch(() => {});
      if (thrown instanceof DOMException && thrown.name === 'DataCloneError') return null;
      throw thrown;
    }
  }
  await transaction.done;
  return (first as CryptoKey | undefined) ?? made;
}

/** Seals what version 1 kept in plain. Cut short by a crash, it goes on at the next opening. */
async function sealOldInputs(database: IDBPDatabase<JobSchema>, key: CryptoKey): Promise<void> {
  if ((await database.get('keys', 'unsealed')) === undefined) return;
  for (const jobId of await database.getAllKeys('inputs')) {
    const plain = await database.get('inputs', jobId);
    if (plain === undefined || isSealed(plain)) continue;
    const sealed = await sealInput(key, jobId, plain as CircuitInput);
    const transaction = database.transaction('inputs', 'readwrite', { durability: 'strict' });
    // Its job may have ended meanwhile, in another tab; then it stays deleted.
    if ((await transaction.store.getKey(jobId)) !== undefined) await transaction.store.put(sealed, jobId);
    await transaction.done;
  }
  await database.delete('keys', 'unsealed');
}

function blockedError(): GnomonError {
  return new GnomonError('resource.storage-blocked', 'Another tab holds an older version of this storage.', {
    nextStep: 'Close the other Gnomon tabs, then reload this page.',
  });
}

function unsealedWarning(): ErrorData {
  return new GnomonError(
    'resource.storage-plain',
    'This browser offers no encryption here, so what waits to be proved is saved without it.',
    { nextStep: 'Open Gnomon over https, or outside a private window.' },
  ).toData();
}
