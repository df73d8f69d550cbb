// Real keys: wraps snarkjs' phase 2 so that each step checks what it starts from. A key counts only after
// finishCeremony has verified it against the r1cs and the powers of tau, with at least one person's
// contribution and a closing beacon.
import { randomBytes } from 'node:crypto';
import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type SnarkjsLogger, zKey } from 'snarkjs';
import { isDevelopmentKey } from '../src/core/development-key.ts';
import { GnomonError } from '../src/core/errors.ts';
import type { CircuitEntry } from '../src/core/manifest.ts';
import { PUBLIC_SIGNALS } from '../src/reputation/claim.ts';
import { buildFolder, compileForCeremony, describeCircuit } from './build.ts';
import { describeFile, inWorkFolder, writeAtomically } from './files.ts';
import { withLock } from './lock.ts';
import { removeEntry, replaceEntry } from './manifest-file.ts';
import { checkPtau } from './ptau.ts';
import { domainSize, parseR1cs } from './r1cs.ts';
import type { CircuitSize } from './signals.ts';
import { readTranscript, type ZkeyTranscript } from './zkey-transcript.ts';

export type OnCeremonyLine = (line: string) => void;

function fail(what: string, message: string, nextStep: string, where: string): never {
  throw new GnomonError(`circuit.ceremony-${what}`, message, { nextStep, where });
}

/** snarkjs says why only to its logger. */
function listener(onLine: OnCeremonyLine = () => {}) {
  const complaints: string[] = [];
  const logger: SnarkjsLogger = {
    debug: () => {},
    info: onLine,
    warn: onLine,
    error: (line) => {
      complaints.push(line);
      onLine(line);
    },
  };
  return { logger, complaints };
}

function refuseDevelopmentKey(path: string, { alpha1 }: ZkeyTranscript): void {
  if (!isDevelopmentKey({ vk_alpha_1: alpha1 })) return;
  const message = 'This is a development key: anyone can forge with it, and no contribution mends that.';
  fail('development', message, 'Start with --ceremony new and a powers-of-tau file.', path);
}

async function domainOf(r1csPath: string): Promise<number> {
  return domainSize(parseR1cs(await readFile(r1csPath)));
}

/** The first zkey, without contributions, from an r1cs and a checked powers-of-tau file. */
export async function newCeremony(
  r1csPath: string,
  ptauPath: string,
  to: string,
  onLine?: OnCeremonyLine,
): Promise<{ circuitHash: string; ptauBy: string }> {
  const { logger, complaints } = listener(onLine);
  const ptau = await checkPtau(ptauPath, await domainOf(r1csPath), logger);
  const made = await zKey.newZKey(r1csPath, ptauPath, to, logger);
  if (!(made instanceof Uint8Array)) {
    const next = 'Give a powers-of-tau file that is prepared for phase 2.';
    fail('new', `No key could be started: ${complaints.join('; ')}`, next, ptauPath);
  }
  return { circuitHash: Buffer.from(made).toString('hex'), ptauBy: ptau.by };
}

/** Adds one contribution. `entropy` is mixed with 64 bytes of the system's own randomness; neither is kept.
 * Returns the hash that the contributor should publish. */
export async function contribute(
  from: string,
  to: string,
  name: string,
  onLine?: OnCeremonyLine,
  entropy = '',
): Promise<string> {
  refuseDevelopmentKey(from, await readTranscript(from));
  const { logger, complaints } = listener(onLine);
  const hash = await zKey.contribute(from, to, name, `${randomBytes(64).toString('hex')}${entropy}`, logger);
  if (!(hash instanceof Uint8Array)) {
    fail(
      'contribute',
      `The contribution failed: ${complaints.join('; ')}`,
      'Get the previous key again.',
      from,
    );
  }
  return Buffer.from(hash).toString('hex');
}

/** Closes the ceremony with public randomness that nobody could know before (hex; say in advance which). */
export async function applyBeacon(
  from: string,
  to: string,
  beaconHash: string,
  iterationsExponent = 10,
  onLine?: OnCeremonyLine,
): Promise<void> {
  refuseDevelopmentKey(from, await readTranscript(from));
  if (!/^([0-9a-f]{2}){16,255}$/.test(beaconHash)) {
    fail(
      'beacon',
      'A beacon is 16 to 255 bytes as lower-case hex digits.',
      'Give --beacon such a value.',
      '--beacon',
    );
  }
  if (!Number.isInteger(iterationsExponent) || iterationsExponent < 10 || iterationsExponent > 63) {
    fail(
      'beacon',
      'The iterations are 2 to the power of 10 to 63.',
      'Give --iterations 10 … 63.',
      '--iterations',
    );
  }
  const { logger, complaints } = listener(onLine);
  const made = await zKey.beacon(from, to, 'beacon', beaconHash, iterationsExponent, logger);
  if (!(made instanceof Uint8Array)) {
    fail('beacon', `The beacon failed: ${complaints.join('; ')}`, 'Get the previous key again.', from);
  }
}

