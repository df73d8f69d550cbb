// Circuits: those of the app, and those that a person brought.
import type { VerificationKey } from '../core/groth16.ts';
import type { CircuitEntry } from '../core/manifest.ts';

export interface CircuitsService {
  /** Circuits that can be used now; grows while the server is still making keys. */
  list(): Promise<CircuitEntry[]>;
  /** The verification key, checked by digest. */
  vkey(circuit: CircuitEntry): Promise<VerificationKey>;
  /** Fetches all its files; `onBytes` counts what is here of all of them together. */
  keepForOffline(
    circuit: CircuitEntry,
    signal: AbortSignal,
    onBytes?: (bytes: number) => void,
  ): Promise<void>;
  /** The whole files that are kept on this device, of any circuit. */
  kept(): Promise<{ sha256: string; bytes: number; lastUsedAtMs: number }[]>;
  /** Deletes the circuit's files from this device. */
  drop(circuit: CircuitEntry): Promise<void>;
}

/** A circuit that a person brought. */
export interface OwnCircuit {
  circuit: CircuitEntry;
  /** What its files or its list call it. */
  name: string;
  /** "files", or the address of the list it came from. */
  from: string;
  /** Values that all its input signals take together. */
  inputValues: number;
  addedAtMs: number;
}

export interface OwnCircuitsService {
  /** Newest first. */
  list(): Promise<OwnCircuit[]>;
  /** Checks that the files belong together, and keeps them by digest. Without a vkey, the zkey's own is taken. */
  bringFiles(
    files: { wasm: File; zkey: File; vkey: File | null },
    onStep: (step: string) => void,
    signal: AbortSignal,
  ): Promise<OwnCircuit>;
  /** Asks that address for its list of circuits. */
  readManifest(url: string): Promise<CircuitEntry[]>;
  /** Fetches and checks one circuit of such a list; `onBytes` counts what is here of all its files. */
  bringListed(
    url: string,
    circuit: CircuitEntry,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<OwnCircuit>;
  /** How many values each named input takes; 0: there is none of that name; null: cannot be told. */
  inputLengths(circuit: CircuitEntry, names: string[]): Promise<Record<string, number | null>>;
  /** Deletes it with its files. */
  remove(id: string): Promise<void>;
}
