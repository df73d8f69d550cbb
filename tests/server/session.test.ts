// What a session does for clients that are slow, stall or send too much, on a virtual clock and a socket that
// only remembers.
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { encodeFrame, framesOf } from '../../src/core/wire/frames.ts';
import type { ServerMessage } from '../../src/core/wire/messages.ts';
import type { Asker } from '../../worker-server/api/request-order.ts';
import { makeByteBudget } from '../../worker-server/byte-budget.ts';
import type { Limits } from '../../worker-server/config.ts';
import { createServerJobs } from '../../worker-server/jobs/server-jobs.ts';
import { makeOrigins } from '../../worker-server/origins.ts';
import type { ServerParts } from '../../worker-server/parts.ts';
import { makeRateLimit } from '../../worker-server/rate-limit.ts';
import { openSession } from '../../worker-server/ws/session.ts';
import { makeSubscriptions } from '../../worker-server/ws/subscriptions.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { settle, VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import { makeScriptedBackend, scriptedVerifier } from '../helpers/scripted-prover.ts';

const SECOND = 1_000;
const { circuit } = requestFor('x');
const digest = circuit.artifacts.zkey.sha256;

async function makeWorld(limits: Partial<Limits> = {}, more: Partial<ServerParts> = {}) {
  const clock = new VirtualClock();
  const random = new SeededRandom(testSeed);
  const all: Limits = {
    maxQueued: 100,
    maxQueuedPerClient: 50,
    maxQueuedBytes: 1000,
    maxBodyBytes: 1000,
    maxPayloadBytes: 1000,
    maxSockets: 10,
    maxSocketsPerClient: 10,
    requestsPerMinute: 10_000,
    ...limits,
  };
  const backend = makeScriptedBackend({
    clock,
    script: () => ({ kind: 'prove', ms: 10 * SECOND }),
    slots: 1,
  });
  const jobs = createServerJobs({
    backends: { list: () => [backend], watch: () => () => {} },
    verifier: scriptedVerifier,
    clock,
    random,
    limits: all,
  });
  await jobs.start();
  const caller = { owner: 'local', admin: true, userId: null };
  const parts: ServerParts = {
    machineSpeed: async () => null,
    ...{
      serverId: 'id',
      name: 'test',
      privacy: 'none',
      wsUrl: null,
      jobs,
      limits: all,
      clock,
      random,
      pool: null,
    },
    circuits: { all: async () => [circuit], find: async (name) => (name === digest ? circuit : undefined) },
    callers: { open: true, identify: async () => caller },
    origins: makeOrigins({ allowedOrigins: [], open: true }, () => 0),
    rate: makeRateLimit(all.requestsPerMinute, clock),
    ...{ childPids: () => [], sockets: () => 0, stopping: () => false },
    arriving: makeByteBudget(all.maxQueuedBytes, all.maxPayloadBytes),
    profiling: null,
    localCapacity: () => backend.capacity(),
    ...more,
  };
  const subscriptions = makeSubscriptions(jobs);
  const open = (owner = 'local') => {
    const sent: ServerMessage[] = [];
    const socket = { buffered: 0, closed: null as number | null };
    const session = openSession(
      {
        send: (text) => void sent.push(JSON.parse(text) as ServerMessage),
        buffered: () => socket.buffered,
        close: (code) => {
          socket.closed = code;
        },
      },
      { parts, subscriptions, caller: { ...caller, owner }, onHello: () => {} },
    );
    const say = (message: object) => session.text(JSON.stringify(message));
    const types = () => sent.map(({ type }) => type);
    const codes = () => sent.flatMap((message) => ('code' in message.data ? [message.data.code] : []));
    return { session, sent, socket, say, types, codes };
  };
  return { clock, jobs, open, budget: parts.arriving };
}

const submit = (jobId: string, more: object = { input: { a: '1' } }) => ({
  type: 'submit',
  jobId,
  circuit: digest,
  ...more,
});

