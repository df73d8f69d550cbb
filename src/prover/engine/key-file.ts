// A zkey that is read piece by piece: a file, a blob, bytes in memory. The first pass checks and counts, so that the
// second knows where everything goes; nowhere is the file held whole.
import type { PointTable } from './layout.ts';
import type { Reading, Span } from './sections.ts';
import { ValueTable } from './value-table.ts';
import {
  COEFFICIENT_BYTES,
  checkCoefficients,
  checkPoints,
  type KeyOutline,
  pointBytes,
  TABLES,
} from './zkey.ts';

export interface KeyFile {
  readonly bytes: number;
  /** Bytes of the caller's own, in a buffer of just that length: they are handed on and given back at once. */
  read(at: number, bytes: number): Promise<Uint8Array>;
  /** Of a file in memory: the very bytes, to be looked at only. */
  look?(at: number, bytes: number): Uint8Array;
}

export const inMemory = (file: Uint8Array): KeyFile => ({
  bytes: file.length,
  // Not slice(), which copies nothing of Node's Buffer.
  read: async (at, bytes) => new Uint8Array(file.subarray(at, at + bytes)),
  look: (at, bytes) => file.subarray(at, at + bytes),
});

/** What the layout of a key depends on, besides its outline. */
export interface SurveyedKey extends KeyOutline {
  /** Points of each table that are not at infinity. */
  finite: Record<PointTable, number>;
  /** Terms of each row of A and of B. */
  rowCounts: [Uint32Array, Uint32Array];
  /** Different ones among the terms' coefficients. */
  coefficients: number;
}

const PIECE_BYTES = 1 << 20;
/** Of a file in memory, for which many small steps cost nothing. */
const SMALL_PIECE_BYTES = 1 << 18;

/** Runs the steps over a file. */
export async function readFile<T>(file: KeyFile, reading: Reading<T>): Promise<T> {
  let step = reading.next();
  while (step.done !== true) step = reading.next(await file.read(step.value.at, step.value.bytes));
  return step.value;
}

/** A part of the file in pieces of at most 1 MiB, of whole elements of `each` bytes. The next is read meanwhile. */
export async function* pieces(
  file: KeyFile,
  { at, bytes }: Span,
  each: number,
): AsyncGenerator<{ first: number; piece: Uint8Array }> {
  const most = file.look === undefined ? PIECE_BYTES : SMALL_PIECE_BYTES;
  const step = Math.floor(most / each) * each;
  const read = (from: number) => {
    const piece = from < bytes ? file.read(at + from, Math.min(step, bytes - from)) : undefined;
    // Whoever has stopped listening need not hear of it.
    piece?.catch(() => undefined);
    return piece;
  };
  let next = read(0);
  for (let from = 0; next !== undefined; from += step) {
    const piece = await next;
    next = read(from + step);
    yield { first: from / each, piece };
  }
}

/** Throws EngineError `artifact.zkey-format`. `onBytes` hears of every byte read. */
export async function surveyKey(
  file: KeyFile,
  key: KeyOutline,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<SurveyedKey> {
  const finite = { a: 0, b1: 0, b2: 0, c: 0, h: 0 };
  const seen = onLook(file);
  for (const table of TABLES) {
    const each = pointBytes(table);
    for await (const { first, piece } of pieces(seen, key.spans[table], each)) {
      checkPoints(piece, table, first);
      finite[table] += countFinite(piece, table);
      onBytes(piece.length);
      seen.done(piece);
    }
  }
  const values = new ValueTable();
  const rowCounts: SurveyedKey['rowCounts'] = [new Uint32Array(key.domain), new Uint32Array(key.domain)];
  for await (const { first, piece } of pieces(seen, key.spans.coefficients, COEFFICIENT_BYTES)) {
    checkCoefficients(piece, key, first);
    const words = wordsOf(piece);
    for (let at = 0; at < words.length; at += COEFFICIENT_BYTES / 4) {
      const rows = rowCounts[words[at] as 0 | 1];
      const row = words[at + 1]!;
      rows[row] = rows[row]! + 1;
      values.numberOf(words, at + 3);
    }
    onBytes(piece.length);
    seen.done(piece);
  }
  return { ...key, finite, rowCounts, coefficients: values.count };
}

/** A file whose pieces are only looked at: without copies where it can be. */
function onLook(file: KeyFile): KeyFile & { done(piece: Uint8Array): void } {
  const { bytes } = file;
  if (file.look === undefined) return { bytes, read: (at, count) => file.read(at, count), done: giveBack };
  const look = (at: number, count: number) => file.look!(at, count);
  return { bytes, read: async (at, count) => look(at, count), look, done: () => undefined };
}

function countFinite(piece: Uint8Array, table: PointTable): number {
  const words = wordsOf(piece);
  const each = pointBytes(table) / 4;
  let finite = 0;
  for (let i = 0; i < words.length / each; i++) if (hasPoint(words, i, each)) finite++;
  return finite;
}

export function hasPoint(bytes: Uint32Array, point: number, words: number): boolean {
  for (let i = point * words; i < (point + 1) * words; i++) if (bytes[i] !== 0) return true;
  return false;
}

/** As 32-bit words; a copy when they lie at an odd place. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  // Not slice(), which copies nothing of Node's Buffer.
  return new Uint32Array(new Uint8Array(bytes).buffer);
}

interface Port {
  postMessage(message: unknown, transfer: unknown[]): void;
  close(): void;
}

interface Platform {
  MessageChannel: new () => { port1: Port; port2: Port };
  process?: { versions?: { node?: string } };
}
const platform = globalThis as unknown as Platform;
const isNode = platform.process?.versions?.node !== undefined;

let nobody: Port | undefined;

/** Frees a piece's memory without waiting for the garbage collector: heaps grow by tens of megabytes before it comes.
 * In browsers, `transfer(0)` would not do for a buffer that came by a message or from a blob: the browser keeps such
 * bytes beside the JavaScript engine. Sent off to nobody they are gone. */
export function giveBack(piece: Uint8Array): void {
  const { buffer } = piece;
  if (isNode) {
    (buffer as unknown as { transfer?: (bytes: number) => unknown }).transfer?.(0);
    return;
  }
  nobody ??= openPort();
  nobody.postMessage(undefined, [buffer]);
}

function openPort(): Port {
  const { port1, port2 } = new platform.MessageChannel();
  port2.close();
  return port1;
}
