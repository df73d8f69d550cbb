// A hub and its workers as real processes over real sockets: dispatch, deaths, restarts, liars, circles.
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groth16 } from 'snarkjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import { createScheduler } from '../../src/core/scheduler.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { framesOf } from '../../src/core/wire/frames.ts';
import { withCurve } from '../../src/prover/snarkjs-curve.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { makeRemoteBackend } from '../../src/remote/remote-backend.ts';
import { openWorkerSocket } from '../../worker-server/pool/open-socket.ts';
import { startMeddler } from '../helpers/meddler.ts';
import { ask, registerAll, steadyFetch } from '../helpers/rest-client.ts';
import { isFullRun, runs } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, startWorkerServer, until } from '../helpers/worker-server.ts';

/** Far more than anything here takes: a busy machine is no failure. */
const PATIENCE_MS = 150_000;
let tiny: TinyCircuit;
let vkey: unknown;
let folder: string;
const running = new Set<RunningWorkerServer>();

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  vkey = JSON.parse(readFileSync(join(tiny.folder, tiny.entry.artifacts.vkey.url), 'utf8'));
  folder = mkdtempSync(join(tmpdir(), 'gnomon-hub-'));
}, 120_000);
afterEach(async () => {
  for (const server of running) {
    server.kill('SIGCONT');
    server.kill('SIGKILL');
    await server.exited;
  }
  running.clear();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  tiny?.remove();
});

async function start(...args: string[]): Promise<RunningWorkerServer> {
  const server = await startWorkerServer({
    circuitsFolder: tiny.folder,
    args: ['--threads', '1', '--concurrency', '1', '--rate', '1000000', ...args],
  });
  running.add(server);
  return server;
}

const queue = async (server: RunningWorkerServer) => (await ask(server, '/api/queue/stats')).body;
const pool = async (server: RunningWorkerServer) => (await ask(server, '/api/workers/stats')).body;
const generate = (server: RunningWorkerServer, requestId: string, more: object = {}) =>
  ask(server, '/api/proof/generate', { circuit: 'product', input: tiny.input, requestId, ...more });
const verifies = async ({ proof, publicSignals }: { proof: unknown; publicSignals: string[] }) =>
  (await verifyProof(vkey, publicSignals, proof, { publicSignals: tiny.publicSignals })).valid;

/** Every job has succeeded, once, with a proof that verifies. */
async function expectAllOnce(server: RunningWorkerServer, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { body } = await ask(server, `/api/proof/status/${id}`);
    expect(body, id).toMatchObject({ status: 'succeeded' });
    expect(await verifies(body.result), id).toBe(true);
  }
  expect(await queue(server)).toMatchObject({
    ...{ totalCompleted: ids.length, totalFailed: 0, totalCancelled: 0 },
    ...{ totalQueued: 0, totalProcessing: 0 },
  });
}

