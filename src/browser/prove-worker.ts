// What runs inside the proving worker. Kept apart from its entry so that tests can run it anywhere.
import type { ErrorData } from '../core/errors.ts';
import type { Progress, ProofResult } from '../core/job.ts';
import { measureSpeed, type Speed } from '../prover/engine/speed.ts';
import { type PipelineRequest, runPipeline } from '../prover/pipeline.ts';
import type { ProvingSession } from '../prover/session.ts';
import { openArtifactStore } from './artifact-store.ts';
import { asOutcome, type Outcome } from './worker-task.ts';

export interface ProveWorkerRequest extends PipelineRequest {
  /** Relative artifact URLs are resolved against this. */
  baseUrl: string;
}

export type ProveWorkerEvent =
  | { type: 'progress'; progress: Progress }
  | { type: 'warning'; warning: ErrorData };

export interface ProveWorkerApi {
  /** Starts the engine's threads and chooses its kernels, so that the first proof need not wait for that. */
  warm(threads: number): Promise<Outcome<void>>;
  /** How fast the engine's kernels are here. */
  measureSpeed(): Promise<Outcome<Speed>>;
  prove(
    request: ProveWorkerRequest,
    onEvent: (event: ProveWorkerEvent) => unknown,
  ): Promise<Outcome<ProofResult>>;
}

/** One for a worker's life: the engine stays ready for the next proof. */
export function makeProveWorkerApi(session: ProvingSession): ProveWorkerApi {
  return {
    warm: (threads) => asOutcome(() => session.warm(threads)),
    measureSpeed: () => asOutcome(() => measureSpeed()),
    prove: (request, onEvent) => proveInWorker(request, onEvent, session),
  };
}

/** Never rejects. Cancelling ends the worker, signal or not; the signal is for those who run it elsewhere. */
export function proveInWorker(
  request: ProveWorkerRequest,
  onEvent: (event: ProveWorkerEvent) => unknown,
  session: ProvingSession,
  signal = new AbortController().signal,
): Promise<Outcome<ProofResult>> {
  // Events and the result travel through different ports: without waiting for the last event to be taken,
  // the result could overtake it.
  let taken: unknown;
  const send = (event: ProveWorkerEvent) => {
    taken = onEvent(event);
  };
  return asOutcome(async () => {
    const store = await openArtifactStore({
      baseUrl: request.baseUrl,
      onWarning: (warning) => send({ type: 'warning', warning }),
    });
    try {
      const events = {
        onProgress: (progress: Progress) => send({ type: 'progress', progress }),
        onWarning: (warning: ErrorData) => send({ type: 'warning', warning }),
      };
      return await runPipeline(request, store, session, events, signal);
    } finally {
      await Promise.resolve(taken).catch(() => undefined);
    }
  });
}
