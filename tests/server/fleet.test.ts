// A fleet over real Redis: gateways and provers as processes, proofs by the real engine, machines that die.
import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import type { Job } from '../../src/core/job.ts';
import { encodeFrame } from '../../src/core/wire/frames.ts';
import { seal } from '../../src/remote/sealing.ts';
import { rotateKeys } from '../../worker-server/fleet/keys.ts';
import { makeOpeningKey } from '../../worker-server/fleet/opening.ts';
import { keyOf, type Stored } from '../../worker-server/fleet/records.ts';
import { pauseQueue, startFleet, type TestFleet } from '../helpers/fleet.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { isFullRun, runs } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire, type WireClient } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, until } from '../helpers/worker-server.ts';

let circuit: TinyCircuit;
let fleet: TestFleet;
let gateways: RunningWorkerServer[];
const provers: RunningWorkerServer[] = [];

beforeAll(async () => {
  if (REDIS === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
  fleet = await startFleet(circuit.folder);
  gateways = [await fleet.start('gateway'), await fleet.start('gateway')];
  provers.push(await fleet.start('prover'), await fleet.start('prover'));
}, 120_000);

afterAll(async () => {
  await fleet?.stop();
  circuit?.remove();
});

const digest = (): string => circuit.entry.artifacts.zkey.sha256;

async function client(gateway = gateways[0]!): Promise<WireClient> {
  const wire = await connectWire(gateway.port);
  wire.send({ type: 'hello', version: 1 });
  return wire;
}

function submit(wire: WireClient, jobId: string): void {
  const { input, publicSignals } = circuit;
  wire.send({ type: 'submit', jobId, circuit: digest(), input, expectedPublicSignals: publicSignals });
}

const resultOf = (wire: WireClient, jobId: string) => wire.next('result', ({ data }) => data.jobId === jobId);

describe.skipIf(REDIS === undefined)('a fleet', () => {
  it('takes a job at a gateway, proves it elsewhere, and gives the result at any gateway', async () => {
    const wire = await client();
    const { data: welcome } = await wire.next('welcome');
    submit(wire, 'one');
    expect((await resultOf(wire, 'one')).data.publicSignals).toEqual(circuit.publicSignals);
    expect(wire.messages.some(({ type }) => type === 'progress')).toBe(true);

    const other = await client(gateways[1]);
    expect((await other.next('welcome')).data.serverId).toBe(welcome.serverId);
    other.send({ type: 'subscribe', requestId: 'one' });
    expect((await resultOf(other, 'one')).data.proof).toBeDefined();
    // The same id is the same job, though the queue has long forgotten it.
    submit(other, 'one');
    expect((await other.next('accepted')).data.position).toBe(0);
    await resultOf(other, 'one');
    // So is one that is submitted at two gateways at once, and again while it runs.
    for (const at of [wire, other, wire, other]) submit(at, 'twin');
    const [here, there] = await Promise.all([resultOf(wire, 'twin'), resultOf(other, 'twin')]);
    expect(here.data.proof).toEqual(there.data.proof);
    const redis = new Redis(fleet.redis.port);
    expect((await recordOf(redis, keyOf('local\ntwin'))).job.attempts).toHaveLength(1);
    await redis.quit();
    wire.socket.close();
    other.socket.close();
  });

  it('takes inputs that the client has sealed, and refuses those of another key', async () => {
    const wire = await client();
    const { key } = (await wire.next('welcome')).data;
    const text = new TextEncoder().encode(JSON.stringify(circuit.input));
    const send = async (jobId: string, sealedFor: string) => {
      const sealed = await seal(text, key!, { circuit: digest(), jobId: sealedFor });
      const expectedPublicSignals = circuit.publicSignals;
      const message = { type: 'submit', jobId, circuit: digest(), expectedPublicSignals };
      wire.send({ ...message, sealedBytes: sealed.length });
      wire.socket.send(encodeFrame({ jobId, offset: 0, chunk: sealed }));
    };
    await send('sealed', 'sealed');
    expect((await resultOf(wire, 'sealed')).data.publicSignals).toEqual(circuit.publicSignals);
    await send('moved', 'elsewhere');
    const refused = await wire.next('failed', ({ data }) => data.jobId === 'moved');
    expect(refused.data.code).toBe('internal.input-unreadable');
    // To a key that nobody here has: said at once, so that the client seals anew.
    const { offered } = await makeOpeningKey();
    const sealed = await seal(text, offered, { circuit: digest(), jobId: 'stranger' });
    wire.send({ type: 'submit', jobId: 'stranger', circuit: digest(), sealedBytes: sealed.length });
    wire.socket.send(encodeFrame({ jobId: 'stranger', offset: 0, chunk: sealed }));
    const stranger = await wire.next('failed', ({ data }) => data.jobId === 'stranger');
    expect(stranger.data).toMatchObject({ code: 'protocol.key-unknown', retryable: true });
    wire.socket.close();
  });

  it('answers REST at any gateway', async () => {
    const body = JSON.stringify({ circuit: 'product', input: circuit.input, requestId: 'rest' });
    const headers = { 'Content-Type': 'application/json' };
    const made = await fetch(`${gateways[0]!.origin}/api/proof/generate`, { method: 'POST', headers, body });
    expect(made.status).toBe(200);
    const seen = await fetch(`${gateways[1]!.origin}/api/proof/status/rest`);
    expect(await seen.json()).toMatchObject({ status: 'succeeded', result: { verified: true } });
  });

  it('goes on with a new key, and still opens what was sealed to the first of five in a row', async () => {
    const wire = await client();
    const before = (await wire.next('welcome')).data.key!.id;
    await pauseWhile(async () => {
      submit(wire, 'old-key');
      await wire.next('accepted');
      let next = before;
      for (let times = 0; times < 5; times++) next = await rotateKeys(fleet.keyFile, 3, Date.now());
      expect(next).not.toBe(before);
      // All of them have put away what they had before.
      for (const one of [gateways[0]!, ...provers]) await until(() => one.output().includes(next));
      const fresh = await client();
      expect((await fresh.next('welcome')).data.key!.id).toBe(next);
      submit(fresh, 'new-key');
      await fresh.next('accepted');
      return fresh;
    });
    await resultOf(wire, 'old-key');
    const other = await client();
    other.send({ type: 'subscribe', requestId: 'new-key' });
    await resultOf(other, 'new-key');
    wire.socket.close();
    other.socket.close();
  });

  it('takes anew, under the same ids, what was sealed to a key that is gone', async () => {
    const [wire, other] = [await client(), await client(gateways[1])];
    await other.next('welcome');
    const body = JSON.stringify({ circuit: 'product', input: circuit.input, requestId: 'stolen-rest' });
    const headers = { 'Content-Type': 'application/json', Prefer: 'respond-async' };
    const ask = async (at: number) => {
      const to = `${gateways[at]!.origin}/api/proof/generate`;
      expect((await fetch(to, { method: 'POST', headers, body })).status).toBe(202);
    };
    await pauseWhile(async () => {
      submit(wire, 'stolen');
      await wire.next('accepted');
      await ask(0);
      rmSync(fleet.keyFile);
      const next = await rotateKeys(fleet.keyFile, 3, Date.now());
      for (const one of [...gateways, ...provers]) await until(() => one.output().includes(next));
      submit(other, 'stolen');
      await other.next('accepted');
      await ask(1);
      return client();
    });
    expect((await resultOf(other, 'stolen')).data.publicSignals).toEqual(circuit.publicSignals);
    expect((await resultOf(wire, 'stolen')).data.publicSignals).toEqual(circuit.publicSignals);
    const status = async () => (await fetch(`${gateways[1]!.origin}/api/proof/status/stolen-rest`)).json();
    await until(async () => ((await status()) as { status: string }).status === 'succeeded');
    wire.socket.close();
    other.socket.close();
  });

  it('gives the jobs of killed and stopped provers to others; what those say later does not count', async () => {
    const wire = await client();
    const redis = new Redis(fleet.redis.port);
    const kept: string[] = [];
    for (let round = 0; round < runs(1, 30); round++) {
      provers.push(await fleet.start('prover'));
      const ids = Array.from({ length: 6 }, (_, at) => `lost-${round}-${at}`);
      for (const id of ids) submit(wire, id);
      const victim = await caught(redis);
      provers.splice(provers.indexOf(victim.prover), 1);
      victim.prover.kill('SIGKILL');
      const sleeper = round < 10 ? await caught(redis) : null;
      for (const id of ids) await resultOf(wire, id);
      for (const one of [victim, ...(sleeper === null ? [] : [sleeper])]) {
        const { job } = await recordOf(redis, one.key);
        expect(job.attempts.map(({ outcome }) => outcome)).toEqual(['stalled', 'succeeded']);
        if (isFullRun) expect(job.attempts[1]!.startedAtMs - one.atMs).toBeLessThan(20_000);
        kept.push(JSON.stringify(job));
      }
      sleeper?.prover.kill('SIGCONT');
      // Awake again, it finds its lease gone, and works on.
      submit(wire, `awake-${round}`);
      await resultOf(wire, `awake-${round}`);
      for (const text of kept) {
        const { id } = JSON.parse(text) as Job;
        expect(JSON.stringify((await recordOf(redis, keyOf(id))).job)).toBe(text);
      }
    }
    expect(wire.messages.filter(({ type }) => type === 'result')).toHaveLength(runs(1, 30) * 7);
    await redis.quit();
    wire.socket.close();
  }, 1_800_000);

  it('keeps every job when Redis is killed and starts again', async () => {
    const wire = await client();
    for (let round = 0; round < runs(1, 10); round++) {
      const ids = Array.from({ length: 5 }, (_, at) => `redis-${round}-${at}`);
      for (const id of ids) submit(wire, id);
      for (const _ of ids) await wire.next('accepted');
      // What the file's once-a-second sync has not written yet, its owner submits again.
      await fleet.redis.kill();
      await fleet.redis.restart();
      await until(async () => (await fetch(`${gateways[0]!.origin}/api/queue/stats`)).ok, 30_000);
      for (const id of ids) submit(wire, id);
      for (const id of ids) await resultOf(wire, id);
    }
    wire.socket.close();
  });

  it('takes no more jobs when Redis is nearly full, ends those it has, and goes on once there is room', async () => {
    const wire = await client();
    const redis = new Redis(fleet.redis.port);
    const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
    const failed = async (jobId: string) => {
      submit(wire, jobId);
      return (await wire.next('failed', ({ data }) => data.jobId === jobId)).data;
    };
    // So that some hundredths of it are more than the connections' buffers, which come and go: this write's too.
    await redis.set('padding', 'x'.repeat(32 * 2 ** 20));
    await until(async () => (await used()) < 50 * 2 ** 20);
    await pauseWhile(async () => {
      for (const id of ['room-1', 'room-2']) submit(wire, id);
      for (const _ of [1, 2]) await wire.next('accepted');
      // Above nine tenths, below the whole.
      await redis.config('SET', 'maxmemory', Math.floor((await used()) * 1.06));
      await new Promise((wake) => setTimeout(wake, 3_000));
      expect(await failed('room-3')).toMatchObject({ code: 'resource.queue-full', retryable: true });
      return client();
    });
    for (const id of ['room-1', 'room-2']) await resultOf(wire, id);
    // Full to the brim, Redis refuses every write.
    await redis.config('SET', 'maxmemory', Math.floor((await used()) * 0.9));
    expect(await failed('room-4')).toMatchObject({ code: 'resource.queue-full', retryable: true });
    await redis.config('SET', 'maxmemory', 0);
    await until(async () => {
      submit(wire, 'room-5');
      const { type } = await wire.next(['accepted', 'failed'], ({ data }) => data.jobId === 'room-5');
      return type === 'accepted';
    });
    await resultOf(wire, 'room-5');
    await redis.del('padding');
    await redis.quit();
    wire.socket.close();
  }, 60_000);

  it('lets twenty clients go on at another gateway when theirs is killed', async () => {
    const [first, second] = gateways as [RunningWorkerServer, RunningWorkerServer];
    const clients = await Promise.all(Array.from({ length: 20 }, () => client(first)));
    await Promise.all(
      clients.map(async (wire, at) => {
        submit(wire, `moved-${at}`);
        await wire.next('accepted');
      }),
    );
    first.kill('SIGKILL');
    await Promise.all(
      clients.map(async (_, at) => {
        const wire = await client(second);
        submit(wire, `moved-${at}`);
        await resultOf(wire, `moved-${at}`);
        wire.socket.close();
      }),
    );
    const redis = new Redis(fleet.redis.port);
    for (const key of await redis.keys('gnomon:job:*')) {
      const { job } = await recordOf(redis, key.slice('gnomon:job:'.length));
      if (job.state !== 'succeeded') continue;
      expect(job.attempts.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
    }
    await redis.quit();
  });
});

const recordOf = async (redis: Redis, key: string): Promise<Stored> =>
  JSON.parse((await redis.hget(`gnomon:job:${key}`, 'text')) ?? '{}') as Stored;

/** Stops a prover that is in the middle of a job. */
async function caught(redis: Redis): Promise<{ prover: RunningWorkerServer; key: string; atMs: number }> {
  for (const endMs = Date.now() + 60_000; Date.now() < endMs; ) {
    for (const key of await redis.zrange('gnomon:state:running', '0', '-1')) {
      const { job, offer } = await recordOf(redis, key);
      const prover = provers.find(({ pid }) => job?.lease?.ownerId.includes(`-${pid}-`));
      if (prover === undefined || offer !== null) continue;
      const atMs = Date.now();
      prover.kill('SIGSTOP');
      // Unless it was about to hand in: then its last words may be on their way.
      await new Promise((wake) => setTimeout(wake, 300));
      const now = await recordOf(redis, key);
      if (now.job.state === 'running' && now.offer === null) return { prover, key, atMs };
      prover.kill('SIGCONT');
    }
  }
  throw new Error('No prover was caught in mid-proof.');
}

/** Nothing is given out meanwhile. */
async function pauseWhile(work: (redis: Redis) => Promise<WireClient>): Promise<void> {
  const redis = new Redis(fleet.redis.port);
  const goOn = await pauseQueue(redis);
  const wire = await work(redis);
  await goOn();
  await redis.quit();
  wire.socket.close();
}
