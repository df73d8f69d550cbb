// The page that `npm run bench -- prove` measures in: whole proofs of the engine and of snarkjs from the same
// bytes, in turns that the bench decides.
import { groth16 } from 'snarkjs';
import { createEngine, type Engine, type EngineOptions } from '../../../src/prover/engine/engine.ts';

let zkey: Uint8Array;
let wtns: Uint8Array;
const engines = new Map<string, Engine>();

const fetchBytes = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer());

const page = {
  async load(): Promise<void> {
    [zkey, wtns] = await Promise.all([fetchBytes('/zkey'), fetchBytes('/wtns')]);
  },

  /** ms of one proof; the first with these options is the cold one. */
  async ours(options: EngineOptions): Promise<number> {
    const name = JSON.stringify(options);
    const engine = engines.get(name) ?? createEngine(options);
    engines.set(name, engine);
    const begun = performance.now();
    await engine.prove(zkey, wtns);
    return performance.now() - begun;
  },

  async snarkjs(singleThread: boolean): Promise<number> {
    const begun = performance.now();
    await groth16.prove(zkey, wtns, undefined, { singleThread });
    const taken = performance.now() - begun;
    // It keeps the curve it made first, threads and all.
    await (globalThis as { curve_bn128?: { terminate(): Promise<void> } }).curve_bn128?.terminate();
    return taken;
  },
};

export type ProveBenchPage = typeof page;
(globalThis as { proveBench?: ProveBenchPage }).proveBench = page;
