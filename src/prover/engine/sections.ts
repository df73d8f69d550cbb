// The container that .zkey and .wtns files share: magic, version, then numbered sections with their lengths.
// Every length is held against the file before anything is read; the file's bytes are never copied.
import { FIELD_BYTES } from './constants.ts';
import { EngineError, type EngineErrorGroup } from './errors.ts';

/** snarkjs writes 2 and 10 sections; more than this is no file of ours. */
const MAX_SECTIONS = 64;

export interface FileKind {
  /** Four letters at the file's start. */
  magic: string;
  version: number;
  group: EngineErrorGroup & ('artifact' | 'witness');
  nextStep: string;
}

/** Reads little-endian fields of one section; leaving its end is a typed error. */
export class SectionReader {
  readonly bytes: Uint8Array;
  readonly name: string;
  private readonly view: DataView;
  private readonly fail: (what: string, where: string) => EngineError;
  private position = 0;

  constructor(bytes: Uint8Array, name: string, fail: (what: string, where: string) => EngineError) {
    this.bytes = bytes;
    this.name = name;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.fail = fail;
  }

  u32(field: string): number {
    this.need(4, field);
    const value = this.view.getUint32(this.position, true);
    this.position += 4;
    return value;
  }

  /** The next `length` bytes, as a view. */
  take(length: number, field: string): Uint8Array {
    this.need(length, field);
    const part = this.bytes.subarray(this.position, this.position + length);
    this.position += length;
    return part;
  }

  number(length: number, field: string): bigint {
    return littleEndian(this.take(length, field));
  }

  /** The section must hold nothing else. */
  end(): void {
    if (this.position !== this.bytes.length) throw this.fail('holds more than it should', this.name);
  }

  private need(length: number, field: string): void {
    if (length > this.bytes.length - this.position)
      throw this.fail('ends too early', `${this.name}, ${field}`);
  }
}

export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

/** 32 bytes, little-endian. */
export const toBytes = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: FIELD_BYTES }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));

/** Bytes of a file. */
export interface Span {
  at: number;
  bytes: number;
}

/** Reads a file that says itself where its parts are: asks for spans, gets their bytes. The same steps serve files in
 * memory and files that are read piece by piece. */
export type Reading<T> = Generator<Span, T, Uint8Array>;

/** Of a file in memory: views, no copies. */
export function readFrom<T>(given: Uint8Array, reading: Reading<T>): T {
  // Node's Buffer is one too, but its slice() copies nothing.
  const file = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  let step = reading.next();
  while (step.done !== true) step = reading.next(viewOf(file, step.value));
  return step.value;
}

export const viewOf = (file: Uint8Array, { at, bytes }: Span): Uint8Array => file.subarray(at, at + bytes);

/** Where each section number is; a number that comes twice, or a length beyond the file, is an error. */
export function* findSections(fileBytes: number, kind: FileKind): Reading<(section: number) => Span> {
  const fail = failure(kind);
  if (fileBytes < 12) throw fail('is too short', 'header');
  const start = yield { at: 0, bytes: 12 };
  if (String.fromCharCode(...start.subarray(0, 4)) !== kind.magic)
    throw fail(`does not begin with "${kind.magic}"`, 'header');
  const header = new DataView(start.buffer, start.byteOffset, 12);
  if (header.getUint32(4, true) !== kind.version) throw fail(`is not version ${kind.version}`, 'header');
  const count = header.getUint32(8, true);
  if (count > MAX_SECTIONS) throw fail('has too many sections', 'header');
  const sections = new Map<number, Span>();
  let position = 12;
  for (let i = 0; i < count; i++) {
    if (fileBytes - position < 12) throw fail('ends too early', `section header ${i + 1}`);
    const bytes = yield { at: position, bytes: 12 };
    const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
    const id = view.getUint32(0, true);
    const length = view.getBigUint64(4, true);
    position += 12;
    if (length > BigInt(fileBytes - position)) throw fail('ends too early', `section ${id}`);
    if (sections.has(id)) throw fail('holds a section twice', `section ${id}`);
    sections.set(id, { at: position, bytes: Number(length) });
    position += Number(length);
  }
  if (position !== fileBytes) throw fail('goes on after its last section', 'end');
  return (section) => {
    const found = sections.get(section);
    if (found === undefined) throw fail('lacks a section', `section ${section}`);
    return found;
  };
}

/** One reader per section number, of a file in memory. */
export function readSections(file: Uint8Array, kind: FileKind): (section: number) => SectionReader {
  const spanOf = readFrom(file, findSections(file.length, kind));
  const own = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  return (section) => new SectionReader(viewOf(own, spanOf(section)), `section ${section}`, failure(kind));
}

export function failure(kind: FileKind): (what: string, where: string) => EngineError {
  return (what, where) =>
    new EngineError(`${kind.group}.${kind.magic}-format`, `The .${kind.magic} file ${what}.`, {
      nextStep: kind.nextStep,
      where,
    });
}

/** Index of the first little-endian element that is not below the modulus, or −1. */
export function firstNotBelow(elements: Uint8Array, modulus: bigint): number {
  const view = new DataView(elements.buffer, elements.byteOffset, elements.byteLength);
  const words = Array.from({ length: 8 }, (_, i) => Number((modulus >> BigInt(32 * i)) & 0xffffffffn));
  const top = words[7]!;
  const count = elements.length / FIELD_BYTES;
  for (let i = 0; i < count; i++) {
    const at = i * FIELD_BYTES;
    const high = view.getUint32(at + 28, true);
    if (high < top) continue;
    if (high > top || littleEndian(elements.subarray(at, at + FIELD_BYTES)) >= modulus) return i;
  }
  return -1;
}
