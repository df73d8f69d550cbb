// Where jobs never go, and that none waits for nothing: for any jobs, places and policies.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackendView, PlacementPolicy, WhenLost } from '../../src/core/backend-view.ts';
import { type Attempt, RUNGS } from '../../src/core/job.ts';
import { type PlacedJob, placement } from '../../src/core/placement.ts';
import { STAYS_HERE } from '../../src/core/retry.ts';
import { anError, QUEUED_AT_MS } from '../helpers/placement-views.ts';

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
});
