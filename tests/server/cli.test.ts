// The command line as real processes: what it writes, how it ends, and that it ends.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groth16 } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { withCurve } from '../../src/prover/snarkjs-curve.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { testData } from '../helpers/data.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

let tiny: TinyCircuit;
let folder: string;
const file = (name: string) => join(folder, name);
const tinyFile = (name: string) => join(tiny.folder, name);

function run(command: 'prove' | 'verify', args: Record<string, string>, preload?: string): Promise<Ended> {
  const flags = Object.entries(args).flatMap(([name, value]) =>
    value === '' ? [`--${name}`] : [`--${name}`, value],
  );
  const child = spawn(
    process.execPath,
    [
      ...(preload === undefined ? [] : ['--require', preload]),
      join(projectFolder, `dist/cli/${command}.js`),
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (ended.stdout += String(data)));
  child.stderr.on('data', (data) => (ended.stderr += String(data)));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

const proveArgs = (change: Record<string, string> = {}) => ({
  zkey: tinyFile('product.zkey'),
  wasm: tinyFile('product.wasm'),
  input: tinyFile('input.json'),
  proof: file('proof.json'),
  public: file('public.json'),
  threads: '1',
  ...change,
});
const verifyArgs = (change: Record<string, string> = {}) => ({
  vkey: tinyFile('product.vkey.json'),
  proof: file('proof.json'),
  public: file('public.json'),
  ...change,
});
const without = (args: Record<string, string>, ...names: string[]) =>
  Object.fromEntries(Object.entries(args).filter(([name]) => !names.includes(name)));
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(file(name), content);
  return file(name);
};
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
/** What our own command says of it, without a process more. */
const isValid = async (proof = file('proof.json'), signals = file('public.json')): Promise<boolean> =>
  (await verifyProof(json(tinyFile('product.vkey.json')), json(signals), json(proof))).valid;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  folder = mkdtempSync(join(tmpdir(), 'gnomon-cli-'));
  expect((await run('prove', proveArgs())).stderr).toBe('');
}, 120_000);
afterAll(() => {
  tiny?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('prove', () => {
  it('writes files that snarkjs and our verify accept, and prints no input', async () => {
    const { code, stdout, stderr } = await run('prove', proveArgs({ threads: '2' }));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^Proved with the engine \(fma kernels\), threads: 2\. Witness .* s, proof .* s, verification .* s\.\nDevelopment key: anyone can forge with it\.\n$/,
    );
    expect(stdout).not.toContain(String(tiny.input.a));
    expect(json(file('public.json'))).toEqual(tiny.publicSignals);
    const vkey = json(tinyFile('product.vkey.json'));
    const snarkjsAccepts = withCurve({ threads: 1 }, () =>
      groth16.verify(vkey, json(file('public.json')), json(file('proof.json'))),
    );
    expect(await snarkjsAccepts).toBe(true);
    expect((await run('verify', verifyArgs())).code).toBe(0);
  });

  it.each([
    ['engine', '1', 'the engine (fma kernels), threads: 1.'],
    ['engine', '3', 'the engine (fma kernels), threads: 3.'],
    ['snarkjs', '1', 'snarkjs, threads: 1.'],
    ['snarkjs', '2', /snarkjs, threads: [12]\./],
  ])('proves with the prover and threads asked for: %s, %s', async (prover, threads, words) => {
    const { code, stdout, stderr } = await run('prove', proveArgs({ prover, threads }));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(words);
    expect(await isValid()).toBe(true);
  });

  it('does without the engine where its kernels do not run, and says so', async () => {
    const preload = write(
      'no-kernels.cjs',
      `const { validate } = WebAssembly;
       WebAssembly.validate = (bytes) => bytes.length < 1000 && validate(bytes);`,
    );
    const { code, stdout } = await run('prove', proveArgs(), preload);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The engine could not prove here \(resource\.no-tier\); snarkjs did\.\n/);
    expect(stdout).toContain('Proved with snarkjs');
    expect(await isValid()).toBe(true);
  });

  it('does without the engine where its memory cannot be had, and says so', async () => {
    const preload = write(
      'no-memory.cjs',
      `WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
         construct(Memory, [wanted]) {
           if (wanted.shared) throw new RangeError('planted');
           return new Memory(wanted);
         },
       });`,
    );
    const { code, stdout } = await run('prove', proveArgs({ threads: '2' }), preload);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The engine could not prove here \(resource\.memory\); snarkjs did\.\n/);
    expect(await isValid()).toBe(true);
  });

  it('takes a witness instead of an input', async () => {
    const wtns = await calculateWitness(new Uint8Array(readFileSync(tinyFile('product.wasm'))), tiny.input);
    const args = { ...without(proveArgs(), 'wasm', 'input'), wtns: write('good.wtns', wtns) };
    expect((await run('prove', { ...args, proof: file('p2.json'), public: file('s2.json') })).code).toBe(0);
    expect(await isValid(file('p2.json'), file('s2.json'))).toBe(true);
    const false_ = wtns.slice();
    false_[false_.length - 32] = false_[false_.length - 32]! ^ 1;
    for (const prover of ['engine', 'snarkjs']) {
      const refused = await run('prove', {
        ...args,
        prover,
        wtns: write('false.wtns', false_),
        proof: file('p3.json'),
        public: file('s3.json'),
      });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('does not verify');
    }
    expect(existsSync(file('p3.json')) || existsSync(file('s3.json'))).toBe(false);
  });

  it('starts no other thread with --threads 1', async () => {
    const preload = write(
      'count.cjs',
      `const threads = require('node:worker_threads');
       const Real = threads.Worker;
       let started = 0;
       threads.Worker = class extends Real { constructor(...args) { started++; super(...args); } };
       process.on('exit', () => process.stderr.write('started ' + started));`,
    );
    for (const prover of ['engine', 'snarkjs']) {
      expect((await run('prove', proveArgs({ prover }), preload)).stderr).toBe('started 0');
      const { stderr } = await run('prove', proveArgs({ prover, threads: '2' }), preload);
      expect(stderr).not.toContain('started 0');
    }
  });

  it('refuses an input that is not true, and leaves earlier files alone', async () => {
    const before = readFileSync(file('proof.json'), 'utf8');
    const input = write('untrue.json', JSON.stringify({ ...tiny.input, c: '1' }));
    const { code, stderr, stdout } = await run('prove', proveArgs({ input }));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The constraint system refused this input\. \[template Product_?\w*, line \d+\]/);
    expect(stdout + stderr).not.toContain(String(tiny.input.a));
    expect(readFileSync(file('proof.json'), 'utf8')).toBe(before);
  });

  it('says where an input is not JSON, without quoting it', async () => {
    const input = write('broken.json', `{\n  "a": "${tiny.input.a}",\n  "b": ${tiny.input.a}oops\n}`);
    const { code, stderr } = await run('prove', proveArgs({ input }));
    expect(code).toBe(2);
    expect(stderr).toContain('line 3, column');
    expect(stderr).not.toContain(String(tiny.input.a));
    expect(stderr).not.toContain('oops');
  });

  it.each([
    ['cut off', '{\n  "a": "1",\n  "b": [1,', 'line 3, column 11'],
    ['empty', '', 'line 1, column 1'],
    ['a word', 'hello', 'line 1, column 1'],
    ['a comma too many', '{"a": 1,}', 'line 1, column 9'],
  ])('says line and column of what is %s', async (_, text, where) => {
    const { code, stderr } = await run('prove', proveArgs({ input: write('broken.json', text) }));
    expect(code).toBe(2);
    expect(stderr).toContain(`broken.json, ${where}]`);
  });

  it.each<[string, () => Record<string, string>, number, RegExp]>([
    ['no key', () => without(proveArgs(), 'zkey'), 2, /--zkey is missing/],
    ['no witness', () => without(proveArgs(), 'input'), 2, /either --wtns, or both --wasm and --input/],
    ['both', () => proveArgs({ wtns: 'x' }), 2, /either --wtns, or both --wasm and --input/],
    ['an unknown flag', () => proveArgs({ fast: 'yes' }), 2, /--fast/],
    ['another prover', () => proveArgs({ prover: 'magic' }), 2, /engine or snarkjs/],
    ['no threads', () => proveArgs({ threads: '0' }), 2, /--threads is a whole number/],
    [
      'an absent file',
      () => proveArgs({ zkey: '/absent/key' }),
      2,
      /cannot be read \(ENOENT\)\. \[\/absent\/key\]/,
    ],
    ['a key that is none', () => proveArgs({ zkey: tinyFile('product.wasm') }), 1, /not a \.zkey file/],
    [
      'a calculator that is none',
      () => proveArgs({ wasm: tinyFile('product.zkey') }),
      1,
      /not one that circom 2 made/,
    ],
    ['a list as input', () => proveArgs({ input: write('list.json', '[1]') }), 2, /not a JSON object/],
    ['a folder that is not there', () => proveArgs({ public: '/absent/p.json' }), 2, /cannot be written/],
  ])('ends with one clear line for %s', async (_, args, code, words) => {
    const ended = await run('prove', args());
    expect(ended.stderr).toMatch(words);
    expect(ended.code).toBe(code);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  it('refuses to write over an input, or two outputs into one file', async () => {
    const linked = file('linked.json');
    symlinkSync(tinyFile('input.json'), linked);
    for (const [args, words] of [
      [proveArgs({ public: file('proof.json') }), '--public and --proof are the same file.'],
      [proveArgs({ public: join(folder, '.', 'x', '..', 'proof.json') }), '--public and --proof'],
      [proveArgs({ proof: linked }), '--proof and --input are the same file.'],
      [proveArgs({ public: tinyFile('product.zkey') }), '--public and --zkey are the same file.'],
    ] as const) {
      const before = readFileSync(tinyFile('product.zkey'));
      const { code, stderr } = await run('prove', args);
      expect(code).toBe(2);
      expect(stderr).toContain(words);
      expect(readFileSync(tinyFile('product.zkey')).equals(before)).toBe(true);
    }
    expect(json(tinyFile('input.json'))).toEqual(tiny.input);
  });

  it('explains itself', async () => {
    expect(await run('prove', {})).toMatchObject({ code: 2, stderr: expect.stringContaining('--help') });
    for (const command of ['prove', 'verify'] as const) {
      const { code, stdout } = await run(command, { help: '' });
      expect(code).toBe(0);
      expect(stdout).toContain(`npm run ${command} -- --`);
    }
  });
});

