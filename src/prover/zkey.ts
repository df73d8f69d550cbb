// A strict look at a .zkey's table of contents and header, before snarkjs reads it: snarkjs trusts every
// length in the file. Format: iden3/snarkjs, src/zkey_utils.js.
import { GnomonError } from '../core/errors.ts';
import {
  FIELD_ORDER_Q,
  FIELD_ORDER_R,
  type G1Json,
  type G2Json,
  type VerificationKey,
} from '../core/groth16.ts';
import { COEFFICIENT_BYTES, type KeyOutline } from './engine/zkey.ts';

export interface ZkeyHeader {
  /** Wires, the constant one included. */
  variables: number;
  publicSignals: number;
  /** Size of the evaluation domain, a power of two. */
  domain: number;
  /** Entries of the A and B matrices. */
  coefficients: number;
}

const FIELD_BYTES = 32;
const G1_BYTES = 2 * FIELD_BYTES;
const G2_BYTES = 2 * G1_BYTES;
/** BN254's scalar field has roots of unity up to this order. */
const MAX_DOMAIN = 2 ** 28;

/** Throws `circuit.zkey` unless every section has exactly the length that the header calls for. */
export function readZkeyHeader(zkey: Uint8Array): ZkeyHeader {
  const sections = readSections(zkey, 'zkey', refuse);
  const view = new DataView(zkey.buffer, zkey.byteOffset, zkey.byteLength);
  const kind = sectionOf(sections, 1, 4);
  if (view.getUint32(kind.start, true) !== 1) throw refuse('it is not a Groth16 key');
  const header = sectionOf(sections, 2, 84 + 3 * G1_BYTES + 3 * G2_BYTES);
  readFieldId(zkey, header.start, FIELD_ORDER_Q);
  readFieldId(zkey, header.start + 36, FIELD_ORDER_R);
  const variables = view.getUint32(header.start + 72, true);
  const publicSignals = view.getUint32(header.start + 76, true);
  const domain = view.getUint32(header.start + 80, true);
  if (publicSignals >= variables) throw refuse('it has more public signals than variables');
  if (domain < 2 || domain > MAX_DOMAIN || (domain & (domain - 1)) !== 0) {
    throw refuse('its domain is not a power of two');
  }
  sectionOf(sections, 3, (publicSignals + 1) * G1_BYTES);
  const coefs = sections.get(4);
  if (coefs === undefined || coefs.length < 4) throw refuse('section 4 is missing');
  const coefficients = view.getUint32(coefs.start, true);
  sectionOf(sections, 4, 4 + coefficients * COEFFICIENT_BYTES);
  sectionOf(sections, 5, variables * G1_BYTES);
  sectionOf(sections, 6, variables * G1_BYTES);
  sectionOf(sections, 7, variables * G2_BYTES);
  sectionOf(sections, 8, (variables - publicSignals - 1) * G1_BYTES);
  sectionOf(sections, 9, domain * G1_BYTES);
  checkCoefficients(view, coefs.start + 4, coefficients, domain, variables);
  return { variables, publicSignals, domain, coefficients };
}

/** How many constraints the circuit has: snarkjs adds one row for each public signal, and one more. Throws
 * `circuit.zkey`. */
export function constraintsOf(zkey: Uint8Array): number {
  const { publicSignals, coefficients } = readZkeyHeader(zkey);
  const { start } = readSections(zkey, 'zkey', refuse).get(4)!;
  const view = new DataView(zkey.buffer, zkey.byteOffset, zkey.byteLength);
  let lastRow = 0;
  for (let i = 0; i < coefficients; i++) {
    lastRow = Math.max(lastRow, view.getUint32(start + 4 + i * COEFFICIENT_BYTES + 4, true));
  }
  return Math.max(0, lastRow - publicSignals);
}

/** The verification key that the proving key carries; throws `circuit.zkey`. Its points have not been checked. */
export function verificationKeyOf(zkey: Uint8Array): VerificationKey {
  const { publicSignals } = readZkeyHeader(zkey);
  const sections = readSections(zkey, 'zkey', refuse);
  const [header, ic] = [sections.get(2)!, sections.get(3)!];
  return verificationKeyIn(zkey, header.start + 84, ic.start, publicSignals);
}

/** The same of a key that has been read in outline. */
export function verificationKeyFrom(key: KeyOutline): VerificationKey {
  const { alpha1, beta1, beta2, gamma2, delta1, delta2, ic } = key;
  const points = [alpha1, beta1, beta2, gamma2, delta1, delta2].flatMap((bytes) => [...bytes]);
  return verificationKeyIn(Uint8Array.from([...points, ...ic]), 0, points.length, key.publicSignals);
}

/** From the header's points and the verifying points. */
function verificationKeyIn(
  file: Uint8Array,
  pointsAt: number,
  icAt: number,
  publicSignals: number,
): VerificationKey {
  let at = pointsAt;
  const point = (): [string, string] => {
    const pair: [string, string] = [readCoordinate(file, at), readCoordinate(file, at + FIELD_BYTES)];
    at += G1_BYTES;
    return pair;
  };
  const g1 = (): G1Json => [...point(), '1'];
  const g2 = (): G2Json => [point(), point(), ['1', '0']];
  const alpha = g1();
  g1(); // β in G1, for provers only
  const beta = g2();
  const gamma = g2();
  g1(); // δ in G1, likewise
  const delta = g2();
  at = icAt;
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: publicSignals,
    vk_alpha_1: alpha,
    vk_beta_2: beta,
    vk_gamma_2: gamma,
    vk_delta_2: delta,
    IC: Array.from({ length: publicSignals + 1 }, g1),
  };
}

