// Our engine, measured; it stays open between proofs, as an app would keep it.
import { createEngine, type Engine } from '../../src/prover/engine/engine.ts';
import type { Prove } from './provers.ts';

const engines = new Map<string, Engine>();

export const prove: Prove = async ({ zkey, wtns }, choice) => {
  if (choice.prover !== 'engine') throw new Error('Only the engine is here.');
  const name = JSON.stringify(choice.options);
  const begun = performance.now();
  const engine = engines.get(name) ?? createEngine(choice.options);
  engines.set(name, engine);
  const { proof, publicSignals, timings } = await engine.prove(zkey, wtns);
  return { ms: performance.now() - begun, proof, publicSignals, timings };
};
