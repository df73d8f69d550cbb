// What a job is. The pure transitions live beside it; the scheduler is their only caller.
import type { ErrorData } from './errors.ts';
import type { CircuitInput, Groth16Proof } from './groth16.ts';
import type { CircuitEntry } from './manifest.ts';

export const Priority = { LOW: 0, NORMAL: 1, HIGH: 2, CRITICAL: 3 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export type Stage = 'artifacts' | 'witness' | 'proving' | 'verifying';
export const STAGES: readonly Stage[] = ['artifacts', 'witness', 'proving', 'verifying'];

/** `local-only` is the default and is never lowered silently. */
export type PrivacyTier = 'local-only' | 'may-offload';

/** How an attempt runs; each rung down needs less of the device. */
export type Rung = 'snarkjs-threaded' | 'snarkjs-single';

/** A signal that is filled in memory when an attempt starts and is never stored with the job. */
export interface SecretReference {
  /** The input signal to fill, e.g. `secret`. */
  signal: string;
  /** Whose secret: a kept identity's id. */
  identityId: string;
}

export interface ProofResult {
  proof: Groth16Proof;
  publicSignals: string[];
  /** Milliseconds spent in each stage. */
  timingsMs: Partial<Record<Stage, number>>;
  /** Which prover made it, and with how many threads. */
  prover: string;
  threads: number;
}

export interface Attempt {
  number: number;
  backendId: string;
  /** The placement's reason, in words. */
  reason: string;
  rung: Rung;
  startedAtMs: number;
  endedAtMs: number | null;
  outcome: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'stalled';
  error: ErrorData | null;
}

export interface Lease {
  token: string;
  ownerId: string;
  expiresAtMs: number;
}

/** What someone asks for. The id is theirs to choose: submitting the same id twice is the same job. */
export interface JobRequest {
  id: string;
  /** What a person calls it, e.g. the campaign's name. */
  label: string;
  circuit: CircuitEntry;
  input: CircuitInput;
  secrets: SecretReference[];
  /** What the proof must show; null when the witness, computed here, decides. */
  expectedPublicSignals: string[] | null;
  priority: Priority;
  privacy: PrivacyTier;
  maxAttempts: number;
  /** Opaque to the scheduler: what the page needs to show and export this job. Plain JSON, no secrets. */
  context: Record<string, unknown>;
}

export interface Job extends Omit<JobRequest, 'input'> {
  /** Null once the job has ended and its input has been deleted. */
  input: CircuitInput | null;
  state: JobState;
  createdAtMs: number;
  /** Not claimed before this time (back-off). */
  availableAtMs: number;
  endedAtMs: number | null;
  attempts: Attempt[];
  lease: Lease | null;
  result: ProofResult | null;
  error: ErrorData | null;
}

export interface Progress {
  stage: Stage;
  /** 0…1 within the stage, from counted work. */
  fraction: number;
  /** Null until there is something to base it on. */
  etaMs: number | null;
}
