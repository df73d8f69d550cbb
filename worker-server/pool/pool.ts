// The pool of registered worker servers, each one a remote backend of this server's scheduler. Reassigning a
// dead worker's jobs is the scheduler's ordinary retry; choosing among workers is placement.
import { GnomonError } from '../../src/core/errors.ts';
import type { Faults } from '../../src/core/faults.ts';
import { createListeners } from '../../src/core/listeners.ts';
import type { Clock, Random } from '../../src/core/ports.ts';
import { makeRemoteBackend, type RemoteBackend } from '../../src/remote/remote-backend.ts';
import type { OpenSocket } from '../../src/remote/socket.ts';
import type { Pool, WorkerRegistration, WorkerStatus } from '../pool-port.ts';
import { workerUrl } from './addresses.ts';
import { type KeptRegistration, keepNowhere, type Registrations } from './registrations.ts';
import { adviseScaling, isCalm } from './scaling.ts';

export interface PoolOptions {
  open: OpenSocket;
  clock: Clock;
  random: Random;
  /** Those of the scheduler that gives its workers jobs. */
  faults?: Faults;
  registrations?: Registrations;
  /** Origins or hosts of workers; null: any. */
  allowedUrls?: readonly string[] | null;
  /** This server's own, so that it is not given its own jobs. */
  ownServerId?: string;
  maxWorkers?: number;
  /** A kept registration whose address is not allowed any more. */
  onSkipped?: (id: string) => void;
  /** A worker that sent a wrong proof. */
  onSetAside?: (id: string) => void;
  /** The registrations could not be written: a restart knows less. */
  onNotKept?: () => void;
}

interface Worker {
  registration: WorkerRegistration;
  backend: RemoteBackend;
  draining: boolean;
  /** Why it is trusted no more; null while it is. */
  setAside: string | null;
  completed: number;
  failed: number;
  /** When it last said that it lives, by this server's clock. */
  seenAtMs: number | null;
}

/** A worker that is back by then goes on with what it had; longer, and its jobs go to others. */
const LOST_AFTER_MS = 5_000;
const MAX_WORKERS = 1_000;
/** The longest a proof may take that a removed worker is still at. */
const DRAIN_MS = 600_000;

