// Permission that is withdrawn while a server has a job: it uses up no try, and the job is made in another place that
// may have it, however long proofs are to wait for a server that was lost.
import { afterEach, describe, expect, it } from 'vitest';
import type { WhenLost } from '../../src/core/backend-view.ts';
import type { Job } from '../../src/core/job.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import type { AttemptRecord } from '../../src/core/metrics/attempt-record.ts';
import { createScheduler, type Scheduler } from '../../src/core/scheduler.ts';
import type { OffloadSettings } from '../../src/services/servers.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import { makeIdentity, makeScriptedBackend, scriptedVerifier } from '../helpers/scripted-prover.ts';
import { makeServersWorld, type World } from '../helpers/servers-world.ts';

const SECOND = 1_000;
const ASK: OffloadSettings = { mode: 'ask', tier: 'may-offload', whenLost: 'wait' };
const schedulers: Scheduler[] = [];
afterEach(() => {
  // Not awaited on: their virtual clocks stand still.
  for (const scheduler of schedulers.splice(0)) void scheduler.stop();
});

/** A job that was chosen for the first of the named servers and runs there, all allowed everything. */
async function running(names: string[], settings: OffloadSettings, { here = true } = {}) {
  const world = makeServersWorld({
    local: (clock) =>
      makeScriptedBackend({
        clock,
        script: () => ({ kind: 'prove', ms: SECOND }),
        ...(here ? {} : { rungs: [] }),
      }),
  });
  const { servers, clock, sockets } = world;
  servers.setOffload(settings);
  const ids = names.map((name) => servers.add(`https://${name}.example`, '').id);
  for (const id of ids) servers.setPermission(id, 'secrets');
  const random = new SeededRandom(testSeed);
  const store = createMemoryStore(clock, random);
  const kept: AttemptRecord[] = [];
  const scheduler = createScheduler({
    store,
    backends: servers.backends,
    verifier: scriptedVerifier,
    inputs: makeIdentity(),
    clock,
    random,
    policy: servers.policy,
    expect: async () => ({ publicSignals: ['1'], calculated: true }),
    metrics: { record: (record) => void kept.push(record) },
  });
  schedulers.push(scheduler);
  await scheduler.start();
  for (const [at, socket] of sockets.entries()) socket.welcome(names[at]);
  const [first = ''] = ids;
  await store.add({
    ...requestFor('a'),
    privacy: 'may-offload',
    sendTo: servers.backendId(first),
    maxAttempts: 1,
  });
  await clock.advance(SECOND);
  const job = async () => (await store.get('a')) as Job;
  expect((await job()).attempts).toMatchObject([{ backendId: servers.backendId(first), outcome: 'running' }]);
  return { ...world, ids, first, job, kept, scheduler };
}

const WITHDRAWALS: [string, (world: World, id: string) => void, RegExp, RegExp][] = [
  [
    'it may see nothing any more',
    ({ servers }, id) => servers.setPermission(id, 'nothing'),
    /not allowed Office to see inputs/,
    /^here: Office may not have it any more$/,
  ],
  [
    'it may see no secrets any more',
    ({ servers }, id) => servers.setPermission(id, 'inputs'),
    /not allowed Office to see your identities’ secrets/,
    /^here: Office may not have it any more$/,
  ],
  [
    'all stays here',
    ({ servers }) => servers.setOffload({ ...ASK, mode: 'here' }),
    /chosen to prove only here/,
    /^here: you chose to prove only here$/,
  ],
  [
    'a proof of its was wrong',
    ({ servers }, id) => servers.onWrongProof(servers.backendId(id), ''),
    /Office is set aside/,
    /^here: Office may not have it any more$/,
  ],
  [
    'it is removed',
    ({ servers }, id) => servers.remove(id),
    /removed this server/,
    /^here: Office may not have it any more$/,
  ],
];

