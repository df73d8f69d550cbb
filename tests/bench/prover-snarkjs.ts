// snarkjs, measured.
import { groth16 } from 'snarkjs';
import type { Prove } from './provers.ts';

export const prove: Prove = async ({ zkey, wtns }, choice) => {
  if (choice.prover !== 'snarkjs') throw new Error('Only snarkjs is here.');
  const begun = performance.now();
  const { singleThread } = choice;
  const { proof, publicSignals } = await groth16.prove(zkey, wtns, undefined, { singleThread });
  const ms = performance.now() - begun;
  // It keeps the curve it made first, threads and all; ending them is not counted.
  await (globalThis as { curve_bn128?: { terminate(): Promise<void> } }).curve_bn128?.terminate();
  return { ms, proof, publicSignals: publicSignals as string[], timings: null };
};
