// Artifacts by digest: kept chunks first, then the network from where they end; SHA-256 over the whole
// before anyone sees a byte. Where chunks are kept is the platform's matter (ChunkStorage).
import { type ErrorData, GnomonError, toErrorData } from '../core/errors.ts';
import type { Artifact } from '../core/manifest.ts';
import type { ArtifactStore, KeptArtifact } from '../core/ports.ts';
import { broughtUrl, isBrought, noLongerHere, notKeepable } from './brought.ts';
import { sha256Hex } from './digest.ts';
import { cancelled, download } from './download.ts';

export interface KeptMeta extends KeptArtifact {
  complete: boolean;
  /** The server's strong ETag for the bytes so far; null when it gave none. */
  etag: string | null;
  /** A person brought it and it cannot be fetched again: never dropped to make room. */
  brought?: boolean;
}

/** An artifact store that also takes files a person brings. */
export interface KeepingArtifactStore extends ArtifactStore {
  /** Keeps a file, whole and by its digest, so that `get` finds it in any tab and after a restart. Rejects with
   * `resource.storage-…` when it cannot be kept, since it could not be fetched again. */
  keep(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Artifact>;
}

/** Keeps chunks of artifacts. Each write is atomic: whole or not at all. */
export interface ChunkStorage {
  read(sha256: string, index: number): Promise<Uint8Array | undefined>;
  /** May reject with a DOMException `QuotaExceededError`. */
  write(sha256: string, index: number, chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  readMeta(sha256: string): Promise<KeptMeta | undefined>;
  writeMeta(meta: KeptMeta): Promise<void>;
  /** How many chunks are kept. */
  count(sha256: string): Promise<number>;
  drop(sha256: string): Promise<void>;
  list(): Promise<KeptMeta[]>;
}

export interface ArtifactStoreOptions {
  storage: ChunkStorage;
  fetch: typeof fetch;
  /** Relative artifact URLs are resolved against this. */
  baseUrl: string;
  nowMs: () => number;
  /** Runs the work unless somebody else (another tab or worker) works on the same artifact: then answers
   * `busy`. */
  lock?: Lock;
  /** Something went wrong that did not stop the work, e.g. no space to keep the file. */
  onWarning?: (warning: ErrorData) => void;
  /** 1 MiB unless told: what an interrupted download loses at most. */
  chunkBytes?: number;
  /** A connection without a byte for this long is given up. */
  stallMs?: number;
}

export type Lock = <T>(sha256: string, work: () => Promise<T>) => Promise<{ done: T } | 'busy'>;

const CHUNK_BYTES = 1024 * 1024;
const STALL_MS = 8_000;
const WAIT_POLL_MS = 250;
/** Whoever holds the lock and makes no headway for this long is not waited for. */
const WAIT_LIMIT_MS = 15_000;

export function makeArtifactStore(options: ArtifactStoreOptions): KeepingArtifactStore {
  const { storage } = options;
  return {
    async get(artifact, signal, onBytes) {
      if (signal.aborted) throw cancelled();
      try {
        return await inTurn(artifact, signal, onBytes, options);
      } catch (thrown) {
        if (signal.aborted) throw cancelled();
        throw thrown;
      }
    },
    keep: (name, bytes) => keepFile(name, bytes, options),
    async has(sha256) {
      return (await storage.readMeta(sha256))?.complete === true;
    },
    async list() {
      const kept = await storage.list();
      return kept
        .filter((meta) => meta.complete)
        .map(({ sha256, bytes, lastUsedAtMs }) => ({ sha256, bytes, lastUsedAtMs }));
    },
    remove: (sha256) => storage.drop(sha256),
  };
}

async function keepFile(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  { storage, nowMs, chunkBytes = CHUNK_BYTES }: ArtifactStoreOptions,
): Promise<Artifact> {
  const sha256 = await sha256Hex(bytes);
  const meta = { sha256, bytes: bytes.length, etag: null, brought: true };
  const attempt = async (write: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        return await write();
      } catch (thrown) {
        if (isQuotaError(thrown) && (await dropOldest(storage, sha256))) continue;
        await storage.drop(sha256).catch(() => undefined);
        throw notKeepable(name, isQuotaError(thrown), thrown);
      }
    }
  };
  await attempt(() => storage.writeMeta({ ...meta, lastUsedAtMs: nowMs(), complete: false }));
  for (let at = 0, index = 0; at < bytes.length; at += chunkBytes, index++) {
    await attempt(() => storage.write(sha256, index, bytes.slice(at, at + chunkBytes)));
  }
  await attempt(() => storage.writeMeta({ ...meta, lastUsedAtMs: nowMs(), complete: true }));
  return { url: broughtUrl(name), bytes: bytes.length, sha256 };
}

/** Lets another download of the same artifact go first, counting what it has kept so far. */
async function inTurn(
  artifact: Artifact,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
  options: ArtifactStoreOptions,
): Promise<Uint8Array> {
  const work = () => obtain(artifact, signal, onBytes, options);
  const { lock, storage, chunkBytes = CHUNK_BYTES } = options;
  if (lock === undefined) return work();
  let counted = -1;
  for (let waitedMs = 0; waitedMs < WAIT_LIMIT_MS; waitedMs += WAIT_POLL_MS) {
    const turn = await lock(artifact.sha256, work);
    if (turn !== 'busy') return turn.done;
    const chunks = await storage.count(artifact.sha256).catch(() => 0);
    if (chunks > counted) {
      counted = chunks;
      waitedMs = 0;
      onBytes(Math.min(artifact.bytes, chunks * chunkBytes));
    }
    await new Promise((wake) => setTimeout(wake, WAIT_POLL_MS));
    if (signal.aborted) throw cancelled();
  }
  return work();
}

