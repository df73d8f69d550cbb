// One connection to Redis or Valkey for the records, opened once it is sure that it can be trusted with jobs.
import { Redis } from 'ioredis';
import { type Allowances, examineRedis, type RedisFacts } from './checks.ts';
import { cannotOpen, heed, type Reason } from './open-refusals.ts';

/** A command that waits longer fails, so that whoever asked hears of it. */
const COMMAND_MS = 10_000;
const CONNECT_MS = 5_000;
/** What a fleet's user may do, as Redis' ACL writes it; docs/deployment/redis-fleet.conf has the same. */
const LEAST = '~gnomon* &* +@all -@admin -@dangerous +info +config|get';

const REASONS: readonly Reason[] = [
  { what: 'login', fits: /WRONGPASS|NOAUTH|invalid username-password/i, nextStep: 'Check both.' },
  { what: 'rights', fits: /NOPERM/i, nextStep: `It needs: ${LEAST}.` },
  {
    what: 'tls',
    fits: /certificate|self-signed|SSL|TLS|EPROTO|wrong version number/i,
    nextStep: 'Give its authority with --queue-ca FILE, or check that the address starts with rediss://.',
  },
  {
    what: 'unreachable',
    fits: /^/,
    nextStep: 'Check its address, that it runs, and whether it speaks TLS (rediss://).',
  },
];

/** Rejects with the first thing that is wrong; `warn` hears what the operator has allowed. */
export async function openRedis(
  connection: Record<string, unknown>,
  allowed: Allowances,
  warn: (message: string) => void,
  connectMs = CONNECT_MS,
): Promise<Redis> {
  const redis = new Redis({
    ...connection,
    lazyConnect: true,
    commandTimeout: COMMAND_MS,
    connectTimeout: connectMs,
    retryStrategy: (times: number) => Math.min(200 * times, 2_000),
  });
  // What fails says so itself; an event nobody hears would end the process.
  let last: Error | null = null;
  redis.on('error', (error: Error) => {
    last = error;
  });
  try {
    await Promise.race([
      redis.connect().catch((error: Error) => {
        throw last ?? error;
      }),
      new Promise((_, reject) => setTimeout(() => reject(last ?? new Error('no answer')), connectMs).unref()),
    ]);
    heed(examineRedis(await factsOf(redis), allowed), warn);
    return redis;
  } catch (thrown) {
    redis.disconnect();
    throw cannotOpen(thrown, REASONS);
  }
}

async function factsOf(redis: Redis): Promise<RedisFacts> {
  const info = await redis.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  return {
    server: valkey === undefined ? 'redis' : 'valkey',
    version: valkey ?? field('redis_version') ?? '0.0.0',
    policy: field('maxmemory_policy') ?? null,
    aof: field('aof_enabled') === '1',
    fsync: await fsyncOf(redis),
  };
}

/** INFO does not tell. */
async function fsyncOf(redis: Redis): Promise<string | null> {
  try {
    const [, value] = (await redis.config('GET', 'appendfsync')) as string[];
    return value ?? null;
  } catch (thrown) {
    // Not allowed, or a host that has taken the command away.
    if (/NOPERM|unknown command/i.test((thrown as Error).message)) return null;
    throw thrown;
  }
}
