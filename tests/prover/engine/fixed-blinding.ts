// An engine whose blinding the test decides, so that its proof must equal another prover's byte for byte. Lives
// here, since reused blinding reveals the witness.
import { type Engine, type EngineOptions, GrothEngine } from '../../../src/prover/engine/engine.ts';
import type { Blinding } from '../../../src/prover/engine/reference/prove.ts';

export function createEngineWithBlinding(options: EngineOptions, blinding: () => Blinding): Engine {
  class FixedBlinding extends GrothEngine {
    protected override drawBlinding(): Blinding {
      return blinding();
    }
  }
  return new FixedBlinding(options);
}
