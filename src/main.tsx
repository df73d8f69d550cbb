// Composition root: builds the adapters, hands them to the pages, and starts the scheduler.
import { createSignal } from 'solid-js';
import { render } from 'solid-js/web';
import { makeAppClient } from './app-client.ts';
import { announceEnds, makeNotifications, makeSeen } from './browser/announce.ts';
import { openArtifactStore } from './browser/artifact-store.ts';
import { exportEverything, importEverything } from './browser/backup.ts';
import { makeCircuits } from './browser/circuits.ts';
import { makeVault } from './browser/database.ts';
import { makeDeletion } from './browser/delete-everything.ts';
import { deviceFacts, savesData } from './browser/device.ts';
import { releaseHeldJobs } from './browser/held-jobs.ts';
import { makeIdentityChannel, makeIdentityStore } from './browser/identity-store.ts';
import { makeLedger } from './browser/ledger.ts';
import { makeLocalNetwork } from './browser/local-network.ts';
import { leastOf, measurePageMemory } from './browser/memory.ts';
import { makeOwnCircuits } from './browser/own-circuits.ts';
import { makeProfiler, memoryMeter } from './browser/profiler.ts';
import { makeProving } from './browser/proving.ts';
import { makeScopeStore } from './browser/scopes.ts';
import { makeSharedStatus } from './browser/server-status.ts';
import { makeSettings } from './browser/settings.ts';
import { makeSnapshotStore } from './browser/snapshot-store.ts';
import { makeSnapshots } from './browser/snapshots.ts';
import { makeSiteStorage } from './browser/storage-facts.ts';
import { makeUpdates } from './browser/updates.ts';
import { makeBrowserVerifier } from './browser/verifier.ts';
import { keepAwake } from './browser/wake-lock.ts';
import { type ErrorData, toErrorData } from './core/errors.ts';
import type { JobRequest } from './core/job.ts';
import { systemClock } from './core/system.ts';
import { Notice } from './ui/components/Notice.tsx';
import { App } from './ui/routes.tsx';
import type { Services } from './ui/services.ts';
import { applyStoredTheme } from './ui/shell/theme.ts';
import type { AppUpdate } from './ui/shell/UpdatePrompt.tsx';
import './ui/styles/main.css';

/** Time for the page to settle before the device is measured, if nothing is known of it. */
const CALIBRATE_AFTER_MS = 500;
/** Time for the page to settle before the smallest circuit is fetched for offline use. */
const PREFETCH_AFTER_MS = 1_500;

