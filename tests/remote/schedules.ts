// One seeded schedule of jobs over a bad network: the real client and scheduler on one side, the real sessions and
// queue on the other. Returns what went against the rules.
import type { JobRequest, Progress } from '../../src/core/job.ts';
import { STAGES } from '../../src/core/job.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import { createScheduler } from '../../src/core/scheduler.ts';
import { makeRemoteBackend } from '../../src/remote/remote-backend.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import {
  makeIdentity,
  makeScriptedBackend,
  type Script,
  scriptedVerifier,
} from '../helpers/scripted-prover.ts';
import { type MemoryServer, makeMemoryServer } from './memory-server.ts';
import { makeWire } from './wire.ts';

const SECOND = 1_000;

export interface ScheduleReport {
  violations: string[];
  /** What happened, so that a test can tell that everything did. */
  met: Record<string, number>;
}

export async function runSchedule(seed: number): Promise<ScheduleReport> {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const violations: string[] = [];
  const met: Record<string, number> = {};
  const count = (what: string, by = 1) => {
    met[what] = (met[what] ?? 0) + by;
  };
  const { circuit } = requestFor('any');
  const script = (): Script => ({ kind: 'prove', ms: random.below(8 * SECOND) });
  const slots = 1 + random.below(4);
  const startServer = () => makeMemoryServer({ clock, random, circuit, slots, script });
  const servers: MemoryServer[] = [await startServer()];
  const server = () => servers.at(-1)!;
  const wire = makeWire(clock, random, (peer) => server().accept(peer));
  const remote = makeRemoteBackend({
    id: 'server:1',
    url: 'wss://memory/ws',
    open: wire.open,
    clock,
    random,
  });
  const withLocal = random.chance(0.5);
  const local = makeScriptedBackend({ clock, script: () => ({ kind: 'prove', ms: 15 * SECOND }) });
  const store = createMemoryStore(clock, random);
  const ends = new Map<string, number>();
  const states = new Map<string, string>();
  store.watch((event) => {
    if (event.type !== 'changed') return;
    const { id, state } = event.job;
    const before = states.get(id);
    states.set(id, state);
    if (state !== before && (state === 'succeeded' || state === 'failed' || state === 'cancelled')) {
      ends.set(id, (ends.get(id) ?? 0) + 1);
    }
  });
  const scheduler = createScheduler({
    store,
    backends: withLocal ? [remote, local] : [remote],
    verifier: scriptedVerifier,
    inputs: makeIdentity(),
    clock,
    random,
    policy: () => ({
      mode: 'automatic',
      permission: () => 'secrets',
      setAside: () => null,
      withoutExpectation: 'stay',
    }),
  });
  const seen = new Map<string, Progress & { attempt: number }>();
  scheduler.watchProgress(({ jobId, progress }) => {
    void store.get(jobId).then((job) => {
      const last = seen.get(jobId);
      const attempt = job?.attempts.length ?? 0;
      const back =
        last !== undefined &&
        last.attempt === attempt &&
        (STAGES.indexOf(progress.stage) < STAGES.indexOf(last.stage) ||
          (progress.stage === last.stage && progress.fraction < last.fraction));
      if (back) violations.push(`${jobId}: progress went back`);
      seen.set(jobId, { ...progress, attempt });
    });
  });
  remote.start();
  await scheduler.start();

  const ids: string[] = [];
  const cancelled = new Set<string>();
  for (let step = 0; step < 25; step++) {
    const dice = random.fraction();
    if (dice < 0.5) {
      const id = `job-${ids.length}`;
      ids.push(id);
      const large = random.chance(0.2);
      const request: JobRequest = {
        ...requestFor(id),
        privacy: 'may-offload',
        input: large ? { rating: Array.from({ length: 12_000 }, () => '123456') } : { rating: ['1', '2'] },
      };
      if (large) count('large inputs');
      await store.add(request);
    } else if (dice < 0.6 && ids.length > 0) {
      const id = random.pick(ids);
      if (states.get(id) === 'queued' || states.get(id) === 'running') cancelled.add(id);
      await store.cancel(id);
    } else if (dice < 0.68) {
      wire.cutAll();
    } else if (dice < 0.74) {
      server().kill();
      wire.cutAll();
      count('servers killed');
      servers.push(await startServer());
      if (random.chance(0.4)) {
        wire.down = true;
        clock.setTimer(random.below(60 * SECOND), () => {
          wire.down = false;
        });
      }
    }
    await clock.advance(random.below(random.chance(0.1) ? 30 * SECOND : 3 * SECOND));
  }

  wire.faulty = false;
  wire.down = false;
  for (
    let minute = 0;
    minute < 60 && [...states.values()].some((state) => /queued|running/.test(state));
    minute++
  ) {
    await clock.advance(60 * SECOND);
  }
  await clock.advance(60 * SECOND);

  for (const id of ids) {
    const job = (await store.get(id))!;
    if (ends.get(id) !== 1) violations.push(`${id} ended ${ends.get(id) ?? 0} times, and is ${job.state}`);
    if (cancelled.has(id) && job.state !== 'cancelled')
      violations.push(`${id} was cancelled and is ${job.state}`);
    if (!cancelled.has(id) && job.state === 'cancelled') violations.push(`${id} is cancelled by nobody`);
    if (job.state === 'failed' && job.attemptsUsed < job.maxAttempts) {
      violations.push(`${id} failed with tries left: ${job.error?.code}`);
    }
    count(job.state);
    for (const { backendId, error, outcome } of job.attempts) {
      count(`on ${backendId} ${outcome}`);
      if (error !== null) count(error.code);
    }
  }
  for (const each of servers) {
    for (const [id, times] of each.begun)
      if (times > 1) violations.push(`a server began ${id} ${times} times`);
  }
  if (server().working > 0) violations.push('the server still works for nobody');
  if (remote.status().running > 0) violations.push('the client still waits');
  if (remote.status().phase !== 'ready')
    violations.push(`the connection did not mend: ${remote.status().phase}`);
  for (const [what, times] of Object.entries(wire.counts)) count(what, times);
  void scheduler.stop();
  remote.close();
  return { violations, met };
}
