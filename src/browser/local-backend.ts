// The Backend port on this device: each attempt in a proving worker of its own. Abort, death and silence end
// the worker, and the prover's threads with it.
import { proxy } from 'comlink';
import { type ErrorData, GnomonError } from '../core/errors.ts';
import { makeHeartbeat, silenceLimitMs } from '../core/heartbeat.ts';
import { isSingleThreaded, type Progress, type ProofResult, RUNGS, type Rung } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { AttemptRequest, Backend } from '../core/ports.ts';
import { memoryCosts, threadsThatFit } from './memory.ts';
import type { ProveWorkerApi } from './prove-worker.ts';
import { makeWorkerPool, type WorkerPool } from './worker-pool.ts';
import type { SharedWorker, WorkerLike } from './worker-task.ts';

export interface LocalBackendOptions {
  /** Relative artifact URLs are resolved against this. */
  baseUrl: string;
  /** Logical cores. */
  threads: number;
  /** The workers; a pool of one, of `spawn`'s, when left out. */
  pool?: WorkerPool;
  /** What a build can prove with; all of RUNGS when left out. */
  rungs?: readonly Rung[];
  /** What a proof may take; null where nobody knows. Asked before each attempt. */
  memoryBytes?: () => number | null;
  /** Starts a proving worker. */
  spawn: () => WorkerLike;
  /** A worker without work is ended after this long. */
  idleMs?: number;
  /** Longest silence of a worker for a circuit; see `silenceLimitMs`. */
  silenceMs?: (circuit: CircuitEntry) => number;
  /** Something went wrong that did not stop the proof, e.g. no space to keep the circuit's files. */
  onWarning?: (warning: ErrorData) => void;
}

/** The longest delay that setTimeout takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function makeLocalBackend(options: LocalBackendOptions): Backend {
  const pool = options.pool ?? makeWorkerPool(options);
  const possible = options.rungs ?? RUNGS;
  const rungs = options.threads > 1 ? possible : possible.filter(isSingleThreaded);

  async function prove(
    worker: SharedWorker<ProveWorkerApi>,
    threads: number,
    attempt: AttemptRequest,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<ProofResult> {
    const { circuit, input, rung } = attempt;
    const wanted = isSingleThreaded(rung) ? 1 : threads;
    const costs = memoryCosts(rung, globalThis.crossOriginIsolated === true);
    const fitting = threadsThatFit(circuit, wanted, options.memoryBytes?.() ?? null, costs);
    const ending = new AbortController();
    const onAbort = () => ending.abort();
    signal.addEventListener('abort', onAbort);
    const heartbeat = makeHeartbeat(onProgress, (options.silenceMs ?? silenceLimitMs)(circuit), onAbort);
    try {
      return await worker.run(
        // Silence is measured by the heartbeat, which knows that computers sleep.
        { doing: 'Proving', silenceMs: MAX_TIMER_MS, signal: ending.signal },
        (api) =>
          api.prove(
            { circuit, input, rung, threads: fitting, baseUrl: options.baseUrl },
            proxy((event) => {
              if (event.type === 'warning') options.onWarning?.(event.warning);
              else heartbeat.report(event.progress);
            }),
          ),
      );
    } catch (thrown) {
      if (isUnwell(thrown)) worker.end();
      if (signal.aborted) throw aborted();
      if (ending.signal.aborted) throw died('its worker no longer answers');
      throw isLost(thrown) ? died('its worker ended unexpectedly') : thrown;
    } finally {
      heartbeat.end();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The least that a proof can do with here. */
  function refusalOf(circuit: CircuitEntry): string | null {
    const costs = memoryCosts(rungs.at(-1) ?? 'snarkjs-single', globalThis.crossOriginIsolated === true);
    try {
      threadsThatFit(circuit, 1, options.memoryBytes?.() ?? null, costs);
      return null;
    } catch {
      return 'this device has too little memory for it';
    }
  }

  return {
    id: 'local',
    kind: 'local',
    label: 'this device',
    rungs,
    capacity: () => ({ slots: pool.size, busy: pool.busy }),
    health: () => ({ state: 'ready', reason: null }),
    outlook: (circuit) => ({ refusal: refusalOf(circuit), reachMs: 0, waitMs: 0 }),
    async prove(attempt, signal, onProgress) {
      if (signal.aborted) throw aborted();
      return pool.use((worker, threads) => prove(worker, threads, attempt, signal, onProgress));
    },
    watch: (listener) => pool.watch(listener),
  };
}

/** Whatever holds the memory, or went wrong, goes with the worker: the next try has a new one. */
function isUnwell(thrown: unknown): boolean {
  return !(thrown instanceof GnomonError) || ['resource', 'backend', 'internal'].includes(thrown.group);
}

function isLost(thrown: unknown): boolean {
  return thrown instanceof GnomonError && /^resource\.worker-/.test(thrown.code);
}

function died(how: string): GnomonError {
  return new GnomonError('backend.died', `Proving stopped: ${how}.`, {
    nextStep: 'Close other tabs to free memory, then try again.',
  });
}

function aborted(): GnomonError {
  return new GnomonError('cancelled.aborted', 'The proof was cancelled.', {
    nextStep: 'Start it again when you like.',
  });
}
