// What is done with inputs besides proving: parsing large ones to see what is wrong with them, reading requests for
// proofs, and working out what a proof must show before its job goes to another machine. In children, a few at a time:
// all of these take their time, and a circuit's own code may never end.
import { GnomonError } from '../../src/core/errors.ts';
import { silenceLimitMs } from '../../src/core/heartbeat.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { publicSignalsOf } from '../../src/prover/zkey.ts';
import type { Asker, ReadRequest, RequestSurroundings } from '../api/request-order.ts';
import type { SignalsOf } from '../jobs/signals.ts';
import { shuttingDown } from '../refusals.ts';
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
  /** Rejects with `protocol.…` when it is no input of any circuit, with `backend.unread` when that was not found out. */
  check(inputJson: Uint8Array, by: Asker): Promise<void>;
  /** Rejects with `protocol.…` when it is no request, with `backend.unread` when that was not found out. */
  request(body: Uint8Array, around: RequestSurroundings, by: Asker): Promise<ReadRequest>;
  /** Ends all children, whatever they do; what waits, or comes later, is refused. */
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
/** Whoever asks waits that long for a turn; others take turns with them, so that only their own many can hold them up. */
const TURN_MS = 60_000;
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
  let closed = false;

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
    turn: Promise<boolean> = turns.take(limits.signal),
  ): Promise<ChildAnswers[T]> {
    if (!(await turn)) throw limits.signal.reason;
    if (closed) {
      turns.pass();
      throw closing();
    }
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

  /** For whoever waits for the answer: their turn comes soon or not at all. */
  async function read<T extends 'checked' | 'request'>(
    what: 'input' | 'request',
    order: CheckOrder | RequestOrder,
    answer: T,
    limitMs: number,
    { owner, gone }: Asker,
  ): Promise<ChildAnswers[T]> {
    const ending = new AbortController();
    const leave = () => ending.abort(gone.reason);
    const timer = setTimeout(() => ending.abort(tooMany(what)), TURN_MS);
    if (gone.aborted) leave();
    gone.addEventListener('abort', leave);
    const turn = turns.take(ending.signal, {}, owner).finally(() => clearTimeout(timer));
    try {
      return await ask(order, answer, { limitMs, signal: ending.signal }, turn);
    } catch (thrown) {
      if (!isDeath(thrown)) throw thrown;
      throw closed ? closing() : unread(what);
    } finally {
      gone.removeEventListener('abort', leave);
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

    async check(inputJson, by) {
      await read('input', { kind: 'check', inputJson }, 'checked', CHECK_MS, by);
    },

    request: (body, around, by) =>
      read('request', { kind: 'request', body, around }, 'request', READING_MS, by),

    async close() {
      closed = true;
      const all = [...working, ...idle.map(({ child }) => child)];
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      await Promise.all(all.map((child) => child.end()));
    },
  };
}

/** Its child died, of whatever, or took too long. */
function unread(what: 'input' | 'request'): GnomonError {
  const message = `The ${what} could not be read: what read it ended before it was done.`;
  const nextStep = 'Send it again; if that does not help, send less at once.';
  return new GnomonError('backend.unread', message, { nextStep });
}

function tooMany(what: 'input' | 'request'): GnomonError {
  const message = `The ${what} was not read in time: this server has too many to read.`;
  return new GnomonError('backend.unread', message, {
    nextStep: 'Send it again in a moment, and fewer at once.',
  });
}

const closing = (): GnomonError => shuttingDown('Send it again in a moment.');
