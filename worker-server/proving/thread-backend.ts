// The Backend port on a server: proofs in child processes that can be killed. One attempt to a child; a child
// stays for the next proof, since it holds what it has loaded.
import { type ErrorData, GnomonError } from '../../src/core/errors.ts';
import { type Heartbeat, makeHeartbeat, silenceLimitMs } from '../../src/core/heartbeat.ts';
import { isSingleThreaded, type Progress, type ProofResult, RUNGS } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { AttemptRequest, Backend } from '../../src/core/ports.ts';
import { type Child, type Death, forgetPeak, peakBytes } from './child.ts';
import type { ProveOrder, ProveReport } from './orders.ts';

export interface ThreadBackendOptions {
  circuitsFolder: string;
  /** Proofs at once. */
  slots: number;
  /** Threads of each, on the threaded rungs. */
  threads: number;
  /** Starts prove-child. */
  spawn: () => Child;
  /** A child without work is ended after this long. */
  idleMs?: number;
  /** Longest silence of a child for a circuit. */
  silenceMs?: (circuit: CircuitEntry) => number;
  /** Something went wrong that did not stop the proof. */
  onWarning?: (warning: ErrorData) => void;
}

export interface ThreadBackend extends Backend {
  /** Ends all children, whatever they do. */
  close(): Promise<void>;
}

/** A child without work is ended after this long, with the key that it holds. */
export const CHILD_IDLE_MS = 120_000;

interface Idle {
  child: Child;
  circuit: string;
  timer: ReturnType<typeof setTimeout>;
}

export function makeThreadBackend(options: ThreadBackendOptions): ThreadBackend {
  const { slots, threads, spawn, idleMs = CHILD_IDLE_MS } = options;
  const rungs = threads > 1 ? RUNGS : RUNGS.filter(isSingleThreaded);
  const idle: Idle[] = [];
  const working = new Set<Child>();
  let closed = false;
  let busy = 0;

  /** The child that proved this circuit last, else any that rests, else a new one. */
  function take(circuit: string): Child {
    const alike = idle.findIndex((resting) => resting.circuit === circuit);
    const [found] = idle.splice(alike < 0 ? idle.length - 1 : alike, 1);
    if (found !== undefined) clearTimeout(found.timer);
    const child = found?.child ?? spawn();
    working.add(child);
    return child;
  }

  function rest(child: Child, circuit: string): void {
    working.delete(child);
    if (child.dead()) return;
    if (closed) return void child.end();
    const leave = () => {
      const at = idle.findIndex((resting) => resting.child === child);
      if (at >= 0) clearTimeout(idle.splice(at, 1)[0]?.timer);
    };
    const timer = setTimeout(() => {
      leave();
      void child.end();
    }, idleMs);
    timer.unref();
    child.onDeath = leave;
    idle.push({ child, circuit, timer });
  }

  async function prove(
    attempt: AttemptRequest,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<ProofResult> {
    const { circuit, input, inputJson, witness, rung } = attempt;
    const key = circuit.artifacts.zkey.sha256;
    const child = take(key);
    const { circuitsFolder } = options;
    const given = { input, inputJson, witness };
    const order: ProveOrder = { kind: 'prove', circuitsFolder, circuit, ...given, rung, threads };
    try {
      const limitMs = (options.silenceMs ?? silenceLimitMs)(circuit);
      const events = { onProgress, onWarning: options.onWarning ?? (() => {}) };
      await forgetPeak(child.pid);
      const { made, ...result } = await converse(child, order, limitMs, signal, events);
      const peakMemoryBytes = await peakBytes(child.pid);
      return { ...result, made: { tier: null, fromCache: null, ...made, peakMemoryBytes } };
    } catch (thrown) {
      // After an abort or a death nothing of it may be left: the CPU is free when this settles.
      if (signal.aborted || isDeath(thrown)) await child.end();
      throw thrown;
    } finally {
      rest(child, key);
    }
  }

  return {
    id: 'thread',
    kind: 'thread',
    label: 'this server',
    rungs,
    capacity: () => ({ slots, busy }),
    health: () =>
      closed ? { state: 'down', reason: 'it is shutting down' } : { state: 'ready', reason: null },
    async prove(attempt, signal, onProgress) {
      if (signal.aborted) throw aborted();
      if (busy >= slots) throw busyError();
      busy++;
      try {
        return await prove(attempt, signal, onProgress);
      } finally {
        busy--;
      }
    },
    async close() {
      closed = true;
      const all = [...working, ...idle.map(({ child }) => child)];
      await Promise.all(all.map((child) => child.end()));
    },
  };
}

/** One order and its reports, to the end: by its result, the child's death, its silence, or an abort. */
function converse(
  child: Child,
  order: ProveOrder,
  silenceMs: number,
  signal: AbortSignal,
  events: { onProgress: (progress: Progress) => void; onWarning: (warning: ErrorData) => void },
): Promise<ProofResult> {
  return new Promise<ProofResult>((resolve, reject) => {
    let heartbeat: Heartbeat | null = null;
    const settle = (action: () => void): void => {
      heartbeat?.end();
      signal.removeEventListener('abort', onAbort);
      child.onMessage = () => {};
      child.onDeath = () => {};
      action();
    };
    const onAbort = () => settle(() => reject(aborted()));
    heartbeat = makeHeartbeat(events.onProgress, silenceMs, () => settle(() => reject(died('silent'))));
    signal.addEventListener('abort', onAbort);
    child.onDeath = (death) => settle(() => reject(died(death)));
    child.onMessage = (message) => {
      // From our own code in our own process: its shape is not in doubt.
      const report = message as ProveReport;
      if (report.type === 'progress') heartbeat?.report(report.progress);
      else if (report.type === 'warning') events.onWarning(report.warning);
      else if (report.type !== 'done') return;
      else if (report.outcome.ok) {
        const { value } = report.outcome;
        settle(() => resolve(value));
      } else {
        const { error } = report.outcome;
        settle(() => reject(GnomonError.fromData(error)));
      }
    };
    if (child.dead()) settle(() => reject(died('crash')));
    else child.send(order);
  });
}

export function isDeath(thrown: unknown): boolean {
  return (
    thrown instanceof GnomonError && (thrown.code === 'backend.died' || thrown.code === 'resource.memory')
  );
}

export function died(how: Death | 'silent'): GnomonError {
  if (how === 'memory') {
    return new GnomonError('resource.memory', 'There is not enough memory for this proof.', {
      nextStep: 'Take a smaller circuit, or a server with more memory.',
    });
  }
  const words = how === 'silent' ? 'its process no longer answers' : 'its process ended unexpectedly';
  return new GnomonError('backend.died', `Proving stopped: ${words}.`, {
    nextStep: 'It is tried again.',
  });
}

export function aborted(): GnomonError {
  return new GnomonError('cancelled.aborted', 'The proof was cancelled.', {
    nextStep: 'Start it again when you like.',
  });
}

export function busyError(): GnomonError {
  return new GnomonError('backend.busy', 'This server is already proving as much as it can.', {
    nextStep: 'Wait until another proof is done.',
  });
}