describe('verify', () => {
  it('ends with 0 for a valid proof and names each check', async () => {
    const { code, stdout } = await run('verify', verifyArgs());
    expect(code).toBe(0);
    expect(stdout).toContain('ok     Verifiers agree');
    expect(stdout).toMatch(/The proof is valid\.\nDevelopment key: anyone can forge with it\.\n$/);
  });

  it('ends with 1 for anything else that is JSON', async () => {
    const signals = json(file('public.json')) as string[];
    const changes: Record<string, string>[] = [
      { public: write('other.json', JSON.stringify([String(BigInt(signals[0]!) + 1n)])) },
      { public: write('short.json', '[]') },
      { public: write('number.json', '[5]') },
      { proof: write('empty.json', '{}') },
      { proof: tinyFile('product.vkey.json') },
      { vkey: file('proof.json') },
      { vkey: write('null.json', 'null') },
      { proof: write('deep.json', '['.repeat(100_000) + ']'.repeat(100_000)) },
    ];
    for (const change of changes) {
      const { code, stdout, stderr } = await run('verify', verifyArgs(change));
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      expect(stdout).toContain('FAILED');
      expect(stdout).toMatch(/The proof is not valid\.\n(Development key: .*\n)?$/);
      // Said of a key that can be read, whatever the verdict.
      expect(stdout.includes('Development key')).toBe(!('vkey' in change));
    }
  });

  it('ends with 2 for what cannot be read', async () => {
    for (const args of [
      verifyArgs({ proof: '/absent' }),
      verifyArgs({ proof: folder }),
      verifyArgs({ public: write('text.json', 'hello') }),
      verifyArgs({ vkey: write('large.json', ' '.repeat(5_000_000)) }),
      without(verifyArgs(), 'vkey'),
      verifyArgs({ nonsense: '1' }),
    ]) {
      const { code, stdout, stderr } = await run('verify', args);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).not.toBe('');
    }
  });
});

describe.skipIf(testData('semaphore-32.zkey') === undefined)('Semaphore depth 32', () => {
  it('goes through both commands', async () => {
    const data = (name: string) => testData(`semaphore-32.${name}`)!;
    const args = { zkey: data('zkey'), wasm: data('wasm'), input: data('input.json'), threads: '2' };
    const outputs = { proof: file('semaphore-proof.json'), public: file('semaphore-public.json') };
    const proved = await run('prove', { ...args, ...outputs });
    expect(proved).toMatchObject({ code: 0, stderr: '' });
    const verified = await run('verify', { ...outputs, vkey: data('vkey.json') });
    expect(verified.code).toBe(0);
    expect(proved.stdout + verified.stdout).not.toContain('Development key');
    expect((await run('verify', { ...outputs, vkey: tinyFile('product.vkey.json') })).code).toBe(1);
  });
});
