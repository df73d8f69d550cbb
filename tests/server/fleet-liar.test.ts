// A prover that lies: its proof is found out by a gateway, it gets no more jobs, and an honest one ends the job.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import type { Backend, Verifier } from '../../src/core/ports.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { openDispatch } from '../../worker-server/fleet/dispatch.ts';
import { openKeyRing } from '../../worker-server/fleet/keys.ts';
import { createProver } from '../../worker-server/fleet/prover.ts';
import { redisRecords } from '../../worker-server/fleet/redis-records.ts';
import { createFleetStore } from '../../worker-server/fleet/store.ts';
import { makeServerHistory } from '../../worker-server/jobs/server-history.ts';
import { aResult } from '../contract/job-store.support.ts';
import { startFleet, type TestFleet } from '../helpers/fleet.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';
import { until } from '../helpers/worker-server.ts';

let circuit: TinyCircuit;
let fleet: TestFleet;

beforeAll(async () => {
  if (REDIS === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
  fleet = await startFleet(circuit.folder);
}, 120_000);

afterAll(async () => {
  await fleet?.stop();
  circuit?.remove();
});

describe.skipIf(REDIS === undefined)('a prover that lies', () => {
  it('is set aside, and the job is proved by another', async () => {
    const gateway = await fleet.start('gateway');
    let told = 0;
    const liar = await startLiar(() => told++);
    const wire = await connectWire(gateway.port);
    wire.send({ type: 'hello', version: 1 });
    const { input, publicSignals: expectedPublicSignals, entry } = circuit;
    const submit = { type: 'submit', circuit: entry.artifacts.zkey.sha256, input, expectedPublicSignals };
    wire.send({ ...submit, jobId: 'one' });
    const redis = new Redis(fleet.redis.port);
    await until(async () => (await redis.hget('gnomon:aside', 'liar')) !== null);
    await until(() => gateway.output().includes('a prover’s proof was wrong'));
    // It is free and would take the job again, were it given any.
    wire.send({ ...submit, jobId: 'two' });
    await until(() => liar.knows());
    await fleet.start('prover');
    const results = [await wire.next('result'), await wire.next('result')];
    for (const { data } of results) expect(data.publicSignals).toEqual(circuit.publicSignals);
    expect(told).toBe(1);
    await liar.stop();
    await redis.quit();
    wire.socket.close();
  });
});

/** One machine whose prover and verifier are both false. */
async function startLiar(onProve: () => void) {
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
      onProve();
      return { ...aResult, publicSignals: circuit.publicSignals };
    },
  };
  const verifier: Verifier = { verify: async () => ({ ok: true }) };
  let knows = false;
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
    async stop() {
      await prover.stop(0);
      sealer.close();
      await store.close();
    },
  };
}
