// The local backend under the Backend contract, with the worker's code in this thread; the same contract runs
// with real workers in tests/e2e. What only a fake worker can do is tested here.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeLocalBackend } from '../../src/browser/local-backend.ts';
import { makeProveWorkerApi, type ProveWorkerApi, proveInWorker } from '../../src/browser/prove-worker.ts';
import { makeBrowserVerifier } from '../../src/browser/verifier.ts';
import { makeVerifyWorkerApi } from '../../src/browser/verify-worker.ts';
import { asOutcome } from '../../src/browser/worker-task.ts';
import { GnomonError } from '../../src/core/errors.ts';
import { silenceLimitMs } from '../../src/core/heartbeat.ts';
import { type Progress, RUNGS } from '../../src/core/job.ts';
import type { Backend } from '../../src/core/ports.ts';
import { makeProvingSession } from '../../src/prover/snarkjs-session.ts';
import type { Verification, VerificationCheck } from '../../src/prover/strict-verify.ts';
import { type BackendHarness, backendCases } from '../contract/backend.suite.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { makeSpawner } from './snapshots-fake-worker.ts';

let tiny: TinyCircuit;
let server: Server;
let baseUrl: string;
const asked: string[] = [];

beforeAll(async () => {
  tiny = await makeTinyCircuit();
  server = createServer((request, response) => {
    asked.push(basename(request.url ?? ''));
    try {
      response.end(readFileSync(join(tiny.folder, basename(request.url ?? ''))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}, 120_000);
afterAll(() => {
  server?.closeAllConnections();
  server?.close();
  tiny?.remove();
});

function harness(threads: number): BackendHarness {
  let controller = new AbortController();
  const { spawn: spawnFake, spawned } = makeSpawner(() => {
    controller = new AbortController();
    const { signal } = controller;
    const session = makeProvingSession();
    signal.addEventListener('abort', () => session.end());
    return {
      ...makeProveWorkerApi(session),
      prove: (request, onEvent) => proveInWorker(request, onEvent, session, signal),
    } satisfies ProveWorkerApi;
  });
  // Ending a real worker ends what runs in it; here it runs in this thread and must be told.
  const spawn = () => {
    const worker = spawnFake();
    const mine = controller;
    const terminate = worker.terminate.bind(worker);
    worker.terminate = () => {
      mine.abort();
      terminate();
    };
    return worker;
  };
  const verifier = makeBrowserVerifier({ baseUrl, spawn: makeSpawner(() => makeVerifyWorkerApi()).spawn });
  return {
    backend: makeLocalBackend({ baseUrl, threads, spawn, silenceMs: () => 2_500, idleMs: 50 }),
    circuit: tiny.entry,
    input: tiny.input,
    publicSignals: tiny.publicSignals,
    async verifies(result) {
      const request = { circuit: tiny.entry, result, expectedPublicSignals: tiny.publicSignals };
      return (await verifier.verify(request, new AbortController().signal)).ok;
    },
    kill: () => spawned.at(-1)?.terminate(),
    active: null,
    close: async () => {},
  };
}

describe.each([1, 2])('the local backend with %i thread(s)', (threads) => {
  it.each(backendCases)('$name', async ({ run }) => {
    const tested = harness(threads);
    expect(await run(tested)).toBe(true);
    await tested.close();
  });
});

describe('the local backend', () => {
  const progressOf = async (
    backend: Backend,
    api: { starts: number },
  ): Promise<{ progress: Progress[]; starts: number }> => {
    const progress: Progress[] = [];
    await backend
      .prove(
        {
          jobId: 'j',
          number: 1,
          circuit: tiny.entry,
          input: tiny.input,
          rung: 'engine-single',
          deadlineMs: 1,
        },
        new AbortController().signal,
        (report) => progress.push(report),
      )
      .catch((thrown) => expect(thrown).toMatchObject({ code: 'backend.died' }));
    return { progress, starts: api.starts };
  };

  it('repeats what was measured every 100 ms while proving, counts time down, and still notices silence', async () => {
    const api = { starts: 0 };
    const worker: ProveWorkerApi = {
      measureSpeed: async () => ({ ok: true, value: { tier: 'scalar', nsPerProduct: 50 } }) as const,
      warm: async () => ({ ok: true, value: undefined }),
      async prove(_request, onEvent) {
        api.starts++;
        await onEvent({ type: 'progress', progress: { stage: 'proving', fraction: 0.25, etaMs: 500 } });
        return new Promise(() => {}); // as ffjavascript does when an inner worker is gone
      },
    };
    const backend = makeLocalBackend({
      baseUrl,
      threads: 1,
      spawn: makeSpawner(() => worker).spawn,
      silenceMs: () => 900,
    });
    const { progress } = await progressOf(backend, api);
    expect(progress.length).toBeGreaterThan(3);
    expect(new Set(progress.map(({ fraction }) => fraction))).toEqual(new Set([0.25]));
    const etas = progress.map(({ etaMs }) => etaMs ?? -1);
    expect([...etas].sort((a, b) => b - a)).toEqual(etas);
    expect(etas.at(-1)).toBeLessThan(500);
    expect(etas.every((eta) => eta >= 0)).toBe(true);
  });

  it('prints nothing of a circuit that logs its secret', async () => {
    const printed: unknown[] = [];
    for (const method of ['log', 'warn', 'error', 'info', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation((...values) => void printed.push(...values));
    }
    await progressOf(harness(1).backend, { starts: 0 });
    vi.restoreAllMocks();
    expect(printed).toEqual([]);
  });

  it('keeps its worker for the next proof, ends it when idle, and starts another when needed', async () => {
    const { spawn, spawned } = makeSpawner(() => makeProveWorkerApi(makeProvingSession()));
    const backend = makeLocalBackend({ baseUrl, threads: 1, spawn, idleMs: 60 });
    const api = { starts: 0 };
    asked.length = 0;
    await progressOf(backend, api);
    expect(asked).toContain('product.zkey');
    asked.length = 0;
    await progressOf(backend, api);
    expect(spawned).toHaveLength(1);
    // The engine and the calculator hold both: nothing to read, nothing to convert.
    expect(asked).toEqual([]);
    await new Promise((wake) => setTimeout(wake, 200));
    expect(spawned[0]?.terminated).toBe(true);
    await progressOf(backend, api);
    expect(spawned).toHaveLength(2);
  });

  it('ends the worker when it is aborted', async () => {
    const { spawn, spawned } = makeSpawner(() => ({ prove: () => new Promise(() => {}) }));
    const backend = makeLocalBackend({ baseUrl, threads: 1, spawn });
    const controller = new AbortController();
    const attempt = {
      jobId: 'j',
      number: 1,
      circuit: tiny.entry,
      input: tiny.input,
      rung: 'engine-single' as const,
      deadlineMs: 1,
    };
    const proving = backend.prove(attempt, controller.signal, () => {});
    controller.abort();
    await expect(proving).rejects.toMatchObject({ code: 'cancelled.aborted' });
    expect(spawned[0]?.terminated).toBe(true);
  });

  it.each([
    ['resource.memory', true],
    ['input.signal-missing', false],
  ] as const)('a worker that answers %s is replaced: %s', async (code, replaced) => {
    const error = new GnomonError(code, 'No.', { nextStep: '-' }).toData();
    const { spawn, spawned } = makeSpawner(() => ({ prove: async () => ({ ok: false, error }) }));
    const backend = makeLocalBackend({ baseUrl, threads: 1, spawn });
    const attempt = {
      jobId: 'j',
      number: 1,
      circuit: tiny.entry,
      input: tiny.input,
      rung: 'engine-single' as const,
      deadlineMs: 1,
    };
    await expect(backend.prove(attempt, new AbortController().signal, () => {})).rejects.toMatchObject({
      code,
    });
    expect(spawned[0]?.terminated).toBe(replaced);
  });

  it('says at once that its worker could not start', async () => {
    const { spawn, spawned } = makeSpawner(() => ({ prove: () => new Promise(() => {}) }));
    const backend = makeLocalBackend({ baseUrl, threads: 1, spawn });
    setTimeout(() => spawned[0]?.dispatchEvent(new Event('error')), 20);
    await progressOf(backend, { starts: 0 });
    expect(backend.capacity()).toEqual({ slots: 1, busy: 0 });
  });

  it('has a threaded rung only where there are threads, and waits 10 s at most for small circuits', () => {
    const { spawn } = makeSpawner(() => ({}));
    const single = makeLocalBackend({ baseUrl, threads: 1, spawn }).rungs;
    expect(single).toEqual(['engine-single', 'snarkjs-single']);
    expect(makeLocalBackend({ baseUrl, threads: 4, spawn }).rungs).toEqual(RUNGS);
    expect(silenceLimitMs({ ...tiny.entry, domain: 2 ** 16 })).toBeLessThanOrEqual(10_000);
  });
});

describe('the verifier in its worker', () => {
  it('tells a proof of something else from no proof', async () => {
    const { backend } = harness(1);
    const verifier = makeBrowserVerifier({ baseUrl, spawn: makeSpawner(() => makeVerifyWorkerApi()).spawn });
    const { signal } = new AbortController();
    const attempt = {
      jobId: 'j',
      number: 1,
      circuit: tiny.entry,
      input: tiny.input,
      rung: 'engine-single' as const,
      deadlineMs: 1,
    };
    const result = await backend.prove(attempt, signal, () => {});
    const request = { circuit: tiny.entry, result, expectedPublicSignals: ['1'] };
    expect(await verifier.verify(request, signal)).toMatchObject({ ok: false, reason: 'signals-differ' });
    const forged = { ...result, publicSignals: ['1'] };
    expect(await verifier.verify({ ...request, result: forged }, signal)).toMatchObject({
      ok: false,
      reason: 'invalid-proof',
    });
    expect(await verifier.verify({ ...request, expectedPublicSignals: null }, signal)).toEqual({ ok: true });
    const { zkey } = tiny.entry.artifacts;
    const swapped = {
      ...tiny.entry,
      artifacts: { ...tiny.entry.artifacts, vkey: { ...zkey, url: 'product.vkey.json' } },
    };
    await expect(verifier.verify({ ...request, circuit: swapped }, signal)).rejects.toMatchObject({
      group: expect.stringMatching(/artifact|network/),
    });
    expect(await verifier.solidityCalldata(result.proof, result.publicSignals)).toMatch(
      /^\["0x[0-9a-f]{64}"/,
    );
    const checks = await verifier.check({}, [], {});
    expect(checks.some((check) => !check.ok)).toBe(true);
    await expect(verifier.verify(request, AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled.aborted',
    });
  });

  it('says nothing of a proof that could not be checked to the end', async () => {
    const passed = { name: 'first', ok: true, detail: 'Holds.' };
    const broken = { name: 'second', ok: false, detail: 'Could not be computed.', brokeDown: true as const };
    const saying = (...checks: VerificationCheck[]) => {
      const verify = () => asOutcome((): Verification => ({ valid: false, checks }));
      return makeBrowserVerifier({ baseUrl, spawn: makeSpawner(() => ({ verify })).spawn }).check({}, [], {});
    };
    await expect(saying(passed, broken)).rejects.toMatchObject({ code: 'resource.unverified' });
    expect(await saying({ ...passed, ok: false }, broken)).toHaveLength(2);
  });
});
