// What a fleet keeps, on Redis and on PostgreSQL: lists that read no more than they show, jobs that are submitted anew by
// many at once, and records that go when their time is over.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Priority } from '../../src/core/job.ts';
import { keyOf, type Records } from '../../worker-server/fleet/records.ts';
import { anError, aResult, claimOrder, here, mustClaim } from '../contract/job-store.support.ts';
import { type Machine, makeKeys, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { onPostgres, onRedis, type Storage } from '../helpers/fleet-storage.ts';
import { POSTGRES } from '../helpers/postgres-server.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
let folder: string;
let nth = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-records-'));
  await makeKeys(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['Redis', REDIS, onRedis],
  ['PostgreSQL', POSTGRES, onPostgres],
] as const)('what a fleet keeps on %s', (_name, program, start) => {
  let storage: Storage;
  beforeAll(async () => {
    if (program !== undefined) storage = await start();
  }, 60_000);
  afterAll(() => storage?.stop());

  const machine = (prefix: string, meddle?: (records: Records) => Records): Promise<Machine> =>
    openMachine({ storage, folder, prefix, ...(meddle && { meddle }) });

  async function end({ store }: Machine, kind: 'succeeded' | 'failed'): Promise<void> {
    const { lease } = await mustClaim(store, holder);
    const outcome = kind === 'failed' ? { kind, error: anError(false) } : { kind, result: aResult };
    expect((await store.commit(holder, lease, outcome as never)).ok).toBe(true);
  }

  it.skipIf(program === undefined)(
    'is listed by owner, and no more of it is read than is shown',
    async () => {
      const prefix = `records-${nth++}`;
      const one = await machine(prefix);
      const ids = Array.from({ length: 12 }, (_, at) => `job-${at}`);
      for (const jobId of ids) {
        for (const owner of ['me', 'you']) await one.gateway.submit(submissionOf(jobId, { owner }));
      }
      await end(one, 'succeeded');
      await end(one, 'failed');
      const before = await storage.readJobs(prefix);
      const { views, total } = await one.gateway.list('me', 3);
      expect(await storage.readJobs(prefix)).toBe(before + 3);
      expect(views.map(({ owner, jobId }) => `${owner} ${jobId}`)).toEqual([
        'me job-11',
        'me job-10',
        'me job-9',
      ]);
      expect(total).toBe(12);
      expect((await one.gateway.list('me', 1000)).views).toHaveLength(12);
      const all = await one.gateway.list(null, 5);
      expect(all.views.map(({ jobId }) => jobId)).toEqual(['job-11', 'job-11', 'job-10', 'job-10', 'job-9']);
      expect(all.total).toBe(24);
      expect(await one.gateway.list('nobody', 5)).toEqual({ views: [], total: 0 });
      await one.records.remove(keyOf('me\njob-11'));
      expect((await one.gateway.list('me', 1)).views[0]?.jobId).toBe('job-10');
      expect((await one.gateway.list('me', 1)).total).toBe(11);
      await one.close();
    },
  );

  it.skipIf(program === undefined)('is one job when many submit a failed one anew at once', async () => {
    const prefix = `records-${nth++}`;
    // The second one reads that it failed, and writes when the first one has submitted it anew and begun it.
    let gate: Promise<unknown> = Promise.resolve();
    const meddle = (records: Records): Records => ({
      ...records,
      async get(key) {
        const read = await records.get(key);
        await gate;
        return read;
      },
    });
    const [one, two] = [await machine(prefix), await machine(prefix, meddle)];
    await one.gateway.submit(submissionOf('again'));
    await end(one, 'failed');
    let open = (_: unknown): void => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const late = two.gateway.submit(submissionOf('again'));
    await new Promise((wake) => setTimeout(wake, 100));
    const early = await one.gateway.submit(submissionOf('again'));
    const claimed = await mustClaim(one.store, holder);
    open(null);
    expect(early.state).toBe('queued');
    expect(await late).toMatchObject({ state: 'running', createdAtMs: early.createdAtMs });
    // Whoever read it before that cannot undo it.
    const stale = { ...claimed.job, state: 'failed' as const, revision: claimed.job.revision - 1 };
    const anew = await one.records.insert(
      stale,
      new Uint8Array(1),
      { maxQueued: 9, maxQueuedPerOwner: 9, maxQueuedBytes: 1e6 },
      stale,
    );
    expect(anew).toBe('known');
    const committed = await one.store.commit(holder, claimed.lease, { kind: 'succeeded', result: aResult });
    expect(committed.ok).toBe(true);
    const [first, second] = [await one.gateway.ended('me', 'again'), await two.gateway.ended('me', 'again')];
    expect([first?.state, second?.state]).toEqual(['succeeded', 'succeeded']);
    expect((await one.gateway.list('me', 9)).total).toBe(1);
    await one.close();
    await two.close();
  });

  it.skipIf(program === undefined)(
    'is given out by turns and priority, also what upkeep has not seen',
    async () => {
      const one = await machine(`records-${nth++}`);
      // Once, before anything comes.
      one.keepUp(3_600_000);
      await until(() => one.looked());
      const submit = (owner: string, jobId: string, priority: Priority = 1) =>
        one.gateway.submit(submissionOf(jobId, { owner, priority }));
      for (const jobId of ['1', '2', '3']) await submit('many', jobId);
      await submit('few', '1', 0);
      await submit('few', 'urgent', 3);
      const order = await claimOrder(one.store, holder);
      expect(order.map((id) => id.replace('\n', ' '))).toEqual([
        ...['few urgent', 'many 1', 'few 1', 'many 2', 'many 3'],
      ]);
      await one.close();
    },
  );

  it.skipIf(program === undefined)(
    'is left to others by a machine that lacks its circuit, and hides nothing',
    async () => {
      const one = await machine(`records-${nth++}`);
      const [known, unknown] = ['0', 'f'].map((digit) => {
        const artifact = { url: 'x.bin', bytes: 1, sha256: digit.repeat(64) };
        const { circuit } = submissionOf('any');
        return { ...circuit, artifacts: { ...circuit.artifacts, zkey: artifact } };
      });
      const circuits = new Set([known!.artifacts.zkey.sha256]);
      for (let at = 0; at < 20; at++)
        await one.gateway.submit(submissionOf(`strange-${at}`, { circuit: unknown! }));
      for (const jobId of ['first', 'second']) {
        await one.gateway.submit(submissionOf(jobId, { circuit: known!, priority: 0 }));
      }
      let taken = 0;
      const take = one.dispatch.take;
      one.dispatch.take = async (token) => {
        taken++;
        return take(token);
      };
      const claim = async (having?: ReadonlySet<string>) => {
        const options = { leaseMs: 10_000, place: () => here, ...(having && { circuits: having }) };
        const result = await one.store.claim(holder, options);
        return 'refusal' in result ? 'refused' : (result.claim?.job.id.replace('me\n', '') ?? null);
      };
      expect([await claim(circuits), await claim(circuits), await claim(circuits)]).toEqual([
        ...['first', 'second', null],
      ]);
      // One is looked at for each, not all that wait.
      expect(taken).toBeLessThanOrEqual(6);
      const passed = await one.store.get('me\nstrange-0');
      expect(passed).toMatchObject({ state: 'queued', attemptsUsed: 0, attempts: [] });
      // Whoever has the circuit finds them all at once, in their order.
      const others: (string | null)[] = [];
      for (let at = 0; at < 21; at++) others.push(await claim());
      expect(others).toEqual([...Array.from({ length: 20 }, (_, at) => `strange-${at}`), null]);
      await one.close();
    },
  );

  it.skipIf(program === undefined)(
    'is nothing of a witness, which is refused before anything is written',
    async () => {
      const one = await machine(`records-${nth++}`);
      const canary = '271828182845904523536';
      const witness = new TextEncoder().encode(canary);
      const { inputJson: _none, ...rest } = submissionOf('witness');
      await expect(one.gateway.submit({ ...rest, witness })).rejects.toMatchObject({
        code: 'protocol.witness',
      });
      expect(await one.store.get('me\nwitness')).toBeUndefined();
      const dumped = await storage.dump();
      for (const form of [canary, Buffer.from(canary).toString('hex')])
        expect(dumped.includes(form)).toBe(false);
      await one.close();
    },
  );

  it.skipIf(program === undefined)('keeps a failed job when there is no room for it anew', async () => {
    const prefix = `records-${nth++}`;
    const caps = { maxQueued: 100, maxQueuedPerOwner: 1, maxQueuedBytes: 1e6 };
    const one = await openMachine({ storage, folder, prefix, caps });
    await one.gateway.submit(submissionOf('again'));
    await end(one, 'failed');
    await one.gateway.submit(submissionOf('other'));
    await expect(one.gateway.submit(submissionOf('again'))).rejects.toMatchObject({
      code: 'resource.queue-full',
    });
    expect((await one.store.get('me\nagain'))?.state).toBe('failed');
    await one.close();
  });
});

describe.skipIf(REDIS === undefined)('the indexes of a fleet on Redis', () => {
  it('lose what has expired, however much stands before it', async () => {
    const storage = await onRedis();
    const { records, target } = await storage.open('sweep');
    if (target.kind !== 'redis') throw new Error('This is not Redis.');
    const redis = new Redis(target.connection);
    const fill = redis.pipeline();
    // Older by sequence and still there: what ended last need not have come last.
    for (let at = 0; at < 4500; at++) {
      fill.zadd('sweep:state:failed', at, `job-${at}`).zadd(`sweep:owner:${keyOf('me')}`, at, `job-${at}`);
      if (at < 1500 || at % 3 === 0) fill.hset(`sweep:job:job-${at}`, 'revision', '1');
    }
    await fill.exec();
    await records.sweep();
    expect(await records.count('failed')).toBe(1500 + 1000);
    expect(await redis.zscore('sweep:state:failed', 'job-4497')).toBe('4497');
    await redis.del(...Array.from({ length: 1500 }, (_, at) => `sweep:job:job-${at}`));
    expect((await records.recent('me', 1)).total).toBeLessThanOrEqual(3000);
    await redis.quit();
    await records.close();
    await storage.stop();
  });
});
