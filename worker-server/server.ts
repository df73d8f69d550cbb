// One running server: children that prove, jobs, REST and WebSocket on one port, and an end in bounded time.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { GnomonError } from '../src/core/errors.ts';
import { createFaults } from '../src/core/faults.ts';
import type { Backend, BackendList } from '../src/core/ports.ts';
import { systemClock, systemRandom } from '../src/core/system.ts';
import { createApp } from './app.ts';
import { makeByteBudget } from './byte-budget.ts';
import { limitGuesses, makeCallers } from './callers.ts';
import { makeCircuits } from './circuits.ts';
import type { ServerConfig } from './config.ts';
import { createServerJobs } from './jobs/server-jobs.ts';
import { hasEnded } from './jobs/view.ts';
import { addressPort, listen } from './listen.ts';
import { makeOrigins } from './origins.ts';
import type { ServerParts } from './parts.ts';
import { openWorkerSocket } from './pool/open-socket.ts';
import { openPool } from './pool/pool.ts';
import { keepInFile, keepNowhere } from './pool/registrations.ts';
import type { Pool } from './pool-port.ts';
import { makeChildPlatform } from './profiling/platform.ts';
import { createProfiling } from './profiling/profiling.ts';
import { type Child, startChild } from './proving/child.ts';
import { makeChildInputs } from './proving/child-inputs.ts';
import { makeChildVerifier } from './proving/child-verifier.ts';
import { makeExternalBackend, withExternal } from './proving/external-backend.ts';
import { makeMachineSpeed } from './proving/machine-speed.ts';
import { openProofFolders } from './proving/proof-folders.ts';
import { makeThreadBackend, type ThreadBackend } from './proving/thread-backend.ts';
import { queueFigures } from './queue-figures.ts';
import { makeRateLimit } from './rate-limit.ts';
import { startScaleHook } from './scale-hook.ts';
import { attachSockets, type Sockets } from './ws/sockets.ts';

export interface RunningServer {
  port: number;
  /** Resolves when everything has ended, within `config.shutdownMs`. */
  stop(): Promise<void>;
}

