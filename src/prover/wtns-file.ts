// Writes a .wtns file from a calculator that has done its work.
import { type Calculator, VALUE_BYTES } from './calculator.ts';

/** The iden3 binary format: magic, version 2, a header section (n8, prime, count), a section of values. */
export function toWtns(calculator: Calculator): Uint8Array<ArrayBuffer> {
  const count = calculator.getWitnessSize();
  const headerBytes = 4 + VALUE_BYTES + 4;
  const file = new Uint8Array(12 + 12 + headerBytes + 12 + count * VALUE_BYTES);
  const view = new DataView(file.buffer);
  let at = 0;
  const u32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const section = (id: number, bytes: number) => {
    u32(id);
    view.setBigUint64(at, BigInt(bytes), true);
    at += 8;
  };
  const shared = () => {
    const start = calculator.getSharedRWMemoryStart();
    file.set(new Uint8Array(calculator.memory.buffer, start, VALUE_BYTES), at);
    at += VALUE_BYTES;
  };
  file.set([0x77, 0x74, 0x6e, 0x73]); // "wtns"
  at = 4;
  u32(2);
  u32(2);
  section(1, headerBytes);
  u32(VALUE_BYTES);
  calculator.getRawPrime();
  shared();
  u32(count);
  section(2, count * VALUE_BYTES);
  for (let index = 0; index < count; index++) {
    calculator.getWitness(index);
    shared();
  }
  return file;
}
