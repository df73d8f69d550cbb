// Everything that is kept here in one file under a passphrase, and back: identities, scopes, accepted claims,
// ended proofs, published snapshots, settings. Left out: circuits, which are brought again from where they came,
// and what is under way, whose inputs are sealed with a key that cannot be taken along.
import { openDB } from 'idb';
import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';
import { fromBase64, fromPlain, toBase64, toPlain } from './backup-values.ts';
import { storageError } from './storage-error.ts';

/** What goes into the file. */
const STORES: Record<string, readonly string[]> = {
  'gnomon-vault': ['identities', 'scopes', 'ledger'],
  'gnomon-jobs': ['jobs'],
  'gnomon-snapshots': ['published', 'network'],
};
const SETTINGS = ['gnomon.settings', 'gnomon.theme'] as const;
const PASSPHRASE_CHARS_MIN = 8;
/** As for identities: OWASP's figure for PBKDF2-HMAC-SHA-256 (2023). */
const ROUNDS = 600_000;
const ROUNDS_MAX = 10_000_000;
const ENDED = ['succeeded', 'failed', 'cancelled'];

const FileSchema = v.object({
  format: v.literal('gnomon-backup'),
  version: v.literal(1),
  kdf: v.literal('PBKDF2-SHA-256'),
  rounds: v.pipe(v.number(), v.integer(), v.minValue(ROUNDS), v.maxValue(ROUNDS_MAX)),
  salt: v.string(),
  iv: v.string(),
  ciphertext: v.string(),
});

const Row = v.object({ key: v.unknown(), value: v.unknown() });
const ContentSchema = v.object({
  stores: v.record(v.string(), v.record(v.string(), v.array(Row))),
  settings: v.record(v.string(), v.string()),
});
type Content = v.InferOutput<typeof ContentSchema>;

export interface Restored {
  added: number;
  /** Here already; left as they are. */
  skipped: number;
}

/** The databases must exist: open each store once before. */
export async function exportEverything(passphrase: string): Promise<Blob> {
  if (passphrase.length < PASSPHRASE_CHARS_MIN) {
    throw new GnomonError('input.passphrase', 'The passphrase has fewer than 8 characters.', {
      nextStep: 'Choose a longer one; several words are easy to remember.',
    });
  }
  const subtle = requireSubtle();
  const content: Content = { stores: {}, settings: {} };
  for (const [name, stores] of Object.entries(STORES)) content.stores[name] = await readStores(name, stores);
  for (const key of SETTINGS) {
    const value = localStorage.getItem(key);
    if (value !== null) content.settings[key] = value;
  }
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await deriveKey(subtle, passphrase, salt, ROUNDS);
  const plain = new TextEncoder().encode(JSON.stringify(content));
  const ciphertext = new Uint8Array(await subtle.encrypt(gcm(iv), key, plain));
  const file: v.InferOutput<typeof FileSchema> = {
    format: 'gnomon-backup',
    version: 1,
    kdf: 'PBKDF2-SHA-256',
    rounds: ROUNDS,
    salt: toBase64(salt),
    iv: toBase64(iv),
    ciphertext: toBase64(ciphertext),
  };
  return new Blob([JSON.stringify(file)], { type: 'application/json' });
}

/** Adds what is not here yet, each database in one transaction; nothing that is here is changed. */
export async function importEverything(text: string, passphrase: string): Promise<Restored> {
  const content = await decrypt(text, passphrase);
  const restored: Restored = { added: 0, skipped: 0 };
  for (const [name, stores] of Object.entries(STORES)) {
    await addRows(name, stores, content.stores[name] ?? {}, restored);
  }
  for (const key of SETTINGS) {
    const value = content.settings[key];
    if (value !== undefined && localStorage.getItem(key) === null) localStorage.setItem(key, value);
  }
  return restored;
}

