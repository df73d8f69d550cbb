// snarkjs' curve under our control: how many threads, what work is done, and an answer when one dies.
// snarkjs takes its curve from one global and starts as many threads as there are cores; ffjavascript's
// inner workers never reject, and its terminate() always waits 200 ms.
import { type Curve, type CurveTaskStep, curves } from 'snarkjs';
import { GnomonError } from '../core/errors.ts';

/** ffjavascript looks here before it builds a curve, and leaves its own here. */
const curveGlobal = globalThis as { curve_bn128?: Curve | null };

let tail: Promise<unknown> = Promise.resolve();

export interface CurveOptions {
  /** 1 runs in the calling thread; more start that many inner workers, at most one for each core. */
  threads: number;
  /** Called after each finished task. */
  onTask?: (task: CurveTaskStep[]) => void;
  signal?: AbortSignal;
}

/** Runs `work` with snarkjs' curve set up as asked, one at a time in this realm. Rejects when the signal
 * fires or an inner worker dies; the inner workers are gone when it settles. */
export function withCurve<T>(options: CurveOptions, work: (curve: Curve) => Promise<T>): Promise<T> {
  const turn = tail.then(() => runWithCurve(options, work));
  tail = turn.catch(() => undefined);
  return turn;
}

/** Kept between calls, since building a curve takes a quarter of a second: a verifier's whole time. */
let kept: Curve | undefined;

async function runWithCurve<T>(options: CurveOptions, work: (curve: Curve) => Promise<T>): Promise<T> {
  const { signal } = options;
  if (signal?.aborted) throw cancelled();
  const single = options.threads <= 1;
  const curve = await openCurve(single);
  const restore = countTasks(curve, single, options.onTask);
  let stop: (() => void) | undefined;
  let done = false;
  try {
    const ended = new Promise<never>((_, reject) => {
      const onAbort = () => reject(cancelled());
      signal?.addEventListener('abort', onAbort);
      stop = () => signal?.removeEventListener('abort', onAbort);
      if (signal?.aborted) onAbort();
      for (const worker of trimWorkers(curve, options.threads)) {
        for (const type of ['error', 'messageerror', 'close']) {
          worker.addEventListener(type, () => reject(threadDied()));
        }
      }
    });
    curveGlobal.curve_bn128 = curve;
    const result = await Promise.race([work(curve), ended]);
    done = true;
    return result;
  } finally {
    stop?.();
    curveGlobal.curve_bn128 = null;
    restore();
    for (const worker of curve.tm.workers ?? []) worker.terminate();
    // After a failure something may still be running on it.
    if (single) kept = done ? curve : undefined;
  }
}

async function openCurve(single: boolean): Promise<Curve> {
  if (single && kept !== undefined) return kept;
  curveGlobal.curve_bn128 = null;
  return curves.getCurveFromName('bn128', { singleThread: single });
}

/** Ends the workers beyond `threads`; returns those that stay. */
function trimWorkers(curve: Curve, threads: number) {
  const { tm } = curve;
  if (tm.workers === undefined) return [];
  for (const surplus of tm.workers.splice(threads)) surplus.terminate();
  tm.working?.splice(threads);
  tm.concurrency = tm.workers.length;
  return tm.workers;
}

/** Returns what undoes it. */
function countTasks(curve: Curve, single: boolean, onTask: CurveOptions['onTask']): () => void {
  const { tm } = curve;
  const original = tm.queueAction;
  if (onTask !== undefined) {
    tm.queueAction = (task, transfers) => {
      const result = original.call(tm, task, transfers);
      // With one thread the task has run by now, and a loop may queue many before any promise is looked at.
      if (single) onTask(task);
      else result.then(() => onTask(task)).catch(() => undefined);
      return result;
    };
  }
  return () => {
    tm.queueAction = original;
  };
}

function cancelled(): GnomonError {
  return new GnomonError('cancelled.aborted', 'The proof was cancelled.', {
    nextStep: 'Start it again when you like.',
  });
}

function threadDied(): GnomonError {
  return new GnomonError('backend.died', 'A proving thread ended before its work was done.', {
    nextStep: 'Close other tabs or programs to free memory, then try again.',
  });
}
