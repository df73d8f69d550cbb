// What a proof must show, worked out on this machine before its job goes to another: in children, a few at a time,
// since a circuit's own code runs there and may take its time, or never end.
import { silenceLimitMs } from '../../src/core/heartbeat.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { publicSignalsOf } from '../../src/prover/zkey.ts';
import type { SignalsOf } from '../jobs/signals.ts';
import { askChild } from './ask-child.ts';
import type { Child } from './child.ts';
import type { SignalsOrder } from './orders.ts';
import { CHILD_IDLE_MS } from './thread-backend.ts';

export interface ChildSignals {
  readonly of: SignalsOf;
  /** Ends all children, whatever they do. */
  close(): Promise<void>;
}

export interface ChildSignalsOptions {
  circuitsFolder: string;
  /** Starts prove-child. */
  spawn: () => Child;
  /** At once; the others wait. */
  most: number;
  /** Longest that a circuit's may take. */
  limitMs?: (circuit: CircuitEntry) => number;
}

const ALIVE_MS = 1_000;
/** A new child on a busy machine, and the circuit's calculator read and compiled. */
const LOADING_MS = 20_000;

export function makeChildSignals(options: ChildSignalsOptions): ChildSignals {
  const {
    circuitsFolder,
    spawn,
    most,
    limitMs = (circuit) => LOADING_MS + silenceLimitMs(circuit),
  } = options;
  const idle: { child: Child; timer: NodeJS.Timeout }[] = [];
  const working = new Set<Child>();
  const turns: (() => void)[] = [];
  let running = 0;

  function rest(child: Child): void {
    if (child.dead()) return;
    const leave = () => {
      const at = idle.findIndex((resting) => resting.child === child);
      if (at >= 0) clearTimeout(idle.splice(at, 1)[0]?.timer);
    };
    child.onDeath = leave;
    const timer = setTimeout(() => {
      leave();
      void child.end();
    }, CHILD_IDLE_MS);
    timer.unref();
    idle.push({ child, timer });
  }

  async function calculate(
    { circuit, inputJson = new Uint8Array() }: Parameters<SignalsOf>[0],
    signal: AbortSignal,
  ): Promise<string[]> {
    const resting = idle.pop();
    clearTimeout(resting?.timer);
    const child = resting?.child ?? spawn();
    working.add(child);
    const order: SignalsOrder = { kind: 'signals', circuitsFolder, circuit, inputJson };
    let answered = false;
    try {
      const signals = await askChild(child, order, 'signals', { limitMs: limitMs(circuit), signal });
      answered = true;
      return signals;
    } finally {
      working.delete(child);
      // Whatever kept it from answering is over with it.
      if (answered) rest(child);
      else await child.end();
    }
  }

  /** False: aborted before its turn came. */
  async function turn(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (running < most) {
      running++;
      return true;
    }
    return new Promise<boolean>((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = () => {
        turns.splice(turns.indexOf(go), 1);
        resolve(false);
      };
      signal.addEventListener('abort', leave, { once: true });
      turns.push(go);
    });
  }

  function pass(): void {
    const next = turns.shift();
    if (next === undefined) running--;
    else next();
  }

  return {
    async of(job, signal, onAlive) {
      // The client has calculated already: they stand in its witness, which takes no code of the circuit's to read.
      if (job.witness !== undefined) return publicSignalsOf(job.witness, job.circuit.publicSignals.length);
      const timer = setInterval(onAlive, ALIVE_MS);
      try {
        if (!(await turn(signal))) throw signal.reason;
        try {
          return await calculate(job, signal);
        } finally {
          pass();
        }
      } finally {
        clearInterval(timer);
      }
    },
    async close() {
      const all = [...working, ...idle.map(({ child }) => child)];
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      await Promise.all(all.map((child) => child.end()));
    },
  };
}
