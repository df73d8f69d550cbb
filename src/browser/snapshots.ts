// The page's side of snapshots: starts the worker, turns terms into a request, and answers lists from
// IndexedDB. All reading and hashing happens in the worker.

import { proxy } from 'comlink';
import { GnomonError } from '../core/errors.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type {
  NetworkFacts,
  PublishedSnapshot,
  SnapshotCheck,
  SnapshotProgress,
  SnapshotsService,
} from '../services/snapshots.ts';
import { askOf } from './snapshot-publish.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import type { SnapshotWorkerApi } from './snapshot-worker-core.ts';
import { makeSharedWorker, runInOwnWorker, type WorkerLike } from './worker-task.ts';

type OnProgress = (progress: SnapshotProgress) => void;

export interface SnapshotsOptions {
  /** Starts a worker that runs src/workers/snapshot.ts. */
  spawn: () => WorkerLike;
  /** The same database as the worker's. */
  store: SnapshotStore;
  /** The manifest's circuits: a campaign pins their verification keys. */
  circuits: () => Promise<CircuitEntry[]>;
  /** Wall clock and randomness, for tests. */
  nowMs?: () => number;
  randomHex?: (bytes: number) => string;
}

/** One step of work never takes this long without a sign of life, even on a slow phone. */
const SILENCE_MS = 60_000;
/** Searching again soon finds the snapshot still loaded. */
const IDLE_MS = 60_000;

export function makeSnapshots(options: SnapshotsOptions): SnapshotsService {
  const { spawn, store } = options;
  const nowMs = options.nowMs ?? Date.now;
  const randomHex = options.randomHex ?? randomHexDigits;
  const reader = makeSharedWorker<SnapshotWorkerApi>(spawn, IDLE_MS);
  const reading = (doing: string) => ({ doing, silenceMs: SILENCE_MS });

  return {
    inspect: (network, signal) =>
      runInOwnWorker<SnapshotWorkerApi, NetworkFacts>(
        spawn,
        { ...reading('Reading the network'), signal },
        (api, beat) => api.inspect(network, proxy(beat)),
      ),

    async publish(network, terms, onProgress, signal) {
      const circuits = circuitsFor(terms.acceptedSizes, await options.circuits());
      const request = {
        id: randomHex(16),
        createdAtMs: nowMs(),
        network,
        name: terms.name,
        issuer: terms.issuer,
        campaignId: terms.campaignId,
        challenge: terms.challenge ?? randomHex(32),
        asOf: terms.asOf,
        baseRatePpm: terms.baseRatePpm,
        ask: askOf(terms.proofType, terms.lowerPpm, terms.upperPpm),
        weights: terms.weights,
        commitmentsCsv: terms.demo ? null : requireTable(terms.commitmentsCsv),
        allowUnsigned: terms.allowUnsigned ?? false,
        circuits,
      };
      return runInOwnWorker<SnapshotWorkerApi, PublishedSnapshot>(
        spawn,
        { ...reading('Publishing'), signal },
        (api, beat) => api.publish(request, proxy(both(beat, onProgress))),
      );
    },

    list: () => store.list(),

    people: (id, query, limit) => reader.run(reading('Searching'), (api) => api.people(id, query, limit)),

    bundle: (id, subject) => reader.run(reading('Making the bundle'), (api) => api.bundle(id, subject)),

    bundlesZip: (id, signal, onProgress) =>
      runInOwnWorker<SnapshotWorkerApi, Blob>(
        spawn,
        { ...reading('Writing the bundles'), signal },
        (api, beat) => api.bundlesZip(id, proxy(both(beat, onProgress))),
      ),

    snapshotFile: (id) => reader.run(reading('Writing the snapshot'), (api) => api.snapshotFile(id)),

    checkSnapshotFile: (file, onProgress, signal) =>
      runInOwnWorker<SnapshotWorkerApi, SnapshotCheck>(
        spawn,
        { ...reading('Checking the snapshot'), signal },
        (api, beat) => api.check(file, proxy(both(beat, onProgress))),
      ),

    remove: (id) => store.remove(id),
  };
}

function both(beat: () => void, onProgress?: OnProgress): OnProgress {
  return (progress) => {
    beat();
    onProgress?.(progress);
  };
}

/** The reputation circuit of each size, with the digest that pins its verification key. */
function circuitsFor(
  sizes: readonly number[],
  known: readonly CircuitEntry[],
): { id: string; capacity: number; vkeySha256: string }[] {
  return sizes.map((size) => {
    const entry = known.find(({ id, capacity }) => capacity === size && id.startsWith('reputation-'));
    if (entry === undefined) {
      throw new GnomonError('circuit.missing', `There is no circuit for size ${size} here yet.`, {
        nextStep: 'Wait until the server has made it, or accept other sizes.',
      });
    }
    return { id: entry.id, capacity: size, vkeySha256: entry.artifacts.vkey.sha256 };
  });
}

function requireTable(commitmentsCsv: string | null): string {
  if (commitmentsCsv !== null) return commitmentsCsv;
  throw new GnomonError('input.no-commitments', 'A real campaign needs the table of commitments.', {
    nextStep: 'Add it, or mark the campaign as a demo.',
  });
}

function randomHexDigits(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
