// Runs the Backend and ChunkStorage contracts inside a page with real workers; loaded by
// tests/e2e/backend-chromium.test.ts.
import { makeMemoryChunks, openCacheChunks, openFileChunks } from '../../src/browser/artifact-chunks.ts';
import { openArtifactStore } from '../../src/browser/artifact-store.ts';
import { makeLocalBackend } from '../../src/browser/local-backend.ts';
import { makeBrowserVerifier } from '../../src/browser/verifier.ts';
import { toErrorData } from '../../src/core/errors.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { backendCases } from './backend.suite.ts';
import { chunkCases } from './chunk-storage.suite.ts';

export interface PageVerdict {
  name: string;
  /** Null: kept. */
  error: string | null;
}

const baseUrl = `${location.origin}/circuits/manifest.json`;

async function verdictOf(name: string, run: () => Promise<unknown>): Promise<PageVerdict> {
  try {
    return { name, error: (await run()) === false ? 'not tested' : null };
  } catch (thrown) {
    return { name, error: String(thrown) };
  }
}

async function backendContract(
  threads: number,
  circuit: CircuitEntry,
  input: CircuitInput,
  publicSignals: string[],
): Promise<PageVerdict[]> {
  const verdicts: PageVerdict[] = [];
  const verifier = makeBrowserVerifier({
    baseUrl,
    spawn: () =>
      new Worker(new URL('../../src/workers/verify.ts', import.meta.url), { type: 'module', name: 'verify' }),
  });
  for (const { name, run } of backendCases) {
    const workers: Worker[] = [];
    const backend = makeLocalBackend({
      baseUrl,
      threads,
      silenceMs: () => 3_000,
      idleMs: 100,
      spawn: () => {
        const worker = new Worker(new URL('../../src/workers/prove.ts', import.meta.url), { type: 'module' });
        workers.push(worker);
        return worker;
      },
    });
    const verdict = await verdictOf(name, () =>
      run({
        backend,
        circuit,
        input,
        publicSignals,
        async verifies(result) {
          const request = { circuit, result, expectedPublicSignals: publicSignals };
          return (await verifier.verify(request, new AbortController().signal)).ok;
        },
        // No event follows, just as when the browser ends a worker for want of memory.
        kill: () => workers.at(-1)?.terminate(),
        active: null,
        close: async () => {},
      }),
    );
    verdicts.push(verdict);
  }
  return verdicts;
}

const STORAGES = {
  files: openFileChunks,
  cache: openCacheChunks,
  memory: async () => makeMemoryChunks(),
};

async function chunkContract(kind: keyof typeof STORAGES): Promise<PageVerdict[]> {
  const verdicts: PageVerdict[] = [];
  for (const { name, run } of chunkCases) {
    const storage = await STORAGES[kind]();
    for (const { sha256 } of await storage.list()) await storage.drop(sha256);
    const verdict = await verdictOf(name, () => run(storage, kind === 'memory' ? null : STORAGES[kind]));
    for (const { sha256 } of await storage.list()) await storage.drop(sha256);
    verdicts.push(verdict);
  }
  return verdicts;
}

/** Loads one artifact through the browser's store; the time it stops at is the caller's. */
async function load(circuit: CircuitEntry, stopAtBytes: number | null) {
  const warnings: string[] = [];
  const store = await openArtifactStore({ baseUrl, onWarning: ({ code }) => warnings.push(code) });
  const controller = new AbortController();
  const counted: number[] = [];
  try {
    const bytes = await store.get(circuit.artifacts.zkey, controller.signal, (count) => {
      counted.push(count);
      if (stopAtBytes !== null && count >= stopAtBytes) controller.abort();
    });
    return { length: bytes.length, counted, warnings, error: null };
  } catch (thrown) {
    return { length: 0, counted, warnings, error: toErrorData(thrown).code };
  }
}

/** Changes one bit of a kept chunk, as a failing disk would. */
async function damage(circuit: CircuitEntry): Promise<void> {
  const storage = await openFileChunks();
  const { sha256 } = circuit.artifacts.zkey;
  const chunk = Uint8Array.from((await storage.read(sha256, 0))!);
  chunk[chunk.length >> 1]! ^= 1;
  await storage.write(sha256, 0, chunk);
}

const page = { backendContract, chunkContract, load, damage };
export type ContractPage = typeof page;
Object.assign(globalThis, { contractPage: page });
