// The library's types, all in one file: its published types are made from this, so it imports nothing.

/** A path (Node) or URL, bytes, a file, or snarkjs' object in memory. */
export type FileSource =
  | string
  | Uint8Array
  | ArrayBuffer
  | { readonly href: string }
  | { arrayBuffer(): Promise<ArrayBuffer> }
  | { type: 'mem'; data?: Uint8Array }
  | { type: 'file'; fileName: string };

/** Named input signals: numbers as text, in decimal or 0x…, or as values; arrays nest. */
export type InputValue = string | number | bigint | boolean | readonly InputValue[];
export type Input = Readonly<Record<string, InputValue>>;

export interface Groth16Proof {
  pi_a: [string, string, string];
  pi_b: [[string, string], [string, string], [string, string]];
  pi_c: [string, string, string];
  protocol: 'groth16';
  curve: 'bn128';
}

export interface ProofResult {
  proof: Groth16Proof;
  publicSignals: string[];
}

/** As snarkjs takes it. Only told what does not stop the work; never any value. */
export interface Logger {
  /** That a proof verifies. */
  info?(message: string): void;
  warn?(message: string): void;
  /** Why a proof does not verify. */
  error?(message: string): void;
}

/** Of downloads. */
export interface FetchOptions {
  /** An AbortSignal: ends the work at once, and downloads with it. */
  signal?: {
    readonly aborted: boolean;
    addEventListener(type: 'abort', listener: () => void): void;
    removeEventListener(type: 'abort', listener: () => void): void;
  };
  /** A download of which nothing arrives for so many milliseconds ends with `network.stalled`; 60,000 unless told,
   * Infinity for never. */
  stallMs?: number;
}

export interface ProveOptions extends FetchOptions {
  /** Threads; one per logical core unless told. 1 proves in the calling thread, so call from a worker. */
  threads?: number;
  /** As in snarkjs: the same as `threads: 1`. */
  singleThread?: boolean;
  /** How long a proof takes says nothing about the witness. A key's first such proof takes nearly twice as long. */
  uniform?: boolean;
  /** 0…1, counted in work done. */
  onProgress?: (share: number) => void;
}

/** Rejected promises carry an Error with a stable, dotted `code` (e.g. `witness.unsatisfied`), a `nextStep` in words,
 * and `where` (file, section or signal) if that is known. No message ever holds a value of input or witness. */
export interface Groth16 {
  /** Witness and proof. The proof has been checked before it is returned. */
  fullProve(
    input: Input,
    wasm: FileSource,
    zkey: FileSource,
    logger?: Logger | null,
    options?: ProveOptions | null,
    /** snarkjs' place for `singleThread`; the same as `options`. */
    proverOptions?: ProveOptions | null,
  ): Promise<ProofResult>;
  /** Proof from a witness file. The proof has been checked before it is returned. */
  prove(
    zkey: FileSource,
    wtns: FileSource,
    logger?: Logger | null,
    options?: ProveOptions | null,
  ): Promise<ProofResult>;
  /** Strict: true only for canonical values, points on their curves and in their groups, a key that nobody can
   * forge under, exactly as many signals as the key has, and an equation that holds. False for anything
   * else, whatever it is; rejects, with `resource.unverified`, only where memory or the like did not suffice to find
   * out. */
  verify(vkey: unknown, publicSignals: unknown, proof: unknown, logger?: Logger | null): Promise<boolean>;
  /** The arguments of the Solidity verifier's `verifyProof` as text, letter for letter as snarkjs writes them. It says
   * nothing about whether the proof verifies. */
  exportSolidityCallData(proof: unknown, publicSignals: unknown): Promise<string>;
}

export interface Wtns {
  /** The witness, into `target.data` or a file (Node). */
  calculate(
    input: Input,
    wasm: FileSource,
    target: string | { type: 'mem'; data?: Uint8Array },
    options?: FetchOptions | null,
  ): Promise<void>;
  /** The witness' values, the constant one first. */
  exportJson(wtns: FileSource, options?: FetchOptions | null): Promise<bigint[]>;
}

/** As snarkjs writes it: decimal numbers as text. */
export interface VerificationKey {
  protocol: 'groth16';
  curve: 'bn128';
  nPublic: number;
  vk_alpha_1: [string, string, string];
  vk_beta_2: [[string, string], [string, string], [string, string]];
  vk_gamma_2: [[string, string], [string, string], [string, string]];
  vk_delta_2: [[string, string], [string, string], [string, string]];
  /** The pairing of α and β. */
  vk_alphabeta_12: string[][][];
  IC: [string, string, string][];
}

export interface ZKey {
  /** The verification key that a proving key carries; its tables are not read. */
  exportVerificationKey(
    zkey: FileSource,
    logger?: Logger | null,
    options?: FetchOptions | null,
  ): Promise<VerificationKey>;
}

// Names of snarkjs' published types (@types/snarkjs), for programs that have them.
export type ZKArtifact = FileSource;
export type SignalValueType = InputValue;
export type CircuitSignals = Input;
export type NumericString = string;
export type PublicSignals = string[];
