// What a job is. The pure transitions live in transitions.ts; stores apply them inside their transactions.
import type { ErrorData } from './errors.ts';
import type { CircuitInput, Groth16Proof } from './groth16.ts';
import type { CircuitEntry } from './manifest.ts';

export const Priority = { LOW: 0, NORMAL: 1, HIGH: 2, CRITICAL: 3 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];
export const PRIORITIES: readonly Priority[] = [0, 1, 2, 3];

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export type Stage = 'artifacts' | 'witness' | 'proving' | 'verifying';
export const STAGES: readonly Stage[] = ['artifacts', 'witness', 'proving', 'verifying'];

/** `local-only` is the default and is never lowered silently. */
export type PrivacyTier = 'local-only' | 'may-offload';

/** How an attempt runs: which prover, with how many threads. */
export type Rung = 'engine-threaded' | 'engine-single' | 'snarkjs-threaded' | 'snarkjs-single';
/** The ladder, top first: our engine, then the reference prover. */
export const RUNGS: readonly Rung[] = [
  'engine-threaded',
  'engine-single',
  'snarkjs-threaded',
  'snarkjs-single',
];

/** Whether an attempt on this rung stays in one thread. */
export function isSingleThreaded(rung: Rung): boolean {
  return rung.endsWith('-single');
}

/** Which prover an attempt on this rung takes. */
export function proverOf(rung: Rung): 'engine' | 'snarkjs' {
  return rung.startsWith('engine-') ? 'engine' : 'snarkjs';
}

/**
 * When an ended job's input is deleted from the store:
 * - `never`: at every end, whatever it was;
 * - `if-mendable` (the default): at every end, except a failure whose cause the person may mend (offline,
 *   out of memory, a damaged file), so that `retry` works; such inputs are dropped a day later at the latest;
 * - `always`: only when the job is removed.
 */
export type InputRetention = 'never' | 'if-mendable' | 'always';

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
  /** For the metrics; not kept with the job. */
  made?: MadeHow;
}

/** What a backend can tell of how it made a proof, besides the proof. */
export interface MadeHow {
  /** The kernels that computed it; null: not the engine. */
  tier: string | null;
  /** All files were on the device already; null: not known. */
  fromCache: boolean | null;
  /** Null where the platform does not tell. */
  peakMemoryBytes: number | null;
}

export interface Attempt {
  /** 1, 2, 3 … over the job's whole life. */
  number: number;
  backendId: string;
  /** The backend's name at that time, for people. */
  backendLabel?: string;
  /** The placement's reason, in words. */
  reason: string;
  rung: Rung;
  startedAtMs: number;
  endedAtMs: number | null;
  /** `stalled`: its lease ran out or its owner is gone. `released`: given back in good order; does not
   * count against `maxAttempts`. */
  outcome: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'stalled' | 'released';
  error: ErrorData | null;
}

export interface Lease {
  token: string;
  ownerId: string;
  /** The leader's epoch it was granted under; a lease of an earlier epoch is void. */
  epoch: number;
  /** How long each grant or renewal lasts; bounds what a clock set back can do. */
  durationMs: number;
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
  /** The one server that the person chose for this job, when it was asked for (backend id). */
  sendTo?: string;
  maxAttempts: number;
  /** Where on the ladder it starts; the top when left out. */
  rung?: Rung;
  /** `if-mendable` when left out. */
  keepInput?: InputRetention;
  /** Opaque to the scheduler: what the page needs to show and export this job. Plain JSON, no secrets. */
  context: Record<string, unknown>;
}

/** A job as stores list and announce it. Its input never travels with it: only a claim hands that out. */
export interface Job extends Omit<JobRequest, 'input' | 'keepInput' | 'rung'> {
  keepInput: InputRetention;
  /** False once the input has been deleted; `retry` then refuses and the job is made anew. */
  inputKept: boolean;
  state: JobState;
  /** Grows with every change; of two copies the higher is newer. */
  revision: number;
  /** First come, first served within a priority goes by this, since clocks jump. Given by the store. */
  sequence: number;
  createdAtMs: number;
  /** When it last joined the queue by a person's wish (submit or retry); ageing counts from here. */
  queuedAtMs: number;
  /** Not claimed before this time (back-off). */
  availableAtMs: number;
  /** Set while only the person can make it go on (identity locked): queued, but not claimed. */
  held: ErrorData | null;
  /** By the person: queued, but not claimed until they let it go on. It keeps its place. */
  paused: boolean;
  /** The rung the next attempt starts on. */
  rung: Rung;
  endedAtMs: number | null;
  attempts: Attempt[];
  /** Attempts that count against `maxAttempts` since it was submitted or retried. */
  attemptsUsed: number;
  lease: Lease | null;
  result: ProofResult | null;
  /** Why it failed; while it is queued again, why the last attempt did. */
  error: ErrorData | null;
}

export interface Progress {
  stage: Stage;
  /** 0…1 within the stage, from counted work. */
  fraction: number;
  /** Milliseconds left: of its stage when a backend says it, of the whole attempt when the scheduler does. Null
   * until there is something to base it on. */
  etaMs: number | null;
  /** Nine of ten end between these; from the scheduler only. */
  etaWithin?: { lowMs: number; highMs: number };
  /** On another machine, what stands in the way of getting on: the connection was lost and may come back, or
   * others' jobs there come first. */
  waitsFor?: 'connection' | 'turn';
}
