// The pipeline library's types, all in one file: its published types are made from this, so it imports nothing.

/** Who goes first among waiting proofs. Those that have waited long move up by themselves. */
export const ProofPriority = { LOW: 0, NORMAL: 1, HIGH: 2, CRITICAL: 3 } as const;
export type ProofPriority = (typeof ProofPriority)[keyof typeof ProofPriority];

export interface Groth16Proof {
  pi_a: [string, string, string];
  pi_b: [[string, string], [string, string], [string, string]];
  pi_c: [string, string, string];
  protocol: 'groth16';
  curve: 'bn128';
}

export type ProofType = 'exact' | 'threshold' | 'band' | 'membership';
export type ProofStage = 'artifacts' | 'witness' | 'proving' | 'verifying';
export type ProofState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
/** `local-only`: never leaves this device. It is never lowered silently. */
export type PrivacyTier = 'local-only' | 'may-offload';
/** What a person lets a server see. `secrets`: it could act as their identity everywhere, for good. */
export type ServerPermission = 'nothing' | 'inputs' | 'secrets';

/** What somebody says about somebody. */
export interface Attestation {
  source: string;
  target: string;
  opinion: { belief: number; disbelief: number; uncertainty: number; base_rate: number };
  attestation_type: string;
  /** 0…1. */
  weight: number;
  /** Milliseconds since 1970. */
  created_at: number;
  expires_at?: number | null;
}

interface RequestOptions {
  /** The same id twice is the same proof. A new one when left out. */
  id?: string;
  /** What a person calls it. */
  label?: string;
  /** `NORMAL` when left out. */
  priority?: ProofPriority;
  /** `local-only` when left out; `may-offload` lets it go to servers that the person has allowed, when that is sooner. */
  privacy?: PrivacyTier;
  /** Id of the server that the person chose for this proof; needs `may-offload` and its permission. */
  server?: string;
}

/** A claim about one subject's score, from attestations alone: builds a snapshot of that subject and a fresh identity,
 * which is forgotten. Scores and bounds go from 0 to 1. */
export interface AttestationsRequest extends RequestOptions {
  attestations: readonly Attestation[];
  /** Left out: `threshold` or `band` by the bounds that are given, else `exact`. */
  proofType?: ProofType;
  threshold?: number;
  lower?: number;
  upper?: number;
  /** Whom it is about; the one with the most attestations when left out. */
  subject?: string;
  /** Fixes the nullifier's scope; random when left out. */
  scope?: string;
  /** Bound to the proof, e.g. a recipient's address. */
  message?: string;
  /** Unix seconds; now when left out. */
  asOf?: number;
  /** 0.5 when left out. */
  baseRate?: number;
}

/** A claim from a campaign's bundle. A demo bundle brings its own identity. */
export interface BundleRequest extends RequestOptions {
  /** The bundle file's text, or the same as an object. */
  bundle: string | object;
  /** Semaphore's export string of the identity that the bundle was made for. Kept in memory only. */
  identity?: string;
  /** Which of the campaign's asks; the first that the score meets when left out. */
  askIndex?: number;
  /** Bound to the proof. */
  message?: string;
}

export type InputValue = string | number | bigint | boolean | readonly InputValue[];

/** Any circuit of the manifest, by id. */
export interface CircuitRequest extends RequestOptions {
  circuit: string;
  input: Readonly<Record<string, InputValue>>;
}

export type ProofRequest = AttestationsRequest | BundleRequest | CircuitRequest;

/** What went wrong. Never holds a value of an input. */
export interface ProofError {
  group: string;
  /** Stable and dotted, e.g. `network.unreachable`. */
  code: string;
  message: string;
  /** What the person can do now, in words. */
  nextStep: string;
  where?: string;
  retryable: boolean;
}

export interface ProofOutcome {
  id: string;
  proof: Groth16Proof;
  publicSignals: string[];
  /** The circuit's id in the manifest. */
  circuit: string;
  /** Verified on this device, strictly; a proof that is not is never handed out. */
  verified: true;
  /** The key's secret is published, so that anyone could make the same proof. */
  developmentKey: boolean;
  /** Where it was made, in words. */
  madeBy: string;
  /** From the start of its last try to its end. */
  durationMs: number;
  timingsMs: Partial<Record<ProofStage, number>>;
  /** With attestations: whom it is about and what a verifier compares the public signals with. */
  claim?: Readonly<Record<string, unknown>>;
}

