// Reads a circom .r1cs file (iden3's "R1CS binary format v1"), strictly: every length, offset and value is
// checked before use, and anything unexpected is a typed error. Knows nothing of keys.

import { GnomonError } from '../src/core/errors.ts';
import { FIELD_ORDER_R } from '../src/core/groth16.ts';

export const MATRIX_A = 0;
export const MATRIX_B = 1;
export const MATRIX_C = 2;

/** A constraint system: row k says ⟨A_k, z⟩·⟨B_k, z⟩ = ⟨C_k, z⟩ for the witness z, z₀ = 1. */
export interface R1cs {
  wires: number;
  publicOutputs: number;
  publicInputs: number;
  privateInputs: number;
  labels: number;
  constraints: number;
  /** The nonzero coefficients in file order; `value(k)` decodes the k-th. */
  terms: {
    count: number;
    matrix: Uint8Array;
    row: Uint32Array;
    wire: Uint32Array;
    value(term: number): bigint;
  };
}

const CONSTANTS = { header: 1, constraints: 2, labels: 3, customGates: 4, customGateUses: 5 } as const;
const VALUE_BYTES = 32;

function refuse(what: string, where: string): never {
  throw new GnomonError('circuit.bad-r1cs', `This is not a usable r1cs file: ${what}.`, {
    nextStep: 'Compile the circuit again with circom for the bn128 curve.',
    where,
  });
}

/** Little-endian 256-bit number at a byte offset. */
export function readUint256(view: DataView, offset: number): bigint {
  const low = view.getBigUint64(offset, true) | (view.getBigUint64(offset + 8, true) << 64n);
  const high = view.getBigUint64(offset + 16, true) | (view.getBigUint64(offset + 24, true) << 64n);
  return low | (high << 128n);
}

interface Section {
  offset: number;
  bytes: number;
}

function readSections(view: DataView): Map<number, Section> {
  const size = view.byteLength;
  if (size < 12 || view.getUint32(0, false) !== 0x72316373) refuse('it does not start with "r1cs"', 'byte 0');
  if (view.getUint32(4, true) !== 1) refuse('only version 1 is known', 'byte 4');
  const count = view.getUint32(8, true);
  const sections = new Map<number, Section>();
  let at = 12;
  for (let i = 0; i < count; i++) {
    if (at + 12 > size) refuse('it ends within a section header', `section ${i}`);
    const type = view.getUint32(at, true);
    const bytes = view.getBigUint64(at + 4, true);
    at += 12;
    if (bytes > BigInt(size - at)) refuse('a section is longer than the file', `section ${i}`);
    if (sections.has(type)) refuse('a section appears twice', `section ${i}`);
    sections.set(type, { offset: at, bytes: Number(bytes) });
    at += Number(bytes);
  }
  if (at !== size) refuse('bytes follow the last section', `byte ${at}`);
  return sections;
}

function readHeader(view: DataView, section: Section) {
  if (section.bytes !== 4 + VALUE_BYTES + 4 * 4 + 8 + 4) refuse('its header has the wrong length', 'header');
  let at = section.offset;
  if (view.getUint32(at, true) !== VALUE_BYTES) refuse('its field is not 256 bits wide', 'header');
  if (readUint256(view, at + 4) !== FIELD_ORDER_R) refuse('it is for another curve than bn128', 'header');
  at += 4 + VALUE_BYTES;
  const labels = view.getBigUint64(at + 16, true);
  if (labels > 0xffff_ffffn) refuse('it has too many labels', 'header');
  const header = {
    wires: view.getUint32(at, true),
    publicOutputs: view.getUint32(at + 4, true),
    publicInputs: view.getUint32(at + 8, true),
    privateInputs: view.getUint32(at + 12, true),
    labels: Number(labels),
    constraints: view.getUint32(at + 24, true),
  };
  if (1 + header.publicOutputs + header.publicInputs + header.privateInputs > header.wires) {
    refuse('it has fewer wires than inputs and outputs', 'header');
  }
  return header;
}

/** Parses the whole file. Throws `circuit.bad-r1cs`. */
export function parseR1cs(file: Uint8Array): R1cs {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const sections = readSections(view);
  const headerSection = sections.get(CONSTANTS.header) ?? refuse('it has no header', 'header');
  const body = sections.get(CONSTANTS.constraints) ?? refuse('it has no constraints', 'constraints');
  const header = readHeader(view, headerSection);
  const labels = sections.get(CONSTANTS.labels);
  if (labels !== undefined && labels.bytes !== 8 * header.wires)
    refuse('its label map has the wrong length', 'labels');
  for (const gates of [CONSTANTS.customGates, CONSTANTS.customGateUses]) {
    const section = sections.get(gates);
    // The list, when present and empty, is one count of zero.
    if (section !== undefined && (section.bytes !== 4 || view.getUint32(section.offset, true) !== 0)) {
      refuse('it uses custom gates, which Groth16 has not', `section ${gates}`);
    }
  }

  const end = body.offset + body.bytes;
  // A linear combination is at least its 4-byte count, a term 4 + 32 bytes: this bounds what is allocated.
  const rowBytes = 3 * 4 * header.constraints;
  if (rowBytes > body.bytes || (body.bytes - rowBytes) % (4 + VALUE_BYTES) !== 0) {
    refuse('its constraints have the wrong length', 'constraints');
  }
  const count = (body.bytes - rowBytes) / (4 + VALUE_BYTES);
  const matrix = new Uint8Array(count);
  const row = new Uint32Array(count);
  const wire = new Uint32Array(count);
  const at = new Float64Array(count);

  let offset = body.offset;
  let term = 0;
  for (let r = 0; r < header.constraints; r++) {
    for (let m = MATRIX_A; m <= MATRIX_C; m++) {
      if (offset + 4 > end) refuse('it ends within a constraint', `constraint ${r}`);
      const terms = view.getUint32(offset, true);
      offset += 4;
      if (terms > (end - offset) / (4 + VALUE_BYTES))
        refuse('it ends within a constraint', `constraint ${r}`);
      for (let k = 0; k < terms; k++, term++, offset += 4 + VALUE_BYTES) {
        const w = view.getUint32(offset, true);
        if (w >= header.wires) refuse('a term names a wire that does not exist', `constraint ${r}`);
        if (readUint256(view, offset + 4) >= FIELD_ORDER_R)
          refuse('a coefficient is not reduced', `constraint ${r}`);
        matrix[term] = m;
        row[term] = r;
        wire[term] = w;
        at[term] = offset + 4;
      }
    }
  }
  if (offset !== end) refuse('bytes follow the last constraint', `byte ${offset}`);
  return { ...header, terms: { count, matrix, row, wire, value: (k) => readUint256(view, at[k]!) } };
}

/** Rows of the evaluation domain that a Groth16 key uses: the constraints, and one per public signal and for
 * the constant 1 (see dev-key-scalars.ts). */
export function domainSize(r1cs: Pick<R1cs, 'constraints' | 'publicInputs' | 'publicOutputs'>): number {
  const rows = r1cs.constraints + r1cs.publicInputs + r1cs.publicOutputs + 1;
  return 2 ** Math.ceil(Math.log2(rows));
}
