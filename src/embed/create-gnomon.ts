// `createGnomon`: the adapters of one client on a page that is not ours, and the client over them. Consent is held by
// servers.ts, in the one function that opens a connection; nothing here opens any.
import { openArtifactStore } from '../browser/artifact-store.ts';
import { makeCircuits } from '../browser/circuits.ts';
import { makeVault } from '../browser/database.ts';
import { deviceFacts } from '../browser/device.ts';
import type { Jobs } from '../browser/jobs.ts';
import { leastOf } from '../browser/memory.ts';
import { makeProving } from '../browser/proving.ts';
import { makeScopeStore } from '../browser/scopes.ts';
import { makePinnedVerifier } from '../browser/verifier.ts';
import type { WorkerPool as Pool } from '../browser/worker-pool.ts';
import { makeClient } from '../client/client.ts';
import type { ClientJobs } from '../client/parts.ts';
import type { Gnomon, GnomonOptions } from '../client/types.ts';
import { type ErrorData, GnomonError, toErrorData } from '../core/errors.ts';
import { proverOf, RUNGS } from '../core/job.ts';
import { createListeners } from '../core/listeners.ts';
import { systemRandom } from '../core/system.ts';
import { manifestAddress } from './manifest-address.ts';
import { makeMemoryIdentities } from './memory-identities.ts';
import { spawnWorker, workerPool } from './workers.ts';

const DEFAULT_DATABASE = 'gnomon-embed';
/** snarkjs is not inside. */
const ENGINE_RUNGS = RUNGS.filter((rung) => proverOf(rung) === 'engine');

/** Nothing is fetched, stored or connected before the first call that needs it, but for the queue: it is opened at
 * once, since proofs of an earlier visit go on. Throws `input.…` for options that make no sense. */
export function createGnomon(options: GnomonOptions = {}): Gnomon {
  const name = databaseName(options.database);
  const manifestUrl = manifestAddress(options.circuits);
  const device = deviceFacts();
  const warnings = createListeners<ErrorData>();
  const onWarning = (warning: ErrorData) => warnings.emit(warning);
  const pool = (options.pool ?? workerPool) as Pool;
  const threads = options.threads ?? device.threads;
  const memoryLimit = options.memoryLimitBytes ?? null;
  const identities = makeMemoryIdentities();
  const verifier = makePinnedVerifier({ baseUrl: manifestUrl, spawn: spawnWorker });
  const proving = makeProving({
    name,
    manifestUrl,
    local: {
      spawn: spawnWorker,
      pool,
      threads,
      rungs: ENGINE_RUNGS,
      memoryBytes: () => leastOf(device.memoryBytes, memoryLimit),
    },
    servers: { looksFirst: false },
    identities,
    verifier,
    spawnExpect: spawnWorker,
    onWarning,
  });
  const { metrics, servers, serverRecords } = proving;
  // Which jobs may leave is said by each request, and by the person for each server.
  if (serverRecords.offload().mode === 'here')
    serverRecords.setOffload({ mode: 'automatic', tier: 'local-only', whenLost: 'elsewhere' });
  const vault = makeVault(`${name}-vault`);
  const scopes = makeScopeStore(vault);
  const opened = proving.openJobs().then(({ jobs }) => jobs);
  opened.catch((thrown: unknown) => onWarning(toErrorData(thrown)));
  const artifacts = openArtifactStore({ baseUrl: manifestUrl, onWarning });

  const jobs = lateJobs(opened);
  const client = makeClient({
    jobs,
    async circuits() {
      const store = await artifacts;
      // So that the first prediction is not a stranger's.
      await metrics.taught();
      void proving.calibrate();
      return makeCircuits(manifestUrl, store, options.circuitsSha256).list();
    },
    async isKept(circuit) {
      const store = await artifacts;
      const { wasm, zkey } = circuit.artifacts;
      return (await store.has(wasm.sha256)) && store.has(zkey.sha256);
    },
    servers: {
      ...servers,
      add: ({ address, token = '' }) => servers.add(address, token),
      backendId: (id) => servers.backendId(id),
    },
    metrics,
    async remember({ id, secretScalar }) {
      identities.put(id, secretScalar);
      await (await opened).releaseHeld();
    },
    claimScope: (scope, digest) => scopes.claimFor(scope, digest),
    watchWarnings: (listener) => warnings.add(listener),
    newId: () => systemRandom.id(),
    nowMs: () => Date.now(),
    async close() {
      await (await opened.catch(() => null))?.close();
      proving.close();
      verifier.end();
      await vault.close();
    },
  });
  for (const server of serversOf(options)) {
    const given = typeof server === 'string' ? { address: server } : server;
    client.addServer(given);
  }
  return client;
}

/** Calls wait until the store is open; listeners hear from then on. */
function lateJobs(opened: Promise<Jobs>): ClientJobs {
  return {
    submit: async (request) => (await opened).submit(request),
    get: async (id) => (await opened).get(id),
    list: async () => (await opened).list(),
    cancel: async (id) => (await opened).cancel(id),
    retry: async (id) => (await opened).retry(id),
    remove: async (id) => (await opened).remove(id),
    watch(listener) {
      let end = (): void => {};
      let ended = false;
      opened.then(
        (jobs) => {
          if (!ended) end = jobs.watch(listener);
        },
        () => {},
      );
      return () => {
        ended = true;
        end();
      };
    },
  };
}

function serversOf({ servers }: GnomonOptions): NonNullable<GnomonOptions['servers']> {
  if (servers !== undefined) return servers;
  const fromBuild = __HOST_WS_URL__;
  return typeof fromBuild === 'string' && fromBuild !== '' ? [fromBuild] : [];
}

function databaseName(given = DEFAULT_DATABASE): string {
  if (/^[\w.-]{1,64}$/.test(given)) return given;
  throw new GnomonError('input.database', 'This is no name for a database.', {
    where: 'database',
    nextStep: 'Use up to 64 letters, digits, dots, dashes or underscores.',
  });
}