export interface ProofProgress {
  id: string;
  stage: ProofStage;
  /** 0…1 within the stage, from counted work. */
  fraction: number;
  /** 0…1 of the whole; never goes back within an attempt. */
  overall: number;
  /** Milliseconds left of the whole; null until there is something to base it on. */
  remainingMs: number | null;
  /** Nine of ten end between these; null with `remainingMs`. */
  remainingWithin: { lowMs: number; highMs: number } | null;
  /** 1, 2, 3 … */
  attempt: number;
}

export interface ProofJob {
  id: string;
  label: string;
  circuit: string;
  state: ProofState;
  priority: ProofPriority;
  privacy: PrivacyTier;
  /** Where its last try ran and why, in words; null before the first. */
  placed: { where: string; reason: string } | null;
  attempts: number;
  /** While it runs. */
  progress: ProofProgress | null;
  outcome: ProofOutcome | null;
  /** Why it failed or waits; while it is queued again, why the last try did not work. */
  error: ProofError | null;
}

/** What is known before a proof is started. */
export interface ProofPlan {
  circuit: string;
  /** In words, e.g. "a score of at least 0.6". */
  shows: string;
  /** Null: nothing is known yet. */
  prediction: {
    /** From the start to the checked proof. */
    ms: number;
    /** Nine of ten runs end between these: of witness and proof, with the usual time of the rest. */
    lowMs: number;
    highMs: number;
    /** `measured`: from runs of this circuit here; `scaled`: of others; `calibrated`: from a short measurement of
     * this device; `assumed`: from a reference device. */
    basis: 'measured' | 'scaled' | 'calibrated' | 'assumed';
    runs: number;
  } | null;
  /** Where it would be made if it were started now, and why, in words. */
  placement: string;
  stages: { id: ProofStage; share: number }[];
  developmentKey: boolean;
  /** It carries an identity's lasting secret. */
  secrets: boolean;
}

