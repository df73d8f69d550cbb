// The scheduler on a virtual clock: one behaviour at a time. Everything at once is in simulation.test.ts.
import { afterEach, describe, expect, it } from 'vitest';
import { MIN_DEADLINE_MS } from '../../src/core/attempt.ts';
import type { ErrorData } from '../../src/core/errors.ts';
import { Priority, type Progress } from '../../src/core/job.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import type { AttemptRequest, Backend, JobStore } from '../../src/core/ports.ts';
import { createScheduler, type Scheduler } from '../../src/core/scheduler.ts';
import { releaseHeld } from '../../src/core/upkeep.ts';
import { anError, requestFor } from '../contract/job-store.support.ts';
import { settle, VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import {
  aError,
  makeIdentity,
  makeScriptedBackend,
  type Script,
  scriptedVerifier,
} from '../helpers/scripted-prover.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

interface World {
  clock: VirtualClock;
  store: JobStore;
  backend: ReturnType<typeof makeScriptedBackend>;
  identity: ReturnType<typeof makeIdentity>;
  scheduler: Scheduler;
  progress: { jobId: string; progress: Progress }[];
  trouble: ErrorData[];
}

const schedulers: Scheduler[] = [];
afterEach(async () => {
  // Not awaited on: their virtual clocks stand still.
  for (const scheduler of schedulers.splice(0)) void scheduler.stop();
});

function makeWorld(
  script: (attempt: AttemptRequest) => Script = () => ({ kind: 'prove', ms: SECOND }),
  shared: {
    clock?: VirtualClock;
    store?: JobStore;
    slots?: number;
    silenceLimitsMs?: Backend['silenceLimitsMs'];
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
    backends: [backend],
    verifier: scriptedVerifier,
    inputs: identity,
    clock,
    random,
    onTrouble: (error) => trouble.push(error),
  });
  const progress: World['progress'] = [];
  scheduler.watchProgress((event) => progress.push(event));
  schedulers.push(scheduler);
  return { clock, store, backend, identity, scheduler, progress, trouble };
}

const stateOf = async (store: JobStore, id: string) => (await store.get(id))?.state;