describe.each(WITHDRAWALS)('while a server makes a proof, %s', (_name, withdraw, why, here) => {
  it.each<WhenLost>(['wait', 'elsewhere'])(
    'so it is made here, and has lost no try (%s)',
    async (whenLost) => {
      const world = await running(['Office'], { ...ASK, whenLost });
      withdraw(world, world.first);
      await world.clock.advance(5 * SECOND);
      const job = await world.job();
      expect([job.state, job.attemptsUsed]).toEqual(['succeeded', 1]);
      expect(job.attempts).toMatchObject([
        { outcome: 'released', error: { code: 'backend.not-allowed', message: expect.stringMatching(why) } },
        { backendId: 'local', outcome: 'succeeded', reason: expect.stringMatching(here) },
      ]);
      // Nobody failed: neither the server nor this device.
      expect(world.kept.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual([
        ['released', null],
        ['succeeded', null],
      ]);
    },
  );
});

describe('a server that has a job which it may not have any more', () => {
  const saidTo = ({ sockets }: World) =>
    sockets[0]?.sent.map((text) => JSON.parse(text) as { type: string; jobId?: string }) ?? [];

  it.each(WITHDRAWALS)('is told before the connection ends: %s', async (_name, withdraw) => {
    const world = await running(['Office'], ASK);
    withdraw(world, world.first);
    await world.clock.advance(SECOND);
    const [hello, submit, cancel, ...more] = saidTo(world);
    expect([hello?.type, submit?.type, cancel?.type, more]).toEqual(['hello', 'submit', 'cancel', []]);
    expect(cancel?.jobId).toBe(submit?.jobId);
  });

  it('is told when the page hands over the lead, and the next one makes it anew', async () => {
    const world = await running(['Office'], ASK);
    const stopped = world.scheduler.stop();
    await world.clock.advance(10 * SECOND);
    await stopped;
    expect(world.open()).toEqual([]);
    expect(saidTo(world).map(({ type }) => type)).toEqual(['hello', 'submit', 'cancel']);
    expect(await world.job()).toMatchObject({ state: 'queued', attemptsUsed: 0 });
  });
});

describe('permission that is withdrawn', () => {
  it('while a proof waits for a server that was lost has it made here', async () => {
    const world = await running(['Office'], ASK);
    for (const socket of world.open()) socket.emit('close', { code: 1006 });
    await world.clock.advance(10 * SECOND);
    world.servers.setPermission(world.first, 'nothing');
    await world.clock.advance(5 * SECOND);
    const job = await world.job();
    expect(job.attempts.map(({ backendId, outcome }) => [backendId, outcome])).toEqual([
      [world.servers.backendId(world.first), 'released'],
      ['local', 'succeeded'],
    ]);
  });

  it('sends it to another server that may have it, where this device cannot make it', async () => {
    const world = await running(['Office', 'Home'], { ...ASK, mode: 'automatic' }, { here: false });
    const [office = '', home = ''] = world.ids;
    world.servers.setPermission(office, 'nothing');
    await world.clock.advance(SECOND);
    const job = await world.job();
    expect(job.attempts.map(({ backendId, outcome }) => [backendId, outcome])).toEqual([
      [world.servers.backendId(office), 'released'],
      [world.servers.backendId(home), 'running'],
    ]);
    expect(job.attemptsUsed).toBe(1);
  });

  it('has a job wait that no other place may have, with its try', async () => {
    const world = await running(['Office'], ASK, { here: false });
    world.servers.setPermission(world.first, 'nothing');
    await world.clock.advance(60 * SECOND);
    expect(await world.job()).toMatchObject({ state: 'queued', attemptsUsed: 0 });
    world.servers.setPermission(world.first, 'secrets');
    await world.clock.advance(SECOND);
    world.open()[0]?.welcome('Office');
    await world.clock.advance(SECOND);
    expect((await world.job()).attempts.at(-1)).toMatchObject({
      backendId: world.servers.backendId(world.first),
      outcome: 'running',
    });
  });

  it('and given again before the proof is made is as if it had never been withdrawn', async () => {
    const world = await running(['Office'], ASK);
    world.servers.setPermission(world.first, 'nothing');
    world.servers.setPermission(world.first, 'secrets');
    world.open()[0]?.welcome('Office');
    await world.clock.advance(SECOND);
    const job = await world.job();
    expect(job.attempts.at(-1)).toMatchObject({
      backendId: world.servers.backendId(world.first),
      outcome: 'running',
    });
  });
});
