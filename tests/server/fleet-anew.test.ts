// An id that is submitted anew while something about its earlier job is still under way, on Redis and on PostgreSQL:
// whatever comes late was about that one, and leaves this one alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProofResult } from '../../src/core/job.ts';
import type { Verifier } from '../../src/core/ports.ts';
import { keyOf, type Records, type Stored } from '../../worker-server/fleet/records.ts';
import { anError, aResult, mustClaim } from '../contract/job-store.support.ts';
import { type Machine, makeKeys, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { onPostgres, onRedis, type Storage } from '../helpers/fleet-storage.ts';
import { POSTGRES } from '../helpers/postgres-server.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const ID = 'me\nagain';
const KEY = keyOf(ID);
const shows = (signal: string): ProofResult => ({ ...aResult, publicSignals: [signal] });
const asking = (signal: string) => submissionOf('again', { expectedPublicSignals: [signal] });
let folder: string;
let nth = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-anew-'));
  await makeKeys(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** It asks the test how each check comes out, and the test takes its time. */
function slowVerifier() {
  const asked: { result: ProofResult; answer: (isRight: boolean) => void }[] = [];
  const verifier: Verifier = {
    verify: ({ result }) =>
      new Promise((resolve) => {
        const answer = (isRight: boolean) =>
          resolve(isRight ? { ok: true } : ({ ok: false, detail: 'it shows something else' } as never));
        asked.push({ result, answer });
      }),
  };
  return { asked, verifier };
}

describe.each([
  ['Redis', REDIS, onRedis],
  ['PostgreSQL', POSTGRES, onPostgres],
] as const)('an id that is submitted anew on %s', (_name, program, start) => {
  let storage: Storage;
  beforeAll(async () => {
    if (program !== undefined) storage = await start();
  }, 60_000);
  afterAll(() => storage?.stop());

  async function offer({ store }: Machine, result: ProofResult): Promise<void> {
    const { lease } = await mustClaim(store, holder);
    expect((await store.commit(holder, lease, { kind: 'succeeded', result })).ok).toBe(true);
  }

  it.skipIf(program === undefined)(
    'is not written over by what was read before, at the same revision',
    async () => {
      const one = await openMachine({ storage, folder, prefix: `anew-${nth++}` });
      await one.gateway.submit(asking('1'));
      await mustClaim(one.store, holder);
      const before = (await one.records.get(KEY)) as Stored;
      await one.gateway.cancel('me', 'again');
      await one.gateway.submit(asking('2'));
      await mustClaim(one.store, holder);
      const anew = (await one.records.get(KEY)) as Stored;
      expect(anew.job).toMatchObject({ state: before.job.state, revision: before.job.revision });
      const late = { job: { ...before.job, state: 'failed' as const, revision: 3 }, offer: null };
      expect(await one.records.replace(before, late)).toBe(false);
      expect(await one.records.get(KEY)).toEqual(anew);
      // What has just been read is written.
      const next = { job: { ...anew.job, revision: 3 }, offer: null };
      expect(await one.records.replace(anew, next)).toBe(true);
      await one.close();
    },
  );

  it.skipIf(program === undefined).each([
    ['right', true],
    ['wrong', false],
  ] as const)('is not ended by a check of the earlier proof that comes out %s', async (_how, isRight) => {
    const { asked, verifier } = slowVerifier();
    const one = await openMachine({ storage, folder, prefix: `anew-${nth++}`, offers: true, verifier });
    await one.gateway.submit(asking('1'));
    await offer(one, shows('1'));
    await until(() => asked.length === 1);
    await one.gateway.cancel('me', 'again');
    await one.gateway.submit(asking('2'));
    await offer(one, shows('2'));
    const waits = await one.store.stored(ID);
    expect(waits?.offer).toMatchObject({ result: shows('2') });
    const checked = one.gateway.check(ID);
    asked[0]!.answer(isRight);
    await checked;
    expect(await one.store.stored(ID)).toEqual(waits);
    void one.gateway.check(ID);
    await until(() => asked.length === 2);
    expect(asked[1]!.result).toEqual(shows('2'));
    asked[1]!.answer(true);
    expect(await one.gateway.ended('me', 'again')).toMatchObject({ state: 'succeeded', result: shows('2') });
    await one.close();
  });

  it.skipIf(program === undefined)(
    'nor is a later attempt by a second check of the earlier one',
    async () => {
      const { asked, verifier } = slowVerifier();
      const one = await openMachine({ storage, folder, prefix: `anew-${nth++}`, offers: true, verifier });
      await one.gateway.submit(asking('1'));
      await offer(one, shows('0'));
      await until(() => asked.length === 1);
      // Another gateway has found it wrong by now.
      const { job } = (await one.store.stored(ID)) as Stored;
      const again = { error: anError(true), delayMs: 0, rung: job.rung };
      expect(await one.store.settle(job, { kind: 'retry', ...again })).toBe(true);
      await offer(one, shows('1'));
      const waits = await one.store.stored(ID);
      expect(waits?.offer).toMatchObject({ result: shows('1') });
      const checked = one.gateway.check(ID);
      asked[0]!.answer(false);
      await checked;
      expect(await one.store.stored(ID)).toEqual(waits);
      await one.close();
    },
  );

  it.skipIf(program === undefined)('is not ended by the deadline of the earlier job', async () => {
    const prefix = `anew-${nth++}`;
    // Upkeep writes by a list that was read while the earlier job still stood.
    let old: Stored[] | null = null;
    const meddle = (records: Records): Records => ({
      ...records,
      list: async (states, limit) =>
        old === null ? records.list(states, limit) : states.includes('queued') ? old : [],
    });
    const deaf = await openMachine({ storage, folder, prefix, deaf: true, meddle });
    const other = await openMachine({ storage, folder, prefix });
    await deaf.gateway.submit({ ...asking('1'), deadlineMs: 150 });
    old = await other.records.list(['queued']);
    await other.gateway.recall?.('me', 'again');
    await other.gateway.cancel('me', 'again');
    await other.gateway.submit(asking('2'));
    await new Promise((wake) => setTimeout(wake, 300));
    expect((await other.store.get(ID))?.state).toBe('queued');
    deaf.keepUp();
    await until(() => deaf.looked());
    await new Promise((wake) => setTimeout(wake, 300));
    expect((await other.store.get(ID))?.state).toBe('queued');
    // Its own still ends it.
    await other.gateway.cancel('me', 'again');
    await other.gateway.submit({ ...asking('3'), deadlineMs: 150 });
    expect(await other.gateway.ended('me', 'again')).toMatchObject({
      state: 'failed',
      error: { code: 'resource.deadline' },
    });
    await deaf.close();
    await other.close();
  });
});