describe('a slow client', () => {
  it('gets no more progress than it takes, but its end', async () => {
    const { clock, open } = await makeWorld();
    const [slow, quick] = [open(), open()];
    await slow.say(submit('a'));
    await quick.say({ type: 'subscribe', requestId: 'a' });
    await clock.advance(2 * SECOND);
    slow.socket.buffered = 1024 * 1024;
    const before = slow.types().filter((type) => type === 'progress').length;
    await clock.advance(20 * SECOND);
    const count = (types: string[]) => types.filter((type) => type === 'progress').length;
    expect(count(quick.types())).toBeGreaterThan(before);
    // A change of stage is news; another per cent of the same stage is not.
    expect(count(slow.types())).toBeLessThanOrEqual(before + 2);
    expect(slow.types().at(-1)).toBe('result');
    expect(quick.types().at(-1)).toBe('result');
  });

  it('is dropped when it is hopelessly behind, and costs nothing more', async () => {
    const { clock, jobs, open } = await makeWorld();
    const stuck = open();
    await stuck.say(submit('a'));
    stuck.socket.buffered = 64 * 1024 * 1024;
    await clock.advance(20 * SECOND);
    expect(stuck.socket.closed).toBe(4408);
    const sent = stuck.sent.length;
    stuck.session.ping();
    await stuck.say({ type: 'subscribe', requestId: 'a' });
    expect(stuck.sent.length).toBe(sent);
    expect(jobs.view('local', 'a')?.state).toBe('succeeded');
  });
});

