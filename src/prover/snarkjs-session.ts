// The proving session of app, server and command line: our engine, with snarkjs as the second prover and as the
// ladder's last rungs.
import type { Engine } from './engine/engine.ts';
import { makeSession, type ProvingSession, type SecondProver, threadsOf } from './session.ts';

const bySnarkjs: SecondProver = async (order, key) => {
  const { wtns, signal, onProgress } = order;
  // Only now, since it is large and seldom needed.
  const { proveWithSnarkjs } = await import('./prove.ts');
  const given = await key.load();
  // It takes nothing but the whole file.
  const zkey = given instanceof Uint8Array ? given : await given.read(0, given.bytes);
  const made = await proveWithSnarkjs(zkey, wtns, {
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
