// What the scheduler needs from the outside. Adapters implement these; nothing here knows a platform.
import type { ErrorData } from './errors.ts';
import type { CircuitInput } from './groth16.ts';
import type {
  Job,
  JobRequest,
  JobState,
  Priority,
  Progress,
  ProofResult,
  Rung,
  SecretReference,
  Stage,
} from './job.ts';
import type { Artifact, CircuitEntry } from './manifest.ts';

// ---- Time and chance -------------------------------------------------------------------------------

export interface Clock {
  /** Milliseconds since 1970. May jump either way; used only for what is stored (leases, back-off). */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. For durations. */
  monotonicMs(): number;
  /** Calls once, not before `delayMs` have passed (browsers may be much later). Returns what unsets it. */
  setTimer(delayMs: number, call: () => void): () => void;
}

export interface Random {
  /** Uniform in [0, 1). For jitter only. */
  fraction(): number;
  /** 128 random bits as 32 hex digits. For tokens and owner ids. */
  id(): string;
}

// ---- Store -----------------------------------------------------------------------------------------

/** Who writes. `epoch` comes from `beginEpoch`; a write under an earlier epoch is refused as `fenced`. */
export interface Holder {
  ownerId: string;
  epoch: number;
}

/** Names one attempt of one job; `token` is its lease's. */
export interface LeaseRef {
  jobId: string;
  token: string;
}

/** Why a write changed nothing. Ordinary in a world of crashes and late results, hence not an exception.
 * - `unknown-job`: no such job (any more);
 * - `not-running`: it ended or went back to the queue;
 * - `stale-token`: someone else runs it now;
 * - `fenced`: another leader has taken over; stop everything. */
export type Refusal = 'unknown-job' | 'not-running' | 'stale-token' | 'fenced';
export type Written = { ok: true; job: Job } | { ok: false; refusal: Refusal };

/** Where an attempt goes and why. */
export interface Placed {
  backendId: string;
  /** For people. */
  backendLabel?: string;
  rung: Rung;
  /** In words, for the person. */
  reason: string;
}

export interface ClaimOptions {
  /** The lease lasts this long unless renewed. */
  leaseMs: number;
  /** Pure and synchronous; called inside the transaction, best job first. Null passes this job over. */
  place: (job: Job) => Placed | null;
}

/** A job in state `running` with its input and a fresh lease; its last attempt is the one to run. */
export interface Claim {
  job: Job;
  input: CircuitInput;
  lease: LeaseRef;
}

export interface ClaimResult {
  claim: Claim | null;
  /** With no claim: the earliest time (wall clock) at which one may succeed without any other change,
   * e.g. a back-off or a lease ends. Null: wait for a change. */
  nextDueAtMs: number | null;
}

/** How an attempt ended. The scheduler decides which; the store only checks the token and writes. */
export type AttemptOutcome =
  /** `result` has been verified. The job ends. */
  | { kind: 'succeeded'; result: ProofResult }
  /** The job ends. */
  | { kind: 'failed'; error: ErrorData }
  /** Back to the queue, not claimed for `delayMs`. */
  | {
      kind: 'retry';
      error: ErrorData;
      delayMs: number;
      rung: Rung;
      /** Does not count as an attempt: the cause lay elsewhere and cannot come back. */
      uncounted?: true;
    }
  /** Back to the queue until `retry` is called: only the person can make it go on. The attempt is struck
   * from the record, since it never began. */
  | { kind: 'held'; error: ErrorData }
  /** Back to the queue at once, in good order; does not count as an attempt. `error` says why, where it was not just
   * the host that is leaving. */
  | { kind: 'released'; error?: ErrorData };

export type StoreEvent =
  | { type: 'changed'; job: Job }
  | { type: 'removed'; jobId: string }
  /** The whole queue was paused, or goes on. */
  | { type: 'queue'; paused: boolean };

export interface ListOptions {
  /** All when left out. */
  states?: readonly JobState[];
  limit?: number;
}

/**
 * Keeps jobs. Every method is atomic, and resolves only when what it wrote is as durable as the store gets.
 * Tokens and epochs are checked inside the transaction that writes. Times come from the store's own Clock.
 *
 * A job is *stalled* when it is running and its lease has expired or belongs to an earlier epoch. `claim`
 * takes stalled jobs like queued ones: it closes the attempt as `stalled`, counts it, and either places the
 * job one rung lower or, when no attempts are left, fails it with `resource.died-while-proving`.
 *
 * A method that cannot reach its storage rejects with a GnomonError (`resource.storage…`).
 */
