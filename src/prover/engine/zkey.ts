// Reads a Groth16 .zkey file: sizes, single points and views of the point tables. Strict: every table has
// the one length that the header allows, coordinates are below their modulus, coefficients name rows and signals
// that exist. Whether points are on the curve is left to the proof's verification.
import { FIELD_BYTES, P, R, TWO_ADICITY } from './constants.ts';
import { type FileKind, failure, firstNotBelow, readSections, type SectionReader } from './sections.ts';

const ZKEY: FileKind = {
  magic: 'zkey',
  version: 1,
  group: 'artifact',
  nextStep: 'Get the proving key again from where the circuit came from.',
};
const GROTH16 = 1;
const G1_BYTES = 2 * FIELD_BYTES;
const G2_BYTES = 4 * FIELD_BYTES;
export const COEFFICIENT_BYTES = 12 + FIELD_BYTES;

export interface ProvingKey {
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
  /** 44 bytes each: matrix (0 or 1), row, signal, value·2⁵¹² mod r. */
  coefficients: Uint8Array;
  a: Uint8Array;
  b1: Uint8Array;
  b2: Uint8Array;
  c: Uint8Array;
  h: Uint8Array;
}

/** Throws EngineError `artifact.zkey-format`. Views, no copies. */
export function readProvingKey(file: Uint8Array): ProvingKey {
  const fail = failure(ZKEY);
  const section = readSections(file, ZKEY);
  const kind = section(1);
  if (kind.u32('protocol') !== GROTH16) throw fail('is not for Groth16', 'section 1');
  kind.end();
  const header = section(2);
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
  const point = (bytes: number, field: string) => header.take(bytes, field);
  const singles = {
    alpha1: point(G1_BYTES, 'alpha 1'),
    beta1: point(G1_BYTES, 'beta 1'),
    beta2: point(G2_BYTES, 'beta 2'),
    gamma2: point(G2_BYTES, 'gamma 2'),
    delta1: point(G1_BYTES, 'delta 1'),
    delta2: point(G2_BYTES, 'delta 2'),
  };
  header.end();
  const table = (number: number, count: number, bytes: number): Uint8Array => {
    const reader = section(number);
    const values = reader.take(count * bytes, 'points');
    reader.end();
    return values;
  };
  const key: ProvingKey = {
    signals,
    publicSignals,
    domain,
    ...singles,
    ic: table(3, publicSignals + 1, G1_BYTES),
    coefficients: readCoefficients(section(4), { signals, domain }, fail),
    a: table(5, signals, G1_BYTES),
    b1: table(6, signals, G1_BYTES),
    b2: table(7, signals, G2_BYTES),
    c: table(8, signals - publicSignals - 1, G1_BYTES),
    h: table(9, domain, G1_BYTES),
  };
  for (const [name, bytes] of Object.entries(key)) {
    if (!(bytes instanceof Uint8Array) || name === 'coefficients') continue;
    const wrong = firstNotBelow(bytes, P);
    if (wrong >= 0)
      throw fail('holds a coordinate that is not below the modulus', `${name}, number ${wrong}`);
  }
  return key;
}

function readCoefficients(
  reader: SectionReader,
  sizes: { signals: number; domain: number },
  fail: (what: string, where: string) => Error,
): Uint8Array {
  const count = reader.u32('count');
  const values = reader.take(count * COEFFICIENT_BYTES, 'coefficients');
  reader.end();
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  for (let i = 0; i < count; i++) {
    const at = i * COEFFICIENT_BYTES;
    const bad =
      view.getUint32(at, true) > 1 ||
      view.getUint32(at + 4, true) >= sizes.domain ||
      view.getUint32(at + 8, true) >= sizes.signals;
    if (bad) throw fail('has a coefficient outside its matrix', `section 4, coefficient ${i}`);
    const top = view.getUint32(at + 40, true);
    if (top >= TOP_OF_R && firstNotBelow(values.subarray(at + 12, at + COEFFICIENT_BYTES), R) >= 0) {
      throw fail('has a coefficient that is not below the modulus', `section 4, coefficient ${i}`);
    }
  }
  return values;
}

const TOP_OF_R = Number(R >> 224n);
