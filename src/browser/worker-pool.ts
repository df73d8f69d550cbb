// The proving workers of a page: how many there may be, which are at work, warming them up, ending them. Each starts
// when it is first needed and ends by itself when it has been idle.
import { GnomonError } from '../core/errors.ts';
import { createListeners } from '../core/listeners.ts';
import type { ProveWorkerApi } from './prove-worker.ts';
import { makeSharedWorker, type SharedWorker, type WorkerLike } from './worker-task.ts';

export interface WorkerPoolOptions {
  /** Starts a worker that answers ProveWorkerApi. */
  spawn: () => WorkerLike;
  /** How many proofs at once; 1 unless told, since one proof uses all cores. */
  size?: number;
  /** Logical cores, shared among the workers. */
  threads: number;
  /** A worker without work is ended after this long. */
  idleMs?: number;
}

export interface WorkerPool {
  /** Workers at most, i.e. proofs at once. */
  readonly size: number;
  /** Workers that prove now. */
  readonly busy: number;
  /** Threads that one proof takes. */
  readonly threadsEach: number;
  /** 1…16, else `input.pool-size`. Proofs under way go on; what is too many goes when it is done. */
  resize(size: number): void;
  /** Starts all idle workers with their threads and kernels, so that the first proof does not wait for that. They
   * end by themselves when they have been idle. */
  warm(): Promise<void>;
  /** Ends all idle workers at once; they start again when needed. */
  end(): void;
  /** One proof's work, in a free worker. Rejects with `backend.busy` when there is none. */
  use<T>(work: (worker: SharedWorker<ProveWorkerApi>, threads: number) => Promise<T>): Promise<T>;
  /** Hears whenever it is changed, or a place is taken or becomes free: clients that share it wait for that. */
  watch(listener: () => void): () => void;
}

/** More threads only cost memory: each holds its own copy of what it works on. */
const MAX_THREADS = 16;
const MAX_SIZE = 16;
/** With the key that it holds. */
export const PROVER_IDLE_MS = 30_000;
/** Choosing kernels takes tenths of a second. */
const WARM_SILENCE_MS = 30_000;

interface Place {
  worker: SharedWorker<ProveWorkerApi>;
  busy: boolean;
}

export function makeWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const threads = Math.max(1, Math.min(MAX_THREADS, options.threads));
  const changed = createListeners<void>();
  let places: Place[] = [];
  let size = checked(options.size ?? 1);

  const threadsEach = (): number => Math.max(1, Math.floor(threads / size));
  const busy = (): number => places.filter((place) => place.busy).length;

  function grow(): void {
    while (places.length < size) {
      const worker = makeSharedWorker<ProveWorkerApi>(options.spawn, options.idleMs ?? PROVER_IDLE_MS);
      places.push({ worker, busy: false });
    }
  }

  /** Drops idle places while there are too many. */
  function shrink(): void {
    places = places.filter((place) => {
      if (place.busy || places.indexOf(place) < size) return true;
      place.worker.end();
      return false;
    });
  }

  return {
    get size() {
      return size;
    },
    get busy() {
      return busy();
    },
    get threadsEach() {
      return threadsEach();
    },
    resize(next) {
      size = checked(next);
      shrink();
      changed.emit();
    },
    async warm() {
      grow();
      await Promise.all(
        places
          .filter((place) => !place.busy)
          .map(({ worker }) =>
            worker.run({ doing: 'Warming up', silenceMs: WARM_SILENCE_MS }, (api) => api.warm(threadsEach())),
          ),
      );
    },
    end() {
      for (const place of places) if (!place.busy) place.worker.end();
    },
    async use(work) {
      if (busy() >= size) throw busyError();
      grow();
      const place = places.find((one) => !one.busy);
      if (place === undefined) throw busyError();
      place.busy = true;
      changed.emit();
      try {
        return await work(place.worker, threadsEach());
      } finally {
        place.busy = false;
        shrink();
        changed.emit();
      }
    },
    watch: (listener) => changed.add(listener),
  };
}

function checked(size: number): number {
  if (Number.isInteger(size) && size >= 1 && size <= MAX_SIZE) return size;
  throw new GnomonError('input.pool-size', `The pool takes 1 to ${MAX_SIZE} workers.`, {
    where: 'size',
    nextStep: 'Give a whole number in that range.',
  });
}

function busyError(): GnomonError {
  return new GnomonError('backend.busy', 'This device is already proving.', {
    nextStep: 'Wait until the other proof is done.',
  });
}
