// Builds reputation circuits: circom → r1cs and wasm → development key → manifest, smallest first. Each step
// is skipped when the digest of its inputs is unchanged and its files are what the manifest says.
import { readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GnomonError } from '../src/core/errors.ts';
import type { CircuitEntry } from '../src/core/manifest.ts';
import { PUBLIC_SIGNALS } from '../src/reputation/claim.ts';
import { compileCircuit, compilerFingerprint, packageVersion, projectRoot, runNode } from './compile.ts';
import type { KeyFacts, KeyProcessReport } from './dev-key-process.ts';
import { describeFile, inWorkFolder, sha256, sweep, writeAtomically } from './files.ts';
import { withLock } from './lock.ts';
import { readManifest, removeEntry, replaceEntry } from './manifest-file.ts';
import { CIRCUIT_SIZES, type CircuitSize } from './signals.ts';

/** What must not be outgrown: the domain decides how long a proof takes. */
const LARGEST_DOMAIN: Record<CircuitSize, number> = { 16: 2 ** 14, 64: 2 ** 15, 256: 2 ** 16, 1024: 2 ** 18 };

/** What decides a key's bytes. The engine's arithmetic does not: it is checked wherever the key maker uses it. */
const KEY_SOURCES = ['dev-key.ts', 'dev-key-scalars.ts', 'dev-key-process.ts', 'fixed-base.ts', 'r1cs.ts'];

export type BuildStep = 'waiting' | 'compiling' | 'key' | 'built' | 'unchanged';

export interface BuildProgress {
  /** e.g. `reputation-64`. */
  id: string;
  /** `waiting`: another build holds the folder. `built` and `unchanged` end a circuit. */
  step: BuildStep;
  /** Share of this step that is done, 0…1; only `key` has steps in between. */
  share: number;
}

export interface BuildOptions {
  /** All unless told otherwise. */
  sizes?: readonly CircuitSize[];
  onProgress?: (progress: BuildProgress) => void;
  /** circuits/build unless told otherwise. */
  outFolder?: string;
  signal?: AbortSignal;
}

/** Digests of the inputs that a circuit's files were made from and of what the compiler made; kept beside them.
 * The manifest has the digests of the keys. */
interface Stamp {
  compile: string;
  /** Of the key maker's sources, for a development key. */
  key: string;
  r1cs: string;
  wasm: string;
}

type CompiledDigests = Pick<Stamp, 'r1cs' | 'wasm'>;

interface Context {
  root: string;
  outFolder: string;
  onProgress: (progress: BuildProgress) => void;
  signal: AbortSignal | undefined;
}

export function buildFolder(root = projectRoot()): string {
  return join(root, 'circuits', 'build');
}

async function digestOf(folder: string, names: string[], extra = ''): Promise<string> {
  const digests = await Promise.all(names.map(async (name) => sha256(await readFile(join(folder, name)))));
  return sha256([extra, ...names.map((name, i) => `${name} ${digests[i]}`)].join('\n'));
}

async function inputDigests(root: string, id: string): Promise<Omit<Stamp, keyof CompiledDigests>> {
  const folder = join(root, 'circuits');
  return {
    compile: await digestOf(folder, ['reputation.circom', `${id}.circom`], compilerFingerprint(root)),
    key: await digestOf(folder, KEY_SOURCES, packageVersion(root, 'ffjavascript')),
  };
}

