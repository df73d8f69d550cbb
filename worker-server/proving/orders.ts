// What the server and its children say to each other over their private channel.
import type { ErrorData } from '../../src/core/errors.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import type { Progress, ProofResult, Rung } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { Verification } from '../../src/prover/strict-verify.ts';

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ErrorData };

export interface ProveOrder {
  circuitsFolder: string;
  circuit: CircuitEntry;
  input: CircuitInput;
  rung: Rung;
  threads: number;
}

/** Messages of a proving child come in order; `done` is the last. */
export type ProveReport =
  | { type: 'progress'; progress: Progress }
  | { type: 'warning'; warning: ErrorData }
  | { type: 'done'; outcome: Outcome<ProofResult> };

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
