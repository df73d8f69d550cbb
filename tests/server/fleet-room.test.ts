// What one owner can take of a fleet's room, on Redis and on PostgreSQL: as many ended records and as much input as leaves
// the others theirs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GnomonError } from '../../src/core/errors.ts';
import { type Kept, keyOf } from '../../worker-server/fleet/records.ts';
import { anError, aResult, mustClaim } from '../contract/job-store.support.ts';
import { type Machine, makeKeys, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { onPostgres, onRedis, type Storage } from '../helpers/fleet-storage.ts';
import { POSTGRES } from '../helpers/postgres-server.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const ALL: Kept = { jobs: 1e6, bytes: 1e9, atLeastMs: 0 };
let folder: string;
let nth = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-room-'));
  await makeKeys(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['Redis', REDIS, onRedis],
  ['PostgreSQL', POSTGRES, onPostgres],
] as const)('the room of a fleet on %s', (_name, program, start) => {
  let storage: Storage;
  beforeAll(async () => {
    if (program !== undefined) storage = await start();
  }, 60_000);
  afterAll(() => storage?.stop());

  const machine = (change: { kept?: Kept; maxQueuedBytes?: number } = {}): Promise<Machine> => {
    const caps = { maxQueued: 1000, maxQueuedPerOwner: 1000, maxQueuedBytes: change.maxQueuedBytes ?? 1e9 };
    return openMachine({ storage, folder, prefix: `room-${nth++}`, caps, ...change });
  };

  async function submitAndCancel(
    { gateway }: Machine,
    owner: string,
    jobId: string,
    note = '',
  ): Promise<void> {
    await gateway.submit(submissionOf(jobId, { owner, context: { note } as never }));
    await gateway.cancel(owner, jobId);
  }

  const idsOf = async ({ gateway }: Machine, owner: string): Promise<string[]> =>
    (await gateway.list(owner, 1000)).views.map(({ jobId }) => jobId);

  it.skipIf(program === undefined)(
    'is not taken by the ended records of one owner: the oldest go',
    async () => {
      const one = await machine({ kept: { ...ALL, jobs: 3 } });
      for (const jobId of ['0', '1', '2', '3', '4']) await submitAndCancel(one, 'me', jobId);
      for (const jobId of ['0', '1', '2']) await submitAndCancel(one, 'you', jobId);
      // Anew: it is no ended one, and then the newest.
      await one.gateway.submit(submissionOf('0', { owner: 'me' }));
      // As if a process had died as it ended.
      const about = { circuit: '0', bytes: 1 };
      for (const jobId of ['1', '4']) await one.dispatch.put(keyOf(`me\n${jobId}`), about, 1, 0);
      const dropped = await one.records.sweep();
      expect(dropped).toEqual([keyOf('me\n1')]);
      expect(await idsOf(one, 'me')).toEqual(['0', '4', '3', '2']);
      await one.gateway.cancel('me', '0');
      expect(await one.records.sweep()).toEqual([keyOf('me\n2')]);
      expect(await one.records.sweep()).toEqual([]);
      expect(await idsOf(one, 'me')).toEqual(['0', '4', '3']);
      expect(await idsOf(one, 'you')).toEqual(['2', '1', '0']);
      expect(await one.records.count('cancelled')).toBe(6);
      expect(await one.store.get('me\n1')).toBeUndefined();
      // Upkeep does that by itself, and takes what is left of them out of the queue; not what has a record.
      await submitAndCancel(one, 'me', '5');
      await one.dispatch.put(keyOf('me\n3'), about, 1, 0);
      one.keepUp(10);
      await until(async () => !(await one.dispatch.has(keyOf('me\n3'))));
      expect(await one.dispatch.has(keyOf('me\n4'))).toBe(true);
      expect(await idsOf(one, 'me')).toEqual(['5', '0', '4']);
      // Forgotten: the id is free.
      expect((await one.gateway.submit(submissionOf('1', { owner: 'me' }))).state).toBe('queued');
      await one.close();
    },
  );

  it.skipIf(program === undefined)('counts ended records by what they take', async () => {
    const one = await machine({ kept: { ...ALL, bytes: 70_000 } });
    for (const jobId of ['0', '1', '2']) await submitAndCancel(one, 'me', jobId, 'x'.repeat(20_000));
    for (const jobId of ['0', '1', '2']) await submitAndCancel(one, 'you', jobId);
    expect(await one.records.sweep()).toEqual([keyOf('me\n0')]);
    await one.records.remove(keyOf('me\n2'));
    await submitAndCancel(one, 'me', '3', 'x'.repeat(20_000));
    expect(await one.records.sweep()).toEqual([]);
    // Anew, it counts once.
    for (const size of [20_000, 20_100, 20_200]) await submitAndCancel(one, 'me', '1', 'x'.repeat(size));
    expect(await one.records.sweep()).toEqual([]);
    expect(await idsOf(one, 'me')).toEqual(['1', '3']);
    await one.close();
  });

  it.skipIf(program === undefined)(
    'takes as much input of an owner as it leaves room for others',
    async () => {
      const one = await machine({ maxQueuedBytes: 100_000 });
      const big = new TextEncoder().encode(JSON.stringify({ a: Array(2000).fill('7654321') }));
      const send = async (owner: string, jobId: string): Promise<string> => {
        try {
          return (await one.gateway.submit(submissionOf(jobId, { owner, inputJson: big }))).state;
        } catch (thrown) {
          const { code, message } = thrown as GnomonError;
          return `${code} ${/of your input/.test(message) ? 'of mine' : 'of all'}`;
        }
      };
      expect([await send('me', '0'), await send('me', '1'), await send('me', '2')]).toEqual([
        ...['queued', 'queued', 'resource.queue-full of mine'],
      ]);
      expect([await send('you', '0'), await send('you', '1')]).toEqual([
        ...['queued', 'resource.queue-full of mine'],
      ]);
      expect([await send('third', '0'), await send('fourth', '0')]).toEqual([
        ...['queued', 'resource.queue-full of all'],
      ]);
      // However it ends, and once only.
      await one.gateway.cancel('you', '0');
      await one.gateway.cancel('you', '0');
      expect(await send('fourth', '0')).toBe('queued');
      await one.gateway.cancel('fourth', '0');
      const first = await mustClaim(one.store, holder);
      expect(await send('me', '2')).toBe('resource.queue-full of mine');
      await one.store.commit(holder, first.lease, { kind: 'succeeded', result: aResult });
      const second = await mustClaim(one.store, holder);
      await one.store.commit(holder, second.lease, { kind: 'failed', error: anError(false) });
      await one.store.remove('third\n0');
      for (const jobId of ['0', '1', '2']) await one.gateway.cancel('me', jobId);
      // In place of what has ended, as often as one likes.
      for (let at = 0; at < 8; at++) {
        expect(await send('you', '0')).toBe('queued');
        await one.gateway.cancel('you', '0');
      }
      expect([await send('me', '5'), await send('me', '6'), await send('you', '7')]).toEqual([
        ...['queued', 'queued', 'queued'],
      ]);
      await one.close();
    },
  );
});

