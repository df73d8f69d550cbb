// Where a fleet keeps its jobs, on a real Redis or a real PostgreSQL, without the processes of a fleet.
import { Redis } from 'ioredis';
import type { QueueTarget } from '../../worker-server/fleet/dispatch.ts';
import { openPostgres } from '../../worker-server/fleet/postgres.ts';
import { postgresRecords } from '../../worker-server/fleet/postgres-records.ts';
import type { Kept, Records } from '../../worker-server/fleet/records.ts';
import { redisRecords } from '../../worker-server/fleet/redis-records.ts';
import { allOfRedis } from './fleet.ts';
import { startPostgres } from './postgres-server.ts';
import { startRedis } from './redis-server.ts';

/** One queue of its kind, started for one test file; each prefix is a fleet of its own. */
export interface Storage {
  open(prefix: string, kept?: Kept): Promise<{ records: Records; target: QueueTarget }>;
  dump(): Promise<string>;
  /** How many jobs have been read from it so far. */
  readJobs(prefix: string): Promise<number>;
  stop(): Promise<void>;
}

export async function onRedis(): Promise<Storage> {
  const redis = await startRedis();
  const connection = { port: redis.port, maxRetriesPerRequest: null };
  const reads = new Map<string, number>();
  return {
    async open(prefix, kept) {
      const client = new Redis(connection);
      const pipeline = client.pipeline.bind(client);
      const counting = (): ReturnType<Redis['pipeline']> => {
        const all = pipeline();
        const hget = all.hget.bind(all) as (...args: [string, string]) => typeof all;
        const counted = (...args: [string, string]) => {
          reads.set(prefix, (reads.get(prefix) ?? 0) + 1);
          return hget(...args);
        };
        return Object.assign(all, { hget: counted });
      };
      const records = redisRecords(Object.assign(client, { pipeline: counting }), prefix, kept);
      return { records, target: { kind: 'redis', connection } };
    },
    async dump() {
      const client = new Redis(connection);
      const text = await allOfRedis(client);
      await client.quit();
      return text;
    },
    readJobs: async (prefix) => reads.get(prefix) ?? 0,
    stop: redis.stop,
  };
}

export async function onPostgres(): Promise<Storage> {
  const postgres = await startPostgres();
  const allowed = { patched: true, unsafe: false };
  const reads = new Map<string, number>();
  return {
    async open(prefix, kept) {
      const schema = prefix.replaceAll('-', '_');
      const pool = await openPostgres({ connectionString: postgres.url }, schema, allowed, () => {});
      const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<{ rows: object[] }>;
      // The pool's own, since a pool knows itself by what it is called on.
      const counting = async (...args: unknown[]) => {
        const answer = await query(...args);
        const jobs = answer.rows.filter((row) => 'text' in row).length;
        reads.set(prefix, (reads.get(prefix) ?? 0) + jobs);
        return answer;
      };
      Object.assign(pool, { query: counting });
      const records = postgresRecords(pool, schema, kept);
      return { records, target: { kind: 'postgres', pool } };
    },
    dump: postgres.dump,
    readJobs: async (prefix) => reads.get(prefix) ?? 0,
    stop: postgres.stop,
  };
}
