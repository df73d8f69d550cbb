// Where jobs go, and above all where they never go.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BackendView,
  type OffloadMode,
  type PlacementPolicy,
  viewOf,
  type WhenLost,
} from '../../src/core/backend-view.ts';
import { createEstimates } from '../../src/core/estimates.ts';
import { type Attempt, RUNGS } from '../../src/core/job.ts';
import { type PlacedJob, placement } from '../../src/core/placement.ts';
import { STAYS_HERE } from '../../src/core/retry.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { makeScriptedBackend } from '../helpers/scripted-prover.ts';

const QUEUED_AT_MS = 1_000;
const KEY = '0123456789abcdef';

const aView: fc.Arbitrary<BackendView> = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  kind: fc.constantFrom('local', 'thread', 'remote'),
  label: fc.constantFrom('this device', 'a server'),
  rungs: fc.subarray([...RUNGS]),
  free: fc.integer({ min: -1, max: 2 }),
  load: fc.double({ min: 0, max: 1, noNaN: true }),
  health: fc.record({
    state: fc.constantFrom('ready', 'starting', 'down'),
    reason: fc.constantFrom(null, 'a reason'),
  }),
  setAside: fc.constantFrom(null, 'its proof did not verify'),
  permission: fc.constantFrom('nothing', 'inputs', 'secrets'),
  refusal: fc.constantFrom(null, 'it does not have this circuit'),
  expected: fc.option(
    fc.record({
      ms: fc.integer({ min: 1, max: 100_000 }),
      basis: fc.constantFrom('measured', 'scaled', 'assumed'),
    }),
  ),
  reachMs: fc.integer({ min: 0, max: 5_000 }),
  waitMs: fc.integer({ min: 0, max: 60_000 }),
  sealedTo: fc.constantFrom(null, KEY),
});
const anAttempt: fc.Arbitrary<Attempt> = fc.record({
  number: fc.constant(1),
  backendId: fc.constantFrom('a', 'b', 'c', 'd', 'gone'),
  reason: fc.constant('here'),
  rung: fc.constantFrom(...RUNGS),
  startedAtMs: fc.constantFrom(QUEUED_AT_MS - 1, QUEUED_AT_MS + 1),
  endedAtMs: fc.constant(null),
  outcome: fc.constantFrom('failed', 'released', 'stalled'),
  error: fc.constantFrom(
    null,
    anError('network.lost', true),
    anError('witness.unsatisfied', false),
    anError(STAYS_HERE, true),
  ),
});
const aJob: fc.Arbitrary<PlacedJob> = fc.record(
  {
    privacy: fc.constantFrom('local-only', 'may-offload'),
    rung: fc.constantFrom(...RUNGS),
    expectedPublicSignals: fc.constantFrom<string[] | null>(null, ['1']),
    secrets: fc.constantFrom([], [{ signal: 'secret', identityId: 'me' }]),
    attempts: fc.array(anAttempt, { maxLength: 3 }),
    queuedAtMs: fc.constant(QUEUED_AT_MS),
    sendTo: fc.constantFrom('a', 'b'),
  },
  { requiredKeys: ['privacy', 'rung', 'expectedPublicSignals', 'secrets', 'attempts', 'queuedAtMs'] },
);
const aPolicy: fc.Arbitrary<Pick<PlacementPolicy, 'mode' | 'withoutExpectation' | 'whenLost'>> = fc.record({
  whenLost: fc.constantFrom<WhenLost[]>('elsewhere', 'wait'),
  mode: fc.constantFrom('here', 'ask', 'automatic'),
  withoutExpectation: fc.constantFrom('stay', 'compute'),
});
const views = fc.uniqueArray(aView, { maxLength: 4, selector: ({ id }) => id });

function anError(code: string, retryable: boolean) {
  return { group: 'backend' as const, code, message: '', nextStep: '', retryable };
}

