// Folders for the files of a proof that another program makes, a witness among them: in memory where the platform has
// such a place, readable by their owner alone, and swept at the next start should a server not have come to it.
import { constants } from 'node:fs';
import { access, lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ProofFolders {
  /** False: what is written there may reach a disk. */
  readonly inMemory: boolean;
  make(): Promise<string>;
}

const PREFIX = 'gnomon-proof';
/** Where containers share a folder, process ids alone do not tell whose one is. */
const HOST = hostname()
  .replace(/[^A-Za-z0-9]/g, '_')
  .slice(0, 64);

/** Sweeps what servers of this machine left that are gone. `at`: where, instead of the best place there is. */
export async function openProofFolders(at?: string): Promise<ProofFolders> {
  const memory = at ?? '/dev/shm';
  const inMemory = await access(memory, constants.W_OK).then(
    () => true,
    () => false,
  );
  const parent = inMemory ? memory : tmpdir();
  await sweep(parent);
  const mine = `${PREFIX}-${HOST}-${process.pid}-${(await startOf(process.pid)) ?? 0}-`;
  return { inMemory, make: () => mkdtemp(join(parent, mine)) };
}

async function sweep(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const pattern = new RegExp(`^${PREFIX}-${HOST}-(\\d+)-(\\d+)-\\w{6}$`);
  for (const name of names) {
    const [, pid, start] = pattern.exec(name) ?? [];
    if (pid === undefined || (await lives(Number(pid), Number(start)))) continue;
    const path = join(parent, name);
    const facts = await lstat(path).catch(() => null);
    if (facts?.isDirectory() !== true || facts.uid !== process.getuid?.()) continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/** The same process, not another one that was given its id since. */
async function lives(pid: number, start: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = await startOf(pid);
  return now === null || start === 0 || now === start;
}

/** When it began, in clock ticks since the machine did (proc(5)); null where the platform does not tell. */
async function startOf(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name in brackets may hold anything.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? null : Number(ticks);
}
