// The fleet's key ring: a file that every machine of it holds. The first key is the one that inputs are sealed to; the
// older ones still open what was sealed before. It is read again when it changes, so that rotating stops nobody.
import type { Stats } from 'node:fs';
import { type FileHandle, open as openFile, readFile, rename, rm, stat } from 'node:fs/promises';
import { GnomonError } from '../../src/core/errors.ts';
import type { Job } from '../../src/core/job.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { parseInputBytes } from '../../src/core/wire/parse.ts';
import { type SealingKey, seal, sealedParts } from '../../src/remote/sealing.ts';
import { makeOpeningKey, type OpeningKey, open, openingKeyFrom } from './opening.ts';
import { ENDED_KEPT_MS, INPUT_KEPT_MS } from './records.ts';
import type { Sealer } from './sealer.ts';

export interface KeyRing extends Sealer {
  /** As `seal`, of an input that is JSON already. */
  sealJson(json: Uint8Array, job: { id: string; circuit: CircuitEntry }): Promise<Uint8Array>;
  /** As `open`, without parsing it. */
  openJson(sealed: Uint8Array, job: Pick<Job, 'id' | 'circuit'>): Promise<Uint8Array | 'no-key' | null>;
  /** Whom to seal to now. */
  current(): SealingKey;
  /** Whether this ring opens it, or a ring that is newer by now. */
  knows(sealed: Uint8Array): Promise<boolean>;
  /** Bytes that are no input: what a gateway wants back later. */
  sealText(text: string, what: { circuit: string; jobId: string }): Promise<string>;
  /** Null: it cannot be read. */
  openText(sealed: string, what: { circuit: string; jobId: string }): Promise<string | null>;
  close(): void;
}

interface KeyFile {
  version: 1;
  keys: { addedAtMs: number; jwk: Record<string, unknown> }[];
}

const LOOK_EVERY_MS = 2_000;
/** Until the file with a newer key is on every machine. */
const COPYING_MS = 24 * 3_600_000;
/** How long after a newer key has come something may still wait to be opened: an input, and after the job's end what
 * the gateway keeps for whoever asks. */
const KEY_KEPT_MS = INPUT_KEPT_MS + ENDED_KEPT_MS + COPYING_MS;

/** The part of a job's id that its owner chose: what a browser knows when it seals. */
export function ownJobId(jobId: string): string {
  return jobId.slice(jobId.indexOf('\n') + 1);
}

/** Rejects with `input.config`. `onChange` hears of keys that came, and of a file that cannot be read any more. */
export async function openKeyRing(
  path: string,
  onChange: (change: { ids: string[] } | { error: GnomonError }) => void,
): Promise<KeyRing> {
  // Before it is read: what is put there meanwhile must count as a change.
  let readAtMs = await changedAtMs(path);
  let keys = await readKeys(path);

  async function look(): Promise<void> {
    const nowMs = await changedAtMs(path);
    if (nowMs === readAtMs) return;
    readAtMs = nowMs;
    try {
      keys = await readKeys(path);
      onChange({ ids: keys.map(({ offered }) => offered.id) });
    } catch (thrown) {
      // The keys that were read stay: a file that is half copied must not lose a job.
      if (thrown instanceof GnomonError) onChange({ error: thrown });
    }
  }
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();

  const first = (): OpeningKey => keys[0]!;
  const find = async (sealed: Uint8Array): Promise<OpeningKey | undefined> => {
    const id = sealedParts(sealed)?.keyId;
    const known = () => keys.find(({ offered }) => offered.id === id);
    if (known() === undefined) await look();
    return known();
  };

  function sealJson(json: Uint8Array, job: { id: string; circuit: CircuitEntry }): Promise<Uint8Array> {
    const { id, circuit } = job;
    return seal(json, first().offered, { circuit: circuit.artifacts.zkey.sha256, jobId: ownJobId(id) });
  }

  const openJson: KeyRing['openJson'] = async (sealed, { id, circuit }) => {
    if (sealedParts(sealed) === null) return null;
    const key = await find(sealed);
    if (key === undefined) return 'no-key';
    return open(sealed, key, { circuit: circuit.artifacts.zkey.sha256, jobId: ownJobId(id) });
  };

  return {
    current: () => first().offered,
    knows: async (sealed) => (await find(sealed)) !== undefined,

    seal: (input, job) => sealJson(new TextEncoder().encode(JSON.stringify(input)), job),
    sealJson,

    openJson,

    async open(sealed, job) {
      const json = await openJson(sealed, job);
      if (json === null || json === 'no-key') return json;
      try {
        return parseInputBytes(json);
      } catch {
        return null;
      }
    },

    async sealText(text, what) {
      const sealed = await seal(new TextEncoder().encode(text), first().offered, what);
      return Buffer.from(sealed).toString('base64');
    },

    async openText(text, what) {
      const sealed = new Uint8Array(Buffer.from(text, 'base64'));
      const key = await find(sealed);
      const opened = key === undefined ? null : await open(sealed, key, what);
      return opened === null ? null : new TextDecoder().decode(opened);
    },

    close: () => clearInterval(timer),
  };
}

