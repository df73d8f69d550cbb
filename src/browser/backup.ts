// Everything that is kept here in one file under a passphrase, and back: identities, scopes, accepted claims, all
// proofs with what those that can still run need, published snapshots, own circuits with their files, servers with their tokens and
// what each may see, settings.
// Left out: circuits of the app itself, which are fetched again.
import { openDB } from 'idb';
import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';
import type { CircuitInput } from '../core/groth16.ts';
import type { Job } from '../core/job.ts';
import type { Artifact, CircuitEntry } from '../core/manifest.ts';
import type { JobArchive, JobStore } from '../core/ports.ts';
import type { KeepingArtifactStore } from '../prover/artifacts.ts';
import { fromPlain, toPlain } from './backup-values.ts';
import { openSealed, type SealedReader, sealStream } from './sealed-stream.ts';
import type { ServerRecords } from './server-records.ts';
import { storageError } from './storage-error.ts';

/** What is copied as it lies in IndexedDB. */
const STORES: Record<string, readonly string[]> = {
  'gnomon-vault': ['identities', 'scopes', 'ledger'],
  'gnomon-snapshots': ['published', 'network'],
  'gnomon-own-circuits': ['own'],
};
const SETTINGS = ['gnomon.settings', 'gnomon.theme'] as const;

const Row = v.object({ key: v.unknown(), value: v.unknown() });
/** What the store's rules rely on; the rest only shows. */
const JobShape = v.looseObject({
  id: v.string(),
  state: v.picklist(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
  attempts: v.array(v.looseObject({ number: v.number() })),
  attemptsUsed: v.number(),
  priority: v.picklist([0, 1, 2, 3]),
  revision: v.number(),
});
const Size = v.pipe(v.number(), v.integer(), v.minValue(0));
const ContentSchema = v.object({
  stores: v.record(v.string(), v.record(v.string(), v.array(Row))),
  jobs: v.array(v.object({ job: v.unknown(), input: v.unknown() })),
  settings: v.record(v.string(), v.string()),
  /** Not in the oldest backups. */
  servers: v.optional(v.unknown()),
  /** Their bytes follow, in this order. */
  files: v.array(v.object({ sha256: v.string(), bytes: Size })),
});
type Content = v.InferOutput<typeof ContentSchema>;

export interface BackupParts {
  /** Its database exists, as must those of STORES: open each once before. */
  jobs: Pick<JobStore, 'list'> & JobArchive;
  ownCircuits: { list(): Promise<{ circuit: CircuitEntry }[]> };
  artifacts: Pick<KeepingArtifactStore, 'get' | 'has' | 'keep' | 'remove'>;
  servers: Pick<ServerRecords, 'archive' | 'restore'>;
}

export interface Restored {
  added: number;
  /** Here already; left as they are. */
  skipped: number;
}

export async function exportEverything(parts: BackupParts, passphrase: string): Promise<Blob> {
  const files = await ownFiles(parts);
  const content: Content = {
    stores: {},
    jobs: [],
    settings: {},
    servers: parts.servers.archive(),
    files: files.map(({ sha256, bytes }) => ({ sha256, bytes })),
  };
  for (const [name, stores] of Object.entries(STORES)) content.stores[name] = await readStores(name, stores);
  // Oldest first, so that they are brought back in the order in which they came.
  for (const job of (await parts.jobs.list()).reverse()) {
    const input = job.inputKept ? await parts.jobs.inputOf(job.id) : null;
    content.jobs.push({ job: toPlain(job), input: toPlain(input) });
  }
  for (const key of SETTINGS) {
    const value = localStorage.getItem(key);
    if (value !== null) content.settings[key] = value;
  }
  async function* bytesOfAll(): AsyncGenerator<Uint8Array> {
    const text = new TextEncoder().encode(JSON.stringify(content));
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, text.length);
    yield new Uint8Array(length.buffer);
    yield text;
    for (const file of files) yield await parts.artifacts.get(file, new AbortController().signal, () => {});
  }
  return sealStream(bytesOfAll(), passphrase);
}

/** Adds what is not here yet; nothing that is here is changed, and nothing at all by a file that is not whole. */
export async function importEverything(
  parts: BackupParts,
  file: Blob,
  passphrase: string,
): Promise<Restored> {
  const reader = await openSealed(file, passphrase);
  const content = await readContent(reader);
  const jobs = content.jobs.map(({ job, input }) => ({
    job: readJob(fromPlain(job)),
    input: fromPlain(input) as CircuitInput | null,
  }));
  await restoreFiles(parts, content, reader);
  const restored: Restored = { added: 0, skipped: 0 };
  for (const [name, stores] of Object.entries(STORES)) {
    await addRows(name, stores, content.stores[name] ?? {}, restored);
  }
  const added = await parts.jobs.restore(jobs);
  restored.added += added;
  restored.skipped += jobs.length - added;
  if (content.servers !== undefined) {
    const servers = parts.servers.restore(content.servers);
    restored.added += servers.added;
    restored.skipped += servers.skipped;
  }
  for (const key of SETTINGS) {
    const value = content.settings[key];
    if (value !== undefined && localStorage.getItem(key) === null) localStorage.setItem(key, value);
  }
  return restored;
}

async function readContent(reader: SealedReader): Promise<Content> {
  const length = new DataView((await reader.read(4)).buffer).getUint32(0);
  const text = new TextDecoder().decode(await reader.read(length));
  const content = v.safeParse(ContentSchema, JSON.parse(text));
  if (content.success) return content.output;
  throw otherVersion();
}

function readJob(job: unknown): Job {
  const shape = v.safeParse(JobShape, job);
  if (!shape.success) throw otherVersion();
  return shape.output as unknown as Job;
}

/** Each once, as far as they are here. */
async function ownFiles({ ownCircuits, artifacts }: BackupParts): Promise<Artifact[]> {
  const files = new Map<string, Artifact>();
  for (const { circuit } of await ownCircuits.list()) {
    const { wasm, zkey, vkey } = circuit.artifacts;
    for (const file of [wasm, zkey, vkey]) if (await artifacts.has(file.sha256)) files.set(file.sha256, file);
  }
  return [...files.values()];
}

/** Before anything else is written: if the backup turns out not to be whole, they are dropped again. */
async function restoreFiles(
  { artifacts }: BackupParts,
  content: Content,
  reader: SealedReader,
): Promise<void> {
  const kept: string[] = [];
  try {
    for (const { sha256, bytes } of content.files) {
      const data = await reader.read(bytes);
      if (await artifacts.has(sha256)) continue;
      const file = await artifacts.keep('circuit file', data);
      kept.push(file.sha256);
      if (file.sha256 !== sha256) throw otherVersion();
    }
    await reader.end();
  } catch (thrown) {
    for (const sha256 of kept) await artifacts.remove(sha256).catch(() => {});
    throw thrown;
  }
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
      read[store] = values.map((value, at) => ({ key: toPlain(keys[at]), value: toPlain(value) }));
    }
    return read;
  } catch (thrown) {
    throw storageError(thrown);
  } finally {
    database.close();
  }
}

/** Each database in one transaction. */
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

function otherVersion(): GnomonError {
  return new GnomonError('input.backup', 'This backup was made by another version of Gnomon.', {
    nextStep: 'Open it with the version that made it.',
  });
}
