// Development keys: an r1cs becomes a snarkjs-format Groth16 zkey and vkey in seconds, the same bytes on
// every machine. The toxic waste is published (dev-key-scalars.ts), so ANYONE CAN FORGE proofs for these
// keys; src/core/development-key.ts recognises them. Real keys come from ceremony.ts.
import { buildBn128 } from 'ffjavascript';
import { GnomonError } from '../src/core/errors.ts';
import {
  FIELD_ORDER_Q,
  FIELD_ORDER_R,
  type G1Json,
  type G2Json,
  type VerificationKey,
} from '../src/core/groth16.ts';
import { developmentWaste, type KeyScalars, keyScalars } from './dev-key-scalars.ts';
import { FixedBase } from './fixed-base.ts';
import { MATRIX_C, parseR1cs, type R1cs } from './r1cs.ts';

/** As snarkjs exports it: with e(α, β), which no verifier needs but tools expect. */
export interface ExportedVerificationKey extends VerificationKey {
  vk_alphabeta_12: string[][][];
}

export interface DevelopmentKey {
  zkey: Uint8Array;
  vkey: ExportedVerificationKey;
  constraints: number;
  domain: number;
  publics: number;
}

/** Share of the work that is done, 0…1, counted in field products. */
export type OnKeyProgress = (share: number) => void;

const FIELD_BYTES = 32;
const G1_BYTES = 64;
const G2_BYTES = 128;
const COEFFICIENT_BYTES = 12 + FIELD_BYTES;
// A product in Fp2 costs about three in Fp.
const G2_COST = 3;

interface KeyPoints {
  alpha1: Uint8Array;
  beta1: Uint8Array;
  delta1: Uint8Array;
  beta2: Uint8Array;
  gamma2: Uint8Array;
  delta2: Uint8Array;
  ic: Uint8Array;
  a: Uint8Array;
  b1: Uint8Array;
  b2: Uint8Array;
  c: Uint8Array;
  h: Uint8Array;
}

function writeUint256(view: DataView, offset: number, value: bigint): void {
  for (let i = 0; i < 4; i++) {
    view.setBigUint64(offset + 8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)), true);
  }
}

async function computePoints(scalars: KeyScalars, onProgress: OnKeyProgress): Promise<KeyPoints> {
  const { alpha, beta, delta } = developmentWaste();
  const wires = scalars.a.length;
  const inG1 = 3 + 2 * wires + scalars.ic.length + scalars.c.length + scalars.h.length;
  const total = inG1 + G2_COST * wires;
  let done = 0;
  const advance = (cost: number) => (chunkDone: number) => onProgress((done + cost * chunkDone) / total);

  const g1 = await FixedBase.create('G1', inG1);
  const inGroup1 = async (values: bigint[]) => {
    const points = await g1.multiply(values, advance(1));
    done += values.length;
    return points;
  };
  const fixed1 = await inGroup1([alpha, beta, delta]);
  const ic = await inGroup1(scalars.ic);
  const a = await inGroup1(scalars.a);
  const b1 = await inGroup1(scalars.b);
  const c = await inGroup1(scalars.c);
  const h = await inGroup1(scalars.h);

  const g2 = await FixedBase.create('G2', wires + 3);
  const fixed2 = await g2.multiply([beta, 1n, delta]);
  const b2 = await g2.multiply(scalars.b, advance(G2_COST));
  return {
    alpha1: fixed1.subarray(0, G1_BYTES),
    beta1: fixed1.subarray(G1_BYTES, 2 * G1_BYTES),
    delta1: fixed1.subarray(2 * G1_BYTES),
    beta2: fixed2.subarray(0, G2_BYTES),
    gamma2: fixed2.subarray(G2_BYTES, 2 * G2_BYTES),
    delta2: fixed2.subarray(2 * G2_BYTES),
    ic,
    a,
    b1,
    b2,
    c,
    h,
  };
}

/** Section 2: fields, sizes and the key's fixed points. */
function headerSection(scalars: KeyScalars, points: KeyPoints): Uint8Array {
  const out = new Uint8Array(2 * (4 + FIELD_BYTES) + 3 * 4 + 3 * G1_BYTES + 3 * G2_BYTES);
  const view = new DataView(out.buffer);
  view.setUint32(0, FIELD_BYTES, true);
  writeUint256(view, 4, FIELD_ORDER_Q);
  view.setUint32(36, FIELD_BYTES, true);
  writeUint256(view, 40, FIELD_ORDER_R);
  view.setUint32(72, scalars.a.length, true);
  view.setUint32(76, scalars.publics, true);
  view.setUint32(80, scalars.domain, true);
  let at = 84;
  const { alpha1, beta1, beta2, gamma2, delta1, delta2 } = points;
  for (const point of [alpha1, beta1, beta2, gamma2, delta1, delta2]) {
    out.set(point, at);
    at += point.length;
  }
  return out;
}