async function obtain(
  artifact: Artifact,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
  options: ArtifactStoreOptions,
): Promise<Uint8Array> {
  const { sha256, bytes } = artifact;
  const chunkBytes = options.chunkBytes ?? CHUNK_BYTES;
  const buffer = allocate(bytes);
  const keeper = makeKeeper(artifact, options);
  let { at, etag, brought } = await readKept(artifact, buffer, chunkBytes, keeper.storage);
  onBytes(at);
  for (;;) {
    const before = at;
    if (at < bytes) {
      if (isBrought(artifact)) throw noLongerHere(artifact);
      const got = await download({
        artifact,
        buffer,
        from: at,
        etag,
        signal,
        onBytes,
        chunkBytes,
        fetch: options.fetch,
        baseUrl: options.baseUrl,
        stallMs: options.stallMs ?? STALL_MS,
        onStart: (newEtag) => keeper.writeMeta({ complete: false, etag: newEtag }),
        onChunk: (index, chunk) => keeper.writeChunk(index, chunk),
      });
      etag = got.etag;
    }
    if (signal.aborted) throw cancelled();
    if ((await sha256Hex(buffer)) === sha256) {
      await keeper.writeMeta({ complete: true, etag, ...(brought ? { brought } : {}) });
      return buffer;
    }
    await keeper.drop();
    // All of it came fresh from the server: it is the server's file that is wrong.
    if (before === 0) throw digestMismatch(artifact);
    options.onWarning?.(digestMismatch(artifact).toData());
    at = 0;
    etag = null;
    brought = false;
    onBytes(0);
  }
}

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new GnomonError('resource.memory', 'There is not enough memory to load this circuit.', {
      nextStep: 'Close other tabs or programs, or take a smaller circuit, then try again.',
      cause,
    });
  }
}

/** Fills `buffer` with the chunks that are kept, up to the first gap. */
async function readKept(
  { sha256, bytes }: Artifact,
  buffer: Uint8Array,
  chunkBytes: number,
  storage: ChunkStorage,
): Promise<{ at: number; etag: string | null; brought: boolean }> {
  let at = 0;
  let brought = false;
  try {
    const meta = await storage.readMeta(sha256);
    if (meta === undefined) return { at: 0, etag: null, brought };
    brought = meta.brought === true;
    for (let index = 0; at < bytes; index++) {
      const chunk = await storage.read(sha256, index);
      if (chunk?.length !== Math.min(chunkBytes, bytes - at)) break;
      buffer.set(chunk, at);
      at += chunk.length;
    }
    return { at, etag: meta.etag, brought };
  } catch {
    // Storage that cannot be read is no reason not to fetch.
    return { at, etag: null, brought };
  }
}

/** Writes what is kept; when there is no room even after dropping older artifacts, goes on without. */
function makeKeeper(artifact: Artifact, { storage, onWarning, nowMs }: ArtifactStoreOptions) {
  const { sha256, bytes } = artifact;
  let keeping = true;
  const attempt = async (write: () => Promise<void>): Promise<void> => {
    while (keeping) {
      try {
        return await write();
      } catch (thrown) {
        if (isQuotaError(thrown) && (await dropOldest(storage, sha256))) continue;
        keeping = false;
        onWarning?.(notKept(thrown));
        await storage.drop(sha256).catch(() => undefined);
      }
    }
  };
  return {
    storage,
    writeChunk: (index: number, chunk: Uint8Array<ArrayBuffer>) =>
      attempt(() => storage.write(sha256, index, chunk)),
    writeMeta: (meta: Pick<KeptMeta, 'complete' | 'etag' | 'brought'>) =>
      attempt(() => storage.writeMeta({ sha256, bytes, lastUsedAtMs: nowMs(), ...meta })),
    drop: () => storage.drop(sha256).catch(() => undefined),
  };
}

async function dropOldest(storage: ChunkStorage, except: string): Promise<boolean> {
  const others = (await storage.list().catch(() => [])).filter(
    (meta) => meta.sha256 !== except && meta.brought !== true,
  );
  const oldest = others.sort((a, b) => a.lastUsedAtMs - b.lastUsedAtMs)[0];
  if (oldest === undefined) return false;
  return storage.drop(oldest.sha256).then(
    () => true,
    () => false,
  );
}

function isQuotaError(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'QuotaExceededError';
}

function notKept(thrown: unknown): ErrorData {
  const why = isQuotaError(thrown) ? 'there is too little space' : 'the storage refused';
  return {
    ...toErrorData(thrown),
    group: 'resource',
    code: 'resource.storage-artifact',
    message: `A circuit's file was used but not kept: ${why}.`,
    nextStep: 'Free some space; until then it is fetched again each time.',
    retryable: true,
  };
}

function digestMismatch({ url }: Artifact): GnomonError {
  return new GnomonError('artifact.digest-mismatch', 'A circuit’s file is not the one the list names.', {
    where: url,
    // What was kept has been fetched anew already; the same server would send the same again.
    retryable: false,
    nextStep:
      'Nothing of it was used. Try again; if it happens again, the server’s files are damaged or were changed: ask whoever runs it.',
  });
}
