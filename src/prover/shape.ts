// Reads snarkjs-format JSON of unknown origin: exact shapes, canonical decimals, bounded sizes.
// Whether points are on the curve is for noble-verifier.ts to say.

import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof, VerificationKey } from '../core/groth16.ts';
import { FIELD_ORDER_Q, FIELD_ORDER_R, type G1Json, type G2Json } from '../core/groth16.ts';

/** Most public signals that are looked at; a key with more is refused, so that a check ends in seconds. */
export const MAX_PUBLIC_SIGNALS = 4096;
/** Largest JSON file that is parsed: a key of MAX_PUBLIC_SIGNALS takes under 1 MB. */
export const MAX_JSON_BYTES = 4 * 1024 * 1024;

export type Affine1 = [x: bigint, y: bigint];
export type Affine2 = [x: [c0: bigint, c1: bigint], y: [c0: bigint, c1: bigint]];

export interface ProofPoints {
  a: Affine1;
  b: Affine2;
  c: Affine1;
}

export interface KeyPoints {
  alpha: Affine1;
  beta: Affine2;
  gamma: Affine2;
  delta: Affine2;
  ic: Affine1[];
}

/** A reason in words, thrown and caught within this folder only. */
export class ShapeError extends Error {}

const CANONICAL = /^(?:0|[1-9][0-9]{0,76})$/;

/** A canonical decimal below `modulus`, or a ShapeError that names the place and never the value. */
function readDecimal(value: unknown, modulus: bigint, where: string): bigint {
  if (typeof value !== 'string') throw new ShapeError(`${where} is not a string.`);
  if (value.length > 77 || !CANONICAL.test(value)) {
    throw new ShapeError(`${where} is not a canonical decimal number.`);
  }
  const number = BigInt(value);
  if (number >= modulus) throw new ShapeError(`${where} is not below the field's modulus.`);
  return number;
}

function readTuple(value: unknown, length: number, where: string): unknown[] {
  if (!Array.isArray(value)) throw new ShapeError(`${where} is not a list.`);
  if (value.length !== length) throw new ShapeError(`${where} does not have ${length} entries.`);
  return entries(value, length);
}

/** Each entry read once and holes filled; the value's own iterator and later lengths are not trusted. */
function entries(value: unknown[], length: number): unknown[] {
  return Array.from({ length }, (_, index) => value[index]);
}

function readG1(value: unknown, where: string): Affine1 {
  const [x, y, z] = readTuple(value, 3, where);
  if (z === '0') throw new ShapeError(`${where} is the point at infinity.`);
  if (z !== '1') throw new ShapeError(`${where}[2] is not "1".`);
  const point: Affine1 = [
    readDecimal(x, FIELD_ORDER_Q, `${where}[0]`),
    readDecimal(y, FIELD_ORDER_Q, `${where}[1]`),
  ];
  // snarkjs and Ethereum also write infinity as (0, 0); it is not on the curve.
  if (point[0] === 0n && point[1] === 0n) throw new ShapeError(`${where} is the point at infinity.`);
  return point;
}

function readG2(value: unknown, where: string): Affine2 {
  const rows = readTuple(value, 3, where).map((row, index) => readTuple(row, 2, `${where}[${index}]`));
  const [x, y, z] = rows as [unknown[], unknown[], unknown[]];
  if (z[0] === '0' && z[1] === '0') throw new ShapeError(`${where} is the point at infinity.`);
  if (z[0] !== '1' || z[1] !== '0') throw new ShapeError(`${where}[2] is not ["1", "0"].`);
  const pair = (row: unknown[], index: number): [bigint, bigint] => [
    readDecimal(row[0], FIELD_ORDER_Q, `${where}[${index}][0]`),
    readDecimal(row[1], FIELD_ORDER_Q, `${where}[${index}][1]`),
  ];
  const point: Affine2 = [pair(x, 0), pair(y, 1)];
  if (point.flat().every((part) => part === 0n)) throw new ShapeError(`${where} is the point at infinity.`);
  return point;
}

function readRecord(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError(`The ${what} is not a JSON object.`);
  }
  const record = value as Record<string, unknown>;
  if (record.protocol !== 'groth16') throw new ShapeError(`The ${what}'s protocol is not "groth16".`);
  if (record.curve !== 'bn128') throw new ShapeError(`The ${what}'s curve is not "bn128".`);
  return record;
}

/** Points of a proof; throws ShapeError. */
export function readProof(value: unknown): ProofPoints {
  const record = readRecord(value, 'proof');
  return {
    a: readG1(record.pi_a, 'pi_a'),
    b: readG2(record.pi_b, 'pi_b'),
    c: readG1(record.pi_c, 'pi_c'),
  };
}

/** Points of a verification key; throws ShapeError. */
export function readKey(value: unknown): KeyPoints {
  const record = readRecord(value, 'verification key');
  const count = record.nPublic;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
    throw new ShapeError('nPublic is not a whole number.');
  }
  if (count > MAX_PUBLIC_SIGNALS) {
    throw new ShapeError(`The key has more than ${MAX_PUBLIC_SIGNALS} public signals.`);
  }
  return {
    alpha: readG1(record.vk_alpha_1, 'vk_alpha_1'),
    beta: readG2(record.vk_beta_2, 'vk_beta_2'),
    gamma: readG2(record.vk_gamma_2, 'vk_gamma_2'),
    delta: readG2(record.vk_delta_2, 'vk_delta_2'),
    ic: readTuple(record.IC, count + 1, 'IC').map((point, index) => readG1(point, `IC[${index}]`)),
  };
}

/** A key of unknown origin, well formed from here on; throws `circuit.vkey`. Its points have not been checked. */
export function parseVerificationKey(value: unknown): VerificationKey {
  try {
    return keyJson(readKey(value));
  } catch (thrown) {
    const why = thrown instanceof ShapeError ? thrown.message : 'It could not be read.';
    throw new GnomonError('circuit.vkey', `The verification key is malformed. ${why}`, {
      nextStep: 'Take the key that was published with the circuit.',
    });
  }
}

/** The list itself, its entries still unread; throws ShapeError. */
export function readSignalList(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new ShapeError(`The ${what} are not a list.`);
  const { length } = value;
  if (length > MAX_PUBLIC_SIGNALS) throw new ShapeError(`The ${what} are too many.`);
  return entries(value, length);
}

/** Every signal as a number below r; throws ShapeError naming the first that is not. */
export function readSignals(list: unknown[], what: string): bigint[] {
  return list.map((signal, index) => readDecimal(signal, FIELD_ORDER_R, `${what} ${index}`));
}

const g1Json = ([x, y]: Affine1): G1Json => [`${x}`, `${y}`, '1'];
const g2Json = ([x, y]: Affine2): G2Json => [
  [`${x[0]}`, `${x[1]}`],
  [`${y[0]}`, `${y[1]}`],
  ['1', '0'],
];

/** The proof written afresh from what was read, so that nobody sees anything else than what was checked. */
export function proofJson(points: ProofPoints): Groth16Proof {
  return {
    pi_a: g1Json(points.a),
    pi_b: g2Json(points.b),
    pi_c: g1Json(points.c),
    protocol: 'groth16',
    curve: 'bn128',
  };
}

/** The key written afresh from what was read. */
export function keyJson(points: KeyPoints): VerificationKey {
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: points.ic.length - 1,
    vk_alpha_1: g1Json(points.alpha),
    vk_beta_2: g2Json(points.beta),
    vk_gamma_2: g2Json(points.gamma),
    vk_delta_2: g2Json(points.delta),
    IC: points.ic.map(g1Json),
  };
}
