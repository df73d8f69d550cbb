// The server's thread backend under the Backend contract, with real child processes; and what only children
// can do: run out of memory, hang, outlive nobody.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import type { GnomonError } from '../../src/core/errors.ts';
import type { Progress } from '../../src/core/job.ts';
import { type Child, startChild } from '../../worker-server/proving/child.ts';
import { type ChildVerifier, makeChildVerifier } from '../../worker-server/proving/child-verifier.ts';
import { makeThreadBackend, type ThreadBackend } from '../../worker-server/proving/thread-backend.ts';
import { type BackendHarness, backendCases } from '../contract/backend.suite.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

let tiny: TinyCircuit;
let verifier: ChildVerifier;
const script = (name: string) => join(projectFolder, 'dist/server', `${name}.js`);
const GIGABYTE = 1024 ** 3;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  verifier = makeChildVerifier(tiny.folder, () =>
    startChild({ script: script('verify-child'), maxBytes: GIGABYTE }),
  );
}, 120_000);
afterAll(async () => {
  await verifier?.close();
  tiny?.remove();
});

interface Made extends BackendHarness {
  backend: ThreadBackend;
  children: Child[];
}

function make(
  options: { slots?: number; threads?: number; maxBytes?: number; silenceMs?: number } = {},
): Made {
  const { slots = 1, threads = 1, maxBytes = 2 * GIGABYTE, silenceMs = 20_000 } = options;
  const children: Child[] = [];
  const backend = makeThreadBackend({
    circuitsFolder: tiny.folder,
    slots,
    threads,
    silenceMs: () => silenceMs,
    spawn() {
      const child = startChild({ script: script('prove-child'), maxBytes });
      children.push(child);
      return child;
    },
  });
  return {
    backend,
    children,
    circuit: tiny.entry,
    input: tiny.input,
    publicSignals: tiny.publicSignals,
    verifies: async (result) =>
      (
        await verifier.verify(
          { circuit: tiny.entry, result, expectedPublicSignals: tiny.publicSignals },
          new AbortController().signal,
        )
      ).ok,
    kill: () => process.kill(children.at(-1)!.pid, 'SIGKILL'),
    active: null,
    close: () => backend.close(),
  };
}

const attempt = (made: Made) => ({
  jobId: 'j',
  number: 1,
  circuit: made.circuit,
  input: made.input,
  rung: made.backend.rungs[0]!,
  deadlineMs: 60_000,
});
const never = new AbortController().signal;
const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
};
const failure = (proving: Promise<unknown>) =>
  proving.then(
    () => expect.unreachable('it proved'),
    (thrown) => thrown as GnomonError,
  );

describe.each([
  { slots: 1, threads: 1 },
  { slots: 2, threads: 2 },
])('the thread backend with $slots slot(s) of $threads thread(s)', (options) => {
  it.each(backendCases)('$name', async ({ run }) => {
    const made = make(options);
    try {
      expect(await run(made)).toBe(true);
    } finally {
      await made.close();
    }
  });
});

describe('the thread backend', () => {
  it('keeps a child for the next proof, and none after it was closed', async () => {
    const made = make();
    await made.backend.prove(attempt(made), never, () => {});
    await made.backend.prove(attempt(made), never, () => {});
    expect(made.children).toHaveLength(1);
    await made.close();
    expect(made.children.some(({ pid }) => alive(pid))).toBe(false);
    expect(made.backend.health().state).toBe('down');
  });

  it('has ended the child by the time an abort is answered', async () => {
    const made = make();
    const controller = new AbortController();
    const error = await failure(
      made.backend.prove(attempt(made), controller.signal, () => controller.abort()),
    );
    expect(error.code).toBe('cancelled.aborted');
    expect(made.children.map(({ pid }) => alive(pid))).toEqual([false]);
    await made.close();
  });

  it('says when it was memory, and proves again', async () => {
    const hungry = make({ maxBytes: 1 });
    // The limit is looked at four times a second: stopped, so that it cannot be done before that.
    const error = await failure(
      hungry.backend.prove(attempt(hungry), never, () => process.kill(hungry.children[0]!.pid, 'SIGSTOP')),
    );
    expect(error).toMatchObject({ code: 'resource.memory', retryable: true });
    await hungry.close();
    const made = make();
    await made.backend.prove(attempt(made), never, () => {});
    await made.close();
  });

  it('notices a child that hangs', async () => {
    const made = make({ silenceMs: 1_000 });
    const progress: Progress[] = [];
    const error = await failure(
      made.backend.prove(attempt(made), never, (report) => {
        progress.push(report);
        if (progress.length === 1) process.kill(made.children[0]!.pid, 'SIGSTOP');
      }),
    );
    expect(error.code).toBe('backend.died');
    expect(made.children.map(({ pid }) => alive(pid))).toEqual([false]);
    await made.close();
  });

  it('replaces a child that died while it rested', async () => {
    const made = make();
    await made.backend.prove(attempt(made), never, () => {});
    const first = made.children[0]!;
    process.kill(first.pid, 'SIGKILL');
    while (!first.dead()) await new Promise((wake) => setTimeout(wake, 10));
    await made.backend.prove(attempt(made), never, () => {});
    expect(made.children).toHaveLength(2);
    await made.close();
  });
});

describe('the verifying child', () => {
  it('tells a proof of something else from one of nothing, and comes back after a kill', async () => {
    const made = make();
    const result = await made.backend.prove(attempt(made), never, () => {});
    await made.close();
    const verdict = (change: Partial<typeof result>, expected: string[] | null = null) =>
      verifier.verify(
        { circuit: tiny.entry, result: { ...result, ...change }, expectedPublicSignals: expected },
        never,
      );
    expect(await verdict({})).toEqual({ ok: true });
    expect(await verdict({}, ['1'])).toMatchObject({ ok: false, reason: 'signals-differ' });
    expect(await verdict({ publicSignals: ['1'] })).toMatchObject({ ok: false, reason: 'invalid-proof' });

    const children: Child[] = [];
    const fragile = makeChildVerifier(tiny.folder, () => {
      const child = startChild({ script: script('verify-child'), maxBytes: GIGABYTE });
      children.push(child);
      return child;
    });
    const request = { circuit: tiny.entry, result, expectedPublicSignals: null };
    const lost = failure(fragile.verify(request, never));
    process.kill(children[0]!.pid, 'SIGKILL');
    expect(await lost).toMatchObject({ code: 'backend.verifier-died', retryable: true });
    expect(await fragile.verify(request, never)).toEqual({ ok: true });
    await fragile.close();
  });
});
