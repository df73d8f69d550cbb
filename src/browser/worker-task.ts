// Calls into a Web Worker that cannot hang: each is raced against the worker's death, its silence and
// the person's cancel. Comlink alone leaves a call pending for good when its worker dies.
import { type Endpoint, type Remote, releaseProxy, wrap } from 'comlink';
import { type ErrorData, GnomonError, toErrorData } from '../core/errors.ts';

/** What comes back over Comlink, whose own errors keep only their text. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ErrorData };

/** The little of a Worker that is needed here. */
export interface WorkerLike extends Endpoint {
  terminate(): void;
}

export interface TaskOptions {
  /** What is being done, as a noun for error messages: "Publishing". */
  doing: string;
  /** Longest time without a result or a beat. An out-of-memory worker may fire no event at all. */
  silenceMs: number;
  signal?: AbortSignal;
}

/** `beat` must be called at each sign of life, such as progress. */
export type WorkerCall<Api, T> = (api: Remote<Api>, beat: () => void) => Promise<Outcome<T>>;

/** Worker side: turns a result or anything thrown into an `Outcome`. */
export async function asOutcome<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    return { ok: false, error: toErrorData(thrown) };
  }
}

/** Runs one call in a worker of its own, which is terminated however the call ends: after a cancel the
 * CPU is free at once and no late result can arrive. */
export async function runInOwnWorker<Api, T>(
  spawn: () => WorkerLike,
  options: TaskOptions,
  call: WorkerCall<Api, T>,
): Promise<T> {
  if (options.signal?.aborted) throw cancelledError(options.doing);
  const running = start<Api>(spawn);
  try {
    return await race(running, options, call);
  } finally {
    running.end();
  }
}

export interface SharedWorker<Api> {
  run<T>(options: TaskOptions, call: WorkerCall<Api, T>): Promise<T>;
  end(): void;
}

/** One worker for many short calls, so that it can keep what it has loaded; started at the first call,
 * ended after `idleMs` without any, replaced when a call in it was lost or cancelled. */
export function makeSharedWorker<Api>(spawn: () => WorkerLike, idleMs: number): SharedWorker<Api> {
  let current: RunningWorker<Api> | null = null;
  let calls = 0;
  let idleTimer: ReturnType<typeof setTimeout> | undefined;

  function end(): void {
    clearTimeout(idleTimer);
    current?.end();
    current = null;
  }

  return {
    async run(options, call) {
      if (options.signal?.aborted) throw cancelledError(options.doing);
      clearTimeout(idleTimer);
      current ??= start<Api>(spawn);
      const mine = current;
      calls++;
      try {
        return await race(mine, options, call, () => {
          mine.end();
          if (current === mine) current = null;
        });
      } finally {
        calls--;
        if (calls === 0) idleTimer = setTimeout(end, idleMs);
      }
    },
    end,
  };
}

interface RunningWorker<Api> {
  api: Remote<Api>;
  onLost(listener: () => void): () => void;
  end(): void;
}

function start<Api>(spawn: () => WorkerLike): RunningWorker<Api> {
  const worker = spawn();
  const { api, release } = wrapFor<Api>(worker);
  const listeners = new Set<() => void>();
  let ended = false;
  const lost = () => {
    for (const listener of listeners) listener();
  };
  worker.addEventListener('error', lost);
  worker.addEventListener('messageerror', lost);
  return {
    api,
    onLost(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end() {
      if (ended) return;
      ended = true;
      // Calls that share this worker must not wait for an answer that can no longer come.
      lost();
      release();
      worker.terminate();
    },
  };
}

/** Comlink makes a proxy each time a method is named, and has a callback run when one was collected. To Chromium that
 * is a page that runs, so one that was put away would be thrown out of the back/forward cache for it: here each method
 * has one proxy for as long as the worker lives, and none is waited for afterwards. */
function wrapFor<Api>(worker: WorkerLike): { api: Remote<Api>; release: () => void } {
  const root = wrap<Record<string, () => unknown>>(worker);
  const methods = new Map<string, Remote<() => unknown>>();
  const api = new Proxy(
    {},
    {
      get(_, name: string) {
        const known = methods.get(name) ?? (root[name] as Remote<() => unknown>);
        methods.set(name, known);
        return known;
      },
    },
  );
  return {
    api: api as Remote<Api>,
    release() {
      for (const proxied of [...methods.values(), root]) proxied[releaseProxy]();
    },
  };
}

/** `onTrouble` runs when the worker was lost, fell silent, or the call was cancelled. */
function race<Api, T>(
  running: RunningWorker<Api>,
  { doing, silenceMs, signal }: TaskOptions,
  call: WorkerCall<Api, T>,
  onTrouble?: () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let settled = false;
    const settle = (action: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      stopListening();
      action();
    };
    const trouble = (error: GnomonError) =>
      settle(() => {
        reject(error);
        onTrouble?.();
      });
    const beat = () => {
      if (settled) return; // a late beat must not start the watchdog again
      clearTimeout(timer);
      timer = setTimeout(() => trouble(lostError(doing, 'worker-silent')), silenceMs);
    };
    const onAbort = () => trouble(cancelledError(doing));
    const stopListening = running.onLost(() => trouble(lostError(doing, 'worker-lost')));
    signal?.addEventListener('abort', onAbort, { once: true });
    beat();
    call(running.api, beat).then(
      (outcome) =>
        settle(() => (outcome.ok ? resolve(outcome.value) : reject(GnomonError.fromData(outcome.error)))),
      (thrown) => settle(() => reject(GnomonError.fromData(toErrorData(thrown)))),
    );
  });
}

function lostError(doing: string, what: 'worker-lost' | 'worker-silent'): GnomonError {
  const how = what === 'worker-lost' ? 'its worker ended unexpectedly' : 'its worker no longer answers';
  return new GnomonError(`resource.${what}`, `${doing} stopped: ${how}.`, {
    nextStep: 'Close other tabs to free memory, then try again.',
  });
}

function cancelledError(doing: string): GnomonError {
  return new GnomonError('cancelled.by-person', `${doing} was cancelled.`, {
    nextStep: 'Start it again when you want to.',
  });
}
