// What snarkjs' callers pass for a file: a path or URL, bytes, or an object in memory. Opened here in Node and in
// pages, and read when it is needed.
import { GnomonError } from '../core/errors.ts';
import { inMemory, type KeyFile } from '../prover/engine/key-file.ts';
import { follow, type Signal } from './cancel.ts';
import { Checksum } from './checksum.ts';
import type { FileSource } from './types.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A file that is read only when it is needed, and a key piece by piece. */
export interface OpenSource {
  /** The same for the same bytes only. Of a path by the file's times and place, of an address by the version that
   * its server tells, else by content. */
  name(): Promise<string>;
  file(): Promise<KeyFile>;
  bytes(): Promise<Bytes>;
  close(): void;
}

/** Rejects with `input.file` or `network.unreachable`, as do its functions. The signal ends downloads. */
export async function openSource(source: FileSource, what: string, signal?: Signal): Promise<OpenSource> {
  if (typeof source === 'string') {
    return isUrl(source) ? openUrl(source, what, signal) : openPath(source, what);
  }
  // Callers in plain JavaScript give anything.
  if (typeof source !== 'object' || source === null) throw unreadable(what, undefined);
  if (source instanceof Uint8Array) return ofBytes(ownBytes(source));
  if (source instanceof ArrayBuffer) return ofBytes(new Uint8Array(source));
  if ('href' in source) return openUrl(source.href, what, signal);
  if (source instanceof Blob) return ofBlob(source, blobName(source));
  if ('arrayBuffer' in source) return ofBytes(new Uint8Array(await source.arrayBuffer()));
  if (source.type === 'file') return openSource(source.fileName, what, signal);
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
export async function readSource(source: FileSource, what: string, signal?: Signal): Promise<Bytes> {
  const opened = await openSource(source, what, signal);
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

let blobs = 0;
const blobNames = new WeakMap<Blob, string>();

/** Blobs never change. */
function blobName(blob: Blob): string {
  const name = blobNames.get(blob) ?? `blob ${blobs++}`;
  blobNames.set(blob, name);
  return name;
}

/** Browsers keep large blobs out of the page's memory. */
function ofBlob(blob: Blob, name: string | undefined): OpenSource {
  const read = async (at: number, bytes: number) =>
    new Uint8Array(await blob.slice(at, at + bytes).arrayBuffer());
  return {
    async name() {
      if (name !== undefined) return name;
      const sum = new Checksum();
      for (let at = 0; at < blob.size; at += PIECE_BYTES) sum.add(await read(at, PIECE_BYTES));
      return `bytes ${sum.text}`;
    },
    file: async () => ({ bytes: blob.size, read }),
    bytes: () => read(0, blob.size),
    close: () => undefined,
  };
}

const PIECE_BYTES = 1 << 20;

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

async function openUrl(url: string, what: string, signal: Signal | undefined): Promise<OpenSource> {
  if (isFileUrl(url)) return openPath(new URL(url), what);
  const following = follow(signal);
  let response: Response;
  try {
    response = await fetch(url, { signal: following.signal });
  } catch (cause) {
    following.end();
    throw unreachable(what, cause);
  }
  if (!response.ok) following.end();
  if (!response.ok) throw unreachable(`${what}: HTTP ${response.status}`, undefined);
  const version = versionOf(response.headers);
  let fetched: Promise<OpenSource> | undefined;
  const content = () => {
    fetched ??= response.blob().then(
      (blob) => ofBlob(blob, undefined),
      (cause) => {
        throw unreachable(what, cause);
      },
    );
    return fetched;
  };
  return {
    name: async () => (version === undefined ? (await content()).name() : `${response.url} ${version}`),
    file: async () => (await content()).file(),
    bytes: async () => (await content()).bytes(),
    // What is not needed is not fetched to its end.
    close: () => following.end(),
  };
}

/** What changes whenever the bytes do: a strong entity tag, or a date of change that is surely older than the
 * answer (RFC 9110, 8.8). Undefined where the server tells neither, or not to this page. */
export function versionOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  if (tag?.startsWith('"')) return tag;
  const changed = headers.get('last-modified');
  const [then, now] = [Date.parse(changed ?? ''), Date.parse(headers.get('date') ?? '')];
  return now - then > 60_000 ? `${changed} ${headers.get('content-length')}` : undefined;
}

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

function unreachable(what: string, cause: unknown): GnomonError {
  return new GnomonError('network.unreachable', `The ${what} cannot be fetched.`, {
    nextStep: 'Check the address, and that this page may fetch from there.',
    cause,
  });
}
