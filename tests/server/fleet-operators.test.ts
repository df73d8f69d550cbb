// What operators of a fleet rely on: its figures, advice and limits over all gateways, draining, backup and restore.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { signalBytes } from '../../worker-server/jobs/entry.ts';
import { machinesOn, pauseQueue, startFleet, type TestFleet } from '../helpers/fleet.ts';
import { REDIS, startRedis } from '../helpers/redis-server.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire, type WireClient } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, until } from '../helpers/worker-server.ts';

const TOKENS = { ann: 'a-token-that-is-long-enough', bob: 'b-token-that-is-long-enough' };
const ADMIN = 'admin-token-that-is-long-enough';
const AS = ['--token', `ann=${TOKENS.ann},bob=${TOKENS.bob}`, '--admin-token', ADMIN, '--rate', '150'];

let circuit: TinyCircuit;
let fleet: TestFleet;
let gateways: [RunningWorkerServer, RunningWorkerServer];
let prover: RunningWorkerServer;

beforeAll(async () => {
  if (REDIS === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
  fleet = await startFleet(circuit.folder);
  gateways = [await fleet.start('gateway', AS), await fleet.start('gateway', AS)];
  prover = await fleet.start('prover');
}, 120_000);

afterAll(async () => {
  await fleet?.stop();
  circuit?.remove();
});

async function client(gateway: RunningWorkerServer, who: keyof typeof TOKENS): Promise<WireClient> {
  const wire = await connectWire(gateway.port);
  wire.send({ type: 'hello', version: 1, token: TOKENS[who] });
  await wire.next('welcome');
  return wire;
}

function submit(wire: WireClient, jobId: string): void {
  const { input, publicSignals: expectedPublicSignals, entry } = circuit;
  wire.send({ type: 'submit', jobId, circuit: entry.artifacts.zkey.sha256, input, expectedPublicSignals });
}

const resultOf = (wire: WireClient, jobId: string) => wire.next('result', ({ data }) => data.jobId === jobId);
const asAdmin = { Authorization: `Bearer ${ADMIN}` };
const metricsOf = async ({ origin }: RunningWorkerServer) =>
  (await fetch(`${origin}/metrics`, { headers: asAdmin })).text();
const adviceOf = async ({ origin }: RunningWorkerServer) =>
  (await (await fetch(`${origin}/api/workers/stats`, { headers: asAdmin })).json()).scaling;

describe.skipIf(REDIS === undefined)('a fleet and its operators', () => {
  it('lets two people at two gateways take turns, however much one of them asks for', async () => {
    const [ann, bob] = [await client(gateways[0], 'ann'), await client(gateways[1], 'bob')];
    const redis = new Redis(fleet.redis.port);
    const goOn = await pauseQueue(redis);
    for (let at = 0; at < 10; at++) submit(ann, `many-${at}`);
    for (let at = 0; at < 10; at++) await ann.next('accepted');
    for (let at = 0; at < 3; at++) submit(bob, `few-${at}`);
    for (let at = 0; at < 3; at++) await bob.next('accepted');
    // Until every gateway has given out numbers.
    await new Promise((wake) => setTimeout(wake, 4_500));
    await goOn();
    await Promise.all([0, 1, 2].map((at) => resultOf(bob, `few-${at}`)));
    const done = ann.messages.filter(({ type }) => type === 'result').length;
    // One of hers for each of his, and what was under way; first come, first served would be all ten.
    expect(done).toBeLessThanOrEqual(5);
    await Promise.all(Array.from({ length: 10 }, (_, at) => resultOf(ann, `many-${at}`)));
    await redis.quit();
    for (const wire of [ann, bob]) wire.socket.close();
  });

  it('tells its figures to Prometheus, alike at every gateway', async () => {
    for (const gateway of gateways) {
      // Provers tell every two seconds.
      await until(async () => /busy_seconds_total\{prover="[^"]+"\} 0*[.1-9]/.test(await metricsOf(gateway)));
      await until(async () => (await adviceOf(gateway)).advice === 'steady');
      const text = await metricsOf(gateway);
      const value = (line: RegExp) =>
        Number(new RegExp(`^${line.source} (\\S+)$`, 'm').exec(text)?.[1] ?? 'NaN');
      expect(value(/gnomon_fleet_queue_wait_seconds_count\{circuit="[^"]+"\}/)).toBe(13);
      expect(value(/gnomon_fleet_queue_wait_seconds_sum\{circuit="[^"]+"\}/)).toBeGreaterThan(13 * 2);
      expect(value(/gnomon_fleet_job_attempts_bucket\{le="1",outcome="succeeded"\}/)).toBe(13);
      expect(value(/gnomon_fleet_stalls_total/)).toBe(0);
      expect(value(/gnomon_fleet_prover_slots\{prover="[^"]+"\}/)).toBe(1);
      expect(value(/gnomon_fleet_prover_busy_seconds_total\{prover="[^"]+"\}/)).toBeGreaterThan(0);
      expect(value(/gnomon_fleet_queue_up/)).toBe(1);
      expect(value(/gnomon_fleet_scaling_advice\{advice="steady"\}/)).toBe(1);
    }
  });

  it('shows its queue on a board, to whoever has the admin token, to look and not to touch', async () => {
    const at = (path: string, password: string | null, init: RequestInit = {}) =>
      fetch(`${gateways[0].origin}/board${path}`, {
        ...init,
        headers: password === null ? {} : { Authorization: `Basic ${btoa(`any:${password}`)}` },
      });
    for (const path of ['', '/', '/api/queues', '/static/js/main.js', '/queue/jobs']) {
      for (const password of [null, TOKENS.ann, 'wrong']) {
        const refused = await at(path, password);
        expect(refused.status, path).toBe(401);
        expect(refused.headers.get('WWW-Authenticate')).toMatch(/^Basic /);
      }
    }
    const page = await at('/', ADMIN);
    const html = await page.text();
    const script = /src="(static\/js\/main[^"]+)"/.exec(html)?.[1];
    expect(html).toContain('<base href="/board/" />');
    expect(page.headers.get('Content-Security-Policy')).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect((await at(`/${script}`, ADMIN)).status).toBe(200);

    const redis = new Redis(fleet.redis.port);
    const goOn = await pauseQueue(redis);
    const ann = await client(gateways[0], 'ann');
    submit(ann, 'shown');
    await ann.next('accepted');
    const text = await (await at('/api/queues?activeQueue=jobs&status=prioritized', ADMIN)).text();
    const { queues } = JSON.parse(text);
    const [job] = queues[0].jobs;
    expect(job.data).toEqual({
      circuit: circuit.entry.artifacts.zkey.sha256,
      // Of the input, and of what must come out.
      bytes: JSON.stringify(circuit.input).length + signalBytes(circuit.publicSignals),
    });
    expect(text).not.toContain(String(circuit.input.a));
    for (const [method, path] of [
      ['PUT', `/api/queues/jobs/${job.id}/clean`],
      ['PUT', '/api/queues/jobs/pause'],
      ['PUT', '/api/queues/jobs/obliterate'],
    ] as const) {
      expect((await at(path, ADMIN, { method })).status, path).toBeGreaterThanOrEqual(400);
    }
    await goOn();
    await resultOf(ann, 'shown');
    await redis.quit();
    ann.socket.close();
  });

  it('counts requests over all gateways', async () => {
    const status = async (gateway: RunningWorkerServer) =>
      (
        await fetch(`${gateway.origin}/api/queue/stats`, {
          headers: { Authorization: `Bearer ${TOKENS.bob}` },
        })
      ).status;
    const said: number[] = [];
    // Within one minute of the queue's clock.
    await until(() => new Date().getSeconds() < 50, 15_000);
    for (let at = 0; at < 160; at++) said.push(await status(gateways[at % 2]!));
    const count = (code: number) => said.filter((one) => one === code).length;
    expect(count(200) + count(429), said.join()).toBe(160);
    expect(count(200)).toBeLessThanOrEqual(150);
    // Others are not held up by it.
    expect((await fetch(`${gateways[0].origin}/api/queue/stats`, { headers: asAdmin })).status).toBe(200);
  });

  it('drains a prover: what it has is done, what comes waits for another, and more are advised', async () => {
    const ann = await client(gateways[0], 'ann');
    for (const id of ['drain-1', 'drain-2', 'drain-3']) submit(ann, id);
    const running = await ann.next('progress', ({ data }) => data.status === 'running');
    prover.kill('SIGTERM');
    await resultOf(ann, running.data.requestId);
    expect(await prover.exited).toBe(0);
    await until(async () => (await adviceOf(gateways[1])).advice === 'scale-up');
    expect((await adviceOf(gateways[1])).reason).toContain('nothing that could prove');
    // One attempt, which was not given back half done.
    const states = ann.messages.flatMap((one) => (one.type === 'progress' ? [one.data] : []));
    const own = states.filter(({ requestId }) => requestId === running.data.requestId);
    expect(
      own.slice(own.findIndex(({ status }) => status === 'running')).map(({ status }) => status),
    ).not.toContain('queued');
    expect(ann.messages.filter(({ type }) => type === 'result')).toHaveLength(1);
    ann.socket.close();
  });

  it('keeps a machine set aside that starts again, and lets it back when its operator says so', async () => {
    const [gateway] = gateways;
    const path = `${gateway.origin}/api/fleet/aside`;
    const redis = new Redis(fleet.redis.port);
    await redis.hset('gnomon:aside', 'liar', 'its proof did not verify');
    const machine = await fleet.start('prover', ['--machine', 'liar']);
    await until(() => machine.output().includes('this prover has been set aside'));
    machine.kill('SIGKILL');
    await machine.exited;
    const again = await fleet.start('prover', ['--machine', 'liar']);
    await until(() => again.output().includes('this prover has been set aside'));
    const listed = await fetch(path, { headers: asAdmin });
    expect(await listed.json()).toEqual({ aside: [{ machine: 'liar', reason: 'its proof did not verify' }] });
    const asAnn = { Authorization: `Bearer ${TOKENS.ann}` };
    expect((await fetch(path, { headers: asAnn })).status).toBe(403);
    expect((await fetch(`${path}/liar`, { method: 'DELETE', headers: asAnn })).status).toBe(403);
    expect((await fetch(`${path}/nobody`, { method: 'DELETE', headers: asAdmin })).status).toBe(404);
    // It alone is there, and gets nothing.
    prover.kill('SIGSTOP');
    const ann = await client(gateway, 'ann');
    submit(ann, 'let-back');
    await ann.next('accepted', ({ data }) => data.jobId === 'let-back');
    expect((await fetch(`${path}/liar`, { method: 'DELETE', headers: asAdmin })).status).toBe(200);
    await resultOf(ann, 'let-back');
    prover.kill('SIGCONT');
    again.kill('SIGKILL');
    await again.exited;
    ann.socket.close();
    await redis.quit();
  });

  it('goes on from a backup of its queue, on another Redis, with the same keys', async () => {
    await fleet.redis.kill();
    const restored = await startRedis([], (folder) =>
      cpSync(join(fleet.redis.folder, 'appendonlydir'), join(folder, 'appendonlydir'), { recursive: true }),
    );
    const machines = await machinesOn(restored.url, circuit.folder, fleet.redis.folder, fleet);
    const gateway = await machines.start('gateway', AS);
    await machines.start('prover');
    const ann = await client(gateway, 'ann');
    for (const requestId of ['many-0', 'drain-1', 'drain-2', 'drain-3']) {
      ann.send({ type: 'subscribe', requestId });
      expect((await resultOf(ann, requestId)).data.publicSignals).toEqual(circuit.publicSignals);
    }
    ann.socket.close();
    await machines.stop();
    await restored.stop();
  });
});
