// Files of the circuit build: digests, atomic writes, and a lock so that two builds take turns.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOCK = '.lock';
const WORK_PREFIX = '.work-';
const BEAT_MS = 2_000;
// A holder that has not touched its lock for this long is gone, or its machine slept.
const STALE_MS = 30_000;

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Streams, so that a key of hundreds of megabytes is never held whole. Undefined when there is no file. */
export async function describeFile(path: string): Promise<{ bytes: number; sha256: string } | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Uint8Array);
      bytes += (chunk as Uint8Array).length;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Whoever reads sees the old file or the new one, never a part. */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A fresh folder on the same file system as `folder`, so that results can be renamed into place; removed at
 * the end, whatever happens. */
export async function inWorkFolder<T>(folder: string, work: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, `${WORK_PREFIX}${randomUUID()}`);
  await mkdir(path, { recursive: true });
  try {
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** What killed builds left behind. Call it under the lock. */
export async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(WORK_PREFIX) || name.endsWith('.tmp')) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Runs `work` while holding `folder`'s lock. Waits for another build to end, or to be found dead; `onWait`
 * hears about it once. */
export async function withLock<T>(folder: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, LOCK);
  const mine = `${process.pid} ${randomUUID()}`;
  let told = false;
  while (!(await tryCreate(path, mine))) {
    if (await isStale(path)) {
      await clearStale(path);
      continue;
    }
    if (!told) onWait?.();
    told = true;
    await sleep(200);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // a lost lock costs double work, not correctness
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await readFile(path, 'utf8').catch(() => '')) === mine) await unlink(path);
  }
}

async function tryCreate(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(content);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [{ mtimeMs }, content] = await Promise.all([stat(path), readFile(path, 'utf8')]);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    const pid = Number(content.split(' ')[0]);
    if (!Number.isInteger(pid) || pid <= 0) return false; // just being written
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // ESRCH: the holder is dead. ENOENT: the lock is free, and the next try will take it.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Removes a dead holder's lock. Two waiters may both come here: the slower one must not remove the faster
 * one's new lock, so what was moved away is looked at again and put back if it lives. */
async function clearStale(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    await rename(path, aside);
  } catch {
    return; // someone else did it
  }
  if (!(await isStale(aside))) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}