/** Verifies a closed ceremony and returns its hashes for the manifest. Throws `circuit.ceremony-…`. */
export async function verifyCeremony(
  r1csPath: string,
  ptauPath: string,
  zkeyPath: string,
  onLine?: OnCeremonyLine,
): Promise<Record<string, string>> {
  const transcript = await readTranscript(zkeyPath);
  refuseDevelopmentKey(zkeyPath, transcript);
  const { contributions } = transcript;
  const beacon = contributions.at(-1)?.beacon;
  if (beacon === undefined || contributions.every((c) => c.beacon !== undefined)) {
    const message = 'A key needs at least one contribution and then a beacon; this one is not there yet.';
    fail('open', message, 'Go on with --ceremony contribute, and --ceremony beacon at the end.', zkeyPath);
  }
  const { logger, complaints } = listener(onLine);
  const ptau = await checkPtau(ptauPath, await domainOf(r1csPath), logger);
  let isValid = false;
  try {
    isValid = (await zKey.verifyFromR1cs(r1csPath, ptauPath, zkeyPath, logger)) === true;
  } catch (error) {
    complaints.push(error instanceof Error ? error.message : String(error));
  }
  if (!isValid) {
    const message = `This key does not belong to this circuit and these powers of tau. ${complaints.join('; ')}`;
    fail('invalid', message, 'Compare the r1cs and the file names with the other contributors.', zkeyPath);
  }
  return {
    'ptau blake2b': ptau.blake2b,
    'ptau checked by': ptau.by,
    'r1cs sha256': (await describeFile(r1csPath))!.sha256,
    'circuit hash': transcript.circuitHash,
    ...Object.fromEntries(
      contributions.map(({ name, hash }, i) => [`contribution ${i + 1} ${name}`.trim(), hash]),
    ),
    beacon: beacon.hash,
    'beacon iterations': `2^${beacon.iterationsExponent}`,
  };
}

/** Verifies a key and puts it in place, with its vkey and its manifest entry. `id`.r1cs and `id`.wasm lie in
 * `outFolder` already. Call it under the folder's lock. */
export async function installCeremonyKey(options: {
  id: string;
  capacity: number | null;
  publicSignals: readonly string[];
  ptau: string;
  zkey: string;
  outFolder: string;
  onLine?: OnCeremonyLine | undefined;
}): Promise<CircuitEntry> {
  const { id, capacity, outFolder, onLine } = options;
  const r1csPath = join(outFolder, `${id}.r1cs`);
  return inWorkFolder(outFolder, async (work) => {
    // A copy, so that what is verified is what is installed.
    const zkey = join(work, 'zkey');
    await copyFile(options.zkey, zkey);
    const ceremony = await verifyCeremony(r1csPath, options.ptau, zkey, onLine);
    const vkey = await zKey.exportVerificationKey(zkey);
    const r1cs = parseR1cs(await readFile(r1csPath));
    await removeEntry(outFolder, id);
    await rename(zkey, join(outFolder, `${id}.zkey`));
    await writeAtomically(join(outFolder, `${id}.vkey.json`), `${JSON.stringify(vkey, null, 1)}\n`);
    const entry = await describeCircuit(outFolder, id, {
      capacity,
      constraints: r1cs.constraints,
      domain: domainSize(r1cs),
      publicSignals: [...options.publicSignals],
      setup: 'ceremony',
      ceremony,
    });
    await replaceEntry(outFolder, entry);
    return entry;
  });
}

/** Compiles a size if need be and returns its r1cs: what every contributor starts from. */
export async function ceremonyR1cs(size: CircuitSize, outFolder = buildFolder()): Promise<string> {
  await withLock(outFolder, () => compileForCeremony(size, outFolder));
  return join(outFolder, `reputation-${size}.r1cs`);
}

/** Installs a finished ceremony's key of a reputation circuit in place of the development key. */
export async function finishCeremony(
  size: CircuitSize,
  ptau: string,
  zkey: string,
  onLine?: OnCeremonyLine,
  outFolder = buildFolder(),
): Promise<CircuitEntry> {
  const id = `reputation-${size}`;
  return withLock(outFolder, async () => {
    const stamp = await compileForCeremony(size, outFolder);
    const publicSignals = PUBLIC_SIGNALS;
    const entry = await installCeremonyKey({
      id,
      capacity: size,
      publicSignals,
      ptau,
      zkey,
      outFolder,
      onLine,
    });
    await writeAtomically(join(outFolder, `${id}.inputs.json`), `${JSON.stringify(stamp, null, 1)}\n`);
    return entry;
  });
}