async function start(): Promise<void> {
  // Before anything is waited for, or a chosen theme would flash in from the system's.
  applyStoredTheme();
  const manifestUrl = new URL('/circuits/manifest.json', location.origin).href;
  const device = deviceFacts();
  const settings = makeSettings(() => localStorage);
  const vault = makeVault();
  // What went wrong without stopping anything, e.g. no space to keep a circuit; the shell shows the latest.
  const [warning, setWarning] = createSignal<ErrorData | null>(null);
  const onWarning = (data: ErrorData) => void setWarning(data);
  const artifacts = await openArtifactStore({ baseUrl: manifestUrl, onWarning });
  const circuits = makeCircuits(manifestUrl, artifacts);
  const identities = makeIdentityStore(vault, { channel: makeIdentityChannel() });
  const verifier = makeBrowserVerifier({
    baseUrl: manifestUrl,
    spawn: () =>
      new Worker(new URL('./workers/verify.ts', import.meta.url), { type: 'module', name: 'verify' }),
  });
  const spawnProver = () =>
    new Worker(new URL('./workers/prove.ts', import.meta.url), { type: 'module', name: 'prove' });
  const spawnCircuitWorker = () =>
    new Worker(new URL('./workers/circuit.ts', import.meta.url), { type: 'module', name: 'circuit' });
  const proving = makeProving({
    name: 'gnomon',
    manifestUrl,
    local: {
      spawn: spawnProver,
      threads: settings.read().threads ?? device.threads,
      memoryBytes: () => leastOf(device.memoryBytes, settings.read().memoryLimitBytes),
    },
    servers: {
      hereConstraintsMost: () => settings.read().hereConstraintsMost,
      shared: makeSharedStatus(new BroadcastChannel('gnomon-servers')),
      network: makeLocalNetwork(navigator.permissions, new URL(location.href)),
    },
    identities,
    verifier,
    spawnExpect: spawnCircuitWorker,
    measureMemory: () => measurePageMemory(),
    onWarning,
  });
  const { metrics, servers, serverRecords } = proving;
  const { store, jobs } = await proving.openJobs();
  keepAwake({ wakeLock: navigator.wakeLock, page: document, jobs, settings });
  const notifications = makeNotifications(globalThis.Notification, async () =>
    navigator.serviceWorker?.getRegistration(),
  );
  announceEnds({ jobs, settings, notifications, seen: makeSeen(navigator.locks, document) });
  releaseHeldJobs(jobs, identities);
  const snapshots = makeSnapshots({
    spawn: () =>
      new Worker(new URL('./workers/snapshot.ts', import.meta.url), { type: 'module', name: 'snapshot' }),
    store: makeSnapshotStore(),
    circuits: () => circuits.list(),
  });
  const ownCircuits = makeOwnCircuits({
    spawn: spawnCircuitWorker,
    artifacts,
    fetch: (input, init) => fetch(input, init),
    nowMs: () => Date.now(),
  });
  /** Each database is made by its own store, at its first use. */
  const makeDatabases = () =>
    Promise.all([identities.list(), snapshots.list(), ownCircuits.list(), jobs.get('')]);
  const backedUp = { jobs: store, ownCircuits, artifacts, servers: serverRecords };
  const deletion = makeDeletion(new BroadcastChannel('gnomon-deleted'), () => location.assign('/'));
  const siteStorage = makeSiteStorage(navigator.storage, () => localStorage);
  const keptJobs = {
    ...jobs,
    async submit(request: JobRequest) {
      const job = await jobs.submit({ keepInput: settings.read().keepInput, ...request });
      // Now there is something worth keeping. Nothing waits for the answer; Settings shows it.
      void siteStorage.persistOnce();
      return job;
    },
  };
  const scopes = makeScopeStore(vault);
  const services: Services = {
    jobs: keptJobs,
    pipeline: makeAppClient({ jobs: keptJobs, circuits, servers, metrics, scopes }),
    circuits,
    ownCircuits,
    storage: {
      ...siteStorage,
      async deleteEverything() {
        serverRecords.clear();
        await deletion.run();
      },
    },
    settings,
    notifications,
    backup: {
      exportAll: async (passphrase) => {
        await makeDatabases();
        return exportEverything(backedUp, passphrase);
      },
      importAll: async (file, passphrase) => {
        await makeDatabases();
        return importEverything(backedUp, file, passphrase);
      },
    },
    servers,
    metrics,
    profiler: makeProfiler({
      ...{ baseUrl: manifestUrl, spawn: spawnProver, verifier, servers, jobs, device },
      circuits: () => circuits.list(),
      clock: systemClock,
      runtime: navigator.userAgent,
      measureMemory: memoryMeter(performance),
      locks: navigator.locks,
    }),
    identities,
    verifier: {
      verify: (vkey, publicSignals, proof) => verifier.check(vkey, publicSignals, proof),
      solidityCalldata: (proof, publicSignals) => verifier.solidityCalldata(proof, publicSignals),
    },
    ledger: makeLedger(vault),
    snapshots,
    scopes,
    device,
  };

  const [update, setUpdate] = createSignal<AppUpdate | null>(null);
  if (import.meta.env.PROD) {
    const updates = makeUpdates('/sw.js');
    updates.onReady(() => setUpdate({ apply: () => updates.apply() }));
  }

  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no #root.');
  render(
    () => (
      <App
        services={services}
        update={update}
        warning={warning}
        onWarningRead={() => setWarning(null)}
        version={__GNOMON_VERSION__}
      />
    ),
    root,
  );

  setTimeout(() => void proving.calibrate(), CALIBRATE_AFTER_MS);
  // One visit is enough to prove the sample offline.
  if (!savesData()) {
    setTimeout(() => {
      circuits
        .list()
        .then(([smallest]) => smallest && circuits.keepForOffline(smallest, new AbortController().signal))
        .catch(() => {}); // Offline already, or no space: the circuit is fetched when it is needed.
    }, PREFETCH_AFTER_MS);
  }
}

start().catch((thrown: unknown) => {
  const root = document.getElementById('root');
  if (root === null) throw thrown;
  render(
    () => (
      <main class="shell-main">
        <Notice title="Gnomon could not start." error={toErrorData(thrown)} />
      </main>
    ),
    root,
  );
});