async function readStamp(outFolder: string, id: string): Promise<Partial<Stamp>> {
  try {
    const value: unknown = JSON.parse(await readFile(join(outFolder, `${id}.inputs.json`), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Partial<Stamp>) : {};
  } catch {
    return {}; // none, or unreadable: build
  }
}

async function isIntact(outFolder: string, entry: CircuitEntry): Promise<boolean> {
  for (const { url, bytes, sha256: digest } of Object.values(entry.artifacts)) {
    const file = await describeFile(join(outFolder, url));
    if (file === undefined || file.bytes !== bytes || file.sha256 !== digest) return false;
  }
  return true;
}

async function compiledDigests(outFolder: string, id: string): Promise<Partial<CompiledDigests>> {
  const digest = async (kind: keyof CompiledDigests) =>
    (await describeFile(join(outFolder, `${id}.${kind}`)))?.sha256;
  const [r1cs, wasm] = [await digest('r1cs'), await digest('wasm')];
  return { ...(r1cs && { r1cs }), ...(wasm && { wasm }) };
}

/** Makes r1cs, wasm and sym in place unless they are current; returns their digests. */
async function ensureCompiled(
  context: Context,
  id: string,
  wanted: string,
  stamp: Partial<Stamp>,
): Promise<CompiledDigests> {
  const { root, outFolder, signal } = context;
  const { r1cs, wasm } = await compiledDigests(outFolder, id);
  // A file that is there but damaged would be listed under the damage's digest: the digests must agree.
  if (stamp.compile === wanted && r1cs !== undefined && wasm !== undefined) {
    if (r1cs === stamp.r1cs && wasm === stamp.wasm) return { r1cs, wasm };
  }
  context.onProgress({ id, step: 'compiling', share: 0 });
  await inWorkFolder(outFolder, async (work) => {
    const mainFile = join(root, 'circuits', `${id}.circom`);
    const files = await compileCircuit({ mainFile, outFolder: work, root, signal });
    const [r1csMade, wasmMade] = await Promise.all([describeFile(files.r1cs), describeFile(files.wasm)]);
    const entry = (await readManifest(outFolder)).circuits.find((circuit) => circuit.id === id);
    const same = r1csMade?.sha256 === stamp.r1cs && wasmMade?.sha256 === entry?.artifacts.wasm.sha256;
    // Else the files do not belong together from here until the end. The same ones may belong to a ceremony.
    if (!same) await removeEntry(outFolder, id);
    for (const [kind, path] of Object.entries(files)) await rename(path, join(outFolder, `${id}.${kind}`));
  });
  context.onProgress({ id, step: 'compiling', share: 1 });
  return (await compiledDigests(outFolder, id)) as CompiledDigests;
}

async function makeKey(context: Context, id: string, size: CircuitSize): Promise<KeyFacts> {
  const { root, outFolder, signal, onProgress } = context;
  const loader = pathToFileURL(createRequire(join(root, 'package.json')).resolve('tsx')).href;
  onProgress({ id, step: 'key', share: 0 });
  return inWorkFolder(outFolder, async (work) => {
    const r1cs = join(outFolder, `${id}.r1cs`);
    const [zkey, vkey, facts] = [join(work, 'zkey'), join(work, 'vkey'), join(work, 'facts')];
    const { exitCode, output } = await runNode(
      ['--import', loader, join(root, 'circuits', 'dev-key-process.ts'), r1cs, zkey, vkey, facts],
      {
        cwd: root,
        signal,
        onMessage: (message) => onProgress({ id, step: 'key', share: (message as KeyProcessReport).share }),
      },
    );
    if (exitCode !== 0) {
      throw new GnomonError(
        'circuit.key',
        `The development key of ${id} could not be made.\n${output.trim()}`,
        {
          nextStep: 'Check free memory and disk space, then run npm run circuits again.',
          where: id,
        },
      );
    }
    const made = JSON.parse(await readFile(facts, 'utf8')) as KeyFacts;
    refuseLargerDomain(size, made.domain);
    await removeEntry(outFolder, id);
    await rename(zkey, join(outFolder, `${id}.zkey`));
    await rename(vkey, join(outFolder, `${id}.vkey.json`));
    return made;
  });
}

/** The manifest's description of files that lie in `outFolder`. */
export async function describeCircuit(
  outFolder: string,
  id: string,
  facts: Pick<CircuitEntry, 'capacity' | 'constraints' | 'domain' | 'publicSignals' | 'setup' | 'ceremony'>,
): Promise<CircuitEntry> {
  const artifact = async (url: string) => ({ url, ...(await describeFile(join(outFolder, url)))! });
  return {
    id,
    ...facts,
    artifacts: {
      wasm: await artifact(`${id}.wasm`),
      zkey: await artifact(`${id}.zkey`),
      vkey: await artifact(`${id}.vkey.json`),
    },
  };
}

function refuseLargerDomain(size: CircuitSize, domain: number): void {
  if (domain <= LARGEST_DOMAIN[size]) return;
  throw new GnomonError(
    'circuit.domain',
    `reputation-${size} has outgrown its domain of ${LARGEST_DOMAIN[size]} rows.`,
    {
      nextStep: 'Make the circuit smaller, or change its domain knowingly.',
      where: `reputation-${size}`,
    },
  );
}

async function buildOne(context: Context, size: CircuitSize): Promise<CircuitEntry> {
  const { root, outFolder, onProgress } = context;
  const id = `reputation-${size}`;
  const wanted = await inputDigests(root, id);
  const stamp = await readStamp(outFolder, id);
  const entry = (await readManifest(outFolder)).circuits.find((circuit) => circuit.id === id);
  const isCeremony = entry?.setup === 'ceremony';

  if (entry !== undefined && stamp.compile === wanted.compile && (isCeremony || stamp.key === wanted.key)) {
    // The manifest does not list the r1cs; a ceremony's steps look at it themselves.
    const intact = isCeremony || (await compiledDigests(outFolder, id)).r1cs === stamp.r1cs;
    if (intact && (await isIntact(outFolder, entry))) {
      onProgress({ id, step: 'unchanged', share: 1 });
      return entry;
    }
  }
  if (isCeremony) {
    // Never replaced silently: a ceremony cannot be repeated by a build.
    throw new GnomonError(
      'circuit.ceremony-stale',
      `${id} has a ceremony key that no longer fits its circuit.`,
      {
        nextStep: `Restore the circuit or hold a new ceremony; or delete ${id}.* and its manifest entry in circuits/build for a development key.`,
        where: id,
      },
    );
  }
  const compiled = await ensureCompiled(context, id, wanted.compile, stamp);
  const { constraints, domain } = await makeKey(context, id, size);
  const made = await describeCircuit(outFolder, id, {
    capacity: size,
    constraints,
    domain,
    publicSignals: [...PUBLIC_SIGNALS],
    setup: 'development',
  });
  await writeAtomically(
    join(outFolder, `${id}.inputs.json`),
    `${JSON.stringify({ ...wanted, ...compiled }, null, 1)}\n`,
  );
  await replaceEntry(outFolder, made);
  onProgress({ id, step: 'built', share: 1 });
  return made;
}

/** Compiles circuits and makes development keys, smallest first; the manifest gains each circuit as it is
 * ready. A no-op when all is up to date. Two builds of one folder take turns. */
export async function buildCircuits(options: BuildOptions = {}): Promise<CircuitEntry[]> {
  const root = projectRoot();
  const outFolder = options.outFolder ?? buildFolder(root);
  const onProgress = options.onProgress ?? (() => {});
  const sizes = [...new Set(options.sizes ?? CIRCUIT_SIZES)].sort((a, b) => a - b);
  const context = { root, outFolder, onProgress, signal: options.signal };
  const entries: CircuitEntry[] = [];
  for (const size of sizes) {
    // Locked one by one, so that who waits for the smallest does not wait for the largest.
    const build = async () => {
      await sweep(outFolder);
      return buildOne(context, size);
    };
    const onWait = () => onProgress({ id: `reputation-${size}`, step: 'waiting', share: 0 });
    entries.push(await withLock(outFolder, build, onWait));
  }
  return entries;
}

/** Compiles one size without touching its key: what a ceremony starts from. Call it under the folder's lock. */
export async function compileForCeremony(size: CircuitSize, outFolder: string): Promise<Stamp> {
  const root = projectRoot();
  const id = `reputation-${size}`;
  const wanted = await inputDigests(root, id);
  const context = { root, outFolder, onProgress: () => {}, signal: undefined };
  const compiled = await ensureCompiled(context, id, wanted.compile, await readStamp(outFolder, id));
  return { ...wanted, ...compiled };
}
