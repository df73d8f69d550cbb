// The proving session of app, server and command line: our engine, with snarkjs as the second prover and as the
// ladder's last rungs.
import type { Engine } from './engine/engine.ts';
import { makeSession, type ProvingSession, type SecondProver, threadsOf } from './session.ts';

const bySnarkjs: SecondProver = async (order, key) => {
  const { wtns, signal, onProgress } = order;
  // Only now, since it is large and seldom needed.
  const { proveWithSnarkjs } = await import('./prove.ts');
  const made = await proveWithSnarkjs(await key.load(), wtns, {
    threads: threadsOf(order),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { ...made, prover: 'snarkjs', tier: null };
};

/** `start` is for tests that plant a broken engine. */
export function makeProvingSession(start?: (threads: number) => Engine): ProvingSession {
  return makeSession(bySnarkjs, start);
}
