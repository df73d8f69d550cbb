// What snarkjs' callers pass for a file: a path or URL, bytes, or an object in memory. Opened here in Node and in
// pages, and read when it is needed.
import { GnomonError } from '../core/errors.ts';
import { inMemory } from '../prover/engine/key-file.ts';
import { blobName, ofBlob } from './blob-source.ts';
import { Checksum } from './checksum.ts';
import { openFetched } from './fetched.ts';
import type { Bytes, OpenSource } from './open-source.ts';
import type { FetchOptions, FileSource } from './types.ts';

/** Rejects with `input.file` or `network.…`, as do its functions. The options are for downloads only. */
export async function openSource(
  source: FileSource,
  what: string,
  options: FetchOptions = {},
): Promise<OpenSource> {
  if (typeof source === 'string') {
    return isUrl(source) ? openUrl(source, what, options) : openPath(source, what);
  }
  // Callers in plain JavaScript give anything.
  if (typeof source !== 'object' || source === null) throw unreadable(what, undefined);
  if (source instanceof Uint8Array) return ofBytes(ownBytes(source));
  if (source instanceof ArrayBuffer) return ofBytes(new Uint8Array(source));
  if ('href' in source) return openUrl(source.href, what, options);
  if (source instanceof Blob) return ofBlob(source, blobName(source));
  if ('arrayBuffer' in source) return ofBytes(new Uint8Array(await source.arrayBuffer()));
  if (source.type === 'file') return openSource(source.fileName, what, options);
  if (source.type === 'mem' && source.data !== undefined) return ofBytes(ownBytes(source.data));
  throw unreadable(what, undefined);
}

/** Of what comes from elsewhere and may never come, e.g. from an address: the same for the same. */
export function laneOf(source: FileSource): unknown {
  if (typeof source === 'string') return isFetched(source) ? source : undefined;
  if (typeof source !== 'object' || source === null) return undefined;
  if (source instanceof Uint8Array || source instanceof ArrayBuffer || source instanceof Blob)
    return undefined;
  if ('href' in source) return isFetched(source.href) ? source.href : undefined;
  if ('arrayBuffer' in source) return source;
  return source.type === 'file' ? laneOf(source.fileName) : undefined;
}

/** The whole file. */
export async function readSource(source: FileSource, what: string, options?: FetchOptions): Promise<Bytes> {
  const opened = await openSource(source, what, options);
  return opened.bytes().finally(() => opened.close());
}

function ofBytes(bytes: Bytes): OpenSource {
  return {
    async name() {
      const sum = new Checksum();
      sum.add(bytes);
      return `bytes ${sum.text}`;
    },
    file: async () => inMemory(bytes),
    bytes: async () => bytes,
    close: () => undefined,
  };
}

/** WebAssembly and digests take no views of shared memory. */
function ownBytes(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : Uint8Array.from(bytes);
}

const isUrl = (text: string): boolean => isPage() || /^(https?|file|data|blob):/i.test(text);

const isPage = (): boolean =>
  (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === undefined;

/** Node's fetch knows no files. */
const isFileUrl = (url: string): boolean => /^file:/i.test(url) && !isPage();

const isFetched = (text: string): boolean => isUrl(text) && !isFileUrl(text);

const openUrl = (url: string, what: string, options: FetchOptions): Promise<OpenSource> =>
  isFileUrl(url) ? openPath(new URL(url), what) : openFetched(url, what, options);

interface NodeFile {
  stat(options: { bigint: true }): Promise<Record<'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs', bigint>>;
  read(into: Uint8Array, offset: number, bytes: number, at: number): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

interface NodeFiles {
  open(path: string | URL): Promise<NodeFile>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

// A variable keeps bundlers for pages from looking for the module.
const moduleName = 'node:fs/promises';
const nodeFiles = (): Promise<NodeFiles> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ moduleName) as Promise<NodeFiles>;

async function openPath(path: string | URL, what: string): Promise<OpenSource> {
  try {
    const file = await (await nodeFiles()).open(path);
    const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
    const read = async (at: number, bytes: number): Promise<Bytes> => {
      const into = new Uint8Array(bytes);
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await file.read(into, done, bytes - done, at + done);
        if (bytesRead === 0) throw unreadable(what, undefined);
        done += bytesRead;
      }
      return into;
    };
    return {
      name: async () => ['file', dev, ino, size, mtimeNs, ctimeNs].join(' '),
      file: async () => ({ bytes: Number(size), read }),
      bytes: () => read(0, Number(size)),
      close: () => void file.close().catch(() => undefined),
    };
  } catch (cause) {
    throw unreadable(what, cause);
  }
}

/** Writes to a path; in Node only. */
export async function writePath(path: string, bytes: Uint8Array): Promise<void> {
  await (await nodeFiles()).writeFile(path, bytes);
}

function unreadable(what: string, cause: unknown): GnomonError {
  return new GnomonError('input.file', `The ${what} cannot be read.`, {
    nextStep: 'Give a path, a URL, bytes, or {type: "mem", data}.',
    cause,
  });
}
