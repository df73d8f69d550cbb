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
  warn?(message: string): void;
  /** Why a proof does not verify. */
  error?(message: string): void;
}

export interface ProveOptions {
  /** Threads; one per logical core unless told. 1 proves in the calling thread, so call from a worker. */
  threads?: number;
  /** As in snarkjs: the same as `threads: 1`. */
  singleThread?: boolean;
  /** How long a proof takes says nothing about the witness. A key's first such proof takes nearly twice as long. */
  uniform?: boolean;
  /** An AbortSignal: ends the proof at once, and downloads, which have no time limit of their own. */
  signal?: {
    readonly aborted: boolean;
    addEventListener(type: 'abort', listener: () => void): void;
    removeEventListener(type: 'abort', listener: () => void): void;
  };
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
   * forge under, exactly as many signals as the key has, and an equation that holds. Never throws. */
  verify(vkey: unknown, publicSignals: unknown, proof: unknown, logger?: Logger | null): Promise<boolean>;
}

export interface Wtns {
  /** The witness, into `target.data` or a file (Node). */
  calculate(
    input: Input,
    wasm: FileSource,
    target: string | { type: 'mem'; data?: Uint8Array },
  ): Promise<void>;
}