describe('four workers of four', () => {
  it('run sixteen at once', { timeout: 300_000 }, async () => {
    // Dispatch alone is looked at: the prover is a stub that sleeps, then hands out a proof made before.
    const [wasm, zkey] = (['wasm', 'zkey'] as const).map((name) =>
      Uint8Array.from(readFileSync(join(tiny.folder, tiny.entry.artifacts[name].url))),
    );
    const witness = await calculateWitness(wasm!, tiny.input);
    const made = await withCurve({ threads: 1 }, () => groth16.prove(zkey!, witness));
    writeFileSync(join(folder, 'proof.json'), JSON.stringify(made.proof));
    writeFileSync(join(folder, 'public.json'), JSON.stringify(made.publicSignals));
    const sleeper = join(folder, 'sleeper');
    const copy = `cp ${folder}/proof.json "$3" && cp ${folder}/public.json "$4"`;
    // Until all are there: a proof that is done sooner could not be one of sixteen.
    writeFileSync(
      sleeper,
      `#!/bin/sh\necho >> ${folder}/begun\nwhile ! [ -e ${folder}/go ]; do sleep 0.3; done\n${copy}\n`,
    );
    chmodSync(sleeper, 0o755);
    const workers = await Promise.all(
      [1, 2, 3, 4].map(() => start('--concurrency', '4', '--external-prover', sleeper)),
    );
    const hub = await start('--hub');
    await registerAll(hub, workers, 4);
    expect(await queue(hub)).toMatchObject({ capacity: { slots: 16, busy: 0 } });

    // As witnesses, so that no processor time goes into computing them.
    const client = await connectWire(hub.port);
    const ids = Array.from({ length: 17 }, (_, at) => `sleepy-${at}`);
    for (const jobId of ids) {
      const circuit = tiny.entry.artifacts.zkey.sha256;
      client.send({ type: 'submit', jobId, circuit, witnessBytes: witness.length });
      for (const frame of framesOf(jobId, witness)) client.socket.send(frame);
      await client.next('accepted', ({ data }) => data.jobId === jobId);
    }
    const log = join(folder, 'begun');
    const begun = () => (existsSync(log) ? readFileSync(log, 'utf8').length : 0);
    await until(() => begun() === 16, PATIENCE_MS);
    expect(await pool(hub)).toMatchObject({
      totalWorkers: 4,
      busyWorkers: 4,
      totalCapacity: 16,
      running: 16,
    });
    const each = await Promise.all(workers.map(async (worker) => (await queue(worker)).totalProcessing));
    expect(each).toEqual([4, 4, 4, 4]);
    expect((await queue(hub)).totalQueued).toBe(1);
    writeFileSync(join(folder, 'go'), '');
    await until(async () => (await queue(hub)).totalCompleted === 17, PATIENCE_MS);
    await expectAllOnce(hub, ids);
  });
});

describe('a hub with three workers and many queued proofs', () => {
  it('ends each once while two are killed and one is stopped in turn', { timeout: 300_000 }, async () => {
    const [hub, ...workers] = (await Promise.all([start(), start(), start(), start()])) as [
      RunningWorkerServer,
      ...RunningWorkerServer[],
    ];
    await registerAll(hub, workers, 1);
    const ids = Array.from({ length: runs(14, 30) }, (_, at) => `job-${at}`);
    for (const id of ids) expect((await generate(hub, id, { maxRetries: 5 })).status).toBe(202);
    const worker = async (at: number) => (await pool(hub)).workers[at];
    const isThere = async (at: number) => /idle|busy/.test((await worker(at)).state);
    // Each while it proves; standing still is noticed by silence, which takes 25 s.
    const blows = [
      () => workers[0]!.kill('SIGKILL'),
      () => workers[1]!.kill('SIGKILL'),
      ...(isFullRun ? [() => workers[2]!.kill('SIGSTOP')] : []),
    ];
    for (const [at, blow] of blows.entries()) {
      await until(async () => (await worker(at)).running > 0, PATIENCE_MS);
      blow();
      await until(async () => !(await isThere(at)), PATIENCE_MS);
    }
    await until(async () => (await queue(hub)).totalCompleted === ids.length, 200_000);
    await expectAllOnce(hub, ids);
    expect((await pool(hub)).activeWorkers).toBe(3 - blows.length);
  });
});

