// Values as IndexedDB keeps them, as JSON and back: big integers, bytes, maps, sets and dates besides what JSON
// knows. Keys that cannot be read out, and anything else unknown, are refused.
import { GnomonError } from '../core/errors.ts';

type Tagged = { $: string; v: unknown };

const VIEWS = {
  Uint8Array,
  Int32Array,
  Uint32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
  Uint16Array,
} as const;
/** Chunks of this many bytes: a spread of a whole file would overflow the stack. */
const CHUNK_BYTES = 0x8000;

export function toPlain(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value === undefined) return tag('undefined', 0);
  if (typeof value === 'bigint') return tag('bigint', value.toString());
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Date) return tag('date', value.getTime());
  if (value instanceof Map)
    return tag(
      'map',
      [...value].map((entry) => entry.map(toPlain)),
    );
  if (value instanceof Set) return tag('set', [...value].map(toPlain));
  if (value instanceof ArrayBuffer) return tag('ArrayBuffer', toBase64(new Uint8Array(value)));
  for (const [name, View] of Object.entries(VIEWS)) {
    if (value instanceof View) {
      return tag(name, toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
    }
  }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).map(([key, part]) => [key, toPlain(part)] as const);
    // An object of the data's own that has a `$` must not be taken for a tag.
    return '$' in value ? tag('object', entries) : Object.fromEntries(entries);
  }
  throw unknownKind();
}

export function fromPlain(plain: unknown): unknown {
  if (typeof plain !== 'object' || plain === null) return plain;
  if (Array.isArray(plain)) return plain.map(fromPlain);
  if (!('$' in plain)) {
    return Object.fromEntries(Object.entries(plain).map(([key, part]) => [key, fromPlain(part)]));
  }
  const { $: kind, v } = plain as Tagged;
  if (kind === 'undefined') return undefined;
  if (kind === 'bigint') return BigInt(v as string);
  if (kind === 'date') return new Date(v as number);
  if (kind === 'map')
    return new Map((v as [unknown, unknown][]).map(([a, b]) => [fromPlain(a), fromPlain(b)]));
  if (kind === 'set') return new Set((v as unknown[]).map(fromPlain));
  if (kind === 'object') {
    return Object.fromEntries((v as [string, unknown][]).map(([key, part]) => [key, fromPlain(part)]));
  }
  if (kind === 'ArrayBuffer') return fromBase64(v as string).buffer;
  const View = VIEWS[kind as keyof typeof VIEWS];
  if (View === undefined) throw unknownKind();
  return new View(fromBase64(v as string).buffer);
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function tag($: string, v: unknown): Tagged {
  return { $, v };
}

function unknownKind(): GnomonError {
  return new GnomonError('internal.backup-kind', 'Something kept here cannot be put into a backup.', {
    nextStep: 'Report it with the version of Gnomon.',
  });
}
