// Where a browser keeps artifact chunks: the origin's private file system, else the Cache, else memory.
// Works in windows and in workers.
import type { ChunkStorage, KeptMeta } from '../prover/artifacts.ts';

const FOLDER = 'gnomon-artifacts';
const META = 'meta.json';

/** The best storage that works here; private windows may refuse each of them. */
export async function openChunkStorage(): Promise<ChunkStorage> {
  for (const open of [openFileChunks, openCacheChunks]) {
    try {
      return await open();
    } catch {
      // Not available here; the next one may be.
    }
  }
  return makeMemoryChunks();
}

function isMeta(value: unknown): value is KeptMeta {
  if (typeof value !== 'object' || value === null) return false;
  const meta = value as Record<string, unknown>;
  return (
    typeof meta.sha256 === 'string' &&
    typeof meta.bytes === 'number' &&
    typeof meta.lastUsedAtMs === 'number' &&
    typeof meta.complete === 'boolean' &&
    (meta.etag === null || typeof meta.etag === 'string')
  );
}

function parseMeta(text: string): KeptMeta | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMeta(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isAbsent = (thrown: unknown) => thrown instanceof DOMException && thrown.name === 'NotFoundError';

/** One folder for each artifact, one file for each chunk. A file appears when it is closed, hence whole.
 * Throws where files cannot be written from here. */
export async function openFileChunks(): Promise<ChunkStorage> {
  const origin = await navigator.storage.getDirectory();
  if (!('createWritable' in FileSystemFileHandle.prototype)) throw new Error('Files cannot be written here.');
  const root = await origin.getDirectoryHandle(FOLDER, { create: true });

  const readFile = async (sha256: string, name: string): Promise<File | undefined> => {
    try {
      const folder = await root.getDirectoryHandle(sha256);
      return await (await folder.getFileHandle(name)).getFile();
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      throw thrown;
    }
  };
  const writeFile = async (sha256: string, name: string, data: Uint8Array<ArrayBuffer> | string) => {
    const folder = await root.getDirectoryHandle(sha256, { create: true });
    const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
    try {
      await writable.write(data);
      await writable.close();
    } catch (thrown) {
      await writable.abort().catch(() => undefined);
      throw thrown;
    }
  };
  const readMeta = async (sha256: string) => {
    const file = await readFile(sha256, META);
    return file === undefined ? undefined : parseMeta(await file.text());
  };
  return {
    async read(sha256, index) {
      const file = await readFile(sha256, `${index}`);
      return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
    },
    write: (sha256, index, chunk) => writeFile(sha256, `${index}`, chunk),
    readMeta,
    writeMeta: (meta) => writeFile(meta.sha256, META, JSON.stringify(meta)),
    async count(sha256) {
      let count = 0;
      try {
        for await (const name of (await root.getDirectoryHandle(sha256)).keys())
          if (/^\d+$/.test(name)) count++;
      } catch (thrown) {
        if (!isAbsent(thrown)) throw thrown;
      }
      return count;
    },
    async drop(sha256) {
      try {
        await root.removeEntry(sha256, { recursive: true });
      } catch (thrown) {
        if (!isAbsent(thrown)) throw thrown;
      }
    },
    async list() {
      const names: string[] = [];
      for await (const name of root.keys()) names.push(name);
      const metas = await Promise.all(names.map(readMeta));
      return metas.filter((meta) => meta !== undefined);
    },
  };
}

/** The same as entries of one cache, under addresses that nothing is ever fetched from. */
export async function openCacheChunks(): Promise<ChunkStorage> {
  const cache = await caches.open(FOLDER);
  const address = (sha256: string, name: string) => `/${FOLDER}/${sha256}/${name}`;
  const readMeta = async (sha256: string) => {
    const found = await cache.match(address(sha256, META));
    return found === undefined ? undefined : parseMeta(await found.text());
  };
  const digestOf = (request: Request) => new URL(request.url).pathname.split('/')[2];
  return {
    async read(sha256, index) {
      const found = await cache.match(address(sha256, `${index}`));
      return found === undefined ? undefined : new Uint8Array(await found.arrayBuffer());
    },
    write: (sha256, index, chunk) => cache.put(address(sha256, `${index}`), new Response(chunk)),
    readMeta,
    writeMeta: (meta) => cache.put(address(meta.sha256, META), new Response(JSON.stringify(meta))),
    async count(sha256) {
      const requests = await cache.keys();
      return requests.filter((request) => digestOf(request) === sha256 && !request.url.endsWith(META)).length;
    },
    async drop(sha256) {
      const requests = (await cache.keys()).filter((request) => digestOf(request) === sha256);
      await Promise.all(requests.map((request) => cache.delete(request)));
    },
    async list() {
      const digests = new Set((await cache.keys()).map(digestOf));
      const metas = await Promise.all([...digests].map((sha256) => readMeta(sha256 ?? '')));
      return metas.filter((meta) => meta !== undefined);
    },
  };
}

/** For as long as this realm lives. */
export function makeMemoryChunks(): ChunkStorage {
  const metas = new Map<string, KeptMeta>();
  const chunks = new Map<string, Uint8Array>();
  return {
    read: async (sha256, index) => chunks.get(`${sha256}/${index}`),
    async write(sha256, index, chunk) {
      chunks.set(`${sha256}/${index}`, chunk);
    },
    readMeta: async (sha256) => metas.get(sha256),
    async writeMeta(meta) {
      metas.set(meta.sha256, meta);
    },
    count: async (sha256) => [...chunks.keys()].filter((key) => key.startsWith(`${sha256}/`)).length,
    async drop(sha256) {
      metas.delete(sha256);
      for (const key of chunks.keys()) if (key.startsWith(`${sha256}/`)) chunks.delete(key);
    },
    list: async () => [...metas.values()],
  };
}
