// What a page that proves is made of, the app's and everybody else's: workers here, servers the person allows, figures,
// and the jobs over them. All that it keeps and all its channels are called after `name`.
import { assumedSpeed } from '../core/assumed-speed.ts';
import type { ErrorData } from '../core/errors.ts';
import { createEstimates } from '../core/estimates.ts';
import { createFaults } from '../core/faults.ts';
import type { Verifier } from '../core/ports.ts';
import { systemClock, systemRandom } from '../core/system.ts';
import type { Speed } from '../prover/engine/speed.ts';
import { makeDeviceSpeed } from './device-speed.ts';
import { makeExpectSignals } from './expect-signals.ts';
import { makeInputResolver } from './input-resolver.ts';
import { openJobStore } from './job-store.ts';
import { makeJobs } from './jobs.ts';
import { type LocalBackendOptions, makeLocalBackend } from './local-backend.ts';
import { type MetricsOptions, makeMetrics } from './metrics.ts';
import { makeMetricsStore } from './metrics-store.ts';
import type { ProveWorkerApi } from './prove-worker.ts';
import { makeSecretExchange, type SecretHolder } from './secret-exchange.ts';
import { makeServerRecords } from './server-records.ts';
import { makeServers, type ServersOptions } from './servers.ts';
import { PROVER_IDLE_MS } from './worker-pool.ts';
import { runInOwnWorker, type WorkerLike } from './worker-task.ts';

/** A third of a second, and the kernels have to be fetched and compiled. */
const MEASURING = { doing: 'Measuring', silenceMs: 30_000 };

export interface ProvingOptions {
  name: string;
  /** Absolute; relative addresses of files are resolved against it. */
  manifestUrl: string;
  local: Omit<LocalBackendOptions, 'baseUrl' | 'onWarning'>;
  /** How this page deals with servers. */
  servers?: Pick<ServersOptions, 'hereConstraintsMost' | 'shared' | 'network' | 'looksFirst'>;
  identities: SecretHolder;
  verifier: Verifier;
  /** Starts a worker that works out public signals. */
  spawnExpect: () => WorkerLike;
  measureMemory?: MetricsOptions['measureMemory'];
  /** Something went wrong that stopped nothing. */
  onWarning: (warning: ErrorData) => void;
}

/** Stores and connects nothing yet; `openJobs` does, and starts to work. */
export function makeProving(options: ProvingOptions) {
  const { name, manifestUrl, onWarning, verifier } = options;
  const { local } = options;
  const backend = makeLocalBackend({ ...local, baseUrl: manifestUrl, onWarning });
  const speed = makeDeviceSpeed({
    storage: () => localStorage,
    key: `${name}.speed`,
    // In a worker of its own: a proof that begins meanwhile does not wait for it.
    measure: () => runInOwnWorker<ProveWorkerApi, Speed>(local.spawn, MEASURING, (api) => api.measureSpeed()),
    threads: () => local.pool?.threadsEach ?? local.threads,
    nowMs: () => Date.now(),
  });
  // Servers are not taken for anything before they have been measured.
  const estimates = createEstimates(
    (backendId, rung) => (backendId === backend.id && rung !== null ? assumedSpeed(rung, speed.now()) : null),
    { nowMs: () => Date.now(), keptMs: PROVER_IDLE_MS },
  );
  const faults = createFaults(systemClock);
  const metrics = makeMetrics({
    store: makeMetricsStore({ name: `${name}-metrics` }),
    name: `${name}-metrics`,
    estimates,
    localRung: backend.rungs[0] ?? 'engine-single',
    nowMs: () => Date.now(),
    ...(options.measureMemory === undefined ? {} : { measureMemory: options.measureMemory }),
    onTrouble: onWarning,
  });
  speed.watch(() => metrics.predictsAnew());
  const serverRecords = makeServerRecords(() => localStorage, window, `${name}.servers`);
  const servers = makeServers({
    ...options.servers,
    records: serverRecords,
    local: [backend],
    createSocket: (url) => new WebSocket(url),
    page: new URL(location.href),
    estimates,
    faults,
    clock: systemClock,
    random: systemRandom,
  });
  const onOnline = () => servers.retryNow();
  addEventListener('online', onOnline);
  const exchange = makeSecretExchange(options.identities, { name: `${name}-secrets` });
  const outdated = new AbortController();

  async function openJobs() {
    const store = await openJobStore({
      name: `${name}-jobs`,
      clock: systemClock,
      random: systemRandom,
      onWarning,
      onOutdated(error) {
        onWarning(error);
        outdated.abort();
      },
    });
    const jobs = makeJobs({
      store,
      name: `${name}-jobs`,
      outdated: outdated.signal,
      backends: servers.backends,
      policy: servers.policy,
      onWrongProof: servers.onWrongProof,
      estimates,
      faults,
      taught: () => metrics.taught(),
      metrics,
      expect: makeExpectSignals(options.spawnExpect, manifestUrl),
      verifier,
      inputs: makeInputResolver(exchange),
      clock: systemClock,
      random: systemRandom,
      locks: navigator.locks,
      page: window,
      onTrouble: onWarning,
    });
    return { store, jobs };
  }

  return {
    metrics,
    servers,
    serverRecords,
    openJobs,
    /** Measures this device unless earlier proofs or an earlier visit have; starts a worker for it. */
    async calibrate() {
      if (!(await metrics.taught())) await speed.learn();
    },
    /** Of what is open besides jobs. */
    close() {
      removeEventListener('online', onOnline);
      exchange.close();
    },
  };
}
