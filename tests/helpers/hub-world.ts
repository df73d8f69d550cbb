// A hub that proves nothing itself, with workers that do what a test tells them, on a virtual clock.
import { createFaults } from '../../src/core/faults.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import type { AttemptRequest, BackendHealth, Expected, Verifier } from '../../src/core/ports.ts';
import { createScheduler, type Scheduler } from '../../src/core/scheduler.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from './clock.ts';
import { SeededRandom } from './random.ts';
import { testSeed } from './scale.ts';
import {
  aError,
  makeIdentity,
  makeScriptedBackend,
  type Script,
  scriptedVerifier,
} from './scripted-prover.ts';

const SECOND = 1_000;
const schedulers: Scheduler[] = [];
/** After each test. */
export function closeHubs(): void {
  // Not awaited: their virtual clocks stand still.
  for (const scheduler of schedulers.splice(0)) void scheduler.stop();
}

export type Worker = (attempt: AttemptRequest) => Script;
export const proves = (): Script => ({ kind: 'prove', ms: SECOND });
/** At once, so that it is always free for the next. */
export const says = (code: Parameters<typeof aError>[0], retryable?: boolean) => (): Script => ({
  kind: 'fail',
  ms: 0,
  error: aError(code, retryable),
});

export interface HubOptions {
  /** What the client said that it must show; left out: the hub works it out. */
  given?: string[];
  expect?: () => Promise<Expected>;
  down?: string[];
  verifier?: Verifier;
}

export async function makeHub(workers: Record<string, Worker>, options: HubOptions = {}, seed = testSeed) {
  const clock = new VirtualClock();
  const random = new SeededRandom(seed);
  const store = createMemoryStore(clock, random);
  const down = new Set(options.down);
  const backends = Object.entries(workers).map(([id, script]) => {
    const backend = makeScriptedBackend({ clock, script, id, kind: 'remote' });
    const health = (): BackendHealth =>
      down.has(id) ? { state: 'down', reason: null } : { state: 'ready', reason: null };
    return Object.assign(backend, { health });
  });
  const wrong = new Set<string>();
  const faults = createFaults(clock);
  const blamed: string[] = [];
  const scheduler = createScheduler({
    ...{
      store,
      backends,
      verifier: options.verifier ?? scriptedVerifier,
      inputs: makeIdentity(),
      clock,
      random,
    },
    policy: () => ({
      mode: 'automatic',
      permission: () => 'secrets',
      setAside: (id) => (wrong.has(id) ? 'its proof was wrong' : null),
      withoutExpectation: 'compute',
    }),
    onWrongProof: (id) => void wrong.add(id),
    faults: {
      ...faults,
      failed(backendId, jobId, error) {
        blamed.push(backendId);
        faults.failed(backendId, jobId, error);
      },
    },
    expect: options.expect ?? (async () => ({ publicSignals: ['1'], calculated: true })),
  });
  schedulers.push(scheduler);
  await scheduler.start();
  return {
    /** Whom an attempt's end was held against, each time. */
    blamed,
    async run(count = 1, name = 'job') {
      const ids = Array.from({ length: count }, (_, at) => `${name}-${at}`);
      const expectedPublicSignals = options.given ?? null;
      for (const id of ids) {
        await store.add({ ...requestFor(id), privacy: 'may-offload', secrets: [], expectedPublicSignals });
      }
      await clock.advance(3_600 * SECOND);
      return Promise.all(ids.map(async (id) => (await store.get(id))!));
    },
    tries: (id?: string) =>
      backends.reduce(
        (sum, backend) => sum + (id === undefined || backend.id === id ? backend.seen.length : 0),
        0,
      ),
  };
}