export interface Figures {
  /** This one and the next four: of all proofs that are kept in this browser. */
  queued: number;
  running: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  /** 0…1 of the tries, on the circuit that was asked about or on all, that succeeded, failed or died; null before the
   * first. */
  successRate: number | null;
  /** Of those tries that succeeded, from start to end, within one percent. Null before the first. */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

export interface ServerStatus {
  id: string;
  name: string;
  host: string;
  /** `idle`: not in use. */
  phase: 'idle' | 'connecting' | 'ready' | 'waiting' | 'refused';
  permission: ServerPermission;
  /** Why it gets nothing more: a proof of it was wrong. */
  setAside: string | null;
  roundTripMs: number | null;
  /** Proofs at once, under way and waiting there; null until it has been reached. */
  load: { slots: number; busy: number; queued: number } | null;
  error: ProofError | null;
}

export interface GnomonEvents {
  progress: ProofProgress;
  proof: ProofOutcome;
  /** A proof failed, or waits for something that only the person can do. */
  error: ProofError & { id: string };
  /** Any change of any proof. */
  job: ProofJob;
  /** Something went wrong that stopped nothing, e.g. no room to keep a circuit. */
  warning: ProofError;
  /** After a try has been recorded, in any tab: of all circuits. */
  figures: Figures;
  /** Servers came, went or changed. */
  servers: readonly ServerStatus[];
}

export interface SubmittedProof {
  readonly id: string;
  /** Resolves with the verified proof; rejects with an Error that has `code` and `nextStep`. */
  readonly done: Promise<ProofOutcome>;
}

export interface ServerOptions {
  /** http(s) or ws(s), or a pairing link. */
  address: string;
  token?: string;
}

export interface Gnomon {
  /** Checks the request and says what is known before it starts. Starts and stores nothing. */
  plan(request: ProofRequest): Promise<ProofPlan>;
  /** Resolves once it is durably saved in this browser: it goes on after a reload, and in another tab when this one
   * closes. Rejects with `input.…` when the request cannot be proved. An abort cancels it. */
  submit(request: ProofRequest, options?: { signal?: AbortSignal }): Promise<SubmittedProof>;
  /** Hears of the proof as it stands, then of each change. Returns what ends it. */
  watch(id: string, listener: (job: ProofJob) => void, options?: { signal?: AbortSignal }): () => void;
  /** Frees the processor within a second. An ended proof stays as it is. */
  cancel(id: string): Promise<void>;
  /** Runs a failed or cancelled proof again whose input is still kept (`input.gone` else). */
  retry(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  get(id: string): Promise<ProofJob | null>;
  /** Newest first. */
  jobs(): Promise<ProofJob[]>;
  /** Success and times of tries on that circuit; of all when left out. */
  figures(circuit?: string): Promise<Figures>;
  on<Type extends keyof GnomonEvents>(
    type: Type,
    listener: (event: GnomonEvents[Type]) => void,
    options?: { signal?: AbortSignal },
  ): () => void;
  /** Makes an identity's secret known to this tab, in memory; proofs that wait for it go on. */
  unlock(identity: string): Promise<void>;
  servers(): readonly ServerStatus[];
  /** Nothing goes there before `allowServer`. */
  addServer(server: ServerOptions): ServerStatus;
  removeServer(id: string): void;
  /** Call it with the person's own answer to "it will see what goes into the proof". Kept in this browser. */
  allowServer(id: string, permission: ServerPermission): void;
  /** Connects to the servers that may see inputs, so that their state is shown. Returns what ends it. */
  observeServers(): () => void;
  /** Leaves the work to other tabs, ends workers and connections. What waits for a proof's `done` gets
   * `cancelled.closed`; the proof itself is not cancelled. */
  close(): Promise<void>;
}

/** The workers that prove on this page. */
export interface WorkerPool {
  /** Workers at most, i.e. proofs at once; 1 at first, since one proof uses all cores. */
  readonly size: number;
  readonly busy: number;
  /** Threads that one proof takes. */
  readonly threadsEach: number;
  /** 1…16. Proofs under way go on. */
  resize(size: number): void;
  /** Starts the workers with their threads, so that the first proof does not wait for that. */
  warm(): Promise<void>;
  /** Ends idle workers now; by themselves they end after half a minute. */
  end(): void;
}

export interface GnomonOptions {
  /** Address of the list of circuits; `/circuits/manifest.json` of this page's origin when left out. Each file that
   * it names is checked by its SHA-256 before it is used. */
  circuits?: string | URL;
  /** SHA-256 of that list, 64 hex digits: any other list is refused. */
  circuitsSha256?: string;
  /** Name under which this browser keeps proofs and permissions; `gnomon-embed` when left out. */
  database?: string;
  /** Servers to offer. When left out: `VITE_WS_URL` of the page's build, if that is set. */
  servers?: readonly (string | ServerOptions)[];
  /** Threads at most; all logical cores when left out. */
  threads?: number;
  /** What a proof may take on this device. */
  memoryLimitBytes?: number;
  /** The workers to prove with; `workerPool` when left out. */
  pool?: WorkerPool;
}

export interface ProfileRequest {
  /** Ids of the list of circuits, or `optimized`: the right-sized reputation circuit, which is the default. */
  circuitTypes?: string[];
  /** Numbers of attestations; [16] when left out. */
  networkSizes?: number[];
  /** All logical cores when left out. */
  threads?: number[];
  /** Proofs of each combination that count; 5 when left out. */
  iterations?: number;
  /** Proofs before each group of those; 1 when left out. */
  warmupIterations?: number;
  includeMemory?: boolean;
}

export interface ProfileRunOptions {
  /** As of `createGnomon`. */
  circuits?: string | URL;
  /** Resolves with what was measured until then. */
  signal?: AbortSignal;
  onProgress?: (progress: {
    /** 0…1; never goes back. */
    fraction: number;
    remainingMs: number;
    done: number;
    total: number;
  }) => void;
}

export interface ProfileStatistics {
  count: number;
  mean: number;
  min: number;
  max: number;
  p50: number;
  p95: number;
  p99: number;
  standardDeviation: number;
}

export interface ProfileReport {
  state: 'complete' | 'cancelled';
  startedAtMs: number;
  durationMs: number;
  cells: readonly {
    circuit: string;
    /** Attestations in the input. */
    size: number | null;
    threads: number | null;
    figures: {
      totalMs: ProfileStatistics | null;
      /** Of first proofs, which load and convert the key. */
      firstMs: ProfileStatistics | null;
      stagesMs: Partial<Record<ProofStage, number>>;
      /** What the page and its workers held after proving; while they prove it may be more. */
      peakBytes: number | null;
    };
  }[];
  advice: { recommendations: readonly { kind: string; text: string }[] };
}

/** Measures this device: circuits × sizes × threads, behind the page's own proofs. */
export interface PerformanceProfiler {
  /** One at a time. Rejects with `input.…` when there is nothing to measure. */
  run(request?: ProfileRequest, options?: ProfileRunOptions): Promise<ProfileReport>;
  /** A page that opens without a network, with charts. */
  html(report: ProfileReport): string;
  csv(report: ProfileReport): string;
  json(report: ProfileReport): string;
}
