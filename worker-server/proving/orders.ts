// What the server and its children say to each other over their private channel.
import type { ErrorData } from '../../src/core/errors.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { Progress, ProofResult, Rung } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { Speed } from '../../src/prover/engine/speed.ts';
import type { Verification } from '../../src/prover/strict-verify.ts';

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ErrorData };

/** `prove` answers with a ProveReport that holds a proof, `witness` with one that holds a .wtns file. */
export interface ProveOrder {
  kind: 'prove' | 'witness';
  circuitsFolder: string;
  circuit: CircuitEntry;
  input: CircuitInput;
  /** In place of the input. */
  witness?: Uint8Array | undefined;
  rung: Rung;
  threads: number;
}

/** Asks a proving child how fast the engine's kernels are there. */
export interface SpeedOrder {
  kind: 'speed';
}

/** Messages of a proving child come in order; `done`, `witness` or `speed` is the last. */
export type ProveReport =
  | { type: 'progress'; progress: Progress }
  | { type: 'warning'; warning: ErrorData }
  | { type: 'done'; outcome: Outcome<ProofResult> }
  | { type: 'witness'; outcome: Outcome<Uint8Array> }
  | { type: 'speed'; outcome: Outcome<Speed> };

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
