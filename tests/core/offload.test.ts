// The scheduler with servers among its backends, on a virtual clock: what it sends, whom it believes, and where
// jobs go when a server fails.

import { afterEach, describe, expect, it } from 'vitest';
import type { PlacementPolicy } from '../../src/core/backend-view.ts';
import { createEstimates } from '../../src/core/estimates.ts';
import type { JobRequest } from '../../src/core/job.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import type { AttemptRequest, Backend } from '../../src/core/ports.ts';
import { createScheduler, type Scheduler, type SchedulerOptions } from '../../src/core/scheduler.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
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
const WORKED_OUT = { publicSignals: ['1'], calculated: true };
const schedulers: Scheduler[] = [];
afterEach(() => {
  // Not awaited on: their virtual clocks stand still.
  for (const scheduler of schedulers.splice(0)) void scheduler.stop();
});

type Scripts = Record<string, (attempt: AttemptRequest) => Script>;

async function makeWorld(
  scripts: Scripts,
  more: Partial<SchedulerOptions> = {},
  policy: Partial<PlacementPolicy> = {},
) {
  const clock = new VirtualClock();
  const random = new SeededRandom(testSeed);
  const store = createMemoryStore(clock, random);
  const backends = Object.entries(scripts).map(([id, script]) =>
    makeScriptedBackend({ clock, script, id, kind: id === 'local' ? 'local' : 'remote' }),
  );
  const wrong: string[] = [];
  const scheduler = createScheduler({
    store,
    backends,
    verifier: scriptedVerifier,
    inputs: makeIdentity(),
    clock,
    random,
    policy: () => ({
      mode: 'automatic',
      permission: () => 'inputs',
      setAside: (id) => (wrong.includes(id) ? 'its proof did not verify' : null),
      withoutExpectation: 'compute',
      ...policy,
    }),
    onWrongProof: (id) => void wrong.push(id),
    expect: async () => WORKED_OUT,
    ...more,
  });
  schedulers.push(scheduler);
  await scheduler.start();
  const run = async (request: JobRequest) => {
    await store.add(request);
    await clock.advance(300 * SECOND);
    const job = (await store.get(request.id))!;
    return { job, ran: job.attempts.map(({ backendId, error }) => [backendId, error?.code ?? null]) };
  };
  const seen = (id: string) => backends.find((backend: Backend) => backend.id === id)?.seen ?? [];
  return { store, clock, scheduler, wrong, run, seen };
}

const leaving = (id: string, change: Partial<JobRequest> = {}): JobRequest => ({
  ...requestFor(id),
  privacy: 'may-offload',
  secrets: [],
  ...change,
});
const proves =
  (change: Partial<Extract<Script, { kind: 'prove' }>> = {}) =>
  (): Script => ({
    kind: 'prove',
    ms: SECOND,
    ...change,
  });
const fails = (code: Parameters<typeof aError>[0], retryable?: boolean) => (): Script => ({
  kind: 'fail',
  ms: SECOND,
  error: aError(code, retryable),
});