/** Section 4: the coefficients of A and B (C is their product, row by row), values times R² as snarkjs has
 * them, and last the rows that keyScalars adds. */
function coefficientSection(r1cs: R1cs, publics: number): Uint8Array {
  const { terms } = r1cs;
  let count = publics + 1;
  for (let k = 0; k < terms.count; k++) if (terms.matrix[k] !== MATRIX_C) count++;
  const out = new Uint8Array(4 + count * COEFFICIENT_BYTES);
  const view = new DataView(out.buffer);
  const montgomerySquared = 2n ** 512n % FIELD_ORDER_R;
  view.setUint32(0, count, true);
  let at = 4;
  const write = (matrix: number, row: number, wire: number, value: bigint) => {
    view.setUint32(at, matrix, true);
    view.setUint32(at + 4, row, true);
    view.setUint32(at + 8, wire, true);
    writeUint256(view, at + 12, (value * montgomerySquared) % FIELD_ORDER_R);
    at += COEFFICIENT_BYTES;
  };
  for (let k = 0; k < terms.count; k++) {
    const matrix = terms.matrix[k]!;
    if (matrix !== MATRIX_C) write(matrix, terms.row[k]!, terms.wire[k]!, terms.value(k));
  }
  for (let s = 0; s <= publics; s++) write(0, r1cs.constraints + s, s, 1n);
  return out;
}

function assembleZkey(sections: [type: number, body: Uint8Array][]): Uint8Array {
  const size = sections.reduce((sum, [, body]) => sum + 12 + body.length, 12);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0x7a6b6579, false); // "zkey"
  view.setUint32(4, 1, true);
  view.setUint32(8, sections.length, true);
  let at = 12;
  for (const [type, body] of sections) {
    view.setUint32(at, type, true);
    view.setBigUint64(at + 4, BigInt(body.length), true);
    out.set(body, at + 12);
    at += 12 + body.length;
  }
  return out;
}

/** Nested bigints as the decimal strings of snarkjs' JSON files. */
function asStrings(value: unknown): unknown {
  return Array.isArray(value) ? value.map(asStrings) : String(value);
}

async function verificationKey(points: KeyPoints, publics: number): Promise<ExportedVerificationKey> {
  const curve = await buildBn128(true);
  const g1 = (point: Uint8Array) => asStrings(curve.G1.toObject(point)) as G1Json;
  const g2 = (point: Uint8Array) => asStrings(curve.G2.toObject(point)) as G2Json;
  const ic = Array.from({ length: publics + 1 }, (_, s) =>
    points.ic.subarray(s * G1_BYTES, (s + 1) * G1_BYTES),
  );
  if (ic.some((point) => point.every((byte) => byte === 0))) {
    throw new GnomonError('circuit.public-at-infinity', 'A public signal has no part in this key.', {
      nextStep: 'Report this circuit: its development key would not bind every public signal.',
    });
  }
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: publics,
    vk_alpha_1: g1(points.alpha1),
    vk_beta_2: g2(points.beta2),
    vk_gamma_2: g2(points.gamma2),
    vk_delta_2: g2(points.delta2),
    vk_alphabeta_12: asStrings(curve.Gt.toObject(curve.pairing(points.alpha1, points.beta2))) as string[][][],
    IC: ic.map(g1),
  };
}

/** The development key of an r1cs. Blocks its thread for seconds to a minute: see dev-key-process.ts. */
export async function makeDevelopmentKey(
  r1csFile: Uint8Array,
  onProgress: OnKeyProgress = () => {},
): Promise<DevelopmentKey> {
  const r1cs = parseR1cs(r1csFile);
  const scalars = keyScalars(r1cs, developmentWaste());
  const points = await computePoints(scalars, onProgress);
  const zkey = assembleZkey([
    [1, Uint8Array.of(1, 0, 0, 0)], // Groth16
    [2, headerSection(scalars, points)],
    [4, coefficientSection(r1cs, scalars.publics)],
    [3, points.ic],
    [9, points.h],
    [8, points.c],
    [5, points.a],
    [6, points.b1],
    [7, points.b2],
    [10, new Uint8Array(64 + 4)], // no contributions
  ]);
  const vkey = await verificationKey(points, scalars.publics);
  return { zkey, vkey, constraints: r1cs.constraints, domain: scalars.domain, publics: scalars.publics };
}