/** Takes up what was registered before. Rejects with `resource.storage-registrations`. */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const { clock, random, registrations = keepNowhere(), allowedUrls = null } = options;
  const workers = new Map<string, Worker>();
  const changed = createListeners<void>();
  let calmSinceMs: number | null = null;
  let registered = 0;

  const save = () =>
    registrations.save(
      [...workers.values()]
        .filter(({ draining }) => !draining)
        .map(({ registration, setAside }) => ({ ...registration, ...(setAside !== null && { setAside }) })),
    );

  function add({ setAside, ...registration }: KeptRegistration): Worker {
    const worker: Worker = {
      registration,
      draining: false,
      setAside: setAside ?? null,
      completed: 0,
      failed: 0,
      seenAtMs: null,
      backend: makeRemoteBackend({
        // What the one of that id did before, which may still have jobs, is not this one's.
        id: `worker:${registration.id}:${++registered}`,
        label: registration.id,
        url: workerUrl(registration.url, allowedUrls),
        ...(registration.token === undefined ? {} : { token: registration.token }),
        isServer: true,
        open: options.open,
        clock,
        random,
        maxSlots: registration.maxConcurrency,
        lostAfterMs: LOST_AFTER_MS,
        onEnd(proved) {
          if (proved) worker.completed++;
          else worker.failed++;
        },
      }),
    };
    worker.backend.watch(() => {
      if (worker.backend.status().phase === 'ready') worker.seenAtMs = clock.nowMs();
      if (isSelf(worker) && worker.backend.status().phase === 'ready') worker.backend.close();
    });
    workers.set(registration.id, worker);
    worker.backend.start();
    changed.emit();
    return worker;
  }

  const ofBackend = (backendId: string): Worker | undefined =>
    [...workers.values()].find(({ backend }) => backend.id === backendId);

  const isSelf = ({ backend }: Worker): boolean =>
    options.ownServerId !== undefined && backend.status().welcome?.serverId === options.ownServerId;

  const faltersWords = (backendId: string): string | null =>
    options.faults?.falters(backendId) === true
      ? 'its last jobs all failed: others come first for a while'
      : null;

  /** Gets no more jobs from now on; ends when it has none left. */
  async function drain(worker: Worker): Promise<void> {
    worker.draining = true;
    changed.emit();
    await new Promise<void>((resolve) => {
      const unset = clock.setTimer(DRAIN_MS, resolve);
      const look = () => {
        if (worker.backend.status().running > 0) return;
        unset();
        unwatch();
        resolve();
      };
      const unwatch = worker.backend.watch(look);
      look();
    });
    worker.backend.close();
  }

  function statusOf(worker: Worker): WorkerStatus {
    const { registration, backend, draining, setAside, completed, failed } = worker;
    const { phase, running, roundTripMs, error } = backend.status();
    const { slots } = backend.capacity();
    const states = {
      ready: running >= Math.max(1, slots) ? 'busy' : 'idle',
      connecting: 'connecting',
    } as const;
    const state = phase === 'ready' || phase === 'connecting' ? states[phase] : 'offline';
    const reason = isSelf(worker)
      ? 'this is the very server that it is registered with'
      : (error?.message ?? null);
    return {
      id: registration.id,
      url: registration.url.replace(/[?#].*$/, ''),
      state: draining ? 'draining' : setAside !== null ? 'set-aside' : state,
      reason: setAside ?? (phase === 'ready' ? faltersWords(backend.id) : reason),
      maxConcurrency: registration.maxConcurrency,
      running,
      completed,
      failed,
      roundTripMs,
      lastSeenAtMs: worker.seenAtMs,
    };
  }

  for (const registration of await registrations.load()) {
    try {
      add(registration);
    } catch {
      options.onSkipped?.(registration.id);
    }
  }

  return {
    backends: {
      list: () => [...workers.values()].filter(({ draining }) => !draining).map(({ backend }) => backend),
      watch: (listener) => changed.add(listener),
    },

    async register(registration) {
      workerUrl(registration.url, allowedUrls);
      const before = workers.get(registration.id);
      if (before === undefined && workers.size >= (options.maxWorkers ?? MAX_WORKERS)) throw full();
      // What it has of the old registration goes on to its end.
      if (before !== undefined) void drain(before);
      const worker = add(registration);
      await save();
      return statusOf(worker);
    },

    async remove(id) {
      const worker = workers.get(id);
      if (worker === undefined) return false;
      const drained = drain(worker);
      // At once: after a crash it must not come back.
      await save();
      await drained;
      if (workers.get(id) === worker) workers.delete(id);
      changed.emit();
      return true;
    },

    heartbeat(id) {
      const worker = workers.get(id);
      if (worker === undefined) return null;
      worker.seenAtMs = clock.nowMs();
      worker.backend.retryNow();
      return statusOf(worker);
    },

    stats(queue) {
      const all = [...workers.values()].map(statusOf);
      const connected = [...workers.values()].filter(
        ({ backend, draining, setAside }) =>
          !draining && setAside === null && backend.status().phase === 'ready',
      );
      const totalCapacity = connected.reduce((sum, { backend }) => sum + backend.capacity().slots, 0);
      const running = all.reduce((sum, worker) => sum + worker.running, 0);
      const figures = {
        ...queue,
        activeWorkers: connected.length + (queue.others ?? 0),
        capacity: totalCapacity + queue.localSlots,
        running: running + queue.localBusy,
      };
      const nowMs = clock.monotonicMs();
      calmSinceMs = isCalm(figures) ? (calmSinceMs ?? nowMs) : null;
      const calmMs = calmSinceMs === null ? 0 : nowMs - calmSinceMs;
      const count = (state: WorkerStatus['state']) => all.filter((worker) => worker.state === state).length;
      return {
        totalWorkers: all.length,
        activeWorkers: connected.length,
        idleWorkers: count('idle'),
        busyWorkers: count('busy'),
        offlineWorkers: count('offline'),
        totalCapacity,
        running,
        workers: all,
        scaling: adviseScaling({ ...figures, calmMs }),
      };
    },

    setAside: (backendId) => ofBackend(backendId)?.setAside ?? null,
    wrongProof(backendId) {
      const worker = ofBackend(backendId);
      if (worker === undefined) return;
      worker.setAside = 'a proof that it sent was wrong; register it again when it is mended';
      options.onSetAside?.(worker.registration.id);
      void save().catch(() => options.onNotKept?.());
      changed.emit();
    },

    async close() {
      for (const { backend } of workers.values()) backend.close();
      await save();
    },
  };
}

function full(): GnomonError {
  return new GnomonError('resource.pool-full', 'This server has as many workers as it takes.', {
    nextStep: 'Remove one that is gone.',
  });
}
