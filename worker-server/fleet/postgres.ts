// Connections to PostgreSQL for the records and the queue, opened once it is sure that it can be trusted with jobs, with
// both their schemas in place.
import { runMigrations } from 'bullmq';
import pg, { type Pool, type PoolClient, type PoolConfig } from 'pg';
import { type Allowances, examinePostgres } from './checks.ts';
import { cannotOpen, heed, type Reason } from './open-refusals.ts';
import { createRecords } from './postgres-records.ts';

/** A query that takes longer fails, so that whoever asked hears of it. */
const QUERY_MS = 10_000;
const CONNECT_MS = 5_000;
/** Four listen for as long as the process runs (BullMQ's parts), the others are shared. */
const CONNECTIONS = 10;
/** BullMQ's own, fixed for those who bring their pool. */
const QUEUE_SCHEMA = 'bullmq';

/** By PostgreSQL's own codes, where it has answered. */
const REASONS: readonly Reason[] = [
  { what: 'login', fits: / (28P01|28000)$/, nextStep: 'Check both.' },
  { what: 'database', fits: / 3D000$/, nextStep: 'Make it: createdb NAME.' },
  {
    what: 'rights',
    fits: / 42501$/,
    nextStep: 'Let it make its schemas: GRANT CREATE ON DATABASE name TO user.',
  },
  {
    what: 'tls',
    fits: /certificate|self-signed|SSL|TLS|EPROTO/i,
    nextStep:
      'Give its authority with --queue-ca FILE, and the host as the certificate names it; sslmode says what is checked.',
  },
  {
    what: 'unreachable',
    fits: /^/,
    nextStep: 'Check its address, that it runs, and that it takes connections from here (pg_hba.conf).',
  },
];

/** Rejects with the first thing that is wrong; `warn` hears what the operator has allowed. */
export async function openPostgres(
  connection: PoolConfig,
  schema: string,
  allowed: Allowances,
  warn: (message: string) => void,
): Promise<Pool> {
  const pool = new pg.Pool({
    ...connection,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    keepAlive: true,
    application_name: 'gnomon',
    // An accepted job is on the disk, whatever the server's default is.
    options: `-c search_path=${QUEUE_SCHEMA} -c synchronous_commit=on`,
  });
  // A connection that breaks while nobody uses it; the next query says so itself, or opens another.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    const client = await pool.connect();
    try {
      heed(examinePostgres(await factsOf(client), allowed), warn);
      await runMigrations(client, QUEUE_SCHEMA);
      await createRecords(client, schema);
    } finally {
      client.release();
    }
    return pool;
  } catch (thrown) {
    await pool.end().catch(() => {});
    throw cannotOpen(thrown, REASONS);
  }
}

async function factsOf(client: PoolClient) {
  const { rows } = await client.query(
    "SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync",
  );
  const [row] = rows as [{ version: number; fsync: string }];
  return { major: Math.floor(row.version / 10_000), minor: row.version % 10_000, fsync: row.fsync === 'on' };
}