describe('restarts under a queue', () => {
  it('of a worker: its hub gives it the jobs again, and each ends once', { timeout: 300_000 }, async () => {
    const [hub, worker] = await Promise.all([start('--hub'), start()]);
    await registerAll(hub, [worker], 1);
    const ids = Array.from({ length: runs(5, 8) }, (_, at) => `job-${at}`);
    for (const id of ids) await generate(hub, id, { maxRetries: 5 });
    await until(async () => (await queue(hub)).totalCompleted >= 2, PATIENCE_MS);
    worker.kill('SIGKILL');
    await worker.exited;
    await start('--port', String(worker.port));
    await until(async () => (await queue(hub)).totalCompleted === ids.length, PATIENCE_MS);
    await expectAllOnce(hub, ids);
  });

  it('of the server itself: whoever owns the jobs submits them again, and each ends once', {
    timeout: 300_000,
  }, async () => {
    const [worker, hub] = await Promise.all([start(), start('--data', join(folder, 'data'))]);
    await registerAll(hub, [worker], 1);
    const remote = makeRemoteBackend({
      ...{ id: 'server:1', url: `ws://127.0.0.1:${hub.port}/ws` },
      ...{ open: openWorkerSocket, clock: systemClock, random: systemRandom },
    });
    const store = createMemoryStore(systemClock, systemRandom);
    const ends: string[] = [];
    store.watch((event) => {
      if (event.type === 'changed' && /succeeded|failed/.test(event.job.state)) ends.push(event.job.id);
    });
    const scheduler = createScheduler({
      ...{ store, backends: [remote], inputs: { resolve: async () => ({}) } },
      ...{ clock: systemClock, random: systemRandom },
      verifier: {
        verify: async ({ result }) =>
          (await verifies(result)) ? { ok: true } : { ok: false, reason: 'invalid-proof', detail: '' },
      },
      policy: () => ({
        ...{ mode: 'automatic', withoutExpectation: 'stay' },
        ...{ permission: () => 'secrets', setAside: () => null },
      }),
    });
    remote.start();
    await scheduler.start();
    const ids = Array.from({ length: runs(6, 10) }, (_, at) => `mine-${at}`);
    for (const id of ids) {
      await store.add({
        ...{ id, label: id, circuit: tiny.entry, input: tiny.input, secrets: [], context: {} },
        ...{ expectedPublicSignals: tiny.publicSignals, priority: 1, privacy: 'may-offload' },
        ...{ maxAttempts: 5, keepInput: 'never' },
      });
    }
    await until(() => ends.length >= 2 && remote.status().running > 0, PATIENCE_MS);
    hub.kill('SIGKILL');
    await hub.exited;
    const again = await start('--data', join(folder, 'data'), '--port', String(hub.port));
    await until(() => ends.length >= ids.length, PATIENCE_MS);
    expect([...ends].sort()).toEqual([...ids].sort());
    for (const id of ids) expect((await store.get(id))?.state, id).toBe('succeeded');
    // Its worker is with it again, and has worked for both.
    expect(await pool(again)).toMatchObject({ totalWorkers: 1, activeWorkers: 1 });
    await scheduler.stop();
    remote.close();
  });
});

