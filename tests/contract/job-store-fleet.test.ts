// The JobStore contract, for the store of a fleet on a real Redis. Time is real here; what waits for a lease to run
// out is part of the full run.

import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { openDispatch } from '../../worker-server/fleet/dispatch.ts';
import { openKeyRing, rotateKeys } from '../../worker-server/fleet/keys.ts';
import { redisRecords } from '../../worker-server/fleet/redis-records.ts';
import { createFleetStore, type FleetStore } from '../../worker-server/fleet/store.ts';
import { REDIS, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { isFullRun } from '../helpers/scale.ts';
import { jobStoreCases } from './job-store.suite.ts';
import { LEASE_MS, type StoreHarness } from './job-store.support.ts';

/** What needs a clock that a test can set, or a store that fences. */
const NOT_HERE = [
  'a new leader takes over at once, and the old one can write no more',
  'waiting raises a job, so that a stream of urgent ones cannot starve it',
  'a clock set back neither freezes a back-off nor a dead lease, nor changes the order',
];
const WAITS_FOR_LEASES = [
  'a lease that is not renewed ends: the job runs again, the late result is refused',
  'renewing keeps a lease, and revives one that nobody took',
  'a job that dies with its page every time fails in the end',
  'what was saved is there when the storage is opened again',
];
const STALLED_MS = 500;

let redis: RedisServer;
let nth = 0;
beforeAll(async () => {
  if (REDIS === undefined) return;
  redis = await startRedis();
  await rotateKeys(join(redis.folder, 'keys.json'), 3, 0);
});
afterAll(() => redis?.stop());

async function harness(): Promise<StoreHarness> {
  const prefix = `gnomon-${nth++}`;
  const opened: FleetStore[] = [];
  const connection = { port: redis.port, maxRetriesPerRequest: null };
  const open = async (): Promise<FleetStore> => {
    const dispatch = openDispatch({
      target: { kind: 'redis', connection },
      name: 'jobs',
      prefix,
      lockMs: LEASE_MS,
      stalledMs: STALLED_MS,
      takes: true,
      onTrouble: () => {},
    });
    await dispatch.ready();
    const sealer = await openKeyRing(join(redis.folder, 'keys.json'), () => {});
    const records = redisRecords(new Redis(connection), prefix);
    const common = { clock: systemClock, random: systemRandom, name: 'here', offers: false };
    const store = createFleetStore({ records, dispatch, sealer, ...common });
    opened.push(store);
    return store;
  };
  return {
    store: await open(),
    advance: (ms) => new Promise((wake) => setTimeout(wake, ms + 3 * STALLED_MS)),
    jump: null,
    another: open,
    dump: () => dumpRedis(redis.port),
    fences: false,
    async close() {
      for (const store of opened) await store.close().catch(() => {});
    },
  };
}

async function dumpRedis(port: number): Promise<string> {
  const client = new Redis({ port });
  const parts: string[] = [];
  for (const key of await client.keys('*')) parts.push(key, String(await client.dump(key)));
  await client.quit();
  return parts.join('\n');
}

describe.skipIf(REDIS === undefined)('the job store of a fleet on Redis', () => {
  const cases = jobStoreCases.filter(({ name }) => isFullRun || !WAITS_FOR_LEASES.includes(name));
  it.each(cases)('$name', async ({ name, run }) => {
    const here = await harness();
    try {
      expect(await run(here)).toBe(!NOT_HERE.includes(name));
    } finally {
      await here.close();
    }
  });
});