describe('a job', () => {
  it('is proved with its secrets, verified, and its result kept', async () => {
    const { scheduler, clock, store, backend } = makeWorld();
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(2 * SECOND);
    const job = await store.get('a');
    expect(job?.state).toBe('succeeded');
    expect(job?.result?.publicSignals).toEqual(['1']);
    expect(job?.result?.timingsMs.verifying).toBe(0);
    expect(job?.attempts).toMatchObject([{ number: 1, outcome: 'succeeded', backendId: 'local' }]);
    expect(job?.attempts[0]?.reason).toContain('here');
    expect(backend.seen[0]?.input).toEqual({ ...requestFor('a').input, secret: '7' });
  });

  it('that was submitted before anyone led runs when someone does', async () => {
    const { scheduler, clock, store } = makeWorld();
    await store.add(requestFor('a'));
    await clock.advance(60 * SECOND);
    expect(await stateOf(store, 'a')).toBe('queued');
    await scheduler.start();
    await clock.advance(2 * SECOND);
    expect(await stateOf(store, 'a')).toBe('succeeded');
  });

  it('shows progress that never goes back, through all stages', async () => {
    const { scheduler, clock, store, progress } = makeWorld();
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(2 * SECOND);
    const stages = progress.map(({ progress: { stage } }) => stage);
    expect([...new Set(stages)]).toEqual(['artifacts', 'witness', 'proving', 'verifying']);
    const proving = progress.filter(({ progress: { stage } }) => stage === 'proving');
    const fractions = proving.map(({ progress: { fraction } }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it('waits its turn by priority while the backend is busy', async () => {
    const { scheduler, clock, store, backend } = makeWorld();
    await scheduler.start();
    await store.add(requestFor('first'));
    await settle();
    await store.add(requestFor('low', { priority: Priority.LOW }));
    await store.add(requestFor('high', { priority: Priority.HIGH }));
    await clock.advance(10 * SECOND);
    expect(backend.seen.map(({ jobId }) => jobId)).toEqual(['first', 'high', 'low']);
  });

  it('runs beside others when there are slots', async () => {
    const { scheduler, clock, store, backend } = makeWorld(undefined, { slots: 2 });
    await scheduler.start();
    for (const id of ['a', 'b', 'c']) await store.add(requestFor(id));
    await clock.advance(SECOND / 2);
    expect([...backend.working]).toEqual(['a', 'b']);
    await clock.advance(2 * SECOND);
    expect(backend.seen.length).toBe(3);
  });
});

describe('a failing attempt', () => {
  it('is repeated after a back-off, at most maxAttempts times, and fails with the cause', async () => {
    const { scheduler, clock, store, backend } = makeWorld(() => ({
      kind: 'fail',
      ms: SECOND,
      error: aError('network.offline'),
    }));
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(10 * SECOND);
    const job = await store.get('a');
    expect(job).toMatchObject({ state: 'failed', inputKept: true, error: { code: 'network.offline' } });
    expect(backend.seen.length).toBe(3);
    await store.retry('a');
    await clock.advance(10 * SECOND);
    expect(backend.seen.length).toBe(6);
  });

  it.each(['input.value', 'witness.unsatisfied', 'circuit.unknown'] as const)(
    'with %s is final',
    async (code) => {
      const { scheduler, clock, store, backend } = makeWorld(() => ({
        kind: 'fail',
        ms: 0,
        error: aError(code),
      }));
      await scheduler.start();
      await store.add(requestFor('a'));
      await clock.advance(60 * SECOND);
      expect(await store.get('a')).toMatchObject({ state: 'failed', inputKept: false, error: { code } });
      expect(backend.seen.length).toBe(1);
    },
  );

  it('for want of memory goes a rung down, and ends at the bottom with the cause', async () => {
    const { scheduler, clock, store, backend } = makeWorld(() => ({
      kind: 'fail',
      ms: 0,
      error: aError('resource.memory'),
    }));
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(60 * SECOND);
    expect(backend.seen.map(({ rung }) => rung)).toEqual([
      'engine-threaded',
      'engine-single',
      'snarkjs-single',
    ]);
    expect(await store.get('a')).toMatchObject({ state: 'failed', error: { code: 'resource.memory' } });
  });

  it('throwing a foreign error fails the job without quoting it', async () => {
    const { scheduler, clock, store } = makeWorld(() => {
      throw new Error('secret 61803398874989');
    });
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(SECOND);
    const job = await store.get('a');
    expect(job?.error?.code).toBe('internal.unexpected');
    expect(JSON.stringify(job)).not.toContain('61803398874989');
  });
});

describe('verification', () => {
  it('of a proof for other public signals fails the job for good', async () => {
    const { scheduler, clock, store } = makeWorld(() => ({ kind: 'prove', ms: 0, signals: ['2'] }));
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(60 * SECOND);
    const job = await store.get('a');
    expect(job).toMatchObject({ state: 'failed', result: null, error: { code: 'witness.signals-differ' } });
  });

  it('of an invalid proof tries another prover, and then blames the input', async () => {
    const { scheduler, clock, store, backend } = makeWorld(() => ({ kind: 'prove', ms: 0, valid: false }));
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(60 * SECOND);
    expect(backend.seen.map(({ rung }) => rung)).toEqual(['engine-threaded', 'snarkjs-threaded']);
    expect(await store.get('a')).toMatchObject({
      state: 'failed',
      result: null,
      error: { code: 'witness.unsatisfied' },
    });
  });

  it('of an invalid proof accepts the other prover’s', async () => {
    const { scheduler, clock, store } = makeWorld(({ number }) => ({
      kind: 'prove',
      ms: 0,
      valid: number > 1,
    }));
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(60 * SECOND);
    expect(await stateOf(store, 'a')).toBe('succeeded');
  });
});

describe('a prover that says nothing', () => {
  it.each(['silent', 'dead'] as const)('(%s) is given up within 10 s and the job goes on', async (kind) => {
    const { scheduler, clock, store, backend } = makeWorld(({ number }) =>
      number === 1 ? { kind, ms: SECOND } : { kind: 'prove', ms: SECOND },
    );
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(20 * SECOND);
    const job = await store.get('a');
    expect(job?.state).toBe('succeeded');
    const [{ startedAtMs = 0, endedAtMs = null } = {}] = job?.attempts ?? [];
    expect((endedAtMs ?? Number.POSITIVE_INFINITY) - startedAtMs).toBeLessThanOrEqual(
      // A dead worker is also waited for, in case it frees its slot after all.
      kind === 'silent' ? 10 * SECOND : 15 * SECOND,
    );
    expect(job?.attempts[0]).toMatchObject({ outcome: 'failed', error: { code: 'backend.died' } });
    expect(backend.seen[1]?.rung).toBe('engine-single');
  });

  it('is not taken for dead because the laptop slept', async () => {
    const { scheduler, clock, store } = makeWorld(() => ({ kind: 'prove', ms: 4 * SECOND }));
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(SECOND);
    await clock.sleep(3_600 * SECOND);
    await clock.advance(SECOND);
    const job = await store.get('a');
    expect(job?.state).toBe('succeeded');
    expect(job?.attempts.length).toBe(1);
  });

  it('or talks for ever meets the deadline', async () => {
    const { scheduler, clock, store, backend } = makeWorld(
      () => ({ kind: 'prove', ms: 10 * MIN_DEADLINE_MS }),
      { silenceLimitsMs: { proving: 1e9 } },
    );
    await scheduler.start();
    await store.add(requestFor('a', { maxAttempts: 1 }));
    await clock.advance(MIN_DEADLINE_MS - SECOND);
    expect(await stateOf(store, 'a')).toBe('running');
    await clock.advance(2 * SECOND);
    expect(await store.get('a')).toMatchObject({ state: 'failed', error: { code: 'resource.deadline' } });
    expect(backend.working.size).toBe(0);
  });
});

describe('cancelling', () => {
  it('ends the attempt at once, and no late result is committed', async () => {
    const { scheduler, clock, store, backend } = makeWorld();
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(SECOND / 2);
    expect(backend.working.size).toBe(1);
    await store.cancel('a');
    await settle();
    expect(backend.working.size).toBe(0);
    await clock.advance(60 * SECOND);
    expect(await store.get('a')).toMatchObject({ state: 'cancelled', result: null, inputKept: false });
  });

  it('by removing ends the attempt too', async () => {
    const { scheduler, clock, store, backend } = makeWorld();
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(SECOND / 2);
    await store.remove('a');
    await settle();
    expect(backend.working.size).toBe(0);
    await clock.advance(60 * SECOND);
    expect(await store.get('a')).toBeUndefined();
  });
});

describe('a locked identity', () => {
  it('holds the job without losing anything, until it is unlocked', async () => {
    const { scheduler, clock, store, identity } = makeWorld();
    identity.locked = true;
    await scheduler.start();
    await store.add(requestFor('a', { maxAttempts: 1 }));
    await clock.advance(600 * SECOND);
    const held = await store.get('a');
    expect(held).toMatchObject({ state: 'queued', inputKept: true, attempts: [] });
    expect(held?.held?.code).toBe('input.identity-locked');
    identity.locked = false;
    await releaseHeld(store);
    await clock.advance(2 * SECOND);
    expect(await stateOf(store, 'a')).toBe('succeeded');
  });
});

describe('a host that goes', () => {
  it('in good order gives its lease back, uncounted', async () => {
    const first = makeWorld();
    await first.scheduler.start();
    await first.store.add(requestFor('a', { maxAttempts: 1 }));
    await first.clock.advance(SECOND / 2);
    await first.scheduler.stop();
    expect(await first.store.get('a')).toMatchObject({ state: 'queued', attemptsUsed: 0 });
    expect(first.clock.pendingTimers).toBe(0);
    const next = makeWorld(undefined, first);
    await next.scheduler.start();
    await next.clock.advance(2 * SECOND);
    expect(await stateOf(next.store, 'a')).toBe('succeeded');
  });

  it('and is replaced commits nothing any more; the job runs again and ends once', async () => {
    const first = makeWorld(() => ({ kind: 'prove', ms: 2 * SECOND }));
    const ended: string[] = [];
    first.store.watch((event) => {
      if (event.type === 'changed' && event.job.state === 'succeeded') ended.push(event.job.id);
    });
    await first.scheduler.start();
    await first.store.add(requestFor('a'));
    await first.clock.advance(SECOND);
    const next = makeWorld(() => ({ kind: 'prove', ms: 2 * SECOND }), first);
    await next.scheduler.start();
    await next.clock.advance(10 * SECOND);
    expect(ended).toEqual(['a']);
    expect(first.backend.working.size).toBe(0);
    expect(next.backend.seen.map(({ rung }) => rung)).toEqual(['engine-single']);
  });
});

describe('storage that fails for a while', () => {
  it('costs neither the proof nor the scheduler', async () => {
    const { scheduler, clock, store, trouble } = makeWorld();
    const { commit, claim } = store;
    let failures = 2;
    const failing = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
      return (...args: A) =>
        failures-- > 0 ? Promise.reject(aError('resource.storage-full')) : call(...args);
    };
    store.commit = failing(commit);
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(10 * SECOND);
    expect(await stateOf(store, 'a')).toBe('succeeded');
    expect((await store.get('a'))?.attempts.length).toBe(1);
    failures = 2;
    store.claim = failing(claim);
    await store.add(requestFor('b'));
    await clock.advance(10 * SECOND);
    expect(await stateOf(store, 'b')).toBe('succeeded');
    expect(trouble.map(({ code }) => code)).toEqual(Array(4).fill('resource.storage-full'));
  });
});

describe('storage that refuses a result for long', () => {
  it('costs that attempt, and the job goes on when it can', async () => {
    const { scheduler, clock, store, backend } = makeWorld();
    const { commit } = store;
    let full = true;
    store.commit = (...args) => (full ? Promise.reject(aError('resource.storage-full')) : commit(...args));
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(60 * SECOND);
    expect(backend.seen.length).toBe(1);
    full = false;
    await clock.advance(60 * SECOND);
    const job = await store.get('a');
    expect(job?.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded']);
    expect(job?.attempts[0]?.error?.code).toBe('resource.storage-full');
  });
});

describe('inputs of failed jobs', () => {
  it.each(['when the scheduler starts', 'while it runs'])('are dropped after a day, %s', async (when) => {
    const { scheduler, clock, store } = makeWorld();
    const holder = { ownerId: 'x', epoch: await store.beginEpoch('x') };
    await store.add(requestFor('a'));
    const place = () => ({ backendId: 'local', rung: 'snarkjs-threaded' as const, reason: '' });
    const found = await store.claim(holder, { leaseMs: SECOND, place });
    if ('refusal' in found || found.claim === null) throw new Error('no claim');
    await store.commit(holder, found.claim.lease, { kind: 'failed', error: anError(true) });
    if (when === 'while it runs') {
      await scheduler.start();
      await clock.advance(23 * HOUR);
      expect((await store.get('a'))?.inputKept).toBe(true);
      await clock.advance(2.5 * HOUR);
    } else {
      clock.jump(25 * HOUR);
      await scheduler.start();
      await settle();
    }
    expect((await store.get('a'))?.inputKept).toBe(false);
  });
});

describe('backends that come and go', () => {
  const named = (id: string, clock: VirtualClock): Backend => ({
    ...makeScriptedBackend({ clock, script: () => ({ kind: 'prove', ms: SECOND }), slots: 1 }),
    id,
  });

  it('are used once they are there, and not after they left', async () => {
    const clock = new VirtualClock();
    const random = new SeededRandom(testSeed);
    const store = createMemoryStore(clock, random);
    const first = named('first', clock);
    const second = named('second', clock);
    let here: Backend[] = [];
    let changed = () => {};
    const scheduler = createScheduler({
      store,
      backends: {
        list: () => here,
        watch(listener) {
          changed = listener;
          return () => {};
        },
      },
      verifier: scriptedVerifier,
      inputs: makeIdentity(),
      clock,
      random,
    });
    schedulers.push(scheduler);
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(2 * SECOND);
    expect(await stateOf(store, 'a')).toBe('queued');
    here = [first];
    changed();
    await clock.advance(SECOND / 2);
    here = [second];
    changed();
    await store.add(requestFor('b'));
    await clock.advance(2 * SECOND);
    // What ran on the one that left ran on to its end.
    const ran = async (id: string) => (await store.get(id))?.attempts.map(({ backendId }) => backendId);
    expect([await stateOf(store, 'a'), await ran('a')]).toEqual(['succeeded', ['first']]);
    expect([await stateOf(store, 'b'), await ran('b')]).toEqual(['succeeded', ['second']]);
  });

  it('are replaced by another when they leave just as a job is given to them', async () => {
    const clock = new VirtualClock();
    const random = new SeededRandom(testSeed);
    const store = createMemoryStore(clock, random);
    const first = named('first', clock);
    const second = named('second', clock);
    let asked = 0;
    const scheduler = createScheduler({
      store,
      // Once to watch, once to see what is free, once to place; then it is gone.
      backends: { list: () => [++asked <= 3 ? first : second], watch: () => () => {} },
      verifier: scriptedVerifier,
      inputs: makeIdentity(),
      clock,
      random,
    });
    schedulers.push(scheduler);
    await store.add(requestFor('a'));
    await scheduler.start();
    await clock.advance(10 * SECOND);
    const job = await store.get('a');
    expect(job?.state).toBe('succeeded');
    expect(job?.attempts.map(({ backendId, error }) => [backendId, error?.code])).toEqual([
      ['first', 'backend.left'],
      ['second', undefined],
    ]);
  });
});
