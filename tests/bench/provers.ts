// What is measured, the same in a page and in Node: one whole proof, by our engine or by snarkjs, from the same bytes in
// memory. A page or process loads the code of the one that it measures, and no more.
import type { EngineOptions, EngineResult } from '../../src/prover/engine/engine.ts';

export type ProverChoice =
  | { prover: 'engine'; options: EngineOptions }
  | { prover: 'snarkjs'; singleThread: boolean };

export type ProverName = ProverChoice['prover'];

export interface MeasuredProof {
  ms: number;
  proof: unknown;
  publicSignals: string[];
  /** Of the engine. */
  timings: EngineResult['timings'] | null;
}

export interface CircuitFiles {
  zkey: Uint8Array;
  wtns: Uint8Array;
}

/** Proves once. */
export type Prove = (files: CircuitFiles, choice: ProverChoice) => Promise<MeasuredProof>;
