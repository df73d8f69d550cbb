// What the server and its children say to each other over their private channel.
import type { ErrorData } from '../../src/core/errors.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { Progress, ProofResult, Rung } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { Speed } from '../../src/prover/engine/speed.ts';
import type { Verification } from '../../src/prover/strict-verify.ts';
import type { ReadRequest, RequestSurroundings } from '../api/request-order.ts';

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ErrorData };

/** `prove` answers with a ProveReport that holds a proof, `witness` with one that holds a .wtns file. */
export interface ProveOrder {
  kind: 'prove' | 'witness';
  circuitsFolder: string;
  circuit: CircuitEntry;
  input: CircuitInput;
  /** In place of the input: the bytes of its JSON text, which are cheaper to send, and are parsed in the child. */
  inputJson?: Uint8Array | undefined;
  /** In place of the input. */
  witness?: Uint8Array | undefined;
  rung: Rung;
  threads: number;
}

/** Asks a proving child what a proof of an input would show; answered with `signals`. */
export interface SignalsOrder {
  kind: 'signals';
  circuitsFolder: string;
  circuit: CircuitEntry;
  inputJson: Uint8Array;
}

/** Asks a proving child whether this is an input at all; answered with `checked`. */
export interface CheckOrder {
  kind: 'check';
  inputJson: Uint8Array;
}

/** Has a proving child read a request for a proof; answered with `request`. */
export interface RequestOrder {
  kind: 'request';
  body: Uint8Array;
  around: RequestSurroundings;
}

/** Asks a proving child how fast the engine's kernels are there. */
export interface SpeedOrder {
  kind: 'speed';
}

/** The last message to each kind of order. */
export interface ChildAnswers {
  done: ProofResult;
  witness: Uint8Array;
  signals: string[];
  checked: null;
  request: ReadRequest;
  speed: Speed;
}

/** Messages of a proving child come in order, an answer last. */
export type ProveReport =
  | { type: 'progress'; progress: Progress }
  | { type: 'warning'; warning: ErrorData }
  | { [T in keyof ChildAnswers]: { type: T; outcome: Outcome<ChildAnswers[T]> } }[keyof ChildAnswers];

export interface VerifyOrder {
  id: number;
  circuitsFolder: string;
  circuit: CircuitEntry;
  publicSignals: unknown;
  proof: unknown;
  expectedPublicSignals: string[] | null;
}

export interface VerifyReport {
  id: number;
  outcome: Outcome<Verification>;
}