describe('uploads', () => {
  const frame = (jobId: string, offset: number, bytes: number) =>
    encodeFrame({ jobId, offset, chunk: new Uint8Array(bytes) });

  it('are bounded over all sessions, and given up when nothing comes', async () => {
    const { clock, open, budget } = await makeWorld();
    const [a, b] = [open(), open()];
    await a.say(submit('big', { inputBytes: 900 }));
    await a.session.binary(frame('big', 0, 600));
    expect(budget.usedBytes()).toBe(600);
    await b.say(submit('other', { inputBytes: 500 }));
    expect(b.codes()).toEqual(['resource.queue-full']);
    await clock.advance(61 * SECOND);
    expect(a.codes()).toEqual(['network.stalled']);
    expect(budget.usedBytes()).toBe(0);
    await b.say(submit('other', { inputBytes: 500 }));
    await b.session.binary(frame('other', 0, 100));
    b.session.end();
    expect(budget.usedBytes()).toBe(0);
  });

  it('do not hold their room for good by a byte now and then, and may be slow', async () => {
    const MB = 1024 * 1024;
    const { clock, open, budget } = await makeWorld({ maxQueuedBytes: 8 * MB, maxPayloadBytes: 4 * MB });
    const [dripping, slow] = [open(), open()];
    await dripping.say(submit('drips', { inputBytes: 3 * MB }));
    await slow.say(submit('slow', { inputBytes: 3 * MB }));
    // Half a megabyte and a little in every minute.
    const frames = [...framesOf('slow', Buffer.alloc(3 * MB, '1'), 96 * 1024)];
    for (let at = 0; at < 15; at++) {
      await dripping.session.binary(frame('drips', at, 1));
      await slow.session.binary(frames[at]!);
      await clock.advance(10 * SECOND);
    }
    expect([dripping.codes(), slow.codes()]).toEqual([['network.stalled'], []]);
    expect(budget.usedBytes()).toBe(15 * 96 * 1024);
  });

  it('of one owner leave room for others, and so do jobs that wait', async () => {
    const { open, budget } = await makeWorld({ maxPayloadBytes: 300 });
    const [alice, again, bob] = [open('alice'), open('alice'), open('bob')];
    for (const [at, session] of [alice, alice, again, again].entries()) {
      await session.say(submit(`a${at}`, { inputBytes: 300 }));
      await session.session.binary(frame(`a${at}`, 0, 200));
    }
    // Three quarters of the room; the fourth was refused when it was announced, and its frame let pass.
    expect([alice.codes(), again.codes()]).toEqual([[], ['resource.queue-full']]);
    expect(budget.usedBytes()).toBe(600);
    await bob.say(submit('b', { inputBytes: 300 }));
    await bob.session.binary(frame('b', 0, 200));
    expect([bob.codes(), budget.usedBytes()]).toEqual([[], 800]);

    const input = { a: '1'.repeat(40) };
    for (let at = 0; at < 40; at++) await alice.say(submit(`waits-${at}`, { input }));
    expect(alice.codes().at(-1)).toBe('resource.queue-full');
    expect(alice.types().filter((type) => type === 'accepted')).toHaveLength(15);
    await bob.say(submit('first', { input }));
    expect([bob.codes(), bob.types().at(-1)]).toEqual([[], 'accepted']);
  });

  it('are counted by what has come, and what there is no room for is given up without a strike', async () => {
    const { open, budget } = await makeWorld();
    const [quick, slow, third] = [open(), open(), open()];
    // Each fits when it is announced; together they do not.
    await quick.say(submit('quick', { inputBytes: 700 }));
    await slow.say(submit('slow', { inputBytes: 700 }));
    expect([quick.codes(), slow.codes(), budget.usedBytes()]).toEqual([[], [], 0]);
    await quick.session.binary(frame('quick', 0, 690));
    await slow.session.binary(frame('slow', 0, 300));
    await slow.session.binary(frame('slow', 300, 100));
    expect(budget.usedBytes()).toBeLessThanOrEqual(1000);
    expect(slow.codes()).toEqual(['resource.queue-full']);
    // Many more than the strikes that a session survives were on their way.
    for (let at = 0; at < 30; at++) await slow.session.binary(frame('slow', 400 + at * 10, 10));
    expect([slow.types(), slow.socket.closed]).toEqual([['failed'], null]);
    expect(budget.usedBytes()).toBe(690);
    // One that was refused when it was announced: the same.
    await third.say(submit('third', { inputBytes: 700 }));
    for (let at = 0; at < 30; at++) await third.session.binary(frame('third', at * 10, 10));
    expect([third.codes(), third.types(), third.socket.closed]).toEqual([
      ['resource.queue-full'],
      ['failed'],
      null,
    ]);
    // Announced again when there is room, it is taken.
    quick.session.end();
    await slow.say(submit('slow', { inputBytes: 700 }));
    await slow.session.binary(frame('slow', 0, 300));
    expect([slow.types(), budget.usedBytes()]).toEqual([['failed'], 300]);
  });

  it('that are large inputs are checked elsewhere, and count meanwhile', async () => {
    const asked: ((verdict: GnomonError | null) => void)[] = [];
    const askers: Asker[] = [];
    const checkInput = (_: Uint8Array, by: Asker) =>
      new Promise<void>((resolve, reject) => {
        askers.push(by);
        by.gone.addEventListener('abort', () => reject(by.gone.reason));
        asked.push((verdict) => (verdict === null ? resolve() : reject(verdict)));
      });
    const MB = 1024 * 1024;
    const world = await makeWorld({ maxPayloadBytes: MB, maxQueuedBytes: MB }, { checkInput });
    const client = world.open();
    const bytes = Buffer.from(`{"a":[${'"1",'.repeat(40_000)}"1"]}`);
    const upload = async (jobId: string) => {
      await client.say(submit(jobId, { inputBytes: bytes.length }));
      let last: Promise<void> | undefined;
      for (const one of framesOf(jobId, bytes)) last = client.session.binary(one);
      await settle();
      return last;
    };
    const good = upload('good');
    const bad = upload('bad');
    await settle();
    expect([client.types(), world.budget.usedBytes()]).toEqual([[], 2 * bytes.length]);
    asked[1]!(new GnomonError('protocol.shape', 'It is none.', { nextStep: 'Mend it.' }));
    asked[0]!(null);
    await Promise.all([good, bad]);
    expect(world.budget.usedBytes()).toBe(0);
    expect(client.codes()).toEqual(['protocol.shape']);
    expect(client.types()).toContain('accepted');
    expect(world.jobs.view('local', 'good')).toBeDefined();
    // Who has gone hears nothing of it.
    void upload('left');
    await settle();
    client.session.end();
    await settle();
    expect(askers.map(({ owner, gone }) => [owner, gone.aborted])).toEqual([
      ...[0, 1].map(() => ['local', false]),
      ['local', true],
    ]);
    expect([world.budget.usedBytes(), world.jobs.view('local', 'left')]).toEqual([0, undefined]);
  });

  it('refused for its rate are let pass as well', async () => {
    const { open } = await makeWorld({ requestsPerMinute: 1 });
    const client = open();
    await client.say({ type: 'subscribe', requestId: 'x' });
    await client.say(submit('late', { inputBytes: 100 }));
    for (let at = 0; at < 30; at++) await client.session.binary(frame('late', at, 1));
    expect(client.socket.closed).toBeNull();
    expect(client.codes()).toEqual(['resource.rate-limit', 'resource.rate-limit']);
  });

  it('are no more than a few at once, and end with a cancel', async () => {
    const { open, budget } = await makeWorld();
    const client = open();
    for (const jobId of ['a', 'b', 'c', 'd', 'e']) await client.say(submit(jobId, { inputBytes: 100 }));
    expect(client.codes()).toEqual(['resource.queue-full']);
    await client.session.binary(frame('a', 0, 50));
    await client.say({ type: 'cancel', jobId: 'a' });
    expect(budget.usedBytes()).toBe(0);
    await client.session.binary(frame('a', 50, 50));
    expect(client.codes().at(-1)).toBe('protocol.frame');
  });
});

