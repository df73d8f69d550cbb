// A scheduler on a virtual clock, with a scripted backend, a memory store and a verifier that believes it.
import { afterEach } from 'vitest';
import type { ErrorData } from '../../src/core/errors.ts';
import type { Estimates } from '../../src/core/estimates.ts';
import type { Progress } from '../../src/core/job.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import type { AttemptRequest, Backend, BackendList, JobStore } from '../../src/core/ports.ts';
import { createScheduler, type Scheduler } from '../../src/core/scheduler.ts';
import { VirtualClock } from './clock.ts';
import { SeededRandom } from './random.ts';
import { testSeed } from './scale.ts';
import { makeIdentity, makeScriptedBackend, type Script, scriptedVerifier } from './scripted-prover.ts';

const SECOND = 1_000;

export interface World {
  clock: VirtualClock;
  store: JobStore;
  backend: ReturnType<typeof makeScriptedBackend>;
  identity: ReturnType<typeof makeIdentity>;
  scheduler: Scheduler;
  progress: { jobId: string; progress: Progress }[];
  trouble: ErrorData[];
}

const schedulers: Scheduler[] = [];
afterEach(() => {
  // Not awaited on: their virtual clocks stand still.
  for (const scheduler of schedulers.splice(0)) void scheduler.stop();
});

export function makeSchedulerWorld(
  script: (attempt: AttemptRequest) => Script = () => ({ kind: 'prove', ms: SECOND }),
  shared: {
    clock?: VirtualClock;
    store?: JobStore;
    slots?: number;
    silenceLimitsMs?: Backend['silenceLimitsMs'];
    /** In place of the scripted backend. */
    backends?: BackendList;
    estimates?: Estimates;
  } = {},
): World {
  const clock = shared.clock ?? new VirtualClock();
  const random = new SeededRandom(testSeed);
  const store = shared.store ?? createMemoryStore(clock, random);
  const { slots = 1, silenceLimitsMs } = shared;
  const backend = makeScriptedBackend({ clock, script, slots, ...(silenceLimitsMs && { silenceLimitsMs }) });
  const identity = makeIdentity();
  const trouble: ErrorData[] = [];
  const scheduler = createScheduler({
    store,
    backends: shared.backends ?? [backend],
    verifier: scriptedVerifier,
    inputs: identity,
    clock,
    random,
    ...(shared.estimates && { estimates: shared.estimates }),
    onTrouble: (error) => trouble.push(error),
  });
  const progress: World['progress'] = [];
  scheduler.watchProgress((event) => progress.push(event));
  schedulers.push(scheduler);
  return { clock, store, backend, identity, scheduler, progress, trouble };
}

export const stateOf = async (store: JobStore, id: string) => (await store.get(id))?.state;
