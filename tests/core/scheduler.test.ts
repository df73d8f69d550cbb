// The scheduler on a virtual clock: one job at a time, and how it ends. What happens around jobs is in
// scheduler-around.test.ts, everything at once in simulation.test.ts.
import { describe, expect, it } from 'vitest';
import { MIN_DEADLINE_MS } from '../../src/core/attempt.ts';
import { Priority } from '../../src/core/job.ts';
import { releaseHeld } from '../../src/core/upkeep.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { settle } from '../helpers/clock.ts';
import { makeSchedulerWorld, stateOf } from '../helpers/scheduler-world.ts';
import { aError } from '../helpers/scripted-prover.ts';

const SECOND = 1_000;

describe('a job', () => {
  it('is proved with its secrets, verified, and its result kept', async () => {
    const { scheduler, clock, store, backend } = makeSchedulerWorld();
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
    const { scheduler, clock, store } = makeSchedulerWorld();
    await store.add(requestFor('a'));
    await clock.advance(60 * SECOND);
    expect(await stateOf(store, 'a')).toBe('queued');
    await scheduler.start();
    await clock.advance(2 * SECOND);
    expect(await stateOf(store, 'a')).toBe('succeeded');
  });

  it('shows progress that never goes back, through all stages', async () => {
    const { scheduler, clock, store, progress } = makeSchedulerWorld();
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
    const { scheduler, clock, store, backend } = makeSchedulerWorld();
    await scheduler.start();
    await store.add(requestFor('first'));
    await settle();
    await store.add(requestFor('low', { priority: Priority.LOW }));
    await store.add(requestFor('high', { priority: Priority.HIGH }));
    await clock.advance(10 * SECOND);
    expect(backend.seen.map(({ jobId }) => jobId)).toEqual(['first', 'high', 'low']);
  });

  it('runs beside others when there are slots', async () => {
    const { scheduler, clock, store, backend } = makeSchedulerWorld(undefined, { slots: 2 });
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
    const { scheduler, clock, store, backend } = makeSchedulerWorld(() => ({
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
      const { scheduler, clock, store, backend } = makeSchedulerWorld(() => ({
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
    const { scheduler, clock, store, backend } = makeSchedulerWorld(() => ({
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
    const { scheduler, clock, store } = makeSchedulerWorld(() => {
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
    const { scheduler, clock, store } = makeSchedulerWorld(() => ({ kind: 'prove', ms: 0, signals: ['2'] }));
    await scheduler.start();
    await store.add(requestFor('a'));
    await clock.advance(60 * SECOND);
    const job = await store.get('a');
    expect(job).toMatchObject({ state: 'failed', result: null, error: { code: 'witness.signals-differ' } });
  });

  it('of an invalid proof tries another prover, and then blames the input', async () => {
    const { scheduler, clock, store, backend } = makeSchedulerWorld(() => ({
      kind: 'prove',
      ms: 0,
      valid: false,
    }));
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
    const { scheduler, clock, store } = makeSchedulerWorld(({ number }) => ({
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
    const { scheduler, clock, store, backend } = makeSchedulerWorld(({ number }) =>
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
    const { scheduler, clock, store } = makeSchedulerWorld(() => ({ kind: 'prove', ms: 4 * SECOND }));
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
    const { scheduler, clock, store, backend } = makeSchedulerWorld(
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
    const { scheduler, clock, store, backend } = makeSchedulerWorld();
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
    const { scheduler, clock, store, backend } = makeSchedulerWorld();
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
    const { scheduler, clock, store, identity } = makeSchedulerWorld();
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
