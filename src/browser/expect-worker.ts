// Worker side of expect-signals.ts: the public signals of an input, from its witness.
import type { CircuitInput } from '../core/groth16.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import { calculateWitness } from '../prover/witness.ts';
import { publicSignalsOf } from '../prover/zkey.ts';
import { openArtifactStore } from './artifact-store.ts';
import type { Outcome } from './worker-task.ts';

export interface ExpectWorkerApi {
  /** What a proof of this input must show, from its witness. */
  publicSignals(circuit: CircuitEntry, input: CircuitInput, baseUrl: string): Promise<Outcome<string[]>>;
}

export async function publicSignalsIn(
  circuit: CircuitEntry,
  input: CircuitInput,
  baseUrl: string,
): Promise<string[]> {
  const store = await openArtifactStore({ baseUrl });
  const file = await store.get(circuit.artifacts.wasm, new AbortController().signal, () => {});
  return publicSignalsOf(await calculateWitness(Uint8Array.from(file), input), circuit.publicSignals.length);
}
