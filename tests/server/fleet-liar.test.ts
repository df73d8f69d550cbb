// A prover that lies: its proof is found out by a gateway, it gets no more jobs, and an honest one ends the job. Also a
// proof that is valid, but of another input, where nobody has said what it must show; and fault found with good inputs.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { GnomonError } from '../../src/core/errors.ts';
import type { ProofResult } from '../../src/core/job.ts';
import type { Backend, Verifier } from '../../src/core/ports.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { openDispatch } from '../../worker-server/fleet/dispatch.ts';
import { openKeyRing } from '../../worker-server/fleet/keys.ts';
import { createProver } from '../../worker-server/fleet/prover.ts';
import { keyOf, type Stored } from '../../worker-server/fleet/records.ts';
import { redisRecords } from '../../worker-server/fleet/redis-records.ts';
import { createFleetStore } from '../../worker-server/fleet/store.ts';
import { makeServerHistory } from '../../worker-server/jobs/server-history.ts';
import { aResult } from '../contract/job-store.support.ts';
import { startFleet, type TestFleet } from '../helpers/fleet.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { runs } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, until } from '../helpers/worker-server.ts';

let circuit: TinyCircuit;
let fleet: TestFleet;
let gateway: RunningWorkerServer;
let redis: Redis;

beforeAll(async () => {
  if (REDIS === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
  fleet = await startFleet(circuit.folder);
  gateway = await fleet.start('gateway');
  redis = new Redis(fleet.redis.port);
}, 120_000);

afterAll(async () => {
  await redis?.quit();
  await fleet?.stop();
  circuit?.remove();
});

describe.skipIf(REDIS === undefined)('a prover that lies', () => {
  it('is set aside, and the job is proved by another', async () => {
    const liar = await startLiar({ ...aResult, publicSignals: circuit.publicSignals });
    const wire = await client();
    const { input, publicSignals: expectedPublicSignals, entry } = circuit;
    const submit = { type: 'submit', circuit: entry.artifacts.zkey.sha256, input, expectedPublicSignals };
    wire.send({ ...submit, jobId: 'one' });
    await until(isAside);
    await until(() => gateway.output().includes('a prover’s proof was wrong'));
    // It is free and would take the job again, were it given any.
    wire.send({ ...submit, jobId: 'two' });
    await until(() => liar.knows());
    const honest = await fleet.start('prover');
    const results = [await wire.next('result'), await wire.next('result')];
    for (const { data } of results) expect(data.publicSignals).toEqual(circuit.publicSignals);
    expect(liar.told()).toBe(1);
    await letBack();
    await liar.stop();
    await honest.stop();
    wire.socket.close();
  });

  it('is set aside when it gives a valid proof of another input, also where nobody has said what is to be shown', async () => {
    const wire = await client();
    const { input, entry } = circuit;
    const submit = { type: 'submit', circuit: entry.artifacts.zkey.sha256 };
    const honest = await fleet.start('prover');
    wire.send({ ...submit, jobId: 'other', input: { a: '11', b: ['2', '3'], c: '55' } });
    const { proof, publicSignals } = (await wire.next('result')).data;
    expect(publicSignals).toEqual(['55']);
    await honest.stop();

    for (let round = 0; round < runs(1, 10); round++) {
      const liar = await startLiar({ ...aResult, proof, publicSignals } as ProofResult);
      const jobId = `replayed-${round}`;
      // Half of them over REST, which has no other way.
      const isRest = round % 2 === 1;
      const body = JSON.stringify({ circuit: 'product', input, requestId: jobId });
      const headers = { 'Content-Type': 'application/json' };
      const asked = isRest
        ? fetch(`${gateway.origin}/api/proof/generate`, { method: 'POST', headers, body })
        : wire.send({ ...submit, jobId, input });
      await until(isAside);
      await until(() => liar.knows());
      expect((await recordOf(jobId)).job).toMatchObject({ state: 'queued', result: null });
      const another = await fleet.start('prover');
      await until(async () => (await recordOf(jobId)).job.state === 'succeeded');
      const { job } = await recordOf(jobId);
      expect(job.result?.publicSignals).toEqual(circuit.publicSignals);
      expect(job.attempts.map(({ outcome, error }) => error?.code ?? outcome)).toEqual([
        'backend.wrong-proof',
        'succeeded',
      ]);
      const answered = isRest
        ? (await (await (asked as Promise<Response>)).json()).result
        : (await wire.next('result', ({ data }) => data.jobId === jobId)).data;
      expect(answered.proof).toEqual(job.result?.proof);
      expect(liar.told()).toBe(1);
      await letBack();
      await liar.stop();
      await another.stop();
    }
    expect(wire.messages.filter(({ type }) => type === 'failed')).toEqual([]);
    wire.socket.close();
  }, 300_000);

  it('is set aside when it finds fault with inputs that are proved: no job ends at its word', async () => {
    const wire = await client();
    const { input, publicSignals, entry } = circuit;
    const submit = { type: 'submit', circuit: entry.artifacts.zkey.sha256, input };
    const honest = await fleet.start('prover');
    const liar = await startLiar(
      new GnomonError('input.range', 'Not a number.', { nextStep: 'Give a number.' }),
    );
    // Whichever is free first has a job.
    for (let nth = 0; liar.told() === 0; nth++) {
      expect(nth).toBeLessThan(200);
      const jobId = `refused-${nth}`;
      const told = nth % 2 === 0 ? { expectedPublicSignals: publicSignals } : {};
      wire.send({ ...submit, ...told, jobId });
      const { data } = await wire.next('result', (message) => message.data.jobId === jobId);
      expect(data.publicSignals).toEqual(publicSignals);
    }
    await until(isAside);
    await until(() => liar.knows());
    expect(gateway.output()).toContain('a prover found fault with an input that another has proved');
    expect(liar.told()).toBe(1);
    expect(wire.messages.filter(({ type }) => type === 'failed')).toEqual([]);
    await letBack();
    await liar.stop();
    await honest.stop();
    wire.socket.close();
  });
});

describe.skipIf(REDIS === undefined)('a client that expects what its input does not give', () => {
  it('fails its own job, and has no prover set aside for it', async () => {
    const honest = await fleet.start('prover');
    const wire = await client();
    const { input, entry } = circuit;
    const submit = { type: 'submit', circuit: entry.artifacts.zkey.sha256, input };
    wire.send({ ...submit, jobId: 'mistaken', expectedPublicSignals: ['55'] });
    expect((await wire.next('failed')).data.code).toBe('witness.signals-differ');
    expect(await redis.hgetall('gnomon:aside')).toEqual({});
    wire.socket.close();
    await honest.stop();
  });
});

const isAside = async () => (await redis.hget('gnomon:aside', 'liar')) !== null;

const recordOf = async (jobId: string): Promise<Stored> =>
  JSON.parse((await redis.hget(`gnomon:job:${keyOf(`local\n${jobId}`)}`, 'text')) ?? '{}');

async function letBack(): Promise<void> {
  const letting = await fetch(`${gateway.origin}/api/fleet/aside/liar`, { method: 'DELETE' });
  expect(letting.ok).toBe(true);
}

async function client() {
  const wire = await connectWire(gateway.port);
  wire.send({ type: 'hello', version: 1 });
  return wire;
}

/** One machine whose prover and verifier are both false: whatever it is asked, it answers the same. */
async function startLiar(answer: ProofResult | GnomonError) {
  const connection = { port: fleet.redis.port, maxRetriesPerRequest: null };
  const dispatch = openDispatch({
    ...{ target: { kind: 'redis', connection }, name: 'jobs', prefix: 'gnomon:queue' },
    ...{ lockMs: 10_000, stalledMs: 5_000, takes: true, onTrouble: () => {} },
  });
  await dispatch.ready();
  const [clock, random, name] = [systemClock, systemRandom, 'liar'];
  const records = redisRecords(new Redis(connection), 'gnomon');
  const sealer = await openKeyRing(fleet.keyFile, () => {});
  const store = createFleetStore({ records, dispatch, sealer, clock, random, name, offers: true });
  const backend: Backend = {
    ...{ id: 'thread', kind: 'thread', label: 'liar', rungs: ['engine-single'] },
    capacity: () => ({ slots: 1, busy: 0 }),
    health: () => ({ state: 'ready', reason: null }),
    async prove() {
      told++;
      if (answer instanceof GnomonError) throw answer;
      return answer;
    },
  };
  const verifier: Verifier = { verify: async () => ({ ok: true }) };
  let knows = false;
  let told = 0;
  const prover = createProver({
    ...{
      name,
      machine: 'liar',
      store,
      records,
      backend,
      verifier,
      clock,
      random,
      history: makeServerHistory(),
    },
    circuits: async () => [circuit.entry.artifacts.zkey.sha256],
    ...{ leaseMs: 10_000, beatMs: 200, onTrouble: () => {} },
    onSetAside: () => {
      knows = true;
    },
  });
  await prover.start();
  return {
    knows: () => knows,
    /** How often it was asked. */
    told: () => told,
    async stop() {
      await prover.stop(0);
      sealer.close();
      await store.close();
    },
  };
}
