// Reads a Groth16 .zkey file: sizes, single points and views of the point tables. Strict: every table has
// the one length that the header allows, coordinates are below their modulus, coefficients name rows and signals
// that exist. Whether points are on the curve is left to the proof's verification.
import { FIELD_BYTES, P, R, TWO_ADICITY } from './constants.ts';
import type { PointTable } from './layout.ts';
import {
  type FileKind,
  failure,
  findSections,
  firstNotBelow,
  type Reading,
  readFrom,
  SectionReader,
  type Span,
  viewOf,
} from './sections.ts';

const ZKEY: FileKind = {
  magic: 'zkey',
  version: 1,
  group: 'artifact',
  nextStep: 'Get the proving key again from where the circuit came from.',
};
const fail = failure(ZKEY);
const GROTH16 = 1;
const G1_BYTES = 2 * FIELD_BYTES;
const G2_BYTES = 4 * FIELD_BYTES;
export const COEFFICIENT_BYTES = 12 + FIELD_BYTES;

/** All of a key but its tables. */
export interface KeyOutline {
  signals: number;
  publicSignals: number;
  /** Rows of the transform: a power of two. */
  domain: number;
  /** Points as in the file: affine, little-endian, Montgomery with 2²⁵⁶; all zeros is infinity. */
  alpha1: Uint8Array;
  beta1: Uint8Array;
  beta2: Uint8Array;
  gamma2: Uint8Array;
  delta1: Uint8Array;
  delta2: Uint8Array;
  /** Verifying points, one more than public signals. */
  ic: Uint8Array;
  /** Where the tables are, each of the one length that the header allows. */
  spans: Record<PointTable | 'coefficients', Span>;
}

/** A key in memory, tables and all. */
export interface ProvingKey extends KeyOutline {
  /** 44 bytes each: matrix (0 or 1), row, signal, value·2⁵¹² mod r. */
  coefficients: Uint8Array;
  a: Uint8Array;
  b1: Uint8Array;
  b2: Uint8Array;
  c: Uint8Array;
  h: Uint8Array;
}

export const TABLES: PointTable[] = ['a', 'b1', 'b2', 'c', 'h'];

export function pointBytes(table: PointTable): number {
  return table === 'b2' ? G2_BYTES : G1_BYTES;
}

/** Throws EngineError `artifact.zkey-format`. Views, no copies. */
export function readProvingKey(file: Uint8Array): ProvingKey {
  const key = readFrom(file, outlineKey(file.length));
  const own = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const view = (name: keyof KeyOutline['spans']) => viewOf(own, key.spans[name]);
  const [a, b1, b2, c, h] = TABLES.map(view) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const tables = { a, b1, b2, c, h };
  for (const table of TABLES) checkPoints(tables[table], table);
  const coefficients = view('coefficients');
  checkCoefficients(coefficients, key);
  return { ...key, ...tables, coefficients };
}

