// The external prover under the Backend contract: a program that is called as native provers are. Here it is our
// own command, behind a script.
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import type { GnomonError } from '../../src/core/errors.ts';
import { startChild } from '../../worker-server/proving/child.ts';
import { type ChildVerifier, makeChildVerifier } from '../../worker-server/proving/child-verifier.ts';
import { makeExternalBackend } from '../../worker-server/proving/external-backend.ts';
import { type BackendHarness, backendCases } from '../contract/backend.suite.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { startWorkerServer } from '../helpers/worker-server.ts';

let tiny: TinyCircuit;
let verifier: ChildVerifier;
let folder: string;
const maxBytes = 2 * 1024 ** 3;
const script = (name: string) => join(projectFolder, 'dist/server', `${name}.js`);

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}
const prover = () =>
  program(
    'prover',
    `exec ${process.execPath} ${join(projectFolder, 'dist/cli/prove.js')} --zkey "$1" --wtns "$2" --proof "$3" --public "$4" --threads 1`,
  );

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  folder = mkdtempSync(join(tmpdir(), 'gnomon-external-'));
  verifier = makeChildVerifier(tiny.folder, () => startChild({ script: script('verify-child'), maxBytes }));
}, 120_000);
afterAll(async () => {
  await verifier?.close();
  rmSync(folder, { recursive: true, force: true });
  tiny?.remove();
});

function make(path: string): BackendHarness {
  return {
    backend: makeExternalBackend({
      path,
      circuitsFolder: tiny.folder,
      slots: 1,
      threads: 1,
      spawn: () => startChild({ script: script('prove-child'), maxBytes }),
    }),
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
    kill: null,
    active: null,
    close: async () => {},
  };
}

const leftovers = () => readdirSync('/dev/shm').filter((name) => name.startsWith('gnomon-proof-'));

describe('an external prover', () => {
  it.each(backendCases)('$name', async ({ name, run }) => {
    // Its death is an exit code, tested below.
    expect(await run(make(prover()))).toBe(!name.startsWith('notices that what proves has died'));
    expect(leftovers()).toEqual([]);
  });

  it.each([
    ['fails', 'exit 3', 'backend.died'],
    ['is killed', 'kill -9 $$', 'backend.died'],
    ['writes nothing', 'exit 0', 'backend.prover-failed'],
    ['writes nonsense', 'echo "{" > "$3"; echo "[]" > "$4"', 'backend.prover-failed'],
    ['writes another shape', 'echo "{}" > "$3"; echo "{}" > "$4"', 'backend.prover-failed'],
  ])('that %s is answered by name, and its witness is gone', async (_, text, code) => {
    const { backend, circuit, input } = make(program('broken', text));
    const attempt = { jobId: 'j', number: 1, circuit, input, rung: backend.rungs[0]!, deadlineMs: 60_000 };
    const error = await backend
      .prove(attempt, new AbortController().signal, () => {})
      .then(
        () => expect.unreachable('it proved'),
        (thrown) => thrown as GnomonError,
      );
    expect(error).toMatchObject({ code, retryable: true });
    expect(leftovers()).toEqual([]);
  });

  it('proves for a server, and the server’s own provers stand in when it fails', async () => {
    const proverOf = async (path: string) => {
      const server = await startWorkerServer({
        circuitsFolder: tiny.folder,
        args: ['--threads', '2', '--external-prover', path],
      });
      try {
        const answer = await fetch(`${server.origin}/api/proof/generate`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ circuit: 'product', input: tiny.input }),
        });
        const { result } = (await answer.json()) as { result?: { prover: string } };
        return [answer.status, result?.prover];
      } finally {
        await server.stop();
      }
    };
    expect(await proverOf(prover())).toEqual([200, 'prover']);
    expect(await proverOf(program('broken', 'exit 1'))).toEqual([200, 'engine']);
  });
});