describe('a job that may leave', () => {
  it('is proved on a server, marked as leaving, and held to what was expected', async () => {
    const { run, seen } = await makeWorld({ server: proves() });
    const { job, ran } = await run(leaving('a', { expectedPublicSignals: ['1'] }));
    expect([job.state, ran]).toEqual(['succeeded', [['server', null]]]);
    expect(seen('server')[0]).toMatchObject({ leaves: { secrets: false }, expectedPublicSignals: ['1'] });
  });

  it('is set against what this machine works out, when nothing else says what it must show', async () => {
    const { run, wrong } = await makeWorld({ liar: proves({ signals: ['2'] }), local: proves() });
    const { job, ran } = await run(leaving('a', { expectedPublicSignals: null }));
    expect(job.state).toBe('succeeded');
    // Nothing is known of either, so it is proved here until there is something to gain.
    expect(ran).toEqual([['local', null]]);
    expect(wrong).toEqual([]);
    const alone = await makeWorld({ liar: proves({ signals: ['2'] }) });
    const lied = await alone.run(leaving('a', { expectedPublicSignals: null, maxAttempts: 1 }));
    expect([lied.job.state, lied.ran]).toEqual(['failed', [['liar', 'backend.wrong-proof']]]);
    expect(alone.wrong).toEqual(['liar']);
  });

  it('sends nothing when that cannot be worked out, and is proved here', async () => {
    const expectFails = async () => Promise.reject(aError('witness.unsatisfied'));
    const world = await makeWorld(
      { server: proves(), local: proves() },
      { expect: expectFails },
      {
        mode: 'ask',
      },
    );
    const { job, ran } = await world.run(
      leaving('a', { expectedPublicSignals: null, sendTo: 'server', maxAttempts: 1 }),
    );
    expect([job.state, ran]).toEqual([
      'succeeded',
      [
        ['server', 'backend.stays-here'],
        ['local', null],
      ],
    ]);
    expect(world.seen('server')).toEqual([]);
  });

  it('sends nothing either where no machine but servers proves, and ends with what was wrong', async () => {
    const expectFails = async () => Promise.reject(aError('witness.unsatisfied'));
    const hub = await makeWorld({ worker: proves() }, { expect: expectFails });
    const { job, ran } = await hub.run(leaving('a', { expectedPublicSignals: null }));
    expect([job.state, ran]).toEqual(['failed', [['worker', 'witness.unsatisfied']]]);
    // A child that died says nothing about the input: tried again, and elsewhere first.
    let times = 0;
    const worksThen = async () => (times++ === 0 ? Promise.reject(aError('backend.died')) : WORKED_OUT);
    const again = await makeWorld({ worker: proves() }, { expect: worksThen });
    const second = await again.run(leaving('b', { expectedPublicSignals: null }));
    expect([second.job.state, second.ran]).toEqual([
      'succeeded',
      [
        ['worker', 'backend.died'],
        ['worker', null],
      ],
    ]);
    expect([hub.seen('worker').length, again.seen('worker').length]).toEqual([0, 1]);
  });

  it('is not taken for dead while what it must show is being worked out', async () => {
    const clock: { now?: VirtualClock } = {};
    const slow: SchedulerOptions['expect'] = (_job, _signal, onAlive) =>
      new Promise((resolve) => {
        const step = (left: number): void => {
          onAlive();
          if (left === 0) resolve(WORKED_OUT);
          else clock.now?.setTimer(10 * SECOND, () => step(left - 1));
        };
        step(12);
      });
    const world = await makeWorld({ server: proves() }, { expect: slow });
    clock.now = world.clock;
    const { job, ran } = await world.run(leaving('a', { expectedPublicSignals: null }));
    expect([job.state, ran]).toEqual(['succeeded', [['server', null]]]);
  });

  it('goes on here, uncounted, after a wrong proof, and the server gets nothing more', async () => {
    const world = await makeWorld({ server: proves({ valid: false }), local: proves() }, {}, { mode: 'ask' });
    const chosen = { sendTo: 'server', expectedPublicSignals: ['1'], maxAttempts: 1 };
    const first = await world.run(leaving('a', chosen));
    expect([first.job.state, first.ran]).toEqual([
      'succeeded',
      [
        ['server', 'backend.wrong-proof'],
        ['local', null],
      ],
    ]);
    const second = await world.run(leaving('b', chosen));
    expect(second.ran).toEqual([['local', null]]);
    expect(world.seen('server')).toHaveLength(1);
    expect(world.wrong).toEqual(['server']);
  });

  it('is not ended by a server’s word alone: this device tries, and its word counts', async () => {
    const world = await makeWorld(
      { server: fails('witness.unsatisfied'), local: proves() },
      {},
      { mode: 'ask' },
    );
    const { job, ran } = await world.run(
      leaving('a', { sendTo: 'server', expectedPublicSignals: ['1'], maxAttempts: 1 }),
    );
    expect([job.state, ran]).toEqual([
      'succeeded',
      [
        ['server', 'witness.unsatisfied'],
        ['local', null],
      ],
    ]);
    const wrong = await makeWorld(
      { server: fails('witness.unsatisfied'), local: fails('witness.unsatisfied') },
      {},
      { mode: 'ask' },
    );
    const ended = await wrong.run(leaving('a', { sendTo: 'server', expectedPublicSignals: ['1'] }));
    expect([ended.job.state, ended.job.error?.code, ended.ran.length]).toEqual([
      'failed',
      'witness.unsatisfied',
      2,
    ]);
  });

  it('goes to another server, or comes here, when one is lost', async () => {
    const lost = fails('network.server-lost');
    const two = await makeWorld({ one: lost, two: proves() });
    expect((await two.run(leaving('a', { expectedPublicSignals: ['1'] }))).ran).toEqual([
      ['one', 'network.server-lost'],
      ['two', null],
    ]);
    const back = await makeWorld({ one: lost, local: proves() }, {}, { mode: 'ask' });
    const { job, ran } = await back.run(leaving('a', { sendTo: 'one', expectedPublicSignals: ['1'] }));
    expect(ran).toEqual([
      ['one', 'network.server-lost'],
      ['local', null],
    ]);
    expect(job.attempts.at(-1)?.reason).toMatch(/^here: it did not work on/);
  });

  it('learns from each proof how long one takes, and moves to where it is sooner', async () => {
    const slow = (): Script => ({ kind: 'prove', ms: 20 * SECOND });
    const world = await makeWorld({ server: proves(), local: slow });
    const request = (id: string) => leaving(id, { expectedPublicSignals: ['1'] });
    // The scripted proof of this device says nothing of its times, so the store cannot tell either.
    const first = await world.run(request('a'));
    expect(first.ran).toEqual([['local', null]]);
    const timed = await makeWorld(
      { server: proves(), local: slow },
      {
        estimates: {
          expect(id) {
            const ms = id === 'local' ? 20_000 : 1_000;
            return { ms, lowMs: ms, highMs: ms, runs: 1, basis: 'measured' };
          },
          record: () => {},
          stages: createEstimates().stages,
          learn: () => {},
          learnRecords: () => {},
          startAnew: () => {},
          forget: () => {},
        },
      },
    );
    const { job, ran } = await timed.run(request('a'));
    expect(ran).toEqual([['server', null]]);
    expect(job.attempts[0]?.reason).toContain('here it would take about 20 s');
  });
});

