// The smallest fleet: two machines that are gateway and prover in one. Either proves what the other took, and either
// can go.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { keyOf, type Stored } from '../../worker-server/fleet/records.ts';
import { pauseQueue, startFleet, type TestFleet } from '../helpers/fleet.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire, type WireClient } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, until } from '../helpers/worker-server.ts';

let circuit: TinyCircuit;
let fleet: TestFleet;
let machines: [RunningWorkerServer, RunningWorkerServer];
let redis: Redis;

beforeAll(async () => {
  if (REDIS === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
  fleet = await startFleet(circuit.folder);
  machines = [await fleet.start('both'), await fleet.start('both')];
  redis = new Redis(fleet.redis.port);
}, 120_000);
afterAll(async () => {
  await redis?.quit();
  await fleet?.stop();
  circuit?.remove();
});

async function client({ port }: RunningWorkerServer): Promise<WireClient> {
  const wire = await connectWire(port);
  wire.send({ type: 'hello', version: 1 });
  return wire;
}
function submit(wire: WireClient, jobId: string): void {
  const { input, publicSignals: expectedPublicSignals, entry } = circuit;
  wire.send({ type: 'submit', jobId, circuit: entry.artifacts.zkey.sha256, input, expectedPublicSignals });
}
const resultOf = (wire: WireClient, jobId: string) => wire.next('result', ({ data }) => data.jobId === jobId);
const recordOf = async (jobId: string): Promise<Stored> =>
  JSON.parse((await redis.hget(`gnomon:job:${keyOf(`local\n${jobId}`)}`, 'text')) ?? '{}');

describe.skipIf(REDIS === undefined)('a fleet of two machines with both roles', () => {
  it('proves on either what either took', async () => {
    const wires = await Promise.all(machines.map(client));
    // All there before the first is given out, so that both have work.
    const goOn = await pauseQueue(redis);
    const ids = Array.from({ length: 8 }, (_, at) => `shared-${at}`);
    for (const [at, id] of ids.entries()) submit(wires[at % 2]!, id);
    for (const wire of wires) for (let at = 0; at < 4; at++) await wire.next('accepted');
    await goOn();
    for (const [at, id] of ids.entries()) {
      expect((await resultOf(wires[at % 2]!, id)).data.publicSignals).toEqual(circuit.publicSignals);
    }
    // Both have proved, as either tells it of either.
    for (const { origin } of machines) {
      for (const { pid } of machines) {
        const busy = new RegExp(`busy_seconds_total\\{prover="[^"]*-${pid}-[^"]*"\\} 0*[.1-9]`);
        await until(async () => busy.test(await (await fetch(`${origin}/metrics`)).text()));
      }
    }
    for (const { origin } of machines) {
      const stats = await (await fetch(`${origin}/api/queue/stats`)).json();
      expect(stats).toMatchObject({ capacity: { slots: 2 } });
    }
    for (const wire of wires) wire.socket.close();
  });

  it('loses nothing when one is killed in mid-proof: its clients go on at the other', async () => {
    const [first, second] = machines;
    const wire = await client(first);
    const ids = Array.from({ length: 6 }, (_, at) => `left-${at}`);
    for (const id of ids) submit(wire, id);
    for (const _ of ids) await wire.next('accepted');
    let held = '';
    await until(async () => {
      for (const id of ids) {
        const { job, offer } = await recordOf(id);
        if (job.state === 'running' && offer === null && job.lease?.ownerId.includes(`-${first.pid}-`))
          held = id;
      }
      return held !== '';
    });
    first.kill('SIGKILL');
    const killedAtMs = Date.now();
    const other = await client(second);
    for (const id of ids) {
      // The same job, whether it waits, runs or has ended.
      submit(other, id);
      expect((await resultOf(other, id)).data.publicSignals).toEqual(circuit.publicSignals);
    }
    const { job } = await recordOf(held);
    expect(job.attempts.map(({ outcome }) => outcome)).toEqual(['stalled', 'succeeded']);
    expect(job.attempts[1]!.startedAtMs - killedAtMs).toBeLessThan(20_000);
    for (const id of ids) {
      const { attempts } = (await recordOf(id)).job;
      expect(attempts.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
    }
    wire.socket.close();
    other.socket.close();
  }, 60_000);
});
