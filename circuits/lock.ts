// A lock file, so that two builds in one folder take turns; a dead holder's lock is taken over, by one waiter.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOCK = '.lock';
const POLL_MS = 200;
const BEAT_MS = 2_000;
// A holder that has not touched its lock for this long is gone, or its machine slept.
const STALE_MS = 30_000;

/** Runs `work` while holding `folder`'s lock. Waits for another build to end, or to be found dead; `onWait`
 * hears about it once. */
export async function withLock<T>(folder: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, LOCK);
  const mine = `${process.pid} ${randomUUID()}`;
  let told = false;
  while (!(await tryCreate(path, mine))) {
    const holder = await staleHolder(path);
    if (holder !== undefined && (await clearStale(path, holder))) continue;
    if (!told) onWait?.();
    told = true;
    await sleep(POLL_MS);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // a lost lock costs double work, not correctness
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await contentOf(path)) === mine) await rm(path, { force: true });
  }
}

/** The lock appears whole or not at all: who else looks never reads half a name. */
async function tryCreate(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}.tmp`;
  await writeFile(draft, content);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    // ENOENT: the holder swept the draft away with what killed builds left.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

const contentOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);

/** What the lock says, if its holder is dead or has been silent for too long. */
async function staleHolder(path: string): Promise<string | undefined> {
  const content = await contentOf(path);
  if (content === undefined) return undefined;
  const touched = await stat(path).catch(() => undefined);
  if (touched === undefined) return undefined;
  const silent = Date.now() - touched.mtimeMs > STALE_MS;
  return silent || !isAlive(Number(content.split(' ')[0])) ? content : undefined;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Removes the lock that `holder` left. Several waiters may come here, some of them late, so whoever removes it
 * first takes a claim on that very holder and then looks again: a lock that has changed hands stays. A claim
 * whose taker died is cleared in the same way. True when the lock may be tried for at once. */
async function clearStale(path: string, holder: string): Promise<boolean> {
  const claim = `${path}.${holder.split(' ').at(-1)}`;
  if (!(await tryCreate(claim, `${process.pid} ${randomUUID()}`))) {
    const taker = await staleHolder(claim);
    return taker !== undefined && clearStale(claim, taker);
  }
  if ((await contentOf(path)) === holder) await rm(path, { force: true });
  await rm(claim, { force: true });
  return true;
}
