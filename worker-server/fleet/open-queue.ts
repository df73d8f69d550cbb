// From the address of a queue to its records and where BullMQ finds its own: Redis or Valkey, or PostgreSQL.
import { parseQueueAddress } from './address.ts';
import type { QueueTarget } from './dispatch.ts';
import type { Records } from './records.ts';
import { openRedis } from './redis.ts';
import { redisRecords } from './redis-records.ts';
import type { FleetSettings } from './settings.ts';

/** Before keys in Redis; the schema in PostgreSQL. */
const PREFIX = 'gnomon';

/** Rejects with what is wrong with the address or the queue. */
export async function openQueue(
  settings: Omit<FleetSettings, 'machine'>,
  warn: (message: string) => void,
): Promise<{ records: Records; target: QueueTarget; prefix: string }> {
  const { kind, connection, warnings } = parseQueueAddress(settings.address, settings.caFile);
  for (const message of warnings) warn(message);
  const prefix = `${PREFIX}:queue`;
  if (kind === 'redis') {
    const redis = await openRedis(connection, settings, warn);
    return { records: redisRecords(redis, PREFIX), target: { kind, connection }, prefix };
  }
  // Loaded only where it is used.
  const [{ openPostgres }, { postgresRecords }] = await Promise.all([
    import('./postgres.ts'),
    import('./postgres-records.ts'),
  ]);
  const pool = await openPostgres(connection, PREFIX, settings, warn);
  return { records: postgresRecords(pool, PREFIX), target: { kind, pool }, prefix };
}
