// A PostgreSQL of its own for a test: on a free port, in a folder of its own, gone afterwards. It refuses to run as
// root, so a test that does gives it to another user.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findProgram } from '../../scripts/test-programs.ts';
import { freePort } from './redis-server.ts';

export interface PostgresServer {
  port: number;
  /** Of its one database. */
  url: string;
  folder: string;
  query(text: string): Promise<Record<string, unknown>[]>;
  /** As pg_dump writes it, of all databases. */
  dump(): Promise<string>;
  /** SIGKILL to all of it, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const INITDB = findProgram('initdb');
/** Where all its programs are; undefined: the tests that need it are listed as skipped. */
export const POSTGRES = INITDB === undefined ? undefined : dirname(realpathSync(INITDB));

/** Nobody's, by convention. */
const NOBODY = 65_534;
const run = promisify(execFile);

export async function startPostgres(args: string[] = []): Promise<PostgresServer> {
  if (POSTGRES === undefined) throw new Error('No PostgreSQL was found.');
  const as = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-postgres-'));
  if ('uid' in as) chownSync(folder, NOBODY, NOBODY);
  const port = await freePort();
  const data = join(folder, 'data');
  const plain = { ...as, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
  await run(
    join(POSTGRES, 'initdb'),
    ['-D', data, '-U', 'gnomon', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    plain,
  );
  const fixed = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  const url = `postgres://gnomon@127.0.0.1:${port}/postgres`;
  let child: ChildProcess;
  let ended: Promise<void>;

  async function query(text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  function launch(): void {
    // A group of its own: its children end with it.
    child = spawn(join(POSTGRES as string, 'postgres'), [...fixed, ...args], {
      ...plain,
      stdio: 'ignore',
      detached: true,
    });
    ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  async function start(): Promise<void> {
    launch();
    for (const endMs = Date.now() + 30_000; ; ) {
      if (await query('SELECT 1').then(Boolean, () => false)) return;
      if (Date.now() > endMs) throw new Error('The test’s PostgreSQL did not start.');
      // It refuses to while processes of one that was killed have not yet noticed that.
      if (child.exitCode !== null) launch();
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  async function kill(): Promise<void> {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await ended;
  }
  await start();
  return {
    ...{ port, url, folder, query, kill },
    async dump() {
      const dumped = await run(join(POSTGRES as string, 'pg_dumpall'), ['-d', url], {
        ...plain,
        maxBuffer: 1 << 28,
      });
      return dumped.stdout;
    },
    restart: start,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