async function decrypt(text: string, passphrase: string): Promise<Content> {
  const file = v.safeParse(FileSchema, readJson(text));
  if (!file.success) {
    throw new GnomonError('input.backup', 'This file is not a backup of Gnomon.', {
      nextStep: 'Choose the file that "Export everything" saved.',
    });
  }
  const subtle = requireSubtle();
  const { salt, rounds, iv, ciphertext } = file.output;
  let plain: ArrayBuffer;
  try {
    const key = await deriveKey(subtle, passphrase, fromBase64(salt), rounds);
    plain = await subtle.decrypt(gcm(fromBase64(iv)), key, fromBase64(ciphertext));
  } catch {
    throw new GnomonError('input.passphrase', 'The passphrase is wrong, or the file was altered.', {
      nextStep: 'Try again with the passphrase that the file was saved under.',
    });
  }
  const content = v.safeParse(ContentSchema, readJson(new TextDecoder().decode(plain)));
  if (content.success) return content.output;
  throw new GnomonError('input.backup', 'This backup was made by another version of Gnomon.', {
    nextStep: 'Open it with the version that made it.',
  });
}

async function readStores(name: string, stores: readonly string[]): Promise<Content['stores'][string]> {
  const database = await openExisting(name);
  try {
    const transaction = database.transaction([...stores]);
    const read: Content['stores'][string] = {};
    for (const store of stores) {
      const [keys, values] = await Promise.all([
        transaction.objectStore(store).getAllKeys(),
        transaction.objectStore(store).getAll(),
      ]);
      read[store] = values.flatMap((value, at) => {
        const kept = name === 'gnomon-jobs' ? endedJob(value) : value;
        return kept === null ? [] : [{ key: toPlain(keys[at]), value: toPlain(kept) }];
      });
    }
    return read;
  } catch (thrown) {
    throw storageError(thrown);
  } finally {
    database.close();
  }
}

/** Its input stays behind, so that it can be looked at but not run again. */
function endedJob(job: { state: string }): unknown {
  return ENDED.includes(job.state) ? { ...job, inputKept: false } : null;
}

async function addRows(
  name: string,
  stores: readonly string[],
  rows: Content['stores'][string],
  restored: Restored,
): Promise<void> {
  const database = await openExisting(name);
  try {
    const transaction = database.transaction([...stores], 'readwrite', { durability: 'strict' });
    for (const name of stores) {
      const store = transaction.objectStore(name);
      for (const row of rows[name] ?? []) {
        const key = fromPlain(row.key) as IDBValidKey;
        const value = fromPlain(row.value);
        if ((await store.count(key)) > 0 || (await isKnownIdentity(store, value))) restored.skipped++;
        else {
          await store.add(value, store.keyPath === null ? key : undefined);
          restored.added++;
        }
      }
    }
    await transaction.done;
  } catch (thrown) {
    throw storageError(thrown);
  } finally {
    database.close();
  }
}

/** The same identity may be here under another id; its commitment is unique. */
async function isKnownIdentity(
  store: {
    indexNames: DOMStringList;
    index(name: string): { count(key: IDBValidKey): Promise<number> };
  },
  value: unknown,
): Promise<boolean> {
  if (!store.indexNames.contains('commitment')) return false;
  return (await store.index('commitment').count((value as { commitment: string }).commitment)) > 0;
}

async function openExisting(name: string) {
  return openDB(name, undefined, {
    // Not made here: its own module knows its stores.
    upgrade: (_database, _old, _new, transaction) => transaction.abort(),
    blocking: (_current, _wanted, event) => (event.target as IDBDatabase).close(),
  });
}

function gcm(iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode('gnomon/backup/v1') };
}

async function deriveKey(
  subtle: SubtleCrypto,
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<CryptoKey> {
  // The same passphrase typed on another system may be composed differently.
  const secret = new TextEncoder().encode(passphrase.normalize('NFKC'));
  const base = await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']);
  return subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

function requireSubtle(): SubtleCrypto {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle !== undefined) return subtle;
  throw new GnomonError('input.insecure-page', 'This page can’t encrypt, so it makes no backups.', {
    nextStep: 'Open it over https, or from localhost.',
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
