// Remote backends over real sockets: the Backend contract against a real worker server, jobs through a proxy that
// delays, trickles, repeats and cuts, a connection cut in mid-proof, and witnesses in place of inputs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { makeRemoteBackend, type RemoteBackend } from '../../src/remote/remote-backend.ts';
import { openWorkerSocket } from '../../worker-server/pool/open-socket.ts';
import { backendCases } from '../contract/backend.suite.ts';
import { type Meddler, startMeddler } from '../helpers/meddler.ts';
import { SeededRandom } from '../helpers/random.ts';
import { runs, testSeed } from '../helpers/scale.ts';
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

describe('a connection cut in mid-proof', () => {
  it('mends, and the very same proof arrives: nothing runs twice', { timeout: 120_000 }, async () => {
    const meddler = await startMeddler(`ws://127.0.0.1:${server.port}/ws`);
    const backend = await connected(meddler.origin.replace('http', 'ws'));
    const before = await completed();
    let cuts = 0;
    for (let at = 0; at < runs(3, 20); at++) {
      const cutAt = ['artifacts', 'witness', 'proving'][at % 3];
      let cut = false;
      const result = await backend.prove(
        {
          ...{ jobId: `cut-${at}`, number: 1, circuit: tiny.entry, input: tiny.input },
          ...{ rung: 'engine-single', deadlineMs: 60_000, leaves: { secrets: false } },
        },
        new AbortController().signal,
        ({ stage, fraction }) => {
          if (cut || stage !== cutAt || fraction === 1) return;
          cut = true;
          cuts++;
          meddler.cutAll();
        },
      );
      expect(await verifies(result)).toBe(true);
      await expect.poll(() => backend.status().phase, { timeout: 20_000 }).toBe('ready');
    }
    expect(cuts).toBeGreaterThan(0);
    expect(await completed()).toBe(before + runs(3, 20));
    backend.close();
    await meddler.close();
  });

  async function completed(): Promise<number> {
    const stats = (await (await fetch(`${server.origin}/api/queue/stats`)).json()) as {
      totalCompleted: number;
    };
    return stats.totalCompleted;
  }
});

describe('a witness that was computed here', () => {
  it('is proved there, without the input; a wrong one is told as such', { timeout: 60_000 }, async () => {
    const meddler = await startMeddler(`ws://127.0.0.1:${server.port}/ws`);
    const backend = await connected(meddler.origin.replace('http', 'ws'));
    const wasm = readFileSync(join(tiny.folder, tiny.entry.artifacts.wasm.url));
    const witness = await calculateWitness(Uint8Array.from(wasm), tiny.input);
    const prove = (bytes: Uint8Array) =>
      backend.prove(
        {
          ...{ jobId: 'witness', number: 1, circuit: tiny.entry, input: {}, witness: bytes },
          ...{ rung: 'engine-single', deadlineMs: 60_000, leaves: { secrets: false } },
        },
        new AbortController().signal,
        () => {},
      );
    expect(await verifies(await prove(witness))).toBe(true);
    expect(meddler.sent.join('')).not.toContain('"input"');
    await expect(prove(witness.slice(0, -32))).rejects.toMatchObject({ code: 'witness.wtns-format' });
    const untrue = witness.slice();
    untrue[untrue.length - 32]! ^= 1;
    await expect(prove(untrue)).rejects.toMatchObject({ code: 'witness.unsatisfied' });
    backend.close();
    await meddler.close();
  });
});