const folder = dirname(fileURLToPath(import.meta.url));
const VERIFIER_BYTES = 1024 ** 3;
/** Inputs at once that are read, and at once whose public signals are worked out, in children. */
const MOST_INPUTS = 4;
/** Of the time for a shutdown, what running proofs get. */
const GRACE_SHARE = 0.7;
export async function startServer(
  config: ServerConfig,
  version: string,
  log: Logger,
): Promise<RunningServer> {
  const clock = systemClock;
  const random = systemRandom;
  const { limits } = config;
  const children = new Set<Child>();
  const spawn = (name: string, maxBytes: number) => (): Child => {
    const child = startChild({ script: join(folder, `${name}.js`), maxBytes });
    for (const one of children) if (one.dead()) children.delete(one);
    children.add(child);
    log.debug({ childPid: child.pid, name }, 'child started');
    return child;
  };

  const callers = await makeCallers(config);
  const spawnProver = spawn('prove-child', config.proofBytes);
  const threadBackend = makeThreadBackend({
    circuitsFolder: config.circuitsFolder,
    slots: config.concurrency,
    threads: config.threads,
    spawn: spawnProver,
    onWarning: ({ code, where }) => log.warn({ code, where }, 'proving warned'),
  });
  const verifier = makeChildVerifier(config.circuitsFolder, spawn('verify-child', VERIFIER_BYTES));
  const childInputs = () =>
    makeChildInputs({
      circuitsFolder: config.circuitsFolder,
      spawn: spawnProver,
      most: Math.min(MOST_INPUTS, availableParallelism()),
    });
  // Apart: a circuit's code may take long, and nobody should wait for it to be answered.
  const [inputs, reading] = [childInputs(), childInputs()];
  const serverId = random.id();
  const faults = createFaults(clock);
  const pool = await openPool({
    faults,
    open: openWorkerSocket,
    clock,
    random,
    ownServerId: serverId,
    allowedUrls: config.workerUrls,
    registrations:
      config.dataFolder === null ? keepNowhere() : keepInFile(join(config.dataFolder, 'workers.json')),
    onSkipped: (id) => log.warn({ id }, 'a registered worker is at an address that is not allowed any more'),
    onNotKept: () => log.error('the registered workers could not be saved'),
    onSetAside: (id) => log.error({ id }, 'a worker sent a wrong proof and is set aside'),
  });
  // A hub that proves nothing itself has no backend here at all, so that no job waits for it.
  const proving = await withExternalProver(config, threadBackend, spawnProver, log);
  const own = config.hub ? [] : [proving];
  const backends: BackendList = {
    list: () => [...own, ...pool.backends.list()],
    watch: (listener) => pool.backends.watch(listener),
  };
  const circuits = makeCircuits(config.circuitsFolder);
  // Loaded on demand: BullMQ and its Redis client take longer to start than all the rest.
  const fleet =
    config.fleet === null
      ? null
      : await (await import('./fleet/fleet.ts')).openFleet({
          ...{ settings: config.fleet, limits, circuits, verifier, inputs, clock, random, log },
          backend: proving,
        });
  const jobs =
    fleet?.jobs ??
    createServerJobs({
      ...{ backends, verifier, clock, random, limits, faults },
      expect: inputs.signalsOf,
      setAside: pool.setAside,
      onWrongProof: pool.wrongProof,
      onTrouble: ({ code, cause }) => log.error({ code, cause }, 'trouble'),
    });
  const localCapacity = fleet?.capacity ?? (() => own[0]?.capacity() ?? { slots: 0, busy: 0 });
  jobs.watch((view) => {
    if (!hasEnded(view)) return;
    const { jobId, circuitId, state, attempts, startedAtMs, endedAtMs, error } = view;
    const durationMs = startedAtMs === null || endedAtMs === null ? null : endedAtMs - startedAtMs;
    log.info({ jobId, circuitId, state, attempts, durationMs, code: error?.code }, 'job ended');
  });

  const profiling = createProfiling({
    circuits,
    threads: config.threads,
    platform: makeChildPlatform({
      ...{ kind: 'server', name: config.chosenName, circuitsFolder: config.circuitsFolder },
      ...{ spawn: spawnProver, verifier, clock },
      busy() {
        const { totalQueued, totalProcessing } = jobs.totals();
        return totalQueued + totalProcessing === 0 ? null : 'jobs of this server';
      },
      watchBusy: (listener) => jobs.watch(listener),
    }),
    onEnd: (state) => log.info({ ...state }, 'profile ended'),
  });

  const rate = fleet?.rate ?? makeRateLimit(limits.requestsPerMinute, clock);
  let port = config.port;
  let sockets: Sockets | null = null;
  let stopping = false;
  const parts: ServerParts = {
    serverId: fleet?.id ?? serverId,
    name: config.name,
    privacy: config.privacy,
    wsUrl: config.wsUrl,
    jobs,
    circuits,
    callers: limitGuesses(callers, rate),
    origins: makeOrigins({ allowedOrigins: config.allowedOrigins, open: callers.open }, () => port),
    rate,
    ...(fleet && { sealingKey: fleet.sealingKey, fleet }),
    checkInput: reading.check,
    readElsewhere: reading.request,
    limits,
    arriving: makeByteBudget(limits.maxQueuedBytes, Math.max(limits.maxPayloadBytes, limits.maxBodyBytes)),
    pool,
    // A hub that proves nothing itself has nothing to measure.
    profiling: config.hub ? null : profiling,
    localCapacity,
    machineSpeed: makeMachineSpeed(spawnProver, config.threads),
    clock,
    random,
    childPids: () => [...children].filter((child) => !child.dead()).map(({ pid }) => pid),
    sockets: () => sockets?.count() ?? 0,
    stopping: () => stopping,
  };
  if (config.production) await warnOfDevelopmentKeys(parts, log);

  const app = createApp({
    appFolder: config.headless ? null : config.appFolder,
    circuitsFolder: config.circuitsFolder,
    version,
    parts,
    onRequest: (method, path, status, durationMs) =>
      log.debug({ method, path, status, durationMs: Math.round(durationMs) }, 'request'),
  });
  await jobs.start();
  const server = await listen(app.fetch, config);
  port = addressPort(server, config.port);
  sockets = attachSockets(server, parts, {
    onRefused: (path, { code }) => log.debug({ path, code }, 'WebSocket refused'),
  });
  const attached = sockets;
  const endHook = config.scaleHook === null ? () => {} : hookUp(config.scaleHook, parts, pool, log);

  async function wind(): Promise<void> {
    stopping = true;
    endHook();
    log.info({ running: jobs.totals().totalProcessing }, 'shutting down');
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await profiling.cancel();
    await jobs.stop(GRACE_SHARE * config.shutdownMs);
    await attached.close();
    await pool.close();
    await fleet?.close();
    server.closeIdleConnections();
    await Promise.all([threadBackend.close(), inputs.close(), reading.close(), verifier.close()]);
    server.closeAllConnections();
    await closed;
  }

  let ended: Promise<void> | null = null;
  return {
    port,
    stop() {
      ended ??= Promise.race([
        wind(),
        new Promise<void>((resolve) => setTimeout(resolve, config.shutdownMs).unref()),
      ]);
      return ended;
    },
  };
}

async function withExternalProver(
  config: ServerConfig,
  own: ThreadBackend,
  spawn: () => Child,
  log: Logger,
): Promise<Backend> {
  const { externalProver: path, circuitsFolder, threads, concurrency: slots } = config;
  if (path === null) return own;
  const folders = await openProofFolders();
  if (!folders.inMemory)
    log.warn('no /dev/shm: the external prover’s witnesses lie in files that may reach a disk');
  return withExternal(makeExternalBackend({ path, folders, circuitsFolder, slots, threads, spawn }), own);
}

function hookUp(command: string, parts: ServerParts, pool: Pool, log: Logger): () => void {
  const advise = () => pool.stats(queueFigures(parts)).scaling;
  return startScaleHook({ command, advise, log });
}

async function warnOfDevelopmentKeys({ circuits }: ServerParts, log: Logger): Promise<void> {
  const development = (await circuits.all()).filter(({ setup }) => setup === 'development');
  if (development.length === 0) return;
  log.warn(
    { circuits: development.map(({ id }) => id) },
    'development keys: anyone can forge proofs for these',
  );
}

/** Throws `input.config` when something that was configured is not there. */
export async function checkFiles({ externalProver, headless, appFolder }: ServerConfig): Promise<void> {
  if (externalProver !== null) {
    await access(externalProver, constants.X_OK).catch((cause) => {
      throw new GnomonError('input.config', 'The external prover is not a program that can be run.', {
        where: 'EXTERNAL_PROVER',
        nextStep: `Check ${externalProver}.`,
        cause,
      });
    });
  }
  if (!headless) {
    await access(join(appFolder, 'index.html')).catch((cause) => {
      throw new GnomonError('input.config', 'The app has not been built.', {
        nextStep: 'Run npm start, which builds it, or serve without it: --headless.',
        cause,
      });
    });
  }
}
