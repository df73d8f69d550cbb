// A circuit of a few constraints with a development key: proves in a fraction of a second. Made once and copied, since
// compiling it takes seconds and a score of test files have one.
// It multiplies: c = a·b, with a and b secret and at most 64 bits long, and logs a, which nobody may see.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileCircuit } from '../../circuits/compile.ts';
import { makeDevelopmentKey } from '../../circuits/dev-key.ts';
import { projectFolder, runStep } from '../../scripts/steps.ts';
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

const MADE = '.cache/tiny-circuit';
const FILES = ['product.wasm', 'product.zkey', 'product.vkey.json', 'facts.json'] as const;
const KEY = ['dev-key', 'dev-key-scalars', 'fixed-base', 'r1cs'].map((name) => `circuits/${name}.ts`);

/** The same bytes whoever makes them: two test files that do so at once are in no other's way. */
async function makeFiles(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-tiny-'));
  const mainFile = join(folder, 'product.circom');
  writeFileSync(mainFile, SOURCE);
  const compiled = await compileCircuit({ mainFile, outFolder: folder });
  const { zkey, vkey, constraints, domain } = await makeDevelopmentKey(readFileSync(compiled.r1cs));
  writeFileSync(join(folder, 'product.zkey'), zkey);
  writeFileSync(join(folder, 'product.vkey.json'), JSON.stringify(vkey));
  writeFileSync(join(folder, 'facts.json'), JSON.stringify({ constraints, domain }));
  mkdirSync(join(projectFolder, MADE), { recursive: true });
  for (const name of FILES) {
    // Whole or not at all.
    const half = join(projectFolder, MADE, `${name}.${process.pid}`);
    copyFileSync(join(folder, name), half);
    renameSync(half, join(projectFolder, MADE, name));
  }
  rmSync(folder, { recursive: true });
}

/** `a` is the secret that must show up nowhere. Takes a few seconds the first time. */
export async function makeTinyCircuit(a = 7345912345678901234n): Promise<TinyCircuit> {
  await runStep({
    name: 'tiny-circuit',
    inputs: ['package-lock.json', 'circuits/compile.ts', ...KEY, 'tests/helpers/tiny-circuit.ts'],
    outputs: FILES.map((name) => `${MADE}/${name}`),
    run: makeFiles,
  });
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-tiny-'));
  for (const name of FILES) copyFileSync(join(projectFolder, MADE, name), join(folder, name));
  const facts = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8')) as {
    constraints: number;
    domain: number;
  };
  const artifact = (url: string) => {
    const bytes = readFileSync(join(folder, url));
    return { url, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const entry: CircuitEntry = {
    id: 'product',
    capacity: null,
    ...facts,
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