export interface JobStore {
  /** Starts a new epoch and thereby voids all leases of earlier ones. Stores that are shared by many
   * schedulers at once (a fleet) always answer 0, and never fence. */
  beginEpoch(ownerId: string): Promise<number>;
  /** Gives back all leases of an owner that is known to have left in good order (a closed tab, not a crash):
   * its jobs are free at once, on the same rung, and the attempts do not count. */
  releaseOwner(ownerId: string): Promise<void>;
  /** Saves a new job as `queued`; if the id is known, returns that job as it is and changes nothing. */
  add(request: JobRequest): Promise<{ job: Job; added: boolean }>;
  /** Takes the next job: stalled or queued, available, neither held nor paused; by priority (aged, see ageing.ts), first
   * come first served within one. At most one holder ever gets a job at a time.
   * Refused (`fenced`) when the epoch is over. */
  claim(holder: Holder, options: ClaimOptions): Promise<ClaimResult | { refusal: 'fenced' }>;
  /** Extends the lease by its duration from now. Works on an expired lease as long as nobody else has
   * claimed the job. */
  renew(holder: Holder, lease: LeaseRef): Promise<Written>;
  /** Ends the attempt. When the job ends with it, its input is deleted in the same transaction as its
   * `keepInput` says. */
  commit(holder: Holder, lease: LeaseRef, outcome: AttemptOutcome): Promise<Written>;
  /** Ends a queued or running job as `cancelled`, whoever runs it: its token is void from here on. An ended
   * job is returned as it is. Undefined: no such job. */
  cancel(jobId: string): Promise<Job | undefined>;
  /** Puts a failed or cancelled job back in the queue with all its attempts; frees a held job; ends a
   * back-off. Others are returned as they are. Rejects with `input.job-unknown`, or `input.gone` when the
   * input has been deleted. */
  retry(jobId: string): Promise<Job>;
  setPriority(jobId: string, priority: Priority): Promise<Job | undefined>;
  /** A paused job is not claimed, and keeps its place. A running one is put back first: its token is void from
   * here on, and the attempt does not count. An ended job is returned as it is. Undefined: no such job. */
  setPaused(jobId: string, paused: boolean): Promise<Job | undefined>;
  /** Makes a job that might leave `local-only`: a tier is raised by a person's wish, and never lowered. One that
   * runs on a backend for which `isElsewhere` holds is put back first, as when it is paused. An ended job is
   * returned as it is. Undefined: no such job. */
  keepHere(jobId: string, isElsewhere: (backendId: string) => boolean): Promise<Job | undefined>;
  /** While the queue is paused nothing is claimed; what runs is finished. Lasts until it is called again. */
  setQueuePaused(paused: boolean): Promise<void>;
  queuePaused(): Promise<boolean>;
  /** Deletes the job and its input, in any state; a running attempt's token is void. */
  remove(jobId: string): Promise<void>;
  /** Deletes the input of an ended job and keeps the rest. */
  forgetInput(jobId: string): Promise<void>;
  get(jobId: string): Promise<Job | undefined>;
  /** Newest first. */
  list(options?: ListOptions): Promise<Job[]>;
  /** Every change after the call but renewals, by anyone who shares the store, after it is durable. Events may arrive out of order: `revision` tells. Returns what ends it. */
  watch(listener: (event: StoreEvent) => void): () => void;
  close(): Promise<void>;
}

/** What a store can do besides, when it keeps a person's jobs rather than passing them through: hand out an
 * input again, and take in jobs from a backup. */
export interface JobArchive {
  /** Null: deleted, or no longer to be decrypted. */
  inputOf(jobId: string): Promise<CircuitInput | null>;
  /** Adds jobs as they were, in this order; known ids are left as they are. One that was running is queued, and
   * one that should run but has no input fails. Answers how many were added. */
  restore(entries: readonly { job: Job; input: CircuitInput | null }[]): Promise<number>;
}

// ---- Backend ---------------------------------------------------------------------------------------

/** One run of one job, with secrets filled in. Lives in memory only. */
export interface AttemptRequest {
  jobId: string;
  /** The attempt's number, for logs. */
  number: number;
  circuit: CircuitEntry;
  /** Complete: the job's input and its secret signals. Never stored, never logged. */
  input: CircuitInput;
  /** The input as the bytes of a JSON text, where whoever holds it keeps it so; `input` is then empty. */
  inputJson?: Uint8Array;
  /** The whole assignment as a .wtns file, where somebody has computed it already; the input is then empty. As
   * secret as the input. */
  witness?: Uint8Array;
  rung: Rung;
  /** For the backend's information; the scheduler enforces it with the abort signal. */
  deadlineMs: number;
  /** Set only on an attempt that placement lets leave this machine; without it a remote refuses. */
  leaves?: { secrets: boolean };
  /** What it must show; for remotes that give it on to others. */
  expectedPublicSignals?: string[];
}

export interface BackendCapacity {
  /** Attempts it can run at once; 0 while it cannot take any. */
  slots: number;
  /** Attempts it runs now, for us or for others. */
  busy: number;
}

export interface BackendHealth {
  state: 'ready' | 'starting' | 'down';
  /** Why it is not ready, in words. */
  reason: string | null;
}