describe('workers that are not what they should be', () => {
  it('are set aside by name after a wrong proof, until they are registered again', {
    timeout: 300_000,
  }, async () => {
    const [hub, worker] = await Promise.all([start(), start()]);
    const liar = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
    liar.answer = (text) =>
      text.replace(/"pi_a":\["\d+"/, '"pi_a":["1"').replace(/"typicalMs":null/g, '"typicalMs":1');
    await registerAll(hub, [liar], 1);
    const ids = Array.from({ length: 6 }, (_, at) => `job-${at}`);
    for (const id of ids) await generate(hub, id);
    await until(async () => (await queue(hub)).totalCompleted === 6, PATIENCE_MS);
    await expectAllOnce(hub, ids);
    expect(liar.sent.filter((text) => text.includes('"submit"'))).toHaveLength(1);
    const [set] = (await pool(hub)).workers;
    expect(set).toMatchObject({ id: 'w0', state: 'set-aside', reason: expect.stringContaining('wrong') });
    expect(await queue(hub)).toMatchObject({ capacity: { slots: 1 } });
    expect(hub.output()).toContain('a worker sent a wrong proof');
    liar.answer = (text) => text;
    await registerAll(hub, [liar], 1);
    expect((await pool(hub)).workers[0]).toMatchObject({ state: 'idle', reason: null });
    await liar.close();
  });

  it('are held to what each job must show, also where its owner does not say', {
    timeout: 300_000,
  }, async () => {
    // The hub proves nothing itself, so that the liar has each job first, and nobody else makes up for it at once.
    const [hub, worker] = await Promise.all([start('--hub'), start()]);
    const liar = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
    await registerAll(hub, [liar], 1);
    type Result = { type: string; data: { proof: unknown; publicSignals: string[] } };
    let earlier: Pick<Result['data'], 'proof' | 'publicSignals'> | null = null;
    liar.answer = (text) => {
      const message = JSON.parse(text) as Result;
      if (message.type !== 'result') return text;
      const { proof, publicSignals } = message.data;
      earlier ??= { proof, publicSignals };
      // Valid, and of something else.
      return JSON.stringify({ ...message, data: { ...message.data, ...earlier } });
    };
    const circuit = tiny.entry.artifacts.zkey.sha256;
    const client = await connectWire(hub.port);
    const [wasm] = [Uint8Array.from(readFileSync(join(tiny.folder, tiny.entry.artifacts.wasm.url)))];
    const statusOf = async (id: string) => (await ask(hub, `/api/proof/status/${id}`)).body;
    await generate(hub, 'first');
    await until(async () => (await statusOf('first')).status === 'succeeded', PATIENCE_MS);
    expect(earlier).toMatchObject({ publicSignals: tiny.publicSignals });

    const input = (a: number) => ({ a: String(a), b: ['2', '3'], c: String(5 * a) });
    const ways: Record<string, (id: string, a: number) => Promise<unknown>> = {
      rest: (id, a) => generate(hub, id, { input: input(a) }),
      socket: async (jobId, a) => client.send({ type: 'submit', jobId, circuit, input: input(a) }),
      async witness(jobId, a) {
        const witness = await calculateWitness(wasm, input(a));
        client.send({ type: 'submit', jobId, circuit, witnessBytes: witness.length });
        for (const frame of framesOf(jobId, witness)) client.socket.send(frame);
      },
    };
    let a = 100;
    for (const [id, send] of Object.entries(ways)) {
      await send(id, ++a);
      const isAside = async () => (await pool(hub)).workers[0].state === 'set-aside';
      const isDone = async () => (await statusOf(id)).status === 'succeeded';
      await until(async () => (await isAside()) || (await isDone()), PATIENCE_MS);
      expect([id, await isAside(), await isDone()]).toEqual([id, true, false]);
      await ask(hub, '/api/workers/register', { id: 'honest', url: worker.origin, maxConcurrency: 1 });
      await until(isDone, PATIENCE_MS);
      const { result } = await statusOf(id);
      expect(result.publicSignals, id).toEqual([String(5 * a)]);
      const strict = { publicSignals: [String(5 * a)] };
      expect((await verifyProof(vkey, result.publicSignals, result.proof, strict)).valid, id).toBe(true);
      await steadyFetch(`${hub.origin}/api/workers/honest`, { method: 'DELETE' });
      // Trusted again, so that it has the next one.
      await registerAll(hub, [liar], 1);
    }
    expect(await queue(hub)).toMatchObject({ totalCompleted: 4, totalFailed: 0 });
    // The first, and each of the others once.
    expect(liar.sent.filter((text) => text.includes('"submit"'))).toHaveLength(4);

    // What cannot be satisfied leaves for nobody, and its owner hears why.
    await ask(hub, '/api/proof/generate', {
      circuit: 'product',
      input: { ...input(7), c: '1' },
      requestId: 'bad',
    });
    await until(async () => (await statusOf('bad')).status === 'failed', PATIENCE_MS);
    expect((await statusOf('bad')).error).toMatchObject({ code: 'witness.unsatisfied' });
    expect(liar.sent.filter((text) => text.includes('"submit"'))).toHaveLength(4);
    await liar.close();
  });

  it('lose no job to one whose copy of the circuit is damaged, nor to one that refuses all, and no bad input is proved', {
    timeout: 300_000,
  }, async () => {
    const damaged = join(folder, 'damaged');
    cpSync(tiny.folder, damaged, { recursive: true });
    const zkey = join(damaged, tiny.entry.artifacts.zkey.url);
    const bytes = readFileSync(zkey);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(zkey, bytes);
    const [hub, good, bad] = await Promise.all([start('--hub'), start(), start('--circuits', damaged)]);
    const liar = await startMeddler(`ws://127.0.0.1:${good.port}/ws`);
    let refuses: string | null = null;
    liar.answer = (text) => {
      const { type, data } = JSON.parse(text) as { type: string; data: { jobId?: string } };
      if (type !== 'accepted') return refuses !== null && /result|failed|progress/.test(type) ? null : text;
      const why = { code: refuses, message: 'No.', retryable: false };
      return refuses === null
        ? text
        : JSON.stringify({ type: 'failed', data: { jobId: data.jobId, ...why } });
    };
    await registerAll(hub, [bad, liar], 1);
    await ask(hub, '/api/workers/register', { id: 'good', url: good.origin, maxConcurrency: 1 });
    const circuit = tiny.entry.artifacts.zkey.sha256;
    const client = await connectWire(hub.port);
    const ids = Array.from({ length: 10 }, (_, at) => `job-${at}`);
    for (const [at, jobId] of ids.entries()) {
      refuses = 'input.signal-missing';
      if (at % 2 === 0) await generate(hub, jobId);
      else {
        const { input, publicSignals: expectedPublicSignals } = tiny;
        client.send({ type: 'submit', jobId, circuit, input, expectedPublicSignals });
      }
    }
    await until(
      async () => (await queue(hub)).totalQueued + (await queue(hub)).totalProcessing === 0,
      PATIENCE_MS,
    );
    await expectAllOnce(hub, ids);
    const { workers } = await pool(hub);
    const ofWorker = (id: string) => workers.find((one: { id: string }) => one.id === id);
    expect(ofWorker('good').completed).toBe(10);
    for (const id of ['w0', 'w1']) expect(ofWorker(id).failed, id).toBeGreaterThan(0);

    // Both that can read the circuit find the same wrong with it.
    refuses = null;
    const wrong = { ...tiny.input, c: '1' };
    client.send({ type: 'submit', jobId: 'bad', circuit, input: wrong, expectedPublicSignals: ['1'] });
    const { data } = await client.next('failed', (message) => message.data.jobId === 'bad');
    expect(data).toMatchObject({ code: 'witness.unsatisfied', retryable: false });
    await liar.close();
  });

  it('send no job in circles when they are each other’s, and a server is not its own', {
    timeout: 300_000,
  }, async () => {
    const [here, there] = await Promise.all([start(), start()]);
    await Promise.all([registerAll(here, [there], 1), registerAll(there, [here], 1)]);
    // Each offers the other its own place, not the ones that it has from the other.
    expect([await queue(here), await queue(there)].map(({ capacity }) => capacity.slots)).toEqual([2, 2]);
    const ids = Array.from({ length: runs(6, 12) }, (_, at) => `job-${at}`);
    for (const id of ids) await generate(here, id);
    await until(async () => (await queue(here)).totalCompleted === ids.length, PATIENCE_MS);
    await expectAllOnce(here, ids);
    const given = (await pool(here)).workers[0].completed;
    expect(given).toBeGreaterThan(0);
    expect((await queue(there)).totalCompleted).toBe(given);
    expect((await pool(there)).workers[0]).toMatchObject({ completed: 0, failed: 0 });
    await ask(here, '/api/workers/register', { id: 'me', url: here.origin, maxConcurrency: 4 });
    await until(
      async () =>
        (await pool(here)).workers.some(
          ({ id, state, reason }: { id: string; state: string; reason: string | null }) =>
            id === 'me' && state === 'offline' && /very server/.test(reason ?? ''),
        ),
      PATIENCE_MS,
    );
  });
});