describe('placement', () => {
  it('never lets a job leave against its tier, the mode, a permission, or what the last try taught', () => {
    fc.assert(
      fc.property(aJob, views, aPolicy, (job, all, policy) => {
        const placed = placement(job, all, policy);
        if (!('backendId' in placed)) {
          expect(placed.waitingFor).not.toBe('');
          return;
        }
        const view = all.find(({ id }) => id === placed.backendId)!;
        expect(view.free > 0 && view.health.state === 'ready').toBe(true);
        expect(view.setAside).toBeNull();
        // Tried all the same when there is no other place, so that it fails with the cause.
        if (view.refusal !== null) expect(view.kind).not.toBe('remote');
        expect(view.rungs).toContain(placed.rung);
        expect(placed.reason).toMatch(view.kind === 'remote' ? /^on / : /^here/);
        const toKey = `the input is sealed to its key ${KEY}`;
        expect(placed.reason.includes(toKey)).toBe(view.kind === 'remote' && view.sealedTo === KEY);
        if (view.kind !== 'remote') return;
        expect(job.privacy).toBe('may-offload');
        expect(policy.mode).not.toBe('here');
        expect(job.secrets.length === 0 ? ['inputs', 'secrets'] : ['secrets']).toContain(view.permission);
        if (policy.mode === 'ask') expect(job.sendTo).toBe(view.id);
        if (job.expectedPublicSignals === null) expect(policy.withoutExpectation).not.toBe('stay');
        const locals = all.filter(({ kind }) => kind !== 'remote').map(({ id }) => id);
        const taught = job.attempts.some(
          ({ backendId, outcome, error, startedAtMs }) =>
            !locals.includes(backendId) &&
            outcome === 'failed' &&
            startedAtMs > QUEUED_AT_MS &&
            error !== null &&
            (!error.retryable || error.code === STAYS_HERE),
        );
        expect(taught && locals.length > 0).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps no job waiting that a free backend here could take, but for a server that was chosen and is busy', () => {
    fc.assert(
      fc.property(aJob, views, aPolicy, (job, all, policy) => {
        const placed = placement(job, all, { ...policy, whenLost: 'elsewhere' });
        // Failures from before the person put it in the queue again no longer count against a backend.
        const failed = new Set(
          job.attempts
            .filter(({ outcome, startedAtMs }) => outcome === 'failed' && startedAtMs >= job.queuedAtMs)
            .map(({ backendId }) => backendId),
        );
        const here = all.some(
          (view) =>
            view.kind !== 'remote' &&
            !failed.has(view.id) &&
            view.free > 0 &&
            view.health.state === 'ready' &&
            view.setAside === null &&
            view.refusal === null &&
            view.rungs.length > 0,
        );
        // One that may have it and can take it, but for its being busy.
        const chosenIsBusy = all.some(
          (view) =>
            view.kind === 'remote' &&
            view.id === job.sendTo &&
            view.free <= 0 &&
            !failed.has(view.id) &&
            job.privacy === 'may-offload' &&
            policy.mode !== 'here' &&
            view.permission !== 'nothing' &&
            view.setAside === null &&
            view.refusal === null &&
            view.health.state === 'ready',
        );
        if (here && !chosenIsBusy) expect('backendId' in placed).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  const ready = { state: 'ready', reason: null } as const;
  const here: BackendView = {
    id: 'local',
    kind: 'local',
    label: 'this device',
    rungs: RUNGS,
    free: 1,
    load: 0,
    health: ready,
    setAside: null,
    permission: 'secrets',
    refusal: null,
    expected: { ms: 1_200, basis: 'measured' },
    reachMs: 0,
    waitMs: 0,
  };
  const there: BackendView = {
    ...here,
    id: 'server:1',
    kind: 'remote',
    label: 'Office server',
    permission: 'inputs',
    expected: { ms: 900, basis: 'measured' },
    reachMs: 1_400,
  };
  const job: PlacedJob = {
    privacy: 'may-offload',
    rung: RUNGS[0]!,
    expectedPublicSignals: ['1'],
    secrets: [],
    attempts: [],
    queuedAtMs: QUEUED_AT_MS,
  };
  const automatic = { mode: 'automatic', withoutExpectation: 'compute' } as const;
  const failedOn = (backendId: string, error = anError('network.server-lost', true)): Attempt => ({
    number: 1,
    backendId,
    backendLabel: 'Office server',
    reason: '',
    rung: RUNGS[0]!,
    startedAtMs: QUEUED_AT_MS,
    endedAtMs: QUEUED_AT_MS,
    outcome: 'failed',
    error,
  });

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

describe('views of backends', () => {
  const { circuit } = requestFor('a');

  it('send what is larger than the person wants to prove here, where it may leave and a slot is free', () => {
    const clock = new VirtualClock();
    const backend = (id: string, kind: 'local' | 'remote') =>
      makeScriptedBackend({ clock, script: () => ({ kind: 'prove', ms: 1 }), slots: 1, kind, id });
    const [here, there] = [backend('local', 'local'), backend('s', 'remote')];
    const estimates = createEstimates();
    // Sooner here, so that only the limit can send it away.
    estimates.record('local', RUNGS[0]!, circuit, 100);
    estimates.record('s', null, circuit, 5_000);
    const place = (
      hereConstraintsMost: number | null,
      ours = 0,
      privacy: PlacedJob['privacy'] = 'may-offload',
    ) => {
      const policy = { ...automaticPolicy, permission: () => 'inputs' as const, hereConstraintsMost };
      const job = { circuit, rung: RUNGS[0]! };
      const all = [here, there].map((one) => viewOf(one, one === there ? ours : 0, policy, estimates, job));
      const asked: PlacedJob = {
        ...{
          privacy,
          rung: RUNGS[0]!,
          expectedPublicSignals: ['1'],
          secrets: [],
          attempts: [],
          queuedAtMs: 0,
        },
      };
      const placed = placement(asked, all, policy);
      return 'backendId' in placed ? `${placed.backendId}: ${placed.reason}` : placed.waitingFor;
    };
    expect(place(null)).toMatch(/^local/);
    expect(place(circuit.constraints)).toMatch(/^local/);
    expect(place(circuit.constraints - 1)).toMatch(/^s: .*larger than you chose to prove here$/);
    expect(place(circuit.constraints - 1, 1)).toMatch(/^local/);
    expect(place(circuit.constraints - 1, 0, 'local-only')).toMatch(/^local/);
  });

  it('see a backend’s load by what it says and by what it was given', () => {
    const backend = makeScriptedBackend({
      clock: new VirtualClock(),
      script: () => ({ kind: 'prove', ms: 1 }),
      slots: 4,
      kind: 'remote',
      id: 's',
    });
    const policy: PlacementPolicy = { ...automaticPolicy, permission: () => 'inputs' };
    const view = (ours: number) =>
      viewOf(backend, ours, policy, createEstimates(), { circuit, rung: RUNGS[0]! });
    expect(view(0)).toMatchObject({ free: 4, load: 0, permission: 'inputs' });
    expect(view(3)).toMatchObject({ free: 1, load: 0.75 });
  });
});

const automaticPolicy: PlacementPolicy = {
  mode: 'automatic',
  permission: () => 'nothing',
  setAside: () => null,
  withoutExpectation: 'compute',
};
