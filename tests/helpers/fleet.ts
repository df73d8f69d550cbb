// A fleet as it is run: its own Redis, its own key file, machines as processes from dist/.
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { rotateKeys } from '../../worker-server/fleet/keys.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { type RunningWorkerServer, startWorkerServer } from './worker-server.ts';

export interface Machines {
  keyFile: string;
  /** Of the first key. */
  keyId: string;
  start(role: 'gateway' | 'prover' | 'both', args?: string[]): Promise<RunningWorkerServer>;
  /** Ends them; their queue is not theirs. */
  stop(): Promise<void>;
}

export interface TestFleet extends Machines {
  redis: RedisServer;
}

export async function startFleet(circuitsFolder: string, redisArgs: string[] = []): Promise<TestFleet> {
  const redis = await startRedis(redisArgs);
  const machines = await machinesOn(redis.url, circuitsFolder, redis.folder);
  return {
    ...machines,
    redis,
    async stop() {
      await machines.stop();
      await redis.stop();
    },
  };
}

/** Machines for the queue at `url`, with a new key in `folder` or with the keys of others. */
export async function machinesOn(
  url: string,
  circuitsFolder: string,
  folder: string,
  keys: { keyFile: string; keyId: string } | null = null,
): Promise<Machines> {
  const keyFile = keys?.keyFile ?? join(folder, 'fleet-keys.json');
  const keyId = keys?.keyId ?? (await rotateKeys(keyFile, 3, Date.now()));
  const machines: RunningWorkerServer[] = [];
  return {
    keyFile,
    keyId,
    async start(role, args = []) {
      const fleet = ['--queue', url, '--role', role, '--fleet-key', keyFile, '--redis-patched'];
      const machine = await startWorkerServer({
        circuitsFolder,
        args: [...fleet, '--threads', '1', '--concurrency', '1', ...args],
      });
      machines.push(machine);
      return machine;
    },
    async stop() {
      for (const machine of machines) machine.kill('SIGKILL');
      await Promise.all(machines.map(({ exited }) => exited));
    },
  };
}

/** Nothing is given out until what it answers is called. */
export async function pauseQueue(redis: Redis): Promise<() => Promise<void>> {
  await redis.hset('gnomon:queue:jobs:meta', 'paused', '1');
  return async () => void (await redis.hdel('gnomon:queue:jobs:meta', 'paused'));
}

/** All of Redis, as text. */
export async function allOfRedis(redis: Redis): Promise<string> {
  const parts: string[] = [];
  for (const key of await redis.keys('*'))
    parts.push(key, (await redis.dumpBuffer(key))?.toString('latin1') ?? '');
  return parts.join('\n');
}