/** Makes the file, or puts a new key before the others. Older ones go once nothing can be sealed to them any more,
 * and never the newest `keep`. Whoever owns the file goes on owning it. Answers the new key's id. Rejects with
 * `input.config`, and then nothing has changed. */
export async function rotateKeys(path: string, keep: number, nowMs: number): Promise<string> {
  // Whatever else may be wrong with a file that is there, its keys are not to be lost.
  const owner = await stat(path).catch((cause) =>
    isMissing(cause) ? null : Promise.reject(unreadable(path, cause)),
  );
  const before = owner === null ? [] : parseFile(await readText(path), path).keys;
  const made = await makeOpeningKey();
  const all = [{ addedAtMs: nowMs, jwk: made.jwk as Record<string, unknown> }, ...before];
  const keys = all.filter((_, at) => at < keep || nowMs - all[at - 1]!.addedAtMs < KEY_KEPT_MS);
  const text = `${JSON.stringify({ version: 1, keys } satisfies KeyFile, null, 2)}\n`;
  // Written beside it and moved, so that nobody ever reads half a file.
  const file = await openFile(`${path}.new`, 'w', 0o600);
  try {
    await file.chmod(0o600);
    if (owner !== null) await giveTo(owner, file);
    await file.writeFile(text);
    await file.sync();
    await rename(`${path}.new`, path);
  } catch (thrown) {
    await rm(`${path}.new`, { force: true });
    throw thrown;
  } finally {
    await file.close();
  }
  return made.offered.id;

  async function giveTo({ uid, gid }: Stats, to: FileHandle): Promise<void> {
    const now = await to.stat();
    if (now.uid === uid && now.gid === gid) return;
    await to.chown(uid, gid).catch((cause) => {
      throw new GnomonError('input.config', `${path} is another user’s, who could not read the new file.`, {
        where: 'FLEET_KEY',
        nextStep: 'Run this as that user, or as root.',
        cause,
      });
    });
  }
}

async function changedAtMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw isMissing(cause) ? wrongFile(`There is no key file at ${path}.`, cause) : unreadable(path, cause);
  });
}

function isMissing(cause: unknown): boolean {
  return (cause as { code?: string }).code === 'ENOENT';
}

function unreadable(path: string, cause: { code?: string }): GnomonError {
  return new GnomonError('input.config', `The key file ${path} cannot be read: ${cause.code ?? 'unknown'}.`, {
    where: 'FLEET_KEY',
    nextStep: 'It must belong to the user that this runs as; nothing has been changed.',
    cause,
  });
}

async function readKeys(path: string): Promise<OpeningKey[]> {
  const { keys } = parseFile(await readText(path), path);
  try {
    return await Promise.all(keys.map(({ jwk }) => openingKeyFrom(jwk)));
  } catch {
    throw wrongFile(`${path} holds something that is not a key.`);
  }
}

function parseFile(text: string, path: string): KeyFile {
  try {
    const file = JSON.parse(text) as KeyFile;
    if (file.version === 1 && Array.isArray(file.keys) && file.keys.length > 0) return file;
  } catch {
    // Said below.
  }
  throw wrongFile(`${path} is not a key file.`);
}

function wrongFile(message: string, cause?: unknown): GnomonError {
  return new GnomonError('input.config', message, {
    where: 'FLEET_KEY',
    nextStep: 'Make one with: npm run fleet-key -- FILE. Then copy it to every machine of the fleet.',
    cause,
  });
}
