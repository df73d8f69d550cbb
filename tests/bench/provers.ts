// What is measured, the same in a page and in Node: one whole proof, by our engine or by snarkjs, from the same
// bytes in memory.
import { groth16 } from 'snarkjs';
import {
  createEngine,
  type Engine,
  type EngineOptions,
  type EngineResult,
} from '../../src/prover/engine/engine.ts';

export type ProverChoice =
  | { prover: 'engine'; options: EngineOptions }
  | { prover: 'snarkjs'; singleThread: boolean };

export interface MeasuredProof {
  ms: number;
  proof: unknown;
  publicSignals: string[];
  /** Of the engine. */
  timings: EngineResult['timings'] | null;
}

/** Holds one circuit's files; the engine stays open between proofs, as an app would keep it. */
export class Provers {
  private zkey: Uint8Array = new Uint8Array();
  private wtns: Uint8Array = new Uint8Array();
  private readonly engines = new Map<string, Engine>();

  load(zkey: Uint8Array, wtns: Uint8Array): void {
    [this.zkey, this.wtns] = [zkey, wtns];
  }

  async prove(choice: ProverChoice): Promise<MeasuredProof> {
    if (choice.prover === 'engine') return this.byEngine(choice.options);
    const begun = performance.now();
    const { singleThread } = choice;
    const { proof, publicSignals } = await groth16.prove(this.zkey, this.wtns, undefined, { singleThread });
    const ms = performance.now() - begun;
    // It keeps the curve it made first, threads and all; ending them is not counted.
    await (globalThis as { curve_bn128?: { terminate(): Promise<void> } }).curve_bn128?.terminate();
    return { ms, proof, publicSignals: publicSignals as string[], timings: null };
  }

  private async byEngine(options: EngineOptions): Promise<MeasuredProof> {
    const name = JSON.stringify(options);
    const begun = performance.now();
    const engine = this.engines.get(name) ?? createEngine(options);
    this.engines.set(name, engine);
    const { proof, publicSignals, timings } = await engine.prove(this.zkey, this.wtns);
    return { ms: performance.now() - begun, proof, publicSignals, timings };
  }
}