describe('what a session says of itself', () => {
  it('costs its rate: hellos, and pongs that nobody asked for', async () => {
    const { open } = await makeWorld({ requestsPerMinute: 3 });
    const [hellos, pongs] = [open(), open()];
    for (let at = 0; at < 20; at++) pongs.session.ping();
    for (let at = 0; at < 20; at++) await pongs.say({ type: 'pong' });
    expect(pongs.codes()).toEqual([]);
    for (let at = 0; at < 5; at++) await hellos.say({ type: 'hello', version: 1 });
    expect(hellos.types()).toEqual(['welcome', 'welcome', 'welcome', 'refused']);
    expect([hellos.codes(), hellos.socket.closed]).toEqual([['resource.rate-limit'], 4429]);
    for (let at = 0; at < 20; at++) await pongs.say({ type: 'pong' });
    expect([pongs.codes()[0], pongs.socket.closed]).toEqual(['resource.rate-limit', 4400]);
  });
});

describe('the queue behind it', () => {
  it('is bounded in jobs and bytes, lets owners take turns, and ends every job once', async () => {
    const { clock, jobs, open } = await makeWorld({ maxQueuedPerClient: 3 });
    const client = open();
    for (let at = 0; at < 6; at++) await client.say(submit(`job-${at}`));
    await settle();
    // One runs, three wait.
    expect(client.codes()).toEqual(['resource.queue-full', 'resource.queue-full']);
    expect(jobs.totals()).toMatchObject({ totalQueued: 3, totalProcessing: 1 });
    await client.say(submit('large', { input: { a: Array.from({ length: 300 }, () => '12345') } }));
    expect(client.codes().at(-1)).toBe('resource.queue-full');
    await clock.advance(120 * SECOND);
    const ends = client.sent.filter(({ type }) => type === 'result').map(({ requestId }) => requestId);
    expect(ends).toEqual(['job-0', 'job-1', 'job-2', 'job-3']);
    expect(jobs.totals()).toMatchObject({ totalQueued: 0, totalProcessing: 0, totalCompleted: 4 });
  });

  it('fails what is not done in its time, waiting or running, and frees the slot', async () => {
    const { clock, jobs, open } = await makeWorld();
    const client = open();
    await client.say(submit('runs', { input: { a: '1' }, deadlineMs: 5 * SECOND }));
    await client.say(submit('waits', { input: { a: '1' }, deadlineMs: 2 * SECOND }));
    await client.say(submit('then', { input: { a: '1' } }));
    await clock.advance(3 * SECOND);
    expect(client.codes()).toEqual(['resource.deadline']);
    await clock.advance(30 * SECOND);
    expect(client.codes()).toEqual(['resource.deadline', 'resource.deadline']);
    expect(jobs.view('local', 'then')?.state).toBe('succeeded');
  });
});
