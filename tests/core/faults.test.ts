// Workers that fail one job after the other, with a word that would have it tried again: how many tries they cost, and
// how they come back.
import { afterEach, describe, expect, it } from 'vitest';
import { createFaults, FALTERS_AFTER } from '../../src/core/faults.ts';
import { placement } from '../../src/core/placement.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { closeHubs, type HubOptions, makeHub, proves, says, type Worker } from '../helpers/hub-world.ts';
import { automatic, failedOn, here, job, there } from '../helpers/placement-views.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { aError } from '../helpers/scripted-prover.ts';

const SECOND = 1_000;
const died = aError('backend.died').toData();
const given = ['1'];

afterEach(closeHubs);

describe('a hub with workers that fail every job and say that it may be tried again', () => {
  it.each<[string, Worker, HubOptions]>([
    ['for want of memory', says('resource.memory'), { given }],
    ['since something broke', says('internal.unexpected', true), { given }],
    ['as if the connection had been lost', says('network.server-lost'), { given }],
    ['with a code that no retry was meant for', says('artifact.digest-mismatch', true), {}],
    ['with fault found in every input, which is known to be right', says('witness.unsatisfied'), {}],
  ])('loses no job to two of them, and few tries, %s', async (_what, bad, options) => {
    const hub = await makeHub({ bad, worse: bad, good: proves, better: proves }, options);
    const jobs = await hub.run(60);
    expect(jobs.map(({ state }) => state)).toEqual(Array(60).fill('succeeded'));
    for (const id of ['bad', 'worse']) expect(hub.tries(id), id).toBeLessThanOrEqual(FALTERS_AFTER + 5);
  });

  it('takes the word of one that finds fault with every input for what it is, once such inputs were proved', async () => {
    const bad: Worker = () => ({ kind: 'fail', ms: SECOND / 10, error: aError('witness.unsatisfied', true) });
    const hub = await makeHub({ bad, good: proves, better: proves }, { given });
    const jobs = await hub.run(200);
    expect(jobs.map(({ state }) => state)).toEqual(Array(200).fill('succeeded'));
    expect(hub.tries('bad')).toBeLessThanOrEqual(60);
  });

  it('loses some jobs at first where three of four are such, and then none', async () => {
    const lost: number[] = [];
    for (let seed = testSeed; seed < testSeed + runs(10, 500); seed++) {
      const bad = says('resource.memory');
      const hub = await makeHub({ bad, worse: bad, worst: bad, good: proves }, { given }, seed);
      const jobs = await hub.run(40);
      lost.push(jobs.filter(({ state }) => state === 'failed').length);
      for (const one of jobs) expect(['succeeded', 'failed'], `seed ${seed}`).toContain(one.state);
    }
    expect(Math.max(...lost)).toBeLessThanOrEqual(FALTERS_AFTER);
  });

  it('ends every job in as many tries as it has, where there is no other', async () => {
    const hub = await makeHub({ one: says('resource.memory'), two: says('network.server-lost') }, { given });
    const jobs = await hub.run(20);
    expect(jobs.map(({ state, attempts }) => [state, attempts.length])).toEqual(
      Array(20).fill(['failed', 3]),
    );
  });

  it('asks another that falters rather than one again that has failed the job', async () => {
    let fails = 0;
    // Falls silent with three jobs, and is back.
    const back: Worker = () => (fails++ < FALTERS_AFTER ? says('network.server-lost')() : proves());
    const hub = await makeHub({ bad: says('resource.memory'), back }, { given });
    const jobs = await hub.run(40);
    const lost = jobs.filter(({ state }) => state !== 'succeeded');
    expect(lost.length).toBeLessThanOrEqual(FALTERS_AFTER);
    for (const { attempts } of jobs) {
      const tried = attempts.slice(0, 2).map(({ backendId }) => backendId);
      expect(new Set(tried).size).toBe(tried.length);
    }
  });

  it('blames none of them for proofs that the hub could not check', async () => {
    let checks = 0;
    const unchecked = aError('resource.unverified', true);
    const verify = async () => {
      if (checks++ < 2 * FALTERS_AFTER) throw unchecked;
      return { ok: true } as const;
    };
    const hub = await makeHub({ good: proves, better: proves }, { given, verifier: { verify } });
    const jobs = await hub.run(20);
    expect(jobs.map(({ state }) => state)).toEqual(Array(20).fill('succeeded'));
    expect(hub.blamed).toEqual([]);
  });

  it('gives one that has been mended jobs again', async () => {
    let mended = false;
    const worker: Worker = () => (mended ? proves() : says('resource.memory')());
    const hub = await makeHub({ worker, good: proves }, { given });
    await hub.run(20, 'before');
    const tried = hub.tries('worker');
    mended = true;
    await hub.run(20, 'after');
    expect(tried).toBeLessThanOrEqual(FALTERS_AFTER + 2);
    expect(hub.tries('worker') - tried).toBeGreaterThan(5);
  });
});