describe('a job that a server may not have any more', () => {
  const notAllowed = fails('backend.not-allowed');

  it('has lost no try, is placed anew at once, and the record says what happened', async () => {
    let withdrawn = false;
    const world = await makeWorld(
      {
        server: () => {
          withdrawn = true;
          return notAllowed();
        },
        local: proves(),
      },
      {},
      { mode: 'ask', whenLost: 'wait', permission: () => (withdrawn ? 'nothing' : 'inputs') },
    );
    const { job, ran } = await world.run(
      leaving('a', { sendTo: 'server', expectedPublicSignals: ['1'], maxAttempts: 1 }),
    );
    expect([job.state, ran]).toEqual([
      'succeeded',
      [
        ['server', 'backend.not-allowed'],
        ['local', null],
      ],
    ]);
    expect(job.attempts.map(({ outcome }) => outcome)).toEqual(['released', 'succeeded']);
    expect(job.attempts[1]?.startedAtMs).toBe(job.attempts[0]?.endedAtMs);
    expect(job.attemptsUsed).toBe(1);
  });

  it('does not go round for ever when only the backend says so, and not the policy', async () => {
    const world = await makeWorld({ server: notAllowed });
    const { job, ran } = await world.run(leaving('a', { expectedPublicSignals: ['1'], maxAttempts: 3 }));
    expect([job.state, job.error?.code]).toEqual(['failed', 'backend.not-allowed']);
    expect(ran.length).toBe(4);
  });
});

describe('a job that stays', () => {
  it.each<[string, Partial<JobRequest>, Partial<PlacementPolicy>]>([
    ['by its tier', { privacy: 'local-only' }, {}],
    ['by the mode', {}, { mode: 'here' }],
    ['for want of a permission', {}, { permission: () => 'nothing' }],
    ['for the secret it carries', { secrets: [{ signal: 'secret', identityId: 'me' }] }, {}],
    [
      'for what it must show is known here only',
      { expectedPublicSignals: null },
      { withoutExpectation: 'stay' },
    ],
  ])('%s is never given to a server, though it can go nowhere else', async (_why, change, policy) => {
    const world = await makeWorld({ server: proves() }, {}, policy);
    const { job } = await world.run(leaving('a', { expectedPublicSignals: ['1'], ...change }));
    expect(job.state).toBe('queued');
    expect(world.seen('server')).toEqual([]);
  });

  it('is never given to a server even when this device fails and has no room', async () => {
    for (const code of ['resource.memory', 'backend.died', 'network.offline', 'resource.deadline'] as const) {
      const world = await makeWorld({ server: proves(), local: fails(code) });
      const { job } = await world.run(leaving('a', { privacy: 'local-only', expectedPublicSignals: ['1'] }));
      expect(job.state).toBe('failed');
      expect(world.seen('server')).toEqual([]);
    }
  });
});
