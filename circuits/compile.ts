// Runs circom (circom2: the compiler as WebAssembly) on one main file, in a child process so that the
// caller's event loop stays free.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GnomonError } from '../src/core/errors.ts';

// Full linear simplification: the same proof, a third of the rows.
const FLAGS = ['--r1cs', '--wasm', '--sym', '--O2'];
const LIBRARIES = ['circom2', 'circomlib', '@zk-kit/binary-merkle-root.circom'] as const;

/** The project's folder, found from this file or from a bundle of it. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'circuits', 'reputation.circom'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('circuits/reputation.circom was not found above this file');
    folder = parent;
  }
  return folder;
}

function packageFolder(root: string, name: string): string {
  const inRoot = join(root, 'node_modules', name);
  if (existsSync(inRoot)) return inRoot;
  throw new GnomonError('circuit.no-compiler', `The package ${name} is not installed.`, {
    nextStep: 'Run npm ci in the project folder.',
    where: `node_modules/${name}`,
  });
}

/** `name@version` of an installed package. */
export function packageVersion(root: string, name: string): string {
  const text = readFileSync(join(packageFolder(root, name), 'package.json'), 'utf8');
  return `${name}@${(JSON.parse(text) as { version: string }).version}`;
}

/** What besides the sources decides the compiler's output. */
export function compilerFingerprint(root: string): string {
  return [...LIBRARIES.map((name) => packageVersion(root, name)), ...FLAGS].join(' ');
}

export interface CompiledFiles {
  r1cs: string;
  wasm: string;
  sym: string;
}

/** Runs a child to its end; its last lines become the error's `where` when it fails. */
export function runNode(
  args: string[],
  options: { cwd: string; signal?: AbortSignal | undefined; onMessage?: (message: unknown) => void },
): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const killChild = () => child.kill();
    process.once('exit', killChild);
    let output = '';
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-8_000);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('message', (message: unknown) => options.onMessage?.(message));
    child.on('error', (error) => {
      process.removeListener('exit', killChild);
      reject(error);
    });
    child.on('close', (exitCode) => {
      process.removeListener('exit', killChild);
      resolve({ exitCode, output });
    });
  });
}

/** The deepest folder that holds all of these. */
function commonFolder(folders: string[]): string {
  const isWithin = (folder: string, outer: string) => !relative(outer, folder).startsWith('..');
  let common = resolve(folders[0]!);
  while (!folders.every((folder) => isWithin(folder, common))) common = dirname(common);
  return common;
}

/** Compiles a main file into `outFolder`, under the main file's name. Includes are looked for beside the
 * main file, then in circuits/, circomlib and the Merkle gadget. Throws `circuit.compile` with the compiler's words. */
export async function compileCircuit(options: {
  mainFile: string;
  outFolder: string;
  root?: string;
  signal?: AbortSignal | undefined;
}): Promise<CompiledFiles> {
  const root = options.root ?? projectRoot();
  const name = basename(options.mainFile, '.circom');
  // The compiler does not follow links out of the folder that it runs in: real paths only.
  const real = (path: string) => realpathSync(path);
  const [mainFolder, outFolder] = [real(dirname(options.mainFile)), real(options.outFolder)];
  const compiler = createRequire(join(root, 'package.json')).resolve('circom2/cli.js');
  const folders = [
    mainFolder,
    real(join(root, 'circuits')),
    real(join(packageFolder(root, 'circomlib'), 'circuits')),
    real(join(packageFolder(root, '@zk-kit/binary-merkle-root.circom'), 'src')),
  ];
  // It sees only paths below that folder.
  const cwd = commonFolder([real(root), outFolder, ...folders]);
  const seen = (path: string) => relative(cwd, path) || '.';
  const includes = folders.flatMap((folder) => ['-l', seen(folder)]);
  const main = seen(join(mainFolder, basename(options.mainFile)));
  const { exitCode, output } = await runNode([compiler, main, ...FLAGS, ...includes, '-o', seen(outFolder)], {
    cwd,
    signal: options.signal,
  });
  const files = {
    r1cs: join(options.outFolder, `${name}.r1cs`),
    wasm: join(options.outFolder, `${name}.wasm`),
    sym: join(options.outFolder, `${name}.sym`),
  };
  const compiledWasm = join(options.outFolder, `${name}_js`, `${name}.wasm`);
  if (exitCode !== 0 || !existsSync(files.r1cs) || !existsSync(compiledWasm)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the compiler colours its output
    const words = output.replace(/\u001b\[[0-9;]*m/g, '').trim();
    throw new GnomonError('circuit.compile', `The circuit ${name} does not compile.\n${words}`, {
      nextStep: 'Mend the circuit where the compiler says, and build again.',
      where: `${name}.circom`,
    });
  }
  await rename(compiledWasm, files.wasm);
  return files;
}