describe('whoever fails one job after the other', () => {
  it('rests, longer each time, and then gets one job until it has made a proof', async () => {
    const clock = new VirtualClock();
    const faults = createFaults(clock);
    for (const id of ['a', 'b', 'b', 'b']) faults.failed('w', id, died);
    // One job may be what is wrong.
    expect(faults.falters('w')).toBe(false);
    faults.failed('w', 'c', died);
    expect(faults.falters('w')).toBe(true);
    await clock.advance(10 * SECOND);
    expect([faults.falters('w', 0), faults.falters('w', 1)]).toEqual([false, true]);
    faults.failed('w', 'd', died);
    await clock.advance(19 * SECOND);
    expect(faults.falters('w')).toBe(true);
    await clock.advance(SECOND);
    expect(faults.falters('w')).toBe(false);
    faults.proved('w');
    expect(faults.falters('w', 1)).toBe(false);
    faults.failed('w', 'e', died);
    expect(faults.falters('w')).toBe(false);
  });

  it('rests no longer for what it says of inputs, which may be so', async () => {
    const clock = new VirtualClock();
    const faults = createFaults(clock);
    expect(faults.nextInMs()).toBe(null);
    for (const id of ['a', 'b', 'c']) faults.failed('w', id, died);
    for (const id of ['d', 'e', 'f', 'g']) {
      expect(faults.nextInMs()).toBe(10 * SECOND);
      await clock.advance(10 * SECOND);
      expect(faults.falters('w')).toBe(false);
      faults.failed('w', id, aError('witness.unsatisfied').toData());
      expect(faults.falters('w')).toBe(true);
    }
  });

  it('is not blamed for what was never sent, or is wrong with the job', () => {
    const faults = createFaults(new VirtualClock());
    const codes = [
      ...([
        'backend.not-allowed',
        'backend.busy',
        'network.server-unreachable',
        'circuit.not-offered',
      ] as const),
      ...(['cancelled.aborted', 'input.too-large', 'witness.unsatisfied'] as const),
    ];
    for (const code of codes) faults.failed('w', code, aError(code).toData());
    expect(faults.falters('w')).toBe(false);
    for (const id of ['a', 'b', 'c']) faults.refuted('w', id);
    expect(faults.falters('w')).toBe(true);
  });

  it('still gets what the person has chosen it for, and what no other can have', () => {
    const faltering = {
      ...there,
      falters: true,
      expected: { ms: 1, basis: 'measured' as const },
      reachMs: 0,
    };
    const slow = { ...here, expected: { ms: 60_000, basis: 'measured' as const } };
    const where = (...[asked, views, policy]: Parameters<typeof placement>) => {
      const placed = placement(asked, views, policy);
      return 'backendId' in placed ? placed.backendId : null;
    };
    expect(where(job, [slow, { ...faltering, falters: false }], automatic)).toBe('server:1');
    expect(where(job, [slow, faltering], automatic)).toBe('local');
    expect(placement(job, [slow, faltering], automatic)).toMatchObject({
      reason: 'here: the last proofs on Office server all failed',
    });
    expect(where({ ...job, sendTo: 'server:1' }, [slow, faltering], { ...automatic, mode: 'ask' })).toBe(
      'server:1',
    );
    expect(where(job, [faltering], automatic)).toBe('server:1');
    // What has failed this very job comes after it, and a place that is too small for it goes before nothing.
    const other = { ...faltering, id: 'server:2' };
    const tried = { ...job, attempts: [failedOn('server:2')] };
    expect(where(tried, [faltering, { ...other, falters: false }], automatic)).toBe('server:1');
    expect(where(job, [{ ...slow, oversized: true }, faltering], automatic)).toBe('server:1');
    // Busy, and still the one to wait for.
    expect(where(job, [{ ...slow, free: 0 }, faltering], automatic)).toBe(null);
  });
});
