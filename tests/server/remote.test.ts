// Remote backends over real sockets: the Backend contract against a real worker server, jobs through a proxy that
// delays and cuts, and a hub whose workers die and stand still.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { makeRemoteBackend, type RemoteBackend } from '../../src/remote/remote-backend.ts';
import { openWorkerSocket } from '../../worker-server/pool/open-socket.ts';
import { backendCases } from '../contract/backend.suite.ts';
import { type Meddler, startMeddler } from '../helpers/meddler.ts';
import { SeededRandom } from '../helpers/random.ts';
import { isFullRun, runs, testSeed } from '../helpers/scale.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { type RunningWorkerServer, startWorkerServer } from '../helpers/worker-server.ts';

let tiny: TinyCircuit;
let vkey: Uint8Array;
let server: RunningWorkerServer;

beforeAll(async () => {
  tiny = await makeTinyCircuit();
  vkey = readFileSync(join(tiny.folder, tiny.entry.artifacts.vkey.url));
  server = await startWorkerServer({
    circuitsFolder: tiny.folder,
    args: ['--concurrency', '2', '--threads', '1'],
  });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  tiny?.remove();
});

async function connected(url: string): Promise<RemoteBackend> {
  const backend = makeRemoteBackend({
    id: 'server:1',
    url,
    open: openWorkerSocket,
    clock: systemClock,
    random: systemRandom,
    lostAfterMs: 15_000,
  });
  backend.start();
  await expect.poll(() => backend.status().phase, { timeout: 20_000 }).toBe('ready');
  return backend;
}

const verifies = async (result: { proof: unknown; publicSignals: string[] }) =>
  (await verifyProof(vkey, result.publicSignals, result.proof, { publicSignals: tiny.publicSignals })).valid;

describe('the remote backend on a real server', () => {
  // The server tries again by itself when its child dies: that is its own backend's contract.
  const cases = backendCases.filter(({ name }) => !name.includes('died without a word'));
  it.each(cases)('$name', { timeout: 120_000 }, async ({ run }) => {
    const backend = await connected(`ws://127.0.0.1:${server.port}/ws`);
    const kept = await run({
      backend,
      circuit: tiny.entry,
      input: tiny.input,
      publicSignals: tiny.publicSignals,
      ownCircuits: true,
      verifies,
      kill: null,
      active: null,
      close: async () => {},
    });
    expect(kept).toBe(true);
    backend.close();
  });
});

describe('jobs through a proxy that delays, repeats and cuts, over real sockets', () => {
  it('end once each, with a proof', { timeout: 600_000 }, async () => {
    for (let at = 0; at < runs(3, 50); at++) {
      const chaos = new SeededRandom(testSeed + at);
      const meddler: Meddler = await startMeddler(`ws://127.0.0.1:${server.port}/ws`, { chaos });
      const backend = await connected(meddler.origin.replace('http', 'ws'));
      const prove = async (number: number) => {
        // As the scheduler would: a place may be taken, or the connection away, for a moment.
        for (let attempt = 1; ; attempt++) {
          try {
            return await backend.prove(
              {
                jobId: `job-${number}`,
                number: attempt,
                circuit: tiny.entry,
                input: tiny.input,
                rung: 'engine-single',
                deadlineMs: 60_000,
                leaves: { secrets: false },
              },
              new AbortController().signal,
              () => {},
            );
          } catch (thrown) {
            const { code } = thrown as { code: string };
            if (!/^(backend\.busy|network\.)/.test(code) || attempt > 100) throw thrown;
            await new Promise((wake) => setTimeout(wake, 200));
          }
        }
      };
      const results = await Promise.all([1, 2, 3, 4].map(prove));
      for (const result of results) expect(await verifies(result), `seed ${testSeed + at}`).toBe(true);
      expect(backend.status().running).toBe(0);
      backend.close();
      await meddler.close();
    }
  });
});

describe('a hub with three workers', () => {
  it('ends every job once while one worker is killed and one stands still', {
    timeout: 300_000,
  }, async () => {
    const start = (args: string[] = []) =>
      startWorkerServer({
        circuitsFolder: tiny.folder,
        args: ['--concurrency', '1', '--threads', '1', ...args],
      });
    const [hub, ...workers] = await Promise.all([start(), start(), start(), start()]);
    const ask = async (path: string, body?: unknown) => {
      const response = await fetch(`${hub.origin}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json', prefer: 'respond-async' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    };
    try {
      for (const [at, worker] of workers.entries()) {
        const registered = await ask('/api/workers/register', {
          id: `w${at}`,
          url: worker.origin,
          maxConcurrency: 1,
        });
        expect(registered.status).toBe(201);
      }
      await expect
        .poll(async () => (await ask('/api/workers/stats')).body.activeWorkers, { timeout: 30_000 })
        .toBe(3);
      const ids = Array.from({ length: 30 }, (_, at) => `job-${at}`);
      for (const requestId of ids) {
        const accepted = await ask('/api/proof/generate', {
          circuit: 'product',
          input: tiny.input,
          requestId,
        });
        expect(accepted.status).toBe(202);
      }
      await expect
        .poll(async () => (await ask('/api/queue/stats')).body.totalCompleted, { timeout: 60_000 })
        .toBeGreaterThan(2);
      for (const pid of workers[0]!.children()) process.kill(pid, 'SIGKILL');
      workers[0]!.kill('SIGKILL');
      // Noticed by its silence, which takes its time.
      if (isFullRun) workers[1]!.kill('SIGSTOP');
      await expect
        .poll(async () => (await ask('/api/queue/stats')).body.totalCompleted, {
          timeout: 200_000,
          interval: 500,
        })
        .toBe(30);
      const stats = (await ask('/api/queue/stats')).body;
      expect([stats.totalFailed, stats.totalQueued, stats.totalProcessing]).toEqual([0, 0, 0]);
      const { body } = await ask('/api/workers/stats');
      const done = Object.fromEntries(
        body.workers.map(({ id, completed }: { id: string; completed: number }) => [id, completed]),
      );
      expect(done.w2).toBeGreaterThan(0);
      expect(body.offlineWorkers).toBeGreaterThan(0);
    } finally {
      workers[1]?.kill('SIGCONT');
      for (const each of [hub, ...workers]) each.kill('SIGKILL');
      await Promise.all([hub, ...workers].map(({ exited }) => exited));
    }
  });
});
