// Reads a .wtns file: the full assignment of a circuit's signals. Strict: canonical values, nothing missing,
// nothing over.
import { FIELD_BYTES, R } from './constants.ts';
import { type FileKind, failure, firstNotBelow, readSections } from './sections.ts';

const WTNS: FileKind = {
  magic: 'wtns',
  version: 2,
  group: 'witness',
  nextStep: 'Calculate the witness again, with the wasm file that belongs to this circuit.',
};

export interface Witness {
  count: number;
  /** 32 bytes per signal, little-endian, canonical; a view of the file. */
  values: Uint8Array;
}

/** Throws EngineError `witness.wtns-format`. */
export function readWitness(file: Uint8Array): Witness {
  const fail = failure(WTNS);
  const section = readSections(file, WTNS);
  const header = section(1);
  if (header.u32('size of a number') !== FIELD_BYTES) throw fail('is not of 32-byte numbers', 'section 1');
  if (header.number(FIELD_BYTES, 'prime') !== R) throw fail("is not over BN254's scalar field", 'section 1');
  const count = header.u32('signals');
  header.end();
  if (count === 0) throw fail('has no signals', 'section 1');
  const body = section(2);
  const values = body.take(count * FIELD_BYTES, 'values');
  body.end();
  const wrong = firstNotBelow(values, R);
  if (wrong >= 0) throw fail('holds a number that is not below the modulus', `signal ${wrong}`);
  const one = values[0] === 1 && values.subarray(1, FIELD_BYTES).every((byte) => byte === 0);
  if (!one) throw fail('does not begin with the number one', 'signal 0');
  return { count, values };
}
