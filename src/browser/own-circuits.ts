// Circuits that a person brings, from files or from someone's list: checked in a worker, their files kept by
// digest in the artifact store, the list of them here in IndexedDB.

import { proxy } from 'comlink';
import type { DBSchema } from 'idb';
import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';
import { type CircuitEntry, ManifestSchema } from '../core/manifest.ts';
import type { ArtifactStore } from '../core/ports.ts';
import type { OwnCircuit, OwnCircuitsService } from '../services/circuits.ts';
import type { CircuitWorkerApi, TakenCircuit } from './circuit-worker.ts';
import { withAbsoluteUrls } from './circuits.ts';
import { makeConnection } from './connection.ts';
import { makeSharedWorker, runInOwnWorker, type WorkerLike } from './worker-task.ts';

export interface OwnCircuitsOptions {
  /** Starts src/workers/circuit.ts. */
  spawn: () => WorkerLike;
  artifacts: Pick<ArtifactStore, 'remove'>;
  fetch: typeof fetch;
  nowMs: () => number;
  /** Database name. */
  name?: string;
}

interface Schema extends DBSchema {
  own: { key: string; value: OwnCircuit & { id: string } };
}

/** Hashing and checking the largest keys takes seconds; downloads beat at every piece. */
const SILENCE_MS = 60_000;
const IDLE_MS = 10_000;
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

export function makeOwnCircuits(options: OwnCircuitsOptions): OwnCircuitsService {
  const { name: databaseName = 'gnomon-own-circuits' } = options;
  const asking = makeSharedWorker<CircuitWorkerApi>(options.spawn, IDLE_MS);

  const { use } = makeConnection<Schema>(databaseName, 1, (database) => {
    database.createObjectStore('own', { keyPath: 'id' });
  });

  async function save(
    taken: TakenCircuit,
    name: string,
    from: string,
    listed?: CircuitEntry,
  ): Promise<OwnCircuit> {
    const own: OwnCircuit = {
      circuit: entryOf(taken, name, listed),
      name,
      from,
      inputValues: taken.facts.inputValues,
      addedAtMs: options.nowMs(),
    };
    await use((database) => database.put('own', { ...own, id: own.circuit.id }));
    return own;
  }

  return {
    async list() {
      const all = await use((database) => database.getAll('own'));
      return all.map(({ id: _id, ...own }) => own).sort((a, b) => b.addedAtMs - a.addedAtMs);
    },
    async bringFiles(files, onStep, signal) {
      const taken = await runInOwnWorker<CircuitWorkerApi, TakenCircuit>(
        options.spawn,
        { doing: 'Taking in the circuit', silenceMs: SILENCE_MS, signal },
        (api, beat) =>
          api.takeFiles(
            files,
            proxy((step) => {
              beat();
              onStep(step);
            }),
          ),
      );
      return save(taken, files.zkey.name.replace(/\.zkey$/i, '') || 'circuit', 'files');
    },
    readManifest: (url) => fetchManifest(url, options.fetch),
    async bringListed(url, listed, onBytes, signal) {
      const taken = await runInOwnWorker<CircuitWorkerApi, TakenCircuit>(
        options.spawn,
        { doing: 'Taking in the circuit', silenceMs: SILENCE_MS, signal },
        (api, beat) =>
          api.takeArtifacts(
            listed.artifacts,
            url,
            proxy((bytes) => {
              beat();
              onBytes(bytes);
            }),
          ),
      );
      return save(taken, listed.id, url, listed);
    },
    inputLengths: (circuit, names) =>
      asking.run({ doing: 'Asking the circuit', silenceMs: SILENCE_MS }, (api) =>
        api.inputLengths(circuit.artifacts.wasm, names, location.origin),
      ),
    async remove(id) {
      const own = await use((database) => database.get('own', id));
      if (own === undefined) return;
      await use((database) => database.delete('own', id));
      const others = await use((database) => database.getAll('own'));
      const needed = new Set(others.flatMap(({ circuit }) => digests(circuit)));
      for (const sha256 of digests(own.circuit)) {
        if (!needed.has(sha256)) await options.artifacts.remove(sha256);
      }
    },
  };
}

function digests({ artifacts: { wasm, zkey, vkey } }: CircuitEntry): string[] {
  return [zkey.sha256, wasm.sha256, vkey.sha256];
}

/** Named by what it is called and by its key's digest, so that the same files make the same circuit. What the
 * files do not show is not taken from a list: no capacity (it is no claim of ours), no ceremony. */
function entryOf({ artifacts, facts }: TakenCircuit, name: string, listed?: CircuitEntry): CircuitEntry {
  const named = listed?.publicSignals.length === facts.publicSignals ? listed.publicSignals : null;
  return {
    id: `${slug(name)}-${artifacts.zkey.sha256.slice(0, 8)}`,
    capacity: null,
    constraints: facts.constraints,
    domain: facts.domain,
    publicSignals: named ?? Array.from({ length: facts.publicSignals }, (_, at) => `signal ${at + 1}`),
    setup: facts.developmentKey ? 'development' : 'unknown',
    artifacts,
    ...(listed?.inputs === undefined ? {} : { inputs: listed.inputs }),
  };
}

function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return plain.slice(0, 48) || 'circuit';
}

async function fetchManifest(address: string, fetchIt: typeof fetch): Promise<CircuitEntry[]> {
  const url = manifestUrl(address);
  let text: string;
  try {
    const response = await fetchIt(url.href, { cache: 'no-store', credentials: 'omit' });
    if (!response.ok) throw new Error(`status ${response.status}`);
    text = await response.text();
  } catch (cause) {
    throw new GnomonError('network.manifest', 'The list of circuits could not be loaded.', {
      where: url.href,
      nextStep: 'Check the address. The server must also allow other sites to read it (CORS).',
      cause,
    });
  }
  const parsed = v.safeParse(ManifestSchema, text.length > MANIFEST_BYTES_MAX ? null : readJson(text));
  if (!parsed.success) {
    throw new GnomonError('circuit.manifest', 'What is at this address is not a list of circuits.', {
      where: url.href,
      nextStep: 'Ask for the address of a manifest.json, or bring the files themselves.',
    });
  }
  return parsed.output.circuits.map((circuit) => withAbsoluteUrls(circuit, url.href));
}

function manifestUrl(address: string): URL {
  const url = URL.canParse(address.trim()) ? new URL(address.trim()) : null;
  const local = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && local)) return url;
  throw new GnomonError('input.address', 'This is not an address that a list can be loaded from.', {
    nextStep: 'Give a whole address that starts with https://.',
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
