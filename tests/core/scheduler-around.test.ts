// The scheduler while things around its jobs change: hosts that go, storage that fails, backends that come and go.
import { describe, expect, it } from 'vitest';
import { createEstimates } from '../../src/core/estimates.ts';
import type { Backend, BackendList } from '../../src/core/ports.ts';
import { anError, requestFor } from '../contract/job-store.support.ts';
import { settle, VirtualClock } from '../helpers/clock.ts';
import { makeSchedulerWorld, stateOf } from '../helpers/scheduler-world.ts';
import { aError, makeScriptedBackend } from '../helpers/scripted-prover.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe('a host that goes', () => {
  it('in good order gives its lease back, uncounted', async () => {
    const first = makeSchedulerWorld();
    await first.scheduler.start();
    await first.store.add(requestFor('a', { maxAttempts: 1 }));
    await first.clock.advance(SECOND / 2);
    await first.scheduler.stop();
    expect(await first.store.get('a')).toMatchObject({ state: 'queued', attemptsUsed: 0 });
    expect(first.clock.pendingTimers).toBe(0);
    const next = makeSchedulerWorld(undefined, first);
    await next.scheduler.start();
    await next.clock.advance(2 * SECOND);
    expect(await stateOf(next.store, 'a')).toBe('succeeded');
  });

  it('and is replaced commits nothing any more; the job runs again and ends once', async () => {
    const first = makeSchedulerWorld(() => ({ kind: 'prove', ms: 2 * SECOND }));
    const ended: string[] = [];
    first.store.watch((event) => {
      if (event.type === 'changed' && event.job.state === 'succeeded') ended.push(event.job.id);
    });
    await first.scheduler.start();
    await first.store.add(requestFor('a'));
    await first.clock.advance(SECOND);
    const next = makeSchedulerWorld(() => ({ kind: 'prove', ms: 2 * SECOND }), first);
    await next.scheduler.start();
    await next.clock.advance(10 * SECOND);
    expect(ended).toEqual(['a']);
    expect(first.backend.working.size).toBe(0);
    expect(next.backend.seen.map(({ rung }) => rung)).toEqual(['engine-single']);
  });
});

describe('storage that fails for a while', () => {
  it('costs neither the proof nor the scheduler', async () => {
    const { scheduler, clock, store, trouble } = makeSchedulerWorld();
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
    const { scheduler, clock, store, backend } = makeSchedulerWorld();
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
    const { scheduler, clock, store } = makeSchedulerWorld();
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
    const first = named('first', clock);
    const second = named('second', clock);
    let here: Backend[] = [];
    let changed = () => {};
    const backends: BackendList = {
      list: () => here,
      watch(listener) {
        changed = listener;
        return () => {};
      },
    };
    const { scheduler, store } = makeSchedulerWorld(undefined, { clock, backends });
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
    const first = named('first', clock);
    const second = named('second', clock);
    let asked = 0;
    // Once to watch, once to see what is free, once to place; then it is gone.
    const backends = { list: () => [++asked <= 3 ? first : second], watch: () => () => {} };
    const { scheduler, store } = makeSchedulerWorld(undefined, { clock, backends });
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

it('takes its provers for started anew when it starts, whatever was proved a moment ago', async () => {
  const clock = new VirtualClock();
  const estimates = createEstimates(undefined, { nowMs: () => clock.nowMs(), keptMs: 30 * SECOND });
  const { circuit } = requestFor('a');
  for (const ms of [2_000, 1_200, 1_000]) estimates.record('local', 'engine-threaded', circuit, ms);
  const expected = () => estimates.expect('local', 'engine-threaded', circuit)?.ms;
  expect(expected()).toBeLessThan(1_200);
  const { scheduler } = makeSchedulerWorld(undefined, { clock, estimates });
  await scheduler.start();
  await settle();
  expect(expected()).toBeCloseTo(2_000, -2);
});
