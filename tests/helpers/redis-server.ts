// A Redis of its own for a test: on a free port, in a folder of its own, gone afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findProgram } from '../../scripts/test-programs.ts';

export interface RedisServer {
  port: number;
  url: string;
  folder: string;
  pid(): number;
  /** SIGKILL, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Undefined: the tests that need it are listed as skipped. */
export const REDIS = process.env.GNOMON_REDIS ?? findProgram('redis-server');

/** `prepare` may put files into its folder before it starts. */
export async function startRedis(
  args: string[] = [],
  prepare: (folder: string) => void = () => {},
): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-redis-'));
  prepare(folder);
  const port = await freePort();
  const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  // What is dumped can be searched.
  fixed.push('--rdbcompression', 'no');
  const durable = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
  let child: ChildProcess;
  let ended: Promise<void>;

  async function start(): Promise<void> {
    if (REDIS === undefined) throw new Error('No redis-server was found.');
    child = spawn(REDIS, [...fixed, ...durable, ...args], { stdio: 'ignore' });
    ended = new Promise((resolve) => child.once('exit', () => resolve()));
    for (const endMs = Date.now() + 20_000; !(await answers(port, args)); ) {
      if (Date.now() > endMs) throw new Error('The test’s Redis did not start.');
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}/0`,
    folder,
    pid: () => child.pid ?? 0,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    restart: start,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number, args: string[]): Promise<boolean> {
  if (args.includes('--tls-port')) return true;
  const redis = new Redis({ port, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  try {
    await redis.connect();
    const said = await redis.ping().catch((error: Error) => error.message);
    return said === 'PONG' || said.startsWith('NOAUTH');
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

/** All that a process has written into its memory, as Linux shows it to whoever started it. */
export function memoryOf(pid: number): Buffer {
  const file = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const parts = readFileSync(`/proc/${pid}/maps`, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
        if (from === '') return [];
        const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
        const part = Buffer.alloc(end - start);
        try {
          return [part.subarray(0, readSync(file, part, 0, part.length, start))];
        } catch {
          // The kernel's own pages.
          return [];
        }
      });
    return Buffer.concat(parts);
  } finally {
    closeSync(file);
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
