// What a proof of an input must show, worked out on this device in a worker of its own, so that a proof from
// elsewhere can be held to it.
import type { ExpectSignals } from '../core/ports.ts';
import type { ExpectWorkerApi } from './expect-worker.ts';
import { runInOwnWorker, type WorkerLike } from './worker-task.ts';

/** The largest calculators take seconds; a download of one more. */
const SILENCE_MS = 60_000;

/** `spawn` starts a worker that answers ExpectWorkerApi. */
export function makeExpectSignals(spawn: () => WorkerLike, baseUrl: string): ExpectSignals {
  return async ({ circuit, input }, signal) => {
    const publicSignals = await runInOwnWorker<ExpectWorkerApi, string[]>(
      spawn,
      { doing: 'Working out the numbers', silenceMs: SILENCE_MS, signal },
      (api) => api.publicSignals(circuit, input, baseUrl),
    );
    return { publicSignals, calculated: true };
  };
}
