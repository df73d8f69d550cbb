// Profiles of this server: one at a time, behind its jobs, the last report kept in memory.
import { availableParallelism } from 'node:os';
import { type ErrorData, GnomonError, toErrorData } from '../../src/core/errors.ts';
import { type ProfilePlan, planProfile } from '../../src/core/profiler/plan.ts';
import type { ProfileReport } from '../../src/core/profiler/report.ts';
import type { ProfileRequest } from '../../src/core/profiler/request.ts';
import { type ProfilePlatform, type ProfileProgress, runProfile } from '../../src/core/profiler/run.ts';
import type { Circuits } from '../circuits.ts';

export type ProfilingState =
  | { state: 'idle' }
  | ProfileProgress
  | { state: 'complete' | 'cancelled'; done: number; total: number; durationMs: number }
  | { state: 'failed'; error: ErrorData };

export interface Profiling {
  /** Plans and begins. Throws `resource.profile-running`, `input.profile-…`. */
  start(request: ProfileRequest): Promise<ProfilePlan>;
  /** Sizes of all circuits here, both provers, 1, 2, 4 … threads; what the request says of the rest. */
  comprehensive(request: Pick<ProfileRequest, Exclude<keyof ProfileRequest, Chosen>>): Promise<ProfilePlan>;
  state(): ProfilingState;
  /** Resolves when nothing of it runs. False: none was running. */
  cancel(): Promise<boolean>;
  /** Of the last profile that ended. */
  report(): ProfileReport | null;
  /** The request of the profile that runs, and its report when it has ended; null: none runs. */
  running(): { request: ProfileRequest; ended: Promise<ProfileReport | null> } | null;
}

type Chosen = 'circuitTypes' | 'networkSizes' | 'provers' | 'threads';

export interface ProfilingOptions {
  circuits: Circuits;
  platform: ProfilePlatform;
  /** Threads of a proof when the request says nothing. */
  threads: number;
  onEnd?: (state: ProfilingState) => void;
}

export function createProfiling({ circuits, platform, threads, onEnd }: ProfilingOptions): Profiling {
  const mostThreads = Math.max(threads, availableParallelism());
  let state: ProfilingState = { state: 'idle' };
  let last: ProfileReport | null = null;
  let current: {
    request: ProfileRequest;
    cancel: AbortController;
    ended: Promise<ProfileReport | null>;
  } | null = null;
  let planning = false;

  async function run(plan: ProfilePlan, signal: AbortSignal): Promise<ProfileReport | null> {
    try {
      const report = await runProfile(plan, platform, {
        signal,
        onProgress(progress) {
          state = progress;
        },
      });
      const done = report.cells.reduce((sum, { runs }) => sum + runs.length, 0);
      last = report;
      state = { state: report.state, done, total: plan.runs, durationMs: report.durationMs };
      return report;
    } catch (thrown) {
      state = { state: 'failed', error: toErrorData(thrown) };
      return null;
    } finally {
      current = null;
      onEnd?.(state);
    }
  }

  const self: Profiling = {
    async start(request) {
      if (current !== null || planning) throw alreadyRunning();
      planning = true;
      try {
        const world = { circuits: await circuits.all(), usualThreads: threads, mostThreads };
        const plan = planProfile(request, world);
        const cancel = new AbortController();
        state = startingState(plan);
        current = { request, cancel, ended: Promise.resolve().then(() => run(plan, cancel.signal)) };
        return plan;
      } finally {
        planning = false;
      }
    },
    async comprehensive(request) {
      const capacities = (await circuits.all()).flatMap(({ capacity }) => capacity ?? []);
      return self.start({
        ...request,
        circuitTypes: ['optimized', 'default'],
        networkSizes: capacities.length === 0 ? [1] : capacities.slice(0, 16),
        provers: ['engine', 'snarkjs'],
        threads: threadSteps(mostThreads),
      });
    },
    state: () => state,
    async cancel() {
      if (current === null) return false;
      const { cancel, ended } = current;
      cancel.abort();
      await ended;
      return true;
    },
    report: () => last,
    running: () => current && { request: current.request, ended: current.ended },
  };
  return self;
}

/** 1, 2, 4 … and all of them. */
export function threadSteps(most: number): number[] {
  const steps: number[] = [];
  for (let count = 1; count < most; count *= 2) steps.push(count);
  return [...steps, most];
}

function startingState({ runs, expectedMs }: ProfilePlan): ProfileProgress {
  return {
    ...{ state: 'running', waitingFor: null, done: 0, total: runs, cell: null, warmUp: false, stage: null },
    ...{ fraction: 0, elapsedMs: 0, etaMs: expectedMs },
  };
}

function alreadyRunning(): GnomonError {
  return new GnomonError('resource.profile-running', 'A profile is running on this server already.', {
    nextStep: 'Wait for it (GET /api/profiling/progress), or cancel it (POST /api/profiling/cancel).',
  });
}
