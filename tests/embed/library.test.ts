// The library as another app gets it: packed, unpacked in an empty folder, run by a bare Node and compiled
// against. Pages are in tests/e2e/library.test.ts.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as theirs from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { buildLibrary } from '../../scripts/lib-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { withCurve } from '../../src/prover/snarkjs-curve.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

const run = promisify(execFile);
let tiny: TinyCircuit;
let folder: string;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildLibrary(), buildServer()]);
  folder = mkdtempSync(join(tmpdir(), 'gnomon-library-'));
  await unpack(join(projectFolder, 'dist/lib'), folder);
}, 120_000);
afterAll(() => {
  tiny?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** `npm pack`, unpacked as npm would install it. */
async function unpack(source: string, into: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', into, source]);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const target = join(into, 'node_modules/gnomon');
  mkdirSync(target, { recursive: true });
  await run('tar', ['-xzf', join(into, filename), '-C', target, '--strip-components', '1']);
}

/** Runs a program there and returns the JSON it prints. */
async function program<T>(code: string, flags: string[] = [], at = folder): Promise<T> {
  const file = join(at, 'program.mjs');
  const given = `const tiny = ${JSON.stringify({ folder: tiny.folder, input: tiny.input })};`;
  writeFileSync(
    file,
    `import { groth16, wtns, zKey } from 'gnomon';\nimport { readFileSync } from 'node:fs';\n${given}\n${code}`,
  );
  const { stdout, stderr } = await run(process.execPath, [...flags, file], { cwd: at });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as T;
}

const files = `const wasm = tiny.folder + '/product.wasm', zkey = tiny.folder + '/product.zkey';
const vkey = JSON.parse(readFileSync(tiny.folder + '/product.vkey.json', 'utf8'));
const mem = (path) => ({ type: 'mem', data: new Uint8Array(readFileSync(path)) });`;

interface Made {
  proof: unknown;
  publicSignals: string[];
}

async function expectGood(made: Made): Promise<void> {
  expect(made.publicSignals).toEqual(tiny.publicSignals);
  const vkey: unknown = JSON.parse(readFileSync(join(tiny.folder, 'product.vkey.json'), 'utf8'));
  expect((await verifyProof(vkey, made.publicSignals, made.proof)).valid).toBe(true);
  const verdict = withCurve({ threads: 1 }, () =>
    theirs.groth16.verify(vkey, made.publicSignals, made.proof),
  );
  expect(await verdict).toBe(true);
}

describe('in Node, from an empty folder', () => {
  it('proves from paths, URLs, bytes and memory, and the process ends by itself', async () => {
    const proofs = await program<Made[]>(`${files}
      const url = (path) => new URL('file://' + path);
      const proofs = [
        await groth16.fullProve(tiny.input, wasm, zkey),
        await groth16.fullProve(tiny.input, url(wasm), url(zkey).href, null),
        await groth16.fullProve(tiny.input, readFileSync(wasm), new Uint8Array(readFileSync(zkey)), undefined, {}, { singleThread: true }),
        await groth16.fullProve(tiny.input, mem(wasm), mem(zkey), console, { threads: 2 }),
        await groth16.fullProve(tiny.input, { type: 'file', fileName: wasm }, { type: 'file', fileName: zkey }),
        await groth16.fullProve(tiny.input, new Blob([readFileSync(wasm)]), new Uint8Array(readFileSync(zkey)).buffer),
      ];
      console.log(JSON.stringify(proofs));`);
    expect(proofs).toHaveLength(6);
    for (const made of proofs) await expectGood(made);
    expect(new Set(proofs.map(({ proof }) => JSON.stringify(proof))).size).toBe(6);
  });

  it.each([[[]], [['--experimental-wasm-relaxed-simd']]])('proves a witness, flags: %j', async (flags) => {
    const [made, verdicts] = await program<[Made, boolean[]]>(
      `${files}
      const target = { type: 'mem' };
      await wtns.calculate(tiny.input, wasm, target);
      await wtns.calculate(tiny.input, wasm, 'witness.wtns');
      const { proof, publicSignals } = await groth16.prove(zkey, target);
      const other = await groth16.prove(zkey, 'witness.wtns');
      const verdicts = [
        await groth16.verify(vkey, publicSignals, proof),
        await groth16.verify(vkey, publicSignals, other.proof),
        await groth16.verify(vkey, [String(BigInt(publicSignals[0]) + 1n)], proof),
        await groth16.verify(vkey, [...publicSignals, '0'], proof),
        await groth16.verify(vkey, publicSignals, { ...proof, pi_c: proof.pi_a }),
        await groth16.verify({ ...vkey, vk_gamma_2: vkey.vk_delta_2 }, publicSignals, proof),
        await groth16.verify(null, undefined, 'x'),
      ];
      console.log(JSON.stringify([{ proof, publicSignals }, verdicts]));`,
      flags,
    );
    await expectGood(made);
    expect(verdicts).toEqual([true, true, false, false, false, false, false]);
  });

  it('stands in for snarkjs as a whole: names, witness, key, calldata, loggers', async () => {
    interface Found {
      names: Record<string, string[]>;
      made: Made;
      calldata: string;
      vkey: unknown;
      values: string[];
      said: string[];
    }
    // A program for snarkjs with its one import changed.
    const found = await program<Found>(`import * as snarkjs from 'gnomon';
      ${files}
      const said = [];
      const logger = Object.fromEntries(
        ['debug', 'info', 'warn', 'error'].map((kind) => [kind, (text) => said.push(kind + ' ' + text)]),
      );
      const target = { type: 'mem' };
      await snarkjs.wtns.calculate(tiny.input, wasm, target, { sanityCheck: true });
      await snarkjs.wtns.calculate(tiny.input, wasm, 'compared.wtns');
      const values = await snarkjs.wtns.exportJson(target);
      const made = await snarkjs.groth16.fullProve(
        tiny.input, wasm, zkey, logger, { sanityCheck: true }, { singleThread: true },
      );
      const own = await snarkjs.zKey.exportVerificationKey(zkey, logger);
      await snarkjs.groth16.verify(own, made.publicSignals, made.proof, logger);
      const { pi_a } = made.proof;
      await snarkjs.groth16.verify(own, made.publicSignals, { ...made.proof, pi_c: pi_a }, logger);
      const names = Object.fromEntries(Object.keys(snarkjs).map((part) => [part, Object.keys(snarkjs[part])]));
      const calldata = await snarkjs.groth16.exportSolidityCallData(made.proof, made.publicSignals);
      console.log(JSON.stringify({ names, made, calldata, vkey: own, values: values.map(String), said }));`);
    await expectGood(found.made);
    const { names, made, vkey } = found;
    expect(names.groth16?.sort()).toEqual(Object.keys(theirs.groth16).sort());
    expect(Object.keys(theirs.wtns)).toEqual(expect.arrayContaining(names.wtns!));
    expect(Object.keys(theirs.zKey)).toEqual(expect.arrayContaining(names.zKey!));
    const values = await theirs.wtns.exportJson(join(folder, 'compared.wtns'));
    expect(found.values).toEqual(values.map(String));
    expect(found.calldata).toBe(await theirs.groth16.exportSolidityCallData(made.proof, made.publicSignals));
    const exported = await withCurve({ threads: 1 }, () =>
      theirs.zKey.exportVerificationKey(join(tiny.folder, 'product.zkey')),
    );
    // The same text: entries in the same order, too.
    expect(JSON.stringify(vkey)).toBe(JSON.stringify(exported));
    expect(found.said).toEqual([
      'info Gnomon: The proof verifies.',
      expect.stringMatching(/^error Gnomon: Pairing equation/),
    ]);
  });

  it('goes on with one thread where none may be started, and says why a proof does not verify', async () => {
    const [made, reads, warnings, reasons] = await program<[Made, number[], string[], string[]]>(
      `${files}
      import { open } from 'node:fs/promises';
      const file = await open(zkey);
      const prototype = Object.getPrototypeOf(file);
      const { read } = prototype;
      let count = 0;
      prototype.read = function (...asked) {
        count++;
        return read.apply(this, asked);
      };
      const [warnings, reasons] = [[], []];
      const logger = { warn: (text) => warnings.push(text), error: (text) => reasons.push(text) };
      const reads = [];
      let made;
      for (let i = 0; i < 3; i++) {
        count = 0;
        made = await groth16.fullProve(tiny.input, readFileSync(wasm), zkey, logger, { threads: 2 });
        reads.push(count);
      }
      await file.close();
      await groth16.verify(vkey, [...made.publicSignals, '0'], made.proof, logger);
      console.log(JSON.stringify([made, reads, warnings, reasons]));`,
      ['--no-warnings', '--experimental-permission', '--allow-fs-read=*'],
    );
    await expectGood(made);
    // The key is converted once, and threads are tried once.
    expect(reads[0]).toBeGreaterThan(9);
    expect(reads.slice(1)).toEqual([0, 0]);
    expect(warnings).toEqual([expect.stringContaining('One thread goes on')]);
    expect(reasons).toEqual([expect.stringContaining('Number of public signals')]);
  });

  it('starts a thread per logical core unless told', async () => {
    const [made, threads] = await program<[Made, number]>(
      `${files}
      import { syncBuiltinESMExports } from 'node:module';
      import os from 'node:os';
      import workers from 'node:worker_threads';
      os.availableParallelism = () => 3;
      let threads = 0;
      workers.Worker = class extends workers.Worker {
        constructor(...asked) {
          super(...asked);
          threads++;
        }
      };
      syncBuiltinESMExports();
      const made = await groth16.fullProve(tiny.input, wasm, zkey);
      console.log(JSON.stringify([made, threads]));`,
    );
    await expectGood(made);
    expect(threads).toBe(3);
  });

  it('proves many at once, reports progress and can be cancelled', async () => {
    const [proofs, shares, cancelled, order] = await program<[Made[], number[], string, string[]]>(`${files}
      const proofs = await Promise.all([1, 2, 3].map(() => groth16.fullProve(tiny.input, wasm, zkey)));
      const shares = [];
      await groth16.fullProve(tiny.input, wasm, zkey, null, { onProgress: (share) => shares.push(share) });
      const controller = new AbortController();
      const { signal } = controller;
      const cancelled = await groth16
        .fullProve(tiny.input, wasm, zkey, null, { signal, onProgress: () => controller.abort() })
        .catch((thrown) => thrown.code);
      const order = [];
      const waiting = new AbortController();
      const first = groth16.fullProve(tiny.input, wasm, zkey).then(() => order.push('first'));
      const second = groth16
        .fullProve(tiny.input, wasm, zkey, null, { signal: waiting.signal })
        .catch((thrown) => order.push(thrown.code));
      waiting.abort();
      await Promise.all([first, second]);
      console.log(JSON.stringify([proofs, shares, cancelled, order]));`);
    for (const made of proofs) await expectGood(made);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1);
    expect(cancelled).toBe('cancelled.aborted');
    expect(order).toEqual(['cancelled.aborted', 'first']);
  });

  it('says what is wrong by code, without any value', async () => {
    const errors = await program<{ code: string; nextStep: string; text: string }[]>(
      `${files}
      const errors = [];
      const attempt = (work) => work.catch((thrown) =>
        errors.push({ code: thrown.code, nextStep: thrown.nextStep, text: String(thrown.stack) }));
      await attempt(groth16.fullProve({ ...tiny.input, c: '1' }, wasm, zkey));
      await attempt(groth16.fullProve({ ...tiny.input, d: tiny.input.a }, wasm, zkey));
      await attempt(groth16.fullProve(tiny.input, zkey, zkey));
      await attempt(groth16.fullProve(tiny.input, wasm, wasm));
      await attempt(groth16.prove(zkey, zkey));
      await attempt(groth16.prove('absent.zkey', zkey));
      await attempt(groth16.prove({ type: 'mem' }, zkey));
      await attempt(groth16.exportSolidityCallData({ pi_a: [tiny.input.a + 'x'] }, []));
      await attempt(zKey.exportVerificationKey(wasm));
      await attempt(wtns.exportJson(zkey));
      const target = { type: 'mem' };
      await wtns.calculate(tiny.input, wasm, target);
      target.data[target.data.length - 32] ^= 1;
      await attempt(groth16.prove(zkey, target));
      console.log(JSON.stringify(errors));`,
      ['--experimental-wasm-relaxed-simd'],
    );
    expect(errors.map(({ code }) => code)).toEqual([
      'witness.unsatisfied',
      'input.signal-unknown',
      'circuit.calculator',
      'circuit.zkey',
      'witness.wtns-format',
      'input.file',
      'input.file',
      'input.proof',
      'circuit.zkey',
      'witness.file',
      'witness.unsatisfied',
    ]);
    for (const { nextStep, text } of errors) {
      expect(nextStep).not.toBe('');
      expect(text).not.toContain(String(tiny.input.a));
    }
  });

  it('is also what packing the whole project gives', async () => {
    const other = mkdtempSync(join(tmpdir(), 'gnomon-library-'));
    try {
      await unpack(projectFolder, other);
      const code = `${files} console.log(JSON.stringify(await groth16.fullProve(tiny.input, wasm, zkey)));`;
      await expectGood(await program<Made>(code, [], other));
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});

describe('its types', () => {
  it.each(['bundler', 'nodenext'])('fit a strict program, resolved as %s', async (moduleResolution) => {
    const at = join(folder, moduleResolution);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(at, 'consumer.ts'),
      `import { type CircuitSignals, type Groth16Proof, groth16, type ProofResult, type PublicSignals, wtns, zKey, type ZKArtifact } from 'gnomon';
       import * as snarkjs from 'gnomon';
       declare const console: { debug(text: unknown): void; error(...texts: unknown[]): void };
       const target: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
       await wtns.calculate({ a: 1n, b: ['2', [3]] }, 'circuit.wasm', target);
       const one: ProofResult = await groth16.fullProve({ a: '1' }, 'circuit.wasm', new Uint8Array(1));
       const two = await groth16.prove({ type: 'mem', data: new Uint8Array(1) }, target, undefined, { threads: 2 });
       const proof: Groth16Proof = two.proof;
       const valid: boolean = await groth16.verify({}, one.publicSignals, proof);
       const [input, file]: [CircuitSignals, ZKArtifact] = [{ a: [['1', 2n], [3, 4]] }, 'circuit.zkey'];
       const { proof: other, publicSignals } = await snarkjs.groth16.fullProve(input, file, file, console, {}, { singleThread: true, stallMs: 5000 });
       const signals: PublicSignals = publicSignals;
       const text: string = await groth16.exportSolidityCallData(other, signals);
       const vkey = await zKey.exportVerificationKey(file);
       const values: bigint[] = await wtns.exportJson(target, { stallMs: 1000 });
       export { text, vkey, values };
       // @ts-expect-error: a proof is no file
       await groth16.prove(proof, target);
       export { valid };`,
    );
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--types', ''];
    const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext';
    const args = [...options, '--module', module, '--moduleResolution', moduleResolution];
    const tsc = join(projectFolder, 'node_modules/.bin/tsc');
    const outcome = await run(tsc, [...args, '--lib', 'es2022', 'consumer.ts'], { cwd: at }).then(
      () => '',
      (thrown: { stdout: string }) => thrown.stdout,
    );
    expect(outcome).toBe('');
  });
});

describe('what is built', () => {
  const texts = (at: string): [string, string][] =>
    readdirSync(at).flatMap((name) => {
      const path = join(at, name);
      if (statSync(path).isDirectory()) return texts(path);
      return /\.m?js$/.test(name) ? [[path, readFileSync(path, 'utf8')] as [string, string]] : [];
    });

  it('has nowhere a way to choose the blinding', () => {
    const built = texts(join(projectFolder, 'dist'));
    expect(built.length).toBeGreaterThan(3);
    for (const [path, text] of built) {
      expect([path, /WithBlinding|FixedBlinding/.test(text)]).toEqual([path, false]);
    }
  });

  it('has no snarkjs in the library', () => {
    const text = readFileSync(join(projectFolder, 'dist/lib/gnomon.js'), 'utf8');
    expect(/ffjavascript|wasmcurves|multiexpAffine|queueAction/.test(text)).toBe(false);
  });
});
