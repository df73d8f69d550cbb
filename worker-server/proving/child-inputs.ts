// What is done with inputs besides proving: parsing large ones to see what is wrong with them, reading requests for
// proofs, and working out what a proof must show before its job goes to another machine. In children, a few at a time, since both take their time, and
// a circuit's own code may never end.
import { silenceLimitMs } from '../../src/core/heartbeat.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { publicSignalsOf } from '../../src/prover/zkey.ts';
import type { ReadRequest, RequestSurroundings } from '../api/request-order.ts';
import type { SignalsOf } from '../jobs/signals.ts';
import { makeTurns } from '../turns.ts';
import { askChild } from './ask-child.ts';
import type { Child } from './child.ts';
import { hasFile } from './folder-artifacts.ts';
import type { CheckOrder, ChildAnswers, RequestOrder, SignalsOrder } from './orders.ts';
import { CHILD_IDLE_MS, isDeath } from './thread-backend.ts';

export interface ChildInputs {
  readonly signalsOf: SignalsOf;
  /** Whether this machine has what it works them out with. */
  hasCalculator(circuit: CircuitEntry): Promise<boolean>;
  /** Rejects with `protocol.…` when it is no input of any circuit. */
  check(inputJson: Uint8Array): Promise<void>;
  /** Rejects with `protocol.…` when it is no request. */
  request(body: Uint8Array, around: RequestSurroundings, gone: AbortSignal): Promise<ReadRequest>;
  /** Ends all children, whatever they do. */
  close(): Promise<void>;
}

export interface ChildInputsOptions {
  circuitsFolder: string;
  /** Starts prove-child. */
  spawn: () => Child;
  /** At once; the others wait. */
  most: number;
  /** Longest that working out a circuit's signals may take. */
  limitMs?: (circuit: CircuitEntry) => number;
}

const ALIVE_MS = 1_000;
/** The largest take a few seconds. */
const CHECK_MS = 60_000;
/** Of at most a few megabytes. */
const READING_MS = 30_000;
/** A new child on a busy machine, and the circuit's calculator read and compiled. */
const LOADING_MS = 20_000;

export function makeChildInputs(options: ChildInputsOptions): ChildInputs {
  const {
    circuitsFolder,
    spawn,
    most,
    limitMs = (circuit) => LOADING_MS + silenceLimitMs(circuit),
  } = options;
  const idle: { child: Child; timer: NodeJS.Timeout }[] = [];
  const working = new Set<Child>();
  const turns = makeTurns(most);

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

  async function ask<T extends 'signals' | 'checked' | 'request'>(
    order: SignalsOrder | CheckOrder | RequestOrder,
    answer: T,
    limits: { limitMs: number; signal: AbortSignal },
  ): Promise<ChildAnswers[T]> {
    if (!(await turns.take(limits.signal))) throw limits.signal.reason;
    const resting = idle.pop();
    clearTimeout(resting?.timer);
    const child = resting?.child ?? spawn();
    working.add(child);
    try {
      return await askChild(child, order, answer, limits);
    } catch (thrown) {
      // Whatever kept it from answering is over with it.
      if (limits.signal.aborted || isDeath(thrown)) await child.end();
      throw thrown;
    } finally {
      working.delete(child);
      rest(child);
      turns.pass();
    }
  }

  return {
    async signalsOf({ circuit, inputJson = new Uint8Array(), witness }, signal, onAlive) {
      // The client has calculated already: they stand in its witness, which takes no code of the circuit's to read.
      if (witness !== undefined) return publicSignalsOf(witness, circuit.publicSignals.length);
      const timer = setInterval(onAlive, ALIVE_MS);
      const order: SignalsOrder = { kind: 'signals', circuitsFolder, circuit, inputJson };
      try {
        return await ask(order, 'signals', { limitMs: limitMs(circuit), signal });
      } finally {
        clearInterval(timer);
      }
    },

    hasCalculator: ({ artifacts }) => hasFile(circuitsFolder, artifacts.wasm),

    async check(inputJson) {
      const limits = { limitMs: CHECK_MS, signal: new AbortController().signal };
      await ask({ kind: 'check', inputJson }, 'checked', limits);
    },

    request: (body, around, gone) =>
      ask({ kind: 'request', body, around }, 'request', { limitMs: READING_MS, signal: gone }),

    async close() {
      const all = [...working, ...idle.map(({ child }) => child)];
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      await Promise.all(all.map((child) => child.end()));
    },
  };
}
