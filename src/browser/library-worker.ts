// What runs inside a worker of the library: all that it does off the page's thread, with the engine and one verifier,
// so that snarkjs stays out of the bundle.
import { makeEngineSession } from '../prover/engine-session.ts';
import { verifyStrictly } from '../prover/strict-verify.ts';
import { type ExpectWorkerApi, publicSignalsIn } from './expect-worker.ts';
import { makePinnedVerifyApi, type PinnedVerifyApi } from './pinned-verify.ts';
import { makeProveWorkerApi, type ProveWorkerApi } from './prove-worker.ts';
import { asOutcome } from './worker-task.ts';

export type LibraryWorkerApi = ProveWorkerApi & PinnedVerifyApi & ExpectWorkerApi;

export function makeLibraryWorkerApi(): LibraryWorkerApi {
  return {
    ...makeProveWorkerApi(makeEngineSession(new Set())),
    ...makePinnedVerifyApi((vkey, publicSignals, proof, expectations) =>
      verifyStrictly(vkey, publicSignals, proof, expectations, null),
    ),
    publicSignals: (circuit, input, baseUrl) => asOutcome(() => publicSignalsIn(circuit, input, baseUrl)),
  };
}
