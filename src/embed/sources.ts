// What snarkjs' callers pass for a file: a path or URL, bytes, or an object in memory. Read here into bytes, in Node
// and in pages.
import { GnomonError } from '../core/errors.ts';
import type { FileSource } from './types.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Rejects with `input.file` or `network.unreachable`. */
export async function readSource(source: FileSource, what: string): Promise<Bytes> {
  if (typeof source === 'string') return isUrl(source) ? readUrl(source, what) : readPath(source, what);
  if (source instanceof Uint8Array) return ownBytes(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if ('href' in source) return readUrl(source.href, what);
  if ('arrayBuffer' in source) return new Uint8Array(await source.arrayBuffer());
  if (source.type === 'file') return readSource(source.fileName, what);
  if (source.type === 'mem' && source.data !== undefined) return ownBytes(source.data);
  throw unreadable(what, undefined);
}

/** WebAssembly and digests take no views of shared memory. */
function ownBytes(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : Uint8Array.from(bytes);
}

const isUrl = (text: string): boolean => isPage() || /^(https?|file|data|blob):/i.test(text);

const isPage = (): boolean =>
  (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === undefined;

async function readUrl(url: string, what: string): Promise<Bytes> {
  // Node's fetch knows no files.
  if (/^file:/i.test(url) && !isPage()) return readPath(new URL(url), what);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw unreachable(what, cause);
  }
  if (!response.ok) throw unreachable(`${what}: HTTP ${response.status}`, undefined);
  return new Uint8Array(await response.arrayBuffer());
}

interface NodeFiles {
  readFile(path: string | URL): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

// A variable keeps bundlers for pages from looking for the module.
const moduleName = 'node:fs/promises';
const nodeFiles = (): Promise<NodeFiles> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ moduleName) as Promise<NodeFiles>;

async function readPath(path: string | URL, what: string): Promise<Bytes> {
  try {
    const bytes = await (await nodeFiles()).readFile(path);
    return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
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
