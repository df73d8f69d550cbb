// The parts of snarkjs 0.7.6 and of its curve object that we use; snarkjs ships no types.
declare module 'snarkjs' {
  export interface SnarkjsLogger {
    debug(message: string): void;
    info(message: string): void;
    warn(message: string): void;
    error(message: string): void;
  }

  /** One inner worker of a curve: a Web Worker, or in Node a look-alike over `worker_threads`. */
  export interface CurveWorker {
    postMessage(message: unknown): void;
    terminate(): void;
    addEventListener(type: string, listener: (event: unknown) => void): void;
  }

  export interface CurveTaskStep {
    cmd: string;
    fnName?: string;
    params?: { var?: number; val?: number }[];
  }

  export interface CurveThreads {
    concurrency: number;
    singleThread: boolean | undefined;
    /** Absent in single-thread mode. */
    workers?: CurveWorker[];
    working?: boolean[];
    queueAction(task: CurveTaskStep[], transfers?: unknown): Promise<unknown>;
  }

  export interface CurveField {
    mul(a: Uint8Array, b: Uint8Array): Uint8Array;
  }

  export interface Curve {
    name: string;
    tm: CurveThreads;
    Fr: CurveField;
  }

  export const curves: {
    getCurveFromName(name: string, options?: { singleThread?: boolean }): Promise<Curve>;
  };

  export const groth16: {
    fullProve(
      input: unknown,
      wasm: string | Uint8Array,
      zkey: string | Uint8Array,
    ): Promise<{ proof: unknown; publicSignals: unknown }>;
    prove(
      zkey: Uint8Array | string,
      wtns: Uint8Array | string,
      logger?: SnarkjsLogger,
      options?: { singleThread?: boolean },
    ): Promise<{ proof: unknown; publicSignals: unknown }>;
    verify(vkey: unknown, publicSignals: unknown, proof: unknown, logger?: SnarkjsLogger): Promise<boolean>;
    exportSolidityCallData(proof: unknown, publicSignals: unknown): Promise<string>;
  };

  export const wtns: {
    calculate(
      input: unknown,
      wasm: Uint8Array | string,
      wtns: { type: 'mem'; data?: Uint8Array } | string,
      options?: unknown,
    ): Promise<void>;
    exportJson(wtns: Uint8Array | string): Promise<bigint[]>;
  };

  export const zKey: {
    exportVerificationKey(zkey: Uint8Array | string, logger?: SnarkjsLogger): Promise<unknown>;
    exportSolidityVerifier(
      zkey: Uint8Array | string,
      templates: { groth16: string },
      logger?: SnarkjsLogger,
    ): Promise<string>;
    newZKey(
      r1cs: string | Uint8Array,
      ptau: string | Uint8Array,
      zkey: string | { type: 'mem'; data?: Uint8Array },
      logger?: SnarkjsLogger,
    ): Promise<unknown>;
    contribute(
      from: string | Uint8Array,
      to: string | { type: 'mem'; data?: Uint8Array },
      name: string,
      entropy: string,
      logger?: SnarkjsLogger,
    ): Promise<unknown>;
    beacon(
      from: string | Uint8Array,
      to: string | { type: 'mem'; data?: Uint8Array },
      name: string,
      beaconHash: string,
      iterationsExp: number,
      logger?: SnarkjsLogger,
    ): Promise<unknown>;
    verifyFromR1cs(
      r1cs: string | Uint8Array,
      ptau: string | Uint8Array,
      zkey: string | Uint8Array,
      logger?: SnarkjsLogger,
    ): Promise<boolean>;
  };

  export const powersOfTau: {
    newAccumulator(
      curve: Curve,
      power: number,
      file: string | { type: 'mem'; data?: Uint8Array },
      logger?: SnarkjsLogger,
    ): Promise<unknown>;
    contribute(
      from: string | { type: 'mem'; data?: Uint8Array },
      to: string | { type: 'mem'; data?: Uint8Array },
      name: string,
      entropy: string,
      logger?: SnarkjsLogger,
    ): Promise<unknown>;
    beacon(
      from: string | { type: 'mem'; data?: Uint8Array },
      to: string | { type: 'mem'; data?: Uint8Array },
      name: string,
      beaconHash: string,
      iterationsExp: number,
      logger?: SnarkjsLogger,
    ): Promise<unknown>;
    verify(ptau: string | Uint8Array, logger?: SnarkjsLogger): Promise<boolean>;
    preparePhase2(
      from: string | { type: 'mem'; data?: Uint8Array },
      to: string | { type: 'mem'; data?: Uint8Array },
      logger?: SnarkjsLogger,
    ): Promise<unknown>;
  };
}
