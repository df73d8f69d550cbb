// The circuits that this server proves: those of its manifest, and no others, by id or by their zkey's digest.
import type { CircuitEntry } from '../src/core/manifest.ts';
import { readManifest } from './manifest.ts';

export interface Circuits {
  all(): Promise<readonly CircuitEntry[]>;
  find(idOrDigest: string): Promise<CircuitEntry | undefined>;
}

/** The manifest grows while larger circuits are made, so that it is not read once and for all. */
const FRESH_MS = 1_000;

export function makeCircuits(folder: string, nowMs: () => number = () => performance.now()): Circuits {
  let read: { atMs: number; circuits: Promise<readonly CircuitEntry[]> } | null = null;
  const all = (): Promise<readonly CircuitEntry[]> => {
    if (read === null || nowMs() - read.atMs > FRESH_MS) {
      read = { atMs: nowMs(), circuits: readManifest(folder).then(({ circuits }) => circuits) };
    }
    return read.circuits;
  };
  return {
    all,
    find: async (idOrDigest) =>
      (await all()).find(({ id, artifacts }) => id === idOrDigest || artifacts.zkey.sha256 === idOrDigest),
  };
}
