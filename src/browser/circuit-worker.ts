// What runs inside the circuit worker: takes the files of a circuit that a person brings, keeps them by digest,
// and says whether they belong together. In a worker, since it runs the calculator's code and holds large files.
import type { Artifact } from '../core/manifest.ts';
import { type CircuitFacts, inspectCircuit, verificationKeyFile } from '../prover/inspect.ts';
import { inspectCalculator } from '../prover/witness.ts';
import { readZkeyHeader } from '../prover/zkey.ts';
import { openArtifactStore } from './artifact-store.ts';
import { type ExpectWorkerApi, publicSignalsIn } from './expect-worker.ts';
import { asOutcome, type Outcome } from './worker-task.ts';

export interface CircuitArtifacts {
  wasm: Artifact;
  zkey: Artifact;
  vkey: Artifact;
}

/** Files chosen by a person. Without a vkey, the one that the zkey carries is taken. */
export interface CircuitFiles {
  wasm: File;
  zkey: File;
  vkey: File | null;
}

export interface TakenCircuit {
  artifacts: CircuitArtifacts;
  facts: CircuitFacts;
}

export interface CircuitWorkerApi extends ExpectWorkerApi {
  /** Nothing is kept of files that cannot be used. */
  takeFiles(files: CircuitFiles, onStep: (step: string) => unknown): Promise<Outcome<TakenCircuit>>;
  /** The same for files that are fetched by digest. */
  takeArtifacts(
    artifacts: CircuitArtifacts,
    baseUrl: string,
    onBytes: (bytes: number) => unknown,
  ): Promise<Outcome<TakenCircuit>>;
  /** How many values each named input takes; 0: there is none of that name; null: cannot be told. */
  inputLengths(
    wasm: Artifact,
    names: string[],
    baseUrl: string,
  ): Promise<Outcome<Record<string, number | null>>>;
}

export function makeCircuitWorkerApi(): CircuitWorkerApi {
  const signal = new AbortController().signal;
  return {
    takeFiles: (files, onStep) =>
      asOutcome(async () => {
        onStep('Reading the files');
        const [wasm, zkey] = [await bytesOf(files.wasm), await bytesOf(files.zkey)];
        // Before its key is taken from it: the message then is about the zkey.
        readZkeyHeader(zkey);
        const vkey = files.vkey === null ? verificationKeyFile(zkey) : await bytesOf(files.vkey);
        onStep('Checking that they belong together');
        const facts = await inspectCircuit({ wasm, zkey, vkey });
        onStep('Keeping them on this device');
        // Nothing here has an address that it could be fetched from.
        const store = await openArtifactStore({ baseUrl: 'brought:' });
        const artifacts: CircuitArtifacts = {
          wasm: await store.keep(files.wasm.name, wasm),
          zkey: await store.keep(files.zkey.name, zkey),
          vkey: await store.keep(files.vkey?.name ?? 'verification-key.json', vkey),
        };
        return { artifacts, facts };
      }),
    takeArtifacts: (artifacts, baseUrl, onBytes) =>
      asOutcome(async () => {
        const store = await openArtifactStore({ baseUrl });
        const vkey = await store.get(artifacts.vkey, signal, onBytes);
        const before = artifacts.vkey.bytes;
        const wasm = await store.get(artifacts.wasm, signal, (bytes) => onBytes(before + bytes));
        const beforeKey = before + artifacts.wasm.bytes;
        const zkey = await store.get(artifacts.zkey, signal, (bytes) => onBytes(beforeKey + bytes));
        return { artifacts, facts: await inspectCircuit({ wasm: Uint8Array.from(wasm), zkey, vkey }) };
      }),
    publicSignals: (circuit, input, baseUrl) => asOutcome(() => publicSignalsIn(circuit, input, baseUrl)),
    inputLengths: (wasm, names, baseUrl) =>
      asOutcome(async () => {
        const store = await openArtifactStore({ baseUrl });
        const file = await store.get(wasm, signal, () => {});
        return (await inspectCalculator(Uint8Array.from(file), names)).lengths;
      }),
  };
}

async function bytesOf(file: File): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.arrayBuffer());
}
