// The build: skips what is current, mends what is damaged, survives being killed, and two at once take turns.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BuildProgress, buildCircuits } from '../../circuits/build.ts';
import { compileCircuit, projectRoot } from '../../circuits/compile.ts';
import { describeFile } from '../../circuits/files.ts';
import { withLock } from '../../circuits/lock.ts';
import { ManifestSchema } from '../../src/core/manifest.ts';
import { PUBLIC_SIGNALS } from '../../src/reputation/claim.ts';
import { builtCircuit, scratchFolder } from '../helpers/circuits-variants.ts';

const outFolder = scratchFolder();
const at = (name: string) => join(outFolder, name);
const manifest = () => v.parse(ManifestSchema, JSON.parse(readFileSync(at('manifest.json'), 'utf8')));
const zkey = at('reputation-16.zkey');

async function build(): Promise<string[]> {
  const steps: string[] = [];
  const onProgress = ({ step }: BuildProgress) => {
    if (steps.at(-1) !== step) steps.push(step);
  };
  await buildCircuits({ sizes: [16], outFolder, onProgress });
  return steps;
}

/** Flips one bit amidst a file. */
function damage(path: string): Buffer {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
  return bytes;
}

const leftovers = () =>
  readdirSync(outFolder).filter((name) => name.startsWith('.') || name.endsWith('.tmp'));

describe('the build of reputation(16)', () => {
  beforeAll(async () => {
    // A build that is killed while it compiles, one while it makes the key, then one that ends.
    for (const stopAt of ['compiling', 'key']) {
      const script = `
        import { buildCircuits } from ${JSON.stringify(pathToFileURL(join(projectRoot(), 'circuits/build.ts')).href)};
        await buildCircuits({ sizes: [16], outFolder: ${JSON.stringify(outFolder)},
          onProgress: ({ step, share }) => { if (step === '${stopAt}' && (step !== 'key' || share > 0.2)) process.send('now'); } });`;
      const options = { cwd: projectRoot(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] as const };
      const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
      const child = spawn(process.execPath, args, { ...options, stdio: [...options.stdio] });
      await new Promise<void>((resolve, reject) => {
        child.once('message', () => child.kill('SIGKILL'));
        child.once('exit', (_, signal) =>
          signal === 'SIGKILL' ? resolve() : reject(new Error('it was not killed')),
        );
      });
      expect(existsSync(at('.lock'))).toBe(true);
      expect(existsSync(at('manifest.json')) ? manifest().circuits : []).toEqual([]);
      expect(existsSync(zkey)).toBe(false);
    }
    // What was compiled before the second kill is not compiled again.
    expect(await build()).toEqual(expect.arrayContaining(['key', 'built']));
  });

  test('lists a circuit with the digests of its files, and leaves nothing else behind', async () => {
    expect(leftovers()).toEqual([]);
    const [entry] = manifest().circuits;
    expect(entry).toMatchObject({
      id: 'reputation-16',
      capacity: 16,
      domain: 2 ** 14,
      publicSignals: PUBLIC_SIGNALS,
      setup: 'development',
    });
    for (const { url, bytes, sha256 } of Object.values(entry!.artifacts)) {
      expect(await describeFile(at(url))).toEqual({ bytes, sha256 });
    }
  });

  test('gives the same files as a build elsewhere', async () => {
    const elsewhere = await builtCircuit(16);
    for (const kind of ['r1cs', 'wasm', 'zkey'] as const) {
      expect(await describeFile(at(`reputation-16.${kind}`))).toEqual(await describeFile(elsewhere[kind]));
    }
  });

  test('does nothing when all is current', async () => {
    const before = statSync(zkey).mtimeMs;
    expect(await build()).toEqual(['unchanged']);
    expect(statSync(zkey).mtimeMs).toBe(before);
  });

  test('makes a damaged key anew, without compiling, and two builds at once take turns', async () => {
    const digest = (await describeFile(zkey))!.sha256;
    damage(zkey);
    const [one, other] = await Promise.all([build(), build()]);
    expect([one, other].map((steps) => steps.at(-1)).sort()).toEqual(['built', 'unchanged']);
    expect([...one, ...other]).not.toContain('compiling');
    expect((await describeFile(zkey))!.sha256).toBe(digest);
  });

  test.each([
    ['wasm', true],
    ['r1cs', true],
    ['vkey.json', false],
  ])('makes a damaged %s anew', async (kind, compiles) => {
    const path = at(`reputation-16.${kind}`);
    const before = { file: await describeFile(path), manifest: manifest() };
    damage(path);
    const steps = await build();
    expect(steps.at(-1)).toBe('built');
    expect(steps.includes('compiling')).toBe(compiles);
    expect({ file: await describeFile(path), manifest: manifest() }).toEqual(before);
    expect(await build()).toEqual(['unchanged']);
  });

  test('never replaces a ceremony key', async () => {
    const text = readFileSync(at('manifest.json'), 'utf8');
    writeFileSync(at('manifest.json'), text.replace('"development"', '"ceremony"'));
    expect(await build()).toEqual(['unchanged']);
    const bytes = damage(zkey);
    await expect(build()).rejects.toMatchObject({ code: 'circuit.ceremony-stale' });
    expect(readFileSync(zkey).equals(bytes)).toBe(true);
  });
});

describe('the compiler', () => {
  test('finds its libraries through a linked node_modules', async () => {
    const root = scratchFolder();
    cpSync(join(projectRoot(), 'circuits/reputation.circom'), join(root, 'circuits/reputation.circom'));
    cpSync(join(projectRoot(), 'package.json'), join(root, 'package.json'));
    symlinkSync(realpathSync(join(projectRoot(), 'node_modules')), join(root, 'node_modules'));
    const mainFile = join(root, 'circuits/main.circom');
    writeFileSync(mainFile, 'include "bitify.circom";\ncomponent main = Num2Bits(8);\n');
    const files = await compileCircuit({ mainFile, outFolder: root, root });
    expect(existsSync(files.wasm)).toBe(true);
  });
});

describe('the lock', () => {
  test('lets one at a time in, whatever the others find', async () => {
    const round = async () => {
      const folder = join(scratchFolder(), 'locked');
      mkdirSync(folder);
      // A dead holder's lock is in the way at first, and a claim on it whose taker died too.
      writeFileSync(join(folder, '.lock'), '999999999 gone');
      writeFileSync(join(folder, '.lock.gone'), '999999998 gone-too');
      let inside = 0;
      let most = 0;
      const enter = () =>
        withLock(folder, async () => {
          inside++;
          most = Math.max(most, inside);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside--;
        });
      await Promise.all(Array.from({ length: 6 }, enter));
      expect(most).toBe(1);
      expect(readdirSync(folder)).toEqual([]);
    };
    await Promise.all(Array.from({ length: 40 }, round));
  });

  test('is taken from a holder that has not been heard of for long, even if its number lives', async () => {
    const folder = scratchFolder();
    const lock = join(folder, '.lock');
    writeFileSync(lock, `${process.pid} silent`);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(lock, longAgo, longAgo);
    expect(await withLock(folder, async () => 'in')).toBe('in');
  });
});
