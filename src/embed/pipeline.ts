// The library for other pages: a client without a face, the element <proof-pipeline>, and the workers behind both.
// snarkjs is not inside.
import {
  type Gnomon,
  type GnomonOptions,
  type PerformanceProfiler,
  ProofPriority as priorities,
  type WorkerPool,
} from '../client/types.ts';
import { createGnomon as create } from './create-gnomon.ts';
import { registerElement } from './element.tsx';
import { performanceProfiler as profiler } from './profiler.ts';
import { useWorkerFile as fromFile, workerPool as pool } from './workers.ts';

/** A client: submit, watch, cancel, events. Proofs of an earlier visit go on at once. */
export const createGnomon: (options?: GnomonOptions) => Gnomon = create;

/** The page's proving workers, shared by all clients that are given no other pool. */
export const workerPool: WorkerPool = pool;

/** Starts workers from this file from now on (`pipeline-worker.js`, on the page's own origin): for pages whose policy
 * allows no `blob:` in `worker-src`. */
export const useWorkerFile: (url: string | URL) => void = fromFile;

/** Measures how fast this device proves. */
export const performanceProfiler: PerformanceProfiler = profiler;

registerElement();

export { priorities as ProofPriority };