/** Reads what a key tells of itself, strictly. Throws EngineError `artifact.zkey-format`. */
export function* outlineKey(fileBytes: number): Reading<KeyOutline> {
  const span = yield* findSections(fileBytes, ZKEY);
  function* section(number: number, most = Number.POSITIVE_INFINITY): Reading<SectionReader> {
    const { at, bytes } = span(number);
    // Of a section that is longer than it should be, no more than shows it.
    const read = yield { at, bytes: Math.min(bytes, most + 1) };
    return new SectionReader(read, `section ${number}`, fail);
  }
  const kind = yield* section(1, 4);
  if (kind.u32('protocol') !== GROTH16) throw fail('is not for Groth16', 'section 1');
  kind.end();
  const header = yield* section(2, 84 + 3 * G1_BYTES + 3 * G2_BYTES);
  const modulus = (expected: bigint, field: string) => {
    const fits =
      header.u32(`size of ${field}`) === FIELD_BYTES && header.number(FIELD_BYTES, field) === expected;
    if (!fits) throw fail('is not over BN254', `section 2, ${field}`);
  };
  modulus(P, 'q');
  modulus(R, 'r');
  const signals = header.u32('signals');
  const publicSignals = header.u32('public signals');
  const domain = header.u32('domain');
  if (signals <= publicSignals) throw fail('has more public signals than signals', 'section 2');
  const power = 31 - Math.clz32(domain);
  if (domain < 2 || 2 ** power !== domain || power >= TWO_ADICITY) {
    throw fail('has a domain that is no fitting power of two', 'section 2');
  }
  // Copies: the file's bytes need not stay in memory.
  const point = (bytes: number, field: string) => header.take(bytes, field).slice();
  const singles = {
    alpha1: point(G1_BYTES, 'alpha 1'),
    beta1: point(G1_BYTES, 'beta 1'),
    beta2: point(G2_BYTES, 'beta 2'),
    gamma2: point(G2_BYTES, 'gamma 2'),
    delta1: point(G1_BYTES, 'delta 1'),
    delta2: point(G2_BYTES, 'delta 2'),
  };
  header.end();
  const tableSpan = (number: number, count: number, each: number): Span => {
    const found = span(number);
    if (found.bytes < count * each) throw fail('ends too early', `section ${number}, points`);
    if (found.bytes > count * each) throw fail('holds more than it should', `section ${number}`);
    return found;
  };
  const ic = (yield tableSpan(3, publicSignals + 1, G1_BYTES)).slice();
  const coefficients = span(4);
  if (coefficients.bytes < 4) throw fail('ends too early', 'section 4, count');
  const count = new DataView((yield { at: coefficients.at, bytes: 4 }).slice().buffer).getUint32(0, true);
  if (coefficients.bytes !== 4 + count * COEFFICIENT_BYTES) {
    throw fail('has not as many coefficients as it says', 'section 4, coefficients');
  }
  for (const [name, bytes] of Object.entries({ ...singles, ic })) checkCoordinates(bytes, name, FIELD_BYTES);
  return {
    signals,
    publicSignals,
    domain,
    ...singles,
    ic,
    spans: {
      coefficients: { at: coefficients.at + 4, bytes: count * COEFFICIENT_BYTES },
      a: tableSpan(5, signals, G1_BYTES),
      b1: tableSpan(6, signals, G1_BYTES),
      b2: tableSpan(7, signals, G2_BYTES),
      c: tableSpan(8, signals - publicSignals - 1, G1_BYTES),
      h: tableSpan(9, domain, G1_BYTES),
    },
  };
}

/** Of a table, or of a piece of it that begins with point number `first`. */
export function checkPoints(bytes: Uint8Array, table: PointTable, first = 0): void {
  checkCoordinates(bytes, table, pointBytes(table), first);
}

function checkCoordinates(bytes: Uint8Array, name: string, each: number, first = 0): void {
  const wrong = firstNotBelow(bytes, P);
  if (wrong < 0) return;
  const number = first + Math.floor((wrong * FIELD_BYTES) / each);
  throw fail('holds a coordinate that is not below the modulus', `${name}, number ${number}`);
}

/** Of all coefficients, or of a piece that begins with number `first`. */
export function checkCoefficients(
  bytes: Uint8Array,
  { domain, signals }: Pick<KeyOutline, 'domain' | 'signals'>,
  first = 0,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += COEFFICIENT_BYTES) {
    const bad =
      view.getUint32(at, true) > 1 ||
      view.getUint32(at + 4, true) >= domain ||
      view.getUint32(at + 8, true) >= signals;
    const where = () => `section 4, coefficient ${first + at / COEFFICIENT_BYTES}`;
    if (bad) throw fail('has a coefficient outside its matrix', where());
    const top = view.getUint32(at + 40, true);
    if (top >= TOP_OF_R && firstNotBelow(bytes.subarray(at + 12, at + COEFFICIENT_BYTES), R) >= 0) {
      throw fail('has a coefficient that is not below the modulus', where());
    }
  }
}

const TOP_OF_R = Number(R >> 224n);