describe.skipIf(REDIS === undefined)('a Redis that one owner fills', () => {
  it('takes jobs of everyone still, and keeps the others’ results', async () => {
    const storage = await onRedis();
    const one = await openMachine({ storage, folder, prefix: 'full', kept: ALL });
    const { target } = await storage.open('full');
    if (target.kind !== 'redis') throw new Error('This is not Redis.');
    const redis = new Redis(target.connection);
    const figure = async (name: string) =>
      Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await redis.info('memory'))?.[1]);
    await one.gateway.submit(submissionOf('kept', { owner: 'other' }));
    const { lease } = await mustClaim(one.store, holder);
    await one.store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    const room = 4 * 2 ** 20;
    const most = Math.floor(((await figure('used_memory')) + room) / 0.9);
    await redis.config('SET', 'maxmemory', most);
    one.keepUp(20);
    let refused = 0;
    const note = 'x'.repeat(60_000);
    for (let at = 0; at < 150; at++) {
      await until(async () => {
        try {
          await one.gateway.submit(submissionOf(`${at}`, { owner: 'greedy', context: { note } as never }));
          return true;
        } catch (thrown) {
          expect((thrown as GnomonError).code).toBe('resource.queue-full');
          refused++;
          return false;
        }
      }, 10_000);
      await one.gateway.cancel('greedy', `${at}`);
    }
    // More than fits: it was full at times, and never for long.
    expect(150 * note.length).toBeGreaterThan(2 * room);
    expect((await one.gateway.list('greedy', 1)).total).toBeLessThan(120);
    await until(async () => (await figure('used_memory')) < 0.9 * most);
    expect((await one.gateway.submit(submissionOf('new', { owner: 'other' }))).state).toBe('queued');
    expect((await one.store.get('other\nkept'))?.result).toEqual(aResult);
    expect(refused).toBeLessThan(150);
    await one.close();
    await redis.quit();
    await storage.stop();
  }, 60_000);
});
