// Where a fleet keeps its jobs, on a real Redis or a real PostgreSQL, without the processes of a fleet.
import { Redis } from 'ioredis';
import type { QueueTarget } from '../../worker-server/fleet/dispatch.ts';
import { openPostgres } from '../../worker-server/fleet/postgres.ts';
import { postgresRecords } from '../../worker-server/fleet/postgres-records.ts';
import type { Records } from '../../worker-server/fleet/records.ts';
import { redisRecords } from '../../worker-server/fleet/redis-records.ts';
import { allOfRedis } from './fleet.ts';
import { startPostgres } from './postgres-server.ts';
import { startRedis } from './redis-server.ts';

/** One queue of its kind, started for one test file; each prefix is a fleet of its own. */
export interface Storage {
  open(prefix: string): Promise<{ records: Records; target: QueueTarget }>;
  dump(): Promise<string>;
  stop(): Promise<void>;
}

export async function onRedis(): Promise<Storage> {
  const redis = await startRedis();
  const connection = { port: redis.port, maxRetriesPerRequest: null };
  return {
    open: async (prefix) => ({
      records: redisRecords(new Redis(connection), prefix),
      target: { kind: 'redis', connection },
    }),
    async dump() {
      const client = new Redis(connection);
      const text = await allOfRedis(client);
      await client.quit();
      return text;
    },
    stop: redis.stop,
  };
}

export async function onPostgres(): Promise<Storage> {
  const postgres = await startPostgres();
  const allowed = { patched: true, unsafe: false };
  return {
    async open(prefix) {
      const schema = prefix.replaceAll('-', '_');
      const pool = await openPostgres({ connectionString: postgres.url }, schema, allowed, () => {});
      return { records: postgresRecords(pool, schema), target: { kind: 'postgres', pool } };
    },
    dump: postgres.dump,
    stop: postgres.stop,
  };
}
