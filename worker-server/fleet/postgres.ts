// Connections to PostgreSQL for the records and the queue, opened once it is sure that it can be trusted with jobs, with
// both their schemas in place.
import { runMigrations } from 'bullmq';
import pg, { type Pool, type PoolClient, type PoolConfig } from 'pg';
import { GnomonError } from '../../src/core/errors.ts';
import { type Allowances, examinePostgres } from './checks.ts';
import { createRecords } from './postgres-records.ts';

/** A query that takes longer fails, so that whoever asked hears of it. */
const QUERY_MS = 10_000;
const CONNECT_MS = 5_000;
/** Four listen for as long as the process runs (BullMQ's parts), the others are shared. */
const CONNECTIONS = 10;
/** BullMQ's own, fixed for those who bring their pool. */
const QUEUE_SCHEMA = 'bullmq';

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
      const { errors, warnings } = examinePostgres(await factsOf(client), allowed);
      for (const message of warnings) warn(message);
      if (errors[0] !== undefined) throw errors[0];
      await runMigrations(client, QUEUE_SCHEMA);
      await createRecords(client, schema);
    } finally {
      client.release();
    }
    return pool;
  } catch (thrown) {
    await pool.end().catch(() => {});
    throw thrown instanceof GnomonError ? thrown : unreachable(thrown as Error);
  }
}

async function factsOf(client: PoolClient) {
  const { rows } = await client.query(
    "SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync",
  );
  const [row] = rows as [{ version: number; fsync: string }];
  return { major: Math.floor(row.version / 10_000), minor: row.version % 10_000, fsync: row.fsync === 'on' };
}

function unreachable(error: Error & { code?: string }): GnomonError {
  const text = `${error.message} ${error.code}`;
  if (error.code === '28P01' || error.code === '28000') {
    return refused('fleet-login', 'The queue does not take this user and password.', 'Check both.', error);
  }
  if (error.code === '3D000') {
    return refused('fleet-database', 'There is no such database.', 'Make it: createdb NAME.', error);
  }
  if (error.code === '42501') {
    const nextStep = 'Let it make its schemas: GRANT CREATE ON DATABASE name TO user.';
    return refused('fleet-rights', 'The queue’s user may not do what a fleet needs.', nextStep, error);
  }
  if (/certificate|self-signed|SSL|TLS|EPROTO/i.test(text)) {
    return refused(
      'fleet-tls',
      'The queue’s TLS does not hold: its certificate is not trusted, or it does not speak TLS.',
      'Give its authority with --queue-ca FILE, and the host as the certificate names it; sslmode says what is checked.',
      error,
    );
  }
  const nextStep = 'Check its address, that it runs, and that it takes connections from here (pg_hba.conf).';
  return refused('fleet-unreachable', 'The queue cannot be reached.', nextStep, error);
}

function refused(what: string, message: string, nextStep: string, cause: Error): GnomonError {
  return new GnomonError(`resource.${what}`, message, { where: 'GNOMON_QUEUE', nextStep, cause });
}