/** 2⁻²⁵⁶ mod q: coordinates are kept times 2²⁵⁶ (Montgomery's form), little-endian. */
const MONTGOMERY_INVERSE = 20988524275117001072002809824448087578619730785600314334253784976379291040311n;

function readCoordinate(file: Uint8Array, at: number): string {
  return ((readField(file, at) * MONTGOMERY_INVERSE) % FIELD_ORDER_Q).toString();
}

/** Throws `witness.file` unless this is a BN254 witness of exactly `variables` values, each below r. */
export function checkWtns(wtns: Uint8Array, variables: number): void {
  const { count } = openWtns(wtns);
  if (count !== variables) throw refuseWtns(`it has ${count} values, the key wants ${variables}`);
}

/** The first `count` values of a witness, the constant one included, all unless told; throws `witness.file`. */
export function wtnsValues(wtns: Uint8Array, wanted?: number): bigint[] {
  const values = openWtns(wtns);
  const count = wanted ?? values.count;
  if (count > values.count) throw refuseWtns(`it has ${values.count} values, ${count} are needed`);
  return Array.from({ length: count }, (_, index) => readField(wtns, values.start + index * FIELD_BYTES));
}

/** The public signals of a witness, canonical decimals; the same that its proof will show. Throws
 * `witness.file`. */
export function publicSignalsOf(wtns: Uint8Array, count: number): string[] {
  return wtnsValues(wtns, count + 1)
    .slice(1)
    .map(String);
}

/** Where a witness' values are: the sections may come in any order. */
function openWtns(wtns: Uint8Array): { count: number; start: number } {
  const sections = readSections(wtns, 'wtns', refuseWtns);
  const header = sections.get(1);
  const values = sections.get(2);
  if (header?.length !== 40 || values === undefined) throw refuseWtns('a section is missing');
  readFieldId(wtns, header.start, FIELD_ORDER_R, refuseWtns);
  const view = new DataView(wtns.buffer, wtns.byteOffset, wtns.byteLength);
  const count = view.getUint32(header.start + 36, true);
  if (values.length !== count * FIELD_BYTES) throw refuseWtns('it is cut short');
  for (let index = 0; index < count; index++) {
    const at = values.start + index * FIELD_BYTES;
    // The topmost bits settle it but for one in a billion.
    const top = view.getUint32(at + FIELD_BYTES - 4, true);
    if (top < TOP_OF_R || (top === TOP_OF_R && readField(wtns, at) < FIELD_ORDER_R)) continue;
    throw refuseWtns(`value ${index} is not below the field's order`);
  }
  return { count, start: values.start };
}

const TOP_OF_R = Number(FIELD_ORDER_R >> 224n);

function refuseWtns(what: string): GnomonError {
  return new GnomonError('witness.file', `The witness file cannot be used: ${what}.`, {
    nextStep: 'Make the witness again, from the .wasm that belongs to this key.',
  });
}

interface Section {
  start: number;
  length: number;
}

function readSections(
  file: Uint8Array,
  magic: string,
  refused: (what: string) => GnomonError,
): Map<number, Section> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || String.fromCharCode(...file.subarray(0, 4)) !== magic) {
    throw refused(`it is not a .${magic} file`);
  }
  const count = view.getUint32(8, true);
  if (count > 64) throw refused('it has too many sections');
  const sections = new Map<number, Section>();
  let at = 12;
  for (let i = 0; i < count; i++) {
    if (at + 12 > file.length) throw refused('it is cut short');
    const id = view.getUint32(at, true);
    const length = view.getBigUint64(at + 4, true);
    at += 12;
    if (length > BigInt(file.length - at)) throw refused('it is cut short');
    if (sections.has(id)) throw refused(`section ${id} is there twice`);
    sections.set(id, { start: at, length: Number(length) });
    at += Number(length);
  }
  return sections;
}

function sectionOf(sections: Map<number, Section>, id: number, length: number): Section {
  const section = sections.get(id);
  if (section === undefined) throw refuse(`section ${id} is missing`);
  if (section.length !== length) throw refuse(`section ${id} has the wrong length`);
  return section;
}

function readFieldId(file: Uint8Array, at: number, modulus: bigint, refused = refuse): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(at, true) === FIELD_BYTES && readField(file, at + 4) === modulus) return;
  throw refused('it is not over BN254');
}

function readField(file: Uint8Array, at: number): bigint {
  const view = new DataView(file.buffer, file.byteOffset + at, FIELD_BYTES);
  let value = 0n;
  for (let i = 3; i >= 0; i--) value = (value << 64n) | view.getBigUint64(8 * i, true);
  return value;
}

/** snarkjs writes each coefficient to the row it names, unchecked. */
function checkCoefficients(
  view: DataView,
  start: number,
  count: number,
  domain: number,
  variables: number,
): void {
  for (let at = start, end = start + count * COEFFICIENT_BYTES; at < end; at += COEFFICIENT_BYTES) {
    if (
      view.getUint32(at, true) > 1 ||
      view.getUint32(at + 4, true) >= domain ||
      view.getUint32(at + 8, true) >= variables
    ) {
      throw refuse('a coefficient points outside the circuit');
    }
  }
}

function refuse(what: string): GnomonError {
  return new GnomonError('circuit.zkey', `The proving key cannot be used: ${what}.`, {
    nextStep: 'Check that the .zkey is a complete Groth16 key over BN254, made by snarkjs or this project.',
  });
}
