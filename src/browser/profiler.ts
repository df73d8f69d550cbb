// Profiles in this browser: one at a time over all tabs, behind the person's own proofs; what it found stays until the
// page is closed, and longer in the files that it saves.

import { GnomonError, toErrorData } from '../core/errors.ts';
import { createListeners } from '../core/listeners.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import { type ProfilePlan, planProfile } from '../core/profiler/plan.ts';
import { runProfile } from '../core/profiler/run.ts';
import type { ProfilerService, ProfilerState } from '../services/profiler.ts';
import type { Jobs } from './jobs.ts';
import { makeProfilePlatform, type ProfilePlatformOptions } from './profile-platform.ts';
import { watchQueue } from './queue-watch.ts';
import type { Servers } from './servers.ts';

export interface ProfilerOptions extends Omit<ProfilePlatformOptions, 'backends' | 'roundTripMs'> {
  circuits: () => Promise<readonly CircuitEntry[]>;
  servers: Pick<Servers, 'list' | 'offload' | 'backends'>;
  jobs: Pick<Jobs, 'list' | 'watch' | 'queuePaused'>;
  /** `navigator.locks`. */
  locks: LockManager | undefined;
}

const LOCK = 'gnomon-profile';

export function makeProfiler(options: ProfilerOptions): ProfilerService {
  const { servers, jobs, device, locks, measureMemory } = options;
  const changes = createListeners<null>();
  let state: ProfilerState = { progress: null, plan: null, report: null, error: null };
  let running: { cancel: AbortController; ended: Promise<void> } | null = null;
  const set = (part: Partial<ProfilerState>) => {
    state = { ...state, ...part };
    changes.emit(null);
  };

  const allowed = () =>
    servers.offload().mode === 'here'
      ? []
      : servers.list().filter(({ permission, setAside }) => permission !== 'nothing' && setAside === null);

  async function run(plan: ProfilePlan, signal: AbortSignal): Promise<void> {
    const { backends } = servers;
    // A server's connection lasts while somebody watches.
    const unwatch = plan.cells.some(({ place }) => place.kind === 'server') ? backends.watch(() => {}) : null;
    const queue = await watchQueue(jobs);
    try {
      const platform = makeProfilePlatform({
        ...options,
        backends,
        roundTripMs: (serverId) => servers.list().find(({ id }) => id === serverId)?.roundTripMs ?? null,
      });
      const report = await runProfile(
        plan,
        { ...platform, busy: queue.busy, watchBusy: queue.watch },
        { signal, onProgress: (progress) => set({ progress }) },
      );
      set({ report });
    } finally {
      queue.end();
      unwatch?.();
    }
  }

  return {
    state: () => state,
    servers: () => allowed().map(({ id, name }) => ({ id, name })),
    memoryTold: () => measureMemory !== null,
    async plan(request, where) {
      return planProfile(request, {
        circuits: await options.circuits(),
        usualThreads: device.threads,
        mostThreads: Math.max(1, device.threads),
        here: where.here,
        servers: allowed().filter(({ id }) => where.servers.includes(id)),
      });
    },
    async start(plan) {
      if (running !== null) throw alreadyRunning();
      const cancel = new AbortController();
      set({ plan, progress: null, error: null });
      const ended = alone(locks, () => run(plan, cancel.signal)).catch((thrown) =>
        set({ error: toErrorData(thrown) }),
      );
      running = { cancel, ended };
      await ended;
      running = null;
      set({ progress: null, plan: null });
    },
    async cancel() {
      running?.cancel.abort();
      await running?.ended;
    },
    watch: (listener) => changes.add(listener),
  };
}

/** Two tabs that measure at once would measure each other. */
async function alone(locks: LockManager | undefined, work: () => Promise<void>): Promise<void> {
  if (locks === undefined) return work();
  await locks.request(LOCK, { ifAvailable: true }, (lock) => {
    if (lock === null) throw alreadyRunning();
    return work();
  });
}

function alreadyRunning(): GnomonError {
  return new GnomonError(
    'resource.profile-running',
    'A profile is being made already, here or in another tab.',
    {
      nextStep: 'Wait until it is done, or cancel it there.',
    },
  );
}

/** Chromium tells it to isolated pages only (WICG, "performance-measure-memory"); other browsers do not. */
export function memoryMeter(page: Performance): (() => Promise<number>) | null {
  const { measureUserAgentSpecificMemory } = page as Performance & {
    measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }>;
  };
  if (measureUserAgentSpecificMemory === undefined || globalThis.crossOriginIsolated !== true) return null;
  return async () => (await measureUserAgentSpecificMemory.call(page)).bytes;
}
