// The proving session of builds without snarkjs: the engine alone. A proof that fails is made once more by its other
// kernels.
import { GnomonError } from '../core/errors.ts';
import { createEngine } from './engine/engine.ts';
import type { TierName } from './engine/tiers.ts';
import { makeSession, type ProvingSession, proveWith, type SecondProver, threadsOf } from './session.ts';

/** `dropped`: kernels that computed wrongly here, kept by the caller. */
export function makeEngineSession(dropped: Set<TierName>): ProvingSession {
  const byOtherKernels: SecondProver = async (order, key, first) => {
    const engine = createEngine({ threads: threadsOf(order) });
    for (const tier of [...dropped, first?.tier as TierName]) engine.refuse(tier);
    try {
      return await proveWith(engine, order, key);
    } catch (thrown) {
      if (thrown instanceof GnomonError && thrown.code === 'resource.no-tier') return null;
      throw thrown;
    } finally {
      engine.dispose();
    }
  };
  return makeSession(byOtherKernels);
}
