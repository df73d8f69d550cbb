// A circuit of a few constraints with a development key, made on the spot: proves in a fraction of a second.
// It multiplies: c = a·b, with a and b secret and at most 64 bits long, and logs a, which nobody may see.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileCircuit } from '../../circuits/compile.ts';
import { makeDevelopmentKey } from '../../circuits/dev-key.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';

const SOURCE = `pragma circom 2.1.0;
include "bitify.circom";
template Product() {
  signal input a;
  signal input b[2];
  signal input c;
  component bits = Num2Bits(64);
  bits.in <== a;
  log("secret", a);
  c === a * (b[0] + b[1]);
}
component main { public [c] } = Product();
`;

export interface TinyCircuit {
  /** Holds product.wasm, product.zkey, product.vkey.json, manifest.json and input.json. */
  folder: string;
  entry: CircuitEntry;
  input: CircuitInput;
  publicSignals: string[];
  remove(): void;
}

/** `a` is the secret that must show up nowhere. Takes a few seconds. */
export async function makeTinyCircuit(a = 7345912345678901234n): Promise<TinyCircuit> {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-tiny-'));
  const mainFile = join(folder, 'product.circom');
  writeFileSync(mainFile, SOURCE);
  const compiled = await compileCircuit({ mainFile, outFolder: folder });
  const key = await makeDevelopmentKey(readFileSync(compiled.r1cs));
  writeFileSync(join(folder, 'product.zkey'), key.zkey);
  writeFileSync(join(folder, 'product.vkey.json'), JSON.stringify(key.vkey));
  const artifact = (url: string) => {
    const bytes = readFileSync(join(folder, url));
    return { url, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const entry: CircuitEntry = {
    id: 'product',
    capacity: null,
    constraints: key.constraints,
    domain: key.domain,
    publicSignals: ['c'],
    setup: 'development',
    artifacts: {
      wasm: artifact('product.wasm'),
      zkey: artifact('product.zkey'),
      vkey: artifact('product.vkey.json'),
    },
  };
  const c = String(a * 5n);
  const input = { a: String(a), b: ['2', '3'], c };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ version: 1, circuits: [entry] }));
  writeFileSync(join(folder, 'input.json'), JSON.stringify(input));
  return {
    folder,
    entry,
    input,
    publicSignals: [c],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
