// Circuits that a person brings: kept by digest, found again by a new store, never fetched, never dropped to
// make room; refused when the files do not belong together.
import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeMemoryChunks } from '../../src/browser/artifact-chunks.ts';
import { makeOwnCircuits } from '../../src/browser/own-circuits.ts';
import { GnomonError } from '../../src/core/errors.ts';
import { type ChunkStorage, makeArtifactStore } from '../../src/prover/artifacts.ts';
import { inspectCircuit, verificationKeyFile } from '../../src/prover/inspect.ts';
import { inspectCalculator } from '../../src/prover/witness.ts';
import { testData } from '../helpers/data.ts';

const noFetch = () => Promise.reject(new Error('Nothing may be fetched.'));

function open(storage: ChunkStorage) {
  return makeArtifactStore({
    storage,
    fetch: noFetch,
    baseUrl: 'http://localhost/',
    nowMs: () => 1,
    chunkBytes: 10,
  });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof GnomonError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

const signal = new AbortController().signal;
const bytes = Uint8Array.from({ length: 25 }, (_, at) => at);

describe('a file that a person brings', () => {
  it('is found by its digest, in a store opened later, without the network', async () => {
    const storage = makeMemoryChunks();
    const artifact = await open(storage).keep('my key.zkey', bytes);
    expect(artifact.bytes).toBe(25);
    const later = open(storage);
    expect(await later.get(artifact, signal, () => {})).toEqual(bytes);
    expect(await later.get(artifact, signal, () => {})).toEqual(bytes);
    expect(await later.list()).toHaveLength(1);
    // Used twice, and still known as brought.
    expect((await storage.readMeta(artifact.sha256))?.brought).toBe(true);
  });

  it('that is gone or damaged is an error of its own, and is not looked for elsewhere', async () => {
    const storage = makeMemoryChunks();
    const artifact = await open(storage).keep('my key.zkey', bytes);
    await storage.write(artifact.sha256, 1, new Uint8Array(10));
    expect(await codeOf(open(storage).get(artifact, signal, () => {}))).toBe('artifact.not-kept');
    await storage.drop(artifact.sha256);
    expect(await codeOf(open(storage).get(artifact, signal, () => {}))).toBe('artifact.not-kept');
  });

  it('makes room by dropping what can be fetched again, never what was brought', async () => {
    const kept = makeMemoryChunks();
    const first = await open(kept).keep('first', bytes);
    await kept.writeMeta({ sha256: 'f'.repeat(64), bytes: 1, lastUsedAtMs: 0, complete: true, etag: null });
    const full: ChunkStorage = {
      ...kept,
      write: () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
    };
    expect(await codeOf(open(full).keep('second', Uint8Array.of(9)))).toBe('resource.storage-full');
    expect((await kept.list()).map(({ sha256 }) => sha256)).toEqual([first.sha256]);
  });
});

const haveData = testData('semaphore-32.zkey') !== undefined;

describe.skipIf(!haveData)('the files of a circuit (Semaphore)', () => {
  const read = (name: string) => Uint8Array.from(readFileSync(testData(name)!));
  const files = () => ({
    wasm: read('semaphore-32.wasm'),
    zkey: read('semaphore-32.zkey'),
    vkey: read('semaphore-32.vkey.json'),
  });

  it('are told apart by what they hold', async () => {
    expect(await inspectCircuit(files())).toMatchObject({
      domain: 2 ** 14,
      constraints: 9383,
      publicSignals: 4,
      inputValues: 37,
      developmentKey: false,
    });
    const { lengths } = await inspectCalculator(files().wasm, ['secret', 'merkleProofSiblings', 'other']);
    expect(lengths).toEqual({ secret: 1, merkleProofSiblings: 32, other: 0 });
  });

  it('need no verification key of their own', async () => {
    const { wasm, zkey } = files();
    expect((await inspectCircuit({ wasm, zkey, vkey: verificationKeyFile(zkey) })).publicSignals).toBe(4);
  });

  it('are refused when they do not belong together or are damaged', async () => {
    const { wasm, zkey, vkey } = files();
    const other = JSON.parse(new TextDecoder().decode(vkey)) as { IC: unknown[] };
    [other.IC[0], other.IC[1]] = [other.IC[1], other.IC[0]];
    const swapped = new TextEncoder().encode(JSON.stringify(other));
    expect(await codeOf(inspectCircuit({ wasm, zkey, vkey: swapped }))).toBe('circuit.mismatch');
    expect(await codeOf(inspectCircuit({ wasm, zkey: zkey.slice(0, -1), vkey }))).toBe('circuit.zkey');
    expect(await codeOf(inspectCircuit({ wasm: zkey, zkey, vkey }))).toBe('circuit.calculator');
    expect(await codeOf(inspectCircuit({ wasm, zkey, vkey: wasm }))).toBe('circuit.vkey');
  });
});

describe('a list of circuits at an address', () => {
  const own = (answer: () => Response) =>
    makeOwnCircuits({
      spawn: () => {
        throw new Error('not needed');
      },
      artifacts: { remove: async () => {} },
      fetch: async () => answer(),
      nowMs: () => 1,
    });

  it('is asked for over https, or from this machine', async () => {
    const nothing = own(() => Response.json({ version: 1, circuits: [] }));
    for (const address of [
      '',
      'manifest.json',
      'http://example.org/m.json',
      'file:///m.json',
      'javascript:1',
    ]) {
      expect(await codeOf(nothing.readManifest(address))).toBe('input.address');
    }
    expect(await nothing.readManifest('https://example.org/m.json')).toEqual([]);
    expect(await nothing.readManifest('http://localhost:8080/m.json')).toEqual([]);
  });

  it('that is no list is refused', async () => {
    for (const body of ['{', '[]', '{"version":2,"circuits":[]}', '<!doctype html>']) {
      const answers = own(() => new Response(body));
      expect(await codeOf(answers.readManifest('https://example.org/m.json'))).toBe('circuit.manifest');
    }
    const missing = own(() => new Response('', { status: 404 }));
    expect(await codeOf(missing.readManifest('https://example.org/m.json'))).toBe('network.manifest');
  });
});
