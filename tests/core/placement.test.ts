// Where jobs go, and why. Where they never go is in placement-never.test.ts.
import { describe, expect, it } from 'vitest';
import type { BackendView, OffloadMode } from '../../src/core/backend-view.ts';
import { RUNGS } from '../../src/core/job.ts';
import { type PlacedJob, placement } from '../../src/core/placement.ts';
import { anError, automatic, failedOn, here, job, there } from '../helpers/placement-views.ts';

describe('placement', () => {
  describe('set to wait for a server that was lost', () => {
    const waits = { ...automatic, whenLost: 'wait' } as const;
    const gone: BackendView = { ...there, health: { state: 'down', reason: 'The server does not answer.' } };
    const lost = { ...job, attempts: [failedOn('server:1')] };

    it('goes nowhere while that server is away, though this device is free, and back to it when it is there', () => {
      expect(placement(lost, [here, gone], waits)).toEqual({
        waitingFor: 'Office server, as you have set it: The server does not answer',
      });
      expect(placement(lost, [here, there], waits)).toMatchObject({
        backendId: 'server:1',
        reason: expect.stringContaining('it is back'),
      });
      expect(placement(lost, [here, { ...there, free: 0 }], waits)).toEqual({
        waitingFor: 'Office server is busy',
      });
    });

    it('is made here when set to go on without it, or when the server failed in another way', () => {
      expect(placement(lost, [here, gone], automatic)).toMatchObject({ backendId: 'local' });
      const wrong = { ...job, attempts: [failedOn('server:1', anError('backend.wrong-proof', true))] };
      expect(placement(wrong, [here, gone], waits)).toMatchObject({ backendId: 'local' });
    });

    it.each<[string, Partial<PlacedJob>, Partial<BackendView>, OffloadMode]>([
      ['the job stays here', { privacy: 'local-only' }, {}, 'automatic'],
      ['nothing may leave', {}, {}, 'here'],
      ['it is set aside', {}, { setAside: 'a proof that it sent was wrong' }, 'automatic'],
      ['it is not allowed any more', {}, { permission: 'nothing' }, 'automatic'],
      ['it has not the circuit any more', {}, { refusal: 'it has not this circuit' }, 'automatic'],
    ])('waits no longer once %s', (_why, ofJob, ofServer, mode) => {
      const placed = placement({ ...lost, ...ofJob }, [here, { ...gone, ...ofServer }], { ...waits, mode });
      expect(placed).toMatchObject({ backendId: 'local' });
    });

    it('waits for the server that the person chose while that is busy, however it is set', () => {
      const chosen = { ...job, sendTo: 'server:1' };
      for (const whenLost of ['wait', 'elsewhere'] as const) {
        const policy = { ...automatic, mode: 'ask', whenLost } as const;
        const placed = placement(chosen, [here, { ...there, free: 0 }], policy);
        expect(placed).toMatchObject({ waitingFor: expect.stringContaining('Office server is busy') });
      }
    });

    it('waits for the server that the person chose, when it is not there to begin with', () => {
      const chosen = { ...job, sendTo: 'server:1' };
      const ask = { ...waits, mode: 'ask' } as const;
      expect(placement(chosen, [here, gone], ask)).toHaveProperty('waitingFor');
      expect(placement(chosen, [here, there], ask)).toMatchObject({ backendId: 'server:1' });
      expect(placement(chosen, [here, gone], { ...automatic, mode: 'ask' })).toMatchObject({
        backendId: 'local',
      });
    });
  });

  it.each<[string, PlacedJob, BackendView[], PlacedJob | Record<string, unknown>]>([
    [
      'nearer is sooner',
      job,
      [here, there],
      {
        backendId: 'local',
        reason: 'here: about 1.2 s; Office server would take about 0.9 s and 1.4 s to reach',
      },
    ],
    [
      'a server that is worth it',
      job,
      [{ ...here, expected: { ms: 9_000, basis: 'measured' } }, there],
      {
        backendId: 'server:1',
        backendLabel: 'Office server',
        reason: 'on Office server: about 0.9 s and 1.4 s to reach; here it would take about 9.0 s',
      },
    ],
    ['too little to gain', job, [here, { ...there, reachMs: 0 }], { backendId: 'local' }],
    [
      'here is busy',
      job,
      [
        { ...here, free: 0 },
        { ...there, reachMs: 100 },
      ],
      {
        backendId: 'server:1',
        reason: 'on Office server: about 0.9 s and 0.1 s to reach; this device is busy',
      },
    ],
    [
      'here is busy and still sooner',
      job,
      [
        { ...here, free: 0 },
        { ...there, reachMs: 60_000 },
      ],
      { waitingFor: 'this device is busy, and still sooner than Office server' },
    ],
    [
      'not measured yet, and much to gain',
      job,
      [
        { ...here, expected: { ms: 30_000, basis: 'assumed' } },
        { ...there, expected: null },
      ],
      {
        backendId: 'server:1',
        reason: 'on Office server: not measured yet; here it would take roughly 30 s',
      },
    ],
    [
      'not measured yet, and little to gain',
      job,
      [here, { ...there, expected: null }],
      { backendId: 'local' },
    ],
    [
      'too small a device',
      job,
      [{ ...here, refusal: 'this device has too little memory' }, there],
      { backendId: 'server:1', reason: 'on Office server: this device has too little memory' },
    ],
    [
      'lost there',
      { ...job, attempts: [failedOn('server:1')] },
      [{ ...here, expected: { ms: 9_000, basis: 'measured' } }, there],
      { backendId: 'local', reason: 'here: it did not work on Office server' },
    ],
    [
      'lost there, and here it cannot be',
      { ...job, attempts: [failedOn('server:1')] },
      [{ ...here, refusal: 'too little memory' }, there],
      { backendId: 'server:1' },
    ],
    [
      'an identity’s secret',
      { ...job, secrets: [{ signal: 'secret', identityId: 'me' }] },
      [there],
      { waitingFor: 'it carries your identity’s secret, which you have not allowed Office server to see' },
    ],
    [
      'set aside',
      job,
      [{ ...there, setAside: 'its proof did not verify' }],
      { waitingFor: 'Office server is set aside: its proof did not verify' },
    ],
    [
      'too small a device, and nothing else',
      job,
      [
        { ...here, refusal: 'too little memory' },
        { ...there, health: { state: 'down', reason: null } },
      ],
      { backendId: 'local' },
    ],
    [
      'too small a device, and a server that connects',
      job,
      [
        { ...here, refusal: 'too little memory' },
        { ...there, health: { state: 'starting', reason: null } },
      ],
      { waitingFor: 'Office server is not ready' },
    ],
    [
      'a server without the circuit',
      job,
      [here, { ...there, refusal: 'Office server does not have this circuit' }],
      { backendId: 'local', reason: 'here: Office server does not have this circuit' },
    ],
    [
      'the chosen one of two is not there',
      { ...job, sendTo: 'server:2' },
      [
        here,
        { ...there, refusal: 'Office server does not have this circuit' },
        { ...there, id: 'server:2', label: 'Home', health: { state: 'down', reason: 'it does not answer' } },
      ],
      { backendId: 'local', reason: 'here: Home is not ready: it does not answer' },
    ],
    [
      'a server that may not have it',
      job,
      [here, { ...there, permission: 'nothing', refusal: 'Office server does not have this circuit' }],
      { backendId: 'local', reason: 'here: no other place is allowed and ready' },
    ],
    [
      'local only',
      { ...job, privacy: 'local-only' },
      [here, { ...there, expected: { ms: 1, basis: 'measured' } }],
      { backendId: 'local', reason: 'here: this job stays on this device' },
    ],
  ])('%s', (_name, one, all, expected) => {
    expect(placement(one, all, automatic)).toMatchObject(expected);
  });

  it('takes the server that the person chose, and in mode "here" none', () => {
    const chosen = { ...job, sendTo: 'server:1' };
    const other = { ...there, id: 'server:2', expected: { ms: 1, basis: 'measured' as const } };
    expect(placement(chosen, [here, other, there], { ...automatic, mode: 'ask' })).toMatchObject({
      backendId: 'server:1',
      reason: 'on Office server: you chose it for this proof',
    });
    expect(placement(chosen, [here, there], { ...automatic, mode: 'here' })).toMatchObject({
      backendId: 'local',
    });
  });

  it('spreads over servers that take alike: the least loaded first', () => {
    const servers = [0.5, 0.25, 0.75].map((load, at) => ({ ...there, id: `s${at}`, load }));
    expect(placement(job, servers, automatic)).toMatchObject({ backendId: 's1' });
    // One that is twice as fast is worth its load.
    const fast = {
      ...there,
      id: 'fast',
      load: 0.9,
      expected: { ms: 450, basis: 'measured' as const },
      reachMs: 0,
    };
    expect(placement(job, [...servers, fast], automatic)).toMatchObject({ backendId: 'fast' });
  });

  it('goes no higher on the ladder than the job has come down, where the backend can', () => {
    const [top, bottom] = [RUNGS[0]!, RUNGS.at(-1)!];
    const on = (rungs: BackendView['rungs'], rung: BackendView['rungs'][number]) =>
      placement({ ...job, rung }, [{ ...here, rungs }], automatic);
    for (const rung of RUNGS) expect(on(RUNGS, rung)).toMatchObject({ rung });
    expect(on(['engine-single', 'snarkjs-single'], 'engine-threaded')).toMatchObject({
      rung: 'engine-single',
    });
    expect(on([bottom], top)).toMatchObject({ rung: bottom });
    expect(on([top], bottom)).toMatchObject({ rung: top });
  });
});
