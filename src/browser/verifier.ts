// Strict verification in a worker of its own, independent of the one that proved: the scheduler's Verifier
// and the page's verifier service.
import { GnomonError } from '../core/errors.ts';
import type { Groth16Proof } from '../core/groth16.ts';
import type { Verdict, VerificationRequest, Verifier } from '../core/ports.ts';
import { mustBeDecided, type VerificationCheck, verdictOf } from '../prover/strict-verify.ts';
import type { PinnedVerifyApi } from './pinned-verify.ts';
import type { VerifyWorkerApi } from './verify-worker.ts';
import { makeSharedWorker, type SharedWorker, type WorkerLike } from './worker-task.ts';

export interface BrowserVerifierOptions {
  /** Relative artifact URLs are resolved against this. */
  baseUrl: string;
  /** Starts a worker that verifies. */
  spawn: () => WorkerLike;
  /** A worker without work is ended after this long. */
  idleMs?: number;
  /** A verification that takes longer has died: it takes a tenth of a second, a key's download more. */
  silenceMs?: number;
}

export interface BrowserVerifier extends Verifier {
  /** One entry for each check, whatever the three are. Rejects when they could not be made to the end, which says
   * nothing about the proof. */
  check(vkey: unknown, publicSignals: unknown, proof: unknown): Promise<VerificationCheck[]>;
  /** snarkjs' Solidity calldata for a proof. */
  solidityCalldata(proof: Groth16Proof, publicSignals: string[]): Promise<string>;
}

const DOING = 'Verifying';

export function makeBrowserVerifier(options: BrowserVerifierOptions): BrowserVerifier {
  const worker = makeSharedWorker<VerifyWorkerApi>(options.spawn, options.idleMs ?? 30_000);
  const silenceMs = options.silenceMs ?? 30_000;
  return {
    ...verifierIn(worker, options.baseUrl, silenceMs),
    async check(vkey, publicSignals, proof) {
      const verification = await worker.run({ doing: DOING, silenceMs }, (api) =>
        api.verify(vkey, publicSignals, proof),
      );
      mustBeDecided(verification);
      return verification.checks;
    },
    solidityCalldata: (proof, publicSignals) =>
      worker.run({ doing: 'Writing calldata', silenceMs }, (api) =>
        api.solidityCalldata(proof, publicSignals),
      ),
  };
}

/** Of a build without snarkjs. `end` ends its worker, which starts again when it is needed. */
export function makePinnedVerifier(options: BrowserVerifierOptions): Verifier & { end(): void } {
  const worker = makeSharedWorker<PinnedVerifyApi>(options.spawn, options.idleMs ?? 30_000);
  return {
    ...verifierIn(worker, options.baseUrl, options.silenceMs ?? 30_000),
    end: () => worker.end(),
  };
}

function verifierIn(worker: SharedWorker<PinnedVerifyApi>, baseUrl: string, silenceMs: number): Verifier {
  return {
    async verify(request: VerificationRequest, signal: AbortSignal): Promise<Verdict> {
      try {
        const verification = await worker.run({ doing: DOING, silenceMs, signal }, (api) =>
          api.verifyPinned({
            vkey: request.circuit.artifacts.vkey,
            baseUrl,
            publicSignals: request.result.publicSignals,
            proof: request.result.proof,
            expectedPublicSignals: request.expectedPublicSignals,
          }),
        );
        return verdictOf(verification);
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
        throw new GnomonError('cancelled.aborted', 'Verifying was cancelled.', {
          nextStep: 'Start it again when you like.',
        });
      }
    },
  };
}
