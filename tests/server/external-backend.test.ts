// The external prover under the Backend contract: a program that is called as native provers are. Here it is our
// own command, behind a script.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import type { GnomonError } from '../../src/core/errors.ts';
import { startChild } from '../../worker-server/proving/child.ts';
import { type ChildVerifier, makeChildVerifier } from '../../worker-server/proving/child-verifier.ts';
import { makeExternalBackend } from '../../worker-server/proving/external-backend.ts';
import { openProofFolders, type ProofFolders } from '../../worker-server/proving/proof-folders.ts';
import { type BackendHarness, backendCases } from '../contract/backend.suite.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { startWorkerServer, until } from '../helpers/worker-server.ts';

let tiny: TinyCircuit;
let verifier: ChildVerifier;
let folder: string;
let folders: ProofFolders;
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
  folders = await openProofFolders();
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
      folders,
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

const lives = (pid: string): boolean => {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '';
  // A zombie is gone, though nobody has looked.
  return stat !== '' && stat[stat.lastIndexOf(')') + 2] !== 'Z';
};
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

  it('ends with its server, even one that is killed, and its witness with it', async () => {
    // Another program of its own besides, which it does not end itself.
    const stays = program(
      'stays',
      `sleep 1000 &\necho $$ $! "$2" > ${folder}/began.new && mv ${folder}/began.new ${folder}/began\nwait`,
    );
    const server = await startWorkerServer({
      circuitsFolder: tiny.folder,
      args: ['--threads', '2', '--external-prover', stays],
    });
    void fetch(`${server.origin}/api/proof/generate`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ circuit: 'product', input: tiny.input }),
    }).catch(() => {});
    const began = join(folder, 'began');
    await until(() => existsSync(began), 30_000);
    const [pid, helper, witness] = readFileSync(began, 'utf8').trim().split(' ');
    expect([lives(pid!), lives(helper!), existsSync(witness!)]).toEqual([true, true, true]);
    server.kill('SIGKILL');
    await server.exited;
    await until(() => !lives(pid!) && !lives(helper!) && !existsSync(witness!), 10_000);
    expect(leftovers()).toEqual([]);
  }, 60_000);

  it('finds its folders swept of what servers left that are gone, and of nothing else', async () => {
    const place = join(folder, 'shm');
    mkdirSync(place);
    const first = await openProofFolders(place);
    expect(first.inMemory).toBe(true);
    const mine = await first.make();
    writeFileSync(join(mine, 'witness.wtns'), 'secret');
    const host = hostname().replace(/[^A-Za-z0-9]/g, '_');
    const gone = spawn('true');
    await new Promise((ended) => gone.on('exit', ended));
    const left = join(place, `gnomon-proof-${host}-${gone.pid}-77-abcdef`);
    // Its id was given to this very process since.
    const reused = join(place, `gnomon-proof-${host}-${process.pid}-1-abcdef`);
    const elsewhere = join(place, `gnomon-proof-another_machine-${gone.pid}-77-abcdef`);
    const foreign = join(place, 'gnomon-proof-of-mine');
    for (const path of [left, reused, elsewhere, foreign]) {
      mkdirSync(path);
      writeFileSync(join(path, 'witness.wtns'), 'secret');
    }
    await openProofFolders(place);
    expect([left, reused, elsewhere, foreign, mine].map((path) => existsSync(path))).toEqual([
      ...[false, false, true, true, true],
    ]);
    const nowhere = await openProofFolders(join(folder, 'not-there'));
    expect(nowhere.inMemory).toBe(false);
    const made = await nowhere.make();
    expect(made.startsWith(tmpdir())).toBe(true);
    rmSync(made, { recursive: true });
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