/** What a backend says about a job on this circuit, were it given one now. */
export interface BackendOutlook {
  /** Why it cannot run it, in words; null when it can. */
  refusal: string | null;
  /** The key that inputs are sealed to before they go there, by its id; left out: they are not. */
  sealedTo?: string;
  /** To get there and back, measured. */
  reachMs: number;
  /** Until it would begin, because of others' jobs. */
  waitMs: number;
}

/** Something that proves. One contract suite runs against all of them. */
export interface Backend {
  readonly id: string;
  /** `local`: this tab's workers; `thread`: this server's; `remote`: another machine, which sees the input. */
  readonly kind: 'local' | 'thread' | 'remote';
  /** For people: "this device", or a server's name. */
  readonly label: string;
  /** The rungs it can run here, top first (e.g. no threaded ones where one core is all there is). */
  readonly rungs: readonly Rung[];
  /** How long a stage may stay silent before the attempt counts as dead. Stages left out take the
   * scheduler's own limits. A stage that blocks its thread (and so cannot report) needs a generous one. */
  readonly silenceLimitsMs?: Partial<Record<Stage, number>>;
  /** Synchronous and cheap: asked before each placement. */
  capacity(): BackendCapacity;
  health(): BackendHealth;
  /** Synchronous and cheap. Left out: it takes any circuit, at once. */
  outlook?(circuit: CircuitEntry): BackendOutlook;
  /**
   * Proves, from `artifacts` to `proving`; verification is the scheduler's, on whatever comes back.
   *
   * Progress: stages in the order of STAGES, a first report when a stage begins, then at least every 100 ms
   * while proving wherever the prover can, and `fraction` from counted work. Each report is a heartbeat.
   *
   * Abort: ends the worker, child or request at once (CPU free within a second), frees the slot, and
   * rejects with `cancelled.aborted`. An already aborted signal starts nothing.
   *
   * Failure: rejects with a GnomonError whose group and `retryable` are true to the cause; a dead or
   * silent worker is `backend.died`, memory is `resource.memory`. Messages hold no input values.
   * A settled prove() leaves nothing running. Calls beyond `slots` reject with `backend.busy`.
   */
  prove(
    attempt: AttemptRequest,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<ProofResult>;
  /** Called when capacity or health may have changed for reasons other than prove() settling. */
  watch?(listener: () => void): () => void;
}

/** Backends that come and go: servers that are added and removed while the scheduler works. */
export interface BackendList {
  /** Synchronous and cheap; ids are unique. An attempt on a backend that has left goes on to its end. */
  list(): readonly Backend[];
  /** Called after the list has changed. Returns what ends it. */
  watch(listener: () => void): () => void;
}

export interface Expected {
  publicSignals: string[];
  /** The whole witness was calculated here from this very input: whoever finds fault with that is wrong. */
  calculated: boolean;
}

/** Works out on this machine what a proof of this input must show, so that a proof from elsewhere can be
 * held to it. Rejects as `prove` would. */
export type ExpectSignals = (
  job: Pick<AttemptRequest, 'jobId' | 'circuit' | 'input'>,
  signal: AbortSignal,
  /** To be called now and then where it may take long: an attempt that says nothing counts as dead. */
  onAlive: () => void,
) => Promise<Expected>;

// ---- Verifier, inputs, artifacts -------------------------------------------------------------------

export interface VerificationRequest {
  /** Names the verification key, which is checked by digest before use. */
  circuit: CircuitEntry;
  result: ProofResult;
  /** Null: the result's own public signals stand (made by a witness computed here). */
  expectedPublicSignals: string[] | null;
}

export type Verdict =
  | { ok: true }
  /** `signals-differ`: it proves something else than what was asked. `invalid-proof`: it proves nothing. */
  | { ok: false; reason: 'signals-differ' | 'invalid-proof'; detail: string };

/** Strict local verification (trust.md). Rejects only when it could not be carried out. */
export interface Verifier {
  verify(request: VerificationRequest, signal: AbortSignal): Promise<Verdict>;
}

/** Fills secret signals when an attempt starts. */
export interface InputResolver {
  /** One value for each reference's signal. Rejects with `input.identity-locked` (the job is held until
   * `retry`) or `input.identity-unknown` (the job fails). */
  resolve(secrets: readonly SecretReference[]): Promise<CircuitInput>;
}

export interface KeptArtifact {
  sha256: string;
  bytes: number;
  lastUsedAtMs: number;
}

/** Artifacts by digest: fetched once, in chunks that resume, checked before anyone sees them. */
export interface ArtifactStore {
  /**
   * The whole artifact; its SHA-256 has been checked. Rejects with `artifact.digest-mismatch`,
   * `artifact.too-long`, `network.…` or `resource.storage…`; with `cancelled.aborted` after an abort.
   * `onBytes` counts bytes that are here, out of `artifact.bytes`.
   */
  get(artifact: Artifact, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<Uint8Array>;
  has(sha256: string): Promise<boolean>;
  list(): Promise<KeptArtifact[]>;
  remove(sha256: string): Promise<void>;
}
