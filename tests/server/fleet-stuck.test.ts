// Jobs of a fleet that nobody can begin, on Redis and on PostgreSQL: they end when their input has expired, and a
// submission of the same id takes their place once their key is gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobRules } from '../../src/core/transitions.ts';
import { INPUT_KEPT_MS, keyOf, type Records } from '../../worker-server/fleet/records.ts';
import { aResult, claim, mustClaim, requestFor } from '../contract/job-store.support.ts';
import { type Machine, makeKeys, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { onPostgres, onRedis, type Storage } from '../helpers/fleet-storage.ts';
import { POSTGRES } from '../helpers/postgres-server.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const CAPS = { maxQueued: 9, maxQueuedPerOwner: 9, maxQueuedBytes: 1e6 };
let folder: string;
let nth = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-stuck-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As after a break-in: the old file is gone, and a new one has other keys only. */
async function loseKeys(): Promise<void> {
  rmSync(join(folder, 'keys.json'), { force: true });
  await makeKeys(folder);
}

describe.each([
  ['Redis', REDIS, onRedis],
  ['PostgreSQL', POSTGRES, onPostgres],
] as const)('a job that nobody can begin on %s', (_name, program, start) => {
  let storage: Storage;
  beforeAll(async () => {
    await loseKeys();
    if (program !== undefined) storage = await start();
  }, 60_000);
  afterAll(() => storage?.stop());

  async function insert({ records }: Machine, jobId: string, ageMs: number): Promise<void> {
    const request = requestFor(`me\n${jobId}`);
    const job = jobRules.accept(request, await records.nextSequence(), Date.now() - ageMs);
    expect(await records.insert(job, new Uint8Array(200), CAPS)).toBe('added');
  }

  it.skipIf(program === undefined)('fails once its input has expired, and says why', async () => {
    const one = await openMachine({ storage, folder, prefix: `stuck-${nth++}` });
    await insert(one, 'old', INPUT_KEPT_MS + 1000);
    await insert(one, 'young', INPUT_KEPT_MS - 60_000);
    await one.gateway.recall?.('me', 'old');
    const ended = one.gateway.ended('me', 'old');
    one.keepUp();
    expect(await ended).toMatchObject({
      state: 'failed',
      error: {
        code: 'resource.never-taken',
        message: expect.stringContaining('none of them has its circuit'),
        nextStep: expect.stringContaining('reputation-16'),
        retryable: true,
      },
    });
    // One prover has it, and is busy for a day.
    const circuits = [requestFor('any').circuit.artifacts.zkey.sha256];
    const state = { slots: 1, busy: 1, busyMs: 0, draining: false, atMs: Date.now() };
    await one.records.beat({ name: 'busy', machine: 'busy', circuits, ...state });
    await insert(one, 'older', INPUT_KEPT_MS + 5000);
    await until(async () => (await one.store.get('me\nolder'))?.state === 'failed');
    expect((await one.store.get('me\nolder'))?.error?.message).toContain('none was free');
    expect((await one.store.get('me\nyoung'))?.state).toBe('queued');
    // Room again, and the id too.
    expect(await one.records.count('queued')).toBe(1);
    expect((await one.gateway.submit(submissionOf('old'))).state).toBe('queued');
    await one.close();
  });

  it.skipIf(program === undefined)(
    'gives its place to another when its key is gone, not before',
    async () => {
      const caps = { maxQueued: 1, maxQueuedPerOwner: 1, maxQueuedBytes: 2000 };
      const one = await openMachine({ storage, folder, prefix: `stuck-${nth++}`, caps });
      const before = await one.gateway.submit(submissionOf('again'));
      expect(await one.gateway.standing('me', 'again')).toEqual(before);
      await one.gateway.submit(submissionOf('again'));
      expect((await one.store.get('me\nagain'))?.sequence).toBe(1);
      await loseKeys();
      await until(async () => (await one.gateway.standing('me', 'again')) === undefined);
      // A prover finds that out, too, and leaves it for later.
      expect(await claim(one.store, holder)).toBeNull();
      expect((await one.store.get('me\nagain'))?.revision).toBeGreaterThan(1);
      const anew = await one.gateway.submit(submissionOf('again', { expectedPublicSignals: ['2'] }));
      expect(anew.state).toBe('queued');
      const job = await one.store.get('me\nagain');
      expect(job).toMatchObject({ revision: 1, expectedPublicSignals: ['2'] });
      expect(await one.gateway.standing('me', 'again')).toEqual(anew);
      // Its place, not another: nothing more has room.
      await expect(one.gateway.submit(submissionOf('other'))).rejects.toMatchObject({
        code: 'resource.queue-full',
      });
      const { lease, input } = await mustClaim(one.store, holder);
      expect(input).toEqual({ a: '7' });
      expect((await one.store.commit(holder, lease, { kind: 'succeeded', result: aResult })).ok).toBe(true);
      expect(await one.gateway.ended('me', 'again')).toMatchObject({ state: 'succeeded' });
      await one.close();
    },
  );

  it.skipIf(program === undefined)(
    'gives it up also when its input is gone, or it changes meanwhile',
    async () => {
      let meddling = false;
      const meddle = (records: Records): Records => ({
        ...records,
        input: async (key, most) => (meddling ? null : records.input(key, most)),
        async insert(job, sealed, caps, over) {
          // A prover has just written down that it lacks the key.
          const stored = meddling ? await records.get(keyOf(job.id)) : undefined;
          if (stored !== undefined) {
            const { revision } = stored.job;
            const later = { job: { ...stored.job, revision: revision + 1 }, offer: null };
            if (revision < 3) expect(await records.replace(stored, later)).toBe(true);
          }
          return records.insert(job, sealed, caps, over);
        },
      });
      const one = await openMachine({ storage, folder, prefix: `stuck-${nth++}`, meddle });
      await one.gateway.submit(submissionOf('again'));
      meddling = true;
      expect(await one.gateway.standing('me', 'again')).toBeUndefined();
      await one.gateway.submit(submissionOf('again', { expectedPublicSignals: ['2'] }));
      expect(await one.store.get('me\nagain')).toMatchObject({ revision: 1, expectedPublicSignals: ['2'] });
      await one.close();
    },
  );
});
