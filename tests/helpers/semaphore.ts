// The Semaphore depth-32 circuit of the shared data as a circuits folder with a manifest, so that it comes
// to the prover the way any circuit does.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { testData } from './data.ts';

const FILES = {
  wasm: 'semaphore-32.wasm',
  zkey: 'semaphore-32.zkey',
  vkey: 'semaphore-32.vkey.json',
} as const;

export interface SemaphoreFixture {
  /** A folder with the manifest; remove it when done. */
  folder: string;
  entry: CircuitEntry;
  input: CircuitInput;
}

/** Undefined when the shared data is not there. `flip` changes one bit of the zkey after its digest is taken. */
export function semaphoreFixture(options: { flip?: number } = {}): SemaphoreFixture | undefined {
  const inputPath = testData('semaphore-32.input.json');
  if (inputPath === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-semaphore-'));
  const artifact = (kind: keyof typeof FILES) => {
    const source = testData(FILES[kind])!;
    const bytes = readFileSync(source);
    copyFileSync(source, join(folder, FILES[kind]));
    return {
      url: FILES[kind],
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
  };
  const entry: CircuitEntry = {
    id: 'semaphore-32',
    capacity: null,
    constraints: 9383,
    domain: 2 ** 14,
    publicSignals: ['merkleRoot', 'nullifier', 'message', 'scope'],
    setup: 'ceremony',
    artifacts: { wasm: artifact('wasm'), zkey: artifact('zkey'), vkey: artifact('vkey') },
  };
  if (options.flip !== undefined) {
    const path = join(folder, FILES.zkey);
    const bytes = readFileSync(path);
    bytes[options.flip]! ^= 1;
    writeFileSync(path, bytes, { mode: 0o644, flag: 'w' });
  }
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ version: 1, circuits: [entry] }));
  const raw = JSON.parse(readFileSync(inputPath, 'utf8')) as Record<string, unknown>;
  const text = (value: unknown): CircuitInput[string] =>
    Array.isArray(value) ? value.map(text) : String(value);
  return {
    folder,
    entry,
    input: Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, text(value)])),
  };
}
