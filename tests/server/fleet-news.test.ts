// News that gets lost on its way to a gateway: whoever waits there hears all the same, and nobody is told what was.
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../worker-server/fleet/records.ts';
import { anError, aResult, mustClaim } from '../contract/job-store.support.ts';
import { onOwnRedis } from '../helpers/fleet-ground.ts';
import { type Machine, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const ground = onOwnRedis('news');
/** A gateway that hears nothing, and another machine of the same fleet. */
let deaf: Machine;
let other: Machine;

async function withBoth(work: () => Promise<void>): Promise<void> {
  const common = ground.fleet();
  deaf = await openMachine({ ...common, deaf: true, takes: false });
  other = await openMachine(common);
  try {
    await work();
    expect([...deaf.troubles, ...other.troubles]).toEqual([]);
  } finally {
    await deaf.close();
    await other.close();
  }
}

async function prove(outcome: 'succeeded' | 'failed'): Promise<void> {
  const { lease } = await mustClaim(other.store, holder);
  const end =
    outcome === 'succeeded'
      ? ({ kind: 'succeeded', result: aResult } as const)
      : ({ kind: 'failed', error: anError(false) } as const);
  expect((await other.store.commit(holder, lease, end)).ok).toBe(true);
}

const stateOf = (jobId: string) => deaf.gateway.view('me', jobId)?.state;

describe.skipIf(REDIS === undefined)('a gateway that hears no news', () => {
  it('tells whoever waits of the end, once, and counts it', () =>
    withBoth(async () => {
      await deaf.gateway.submit(submissionOf('one'));
      await prove('succeeded');
      const ends: string[] = [];
      deaf.gateway.watch(({ state }) => void ends.push(state));
      const waits = deaf.gateway.ended('me', 'two');
      expect(await waits).toBeUndefined();
      await deaf.gateway.submit(submissionOf('two'));
      const ended = deaf.gateway.ended('me', 'two');
      await prove('succeeded');
      deaf.keepUp();
      expect((await ended)?.result).toEqual(aResult);
      await until(() => stateOf('one') === 'succeeded');
      await new Promise((wake) => setTimeout(wake, 300));
      expect(ends.filter((state) => state === 'succeeded')).toHaveLength(2);
      expect(deaf.gateway.figures.totals().completed).toBe(2);
    }));

  it('tells of a job that began and went back, too', () =>
    withBoth(async () => {
      await deaf.gateway.submit(submissionOf('one'));
      deaf.keepUp();
      await mustClaim(other.store, holder);
      await until(() => stateOf('one') === 'running');
      await other.store.releaseOwner('prover');
      await until(() => stateOf('one') === 'queued');
    }));

  it('reads again what it is asked about: a status, a wait, a submission', () =>
    withBoth(async () => {
      for (const jobId of ['status', 'wait', 'submission', 'failed']) {
        await deaf.gateway.submit(submissionOf(jobId));
        await prove(jobId === 'failed' ? 'failed' : 'succeeded');
        expect(stateOf(jobId)).toBe('queued');
      }
      await deaf.gateway.recall?.('me', 'status');
      expect(stateOf('status')).toBe('succeeded');
      expect((await deaf.gateway.ended('me', 'wait'))?.state).toBe('succeeded');
      expect((await deaf.gateway.submit(submissionOf('submission'))).state).toBe('succeeded');
      await deaf.gateway.recall?.('me', 'failed');
      expect(stateOf('failed')).toBe('failed');
      // Somebody submits it anew elsewhere.
      await other.gateway.submit(submissionOf('failed'));
      await deaf.gateway.recall?.('me', 'failed');
      expect(stateOf('failed')).toBe('queued');
    }));

  it('stops waiting for whoever has gone', () =>
    withBoth(async () => {
      await deaf.gateway.submit(submissionOf('one'));
      const gone = new AbortController();
      const waits = deaf.gateway.ended('me', 'one', gone.signal);
      await new Promise((wake) => setTimeout(wake, 100));
      gone.abort();
      expect(await waits).toBeUndefined();
    }));

  it('says that a job is lost whose record is gone, and takes it again', () =>
    withBoth(async () => {
      await deaf.gateway.submit(submissionOf('one'));
      const ended = deaf.gateway.ended('me', 'one');
      await other.records.remove(keyOf('me\none'));
      deaf.keepUp();
      expect(await ended).toMatchObject({
        state: 'failed',
        error: { code: 'resource.job-lost', retryable: true },
      });
      expect(stateOf('one')).toBeUndefined();
      expect((await deaf.gateway.submit(submissionOf('one'))).state).toBe('queued');
    }));

  it('nor is any gateway led astray by news that comes late or twice', () =>
    withBoth(async () => {
      await other.gateway.submit(submissionOf('one'));
      const before = await other.store.get('me\none');
      await prove('succeeded');
      const told: string[] = [];
      other.gateway.watch(({ jobId, state }) => void told.push(`${jobId} ${state}`));
      for (const job of [before, await other.store.get('me\none')]) {
        await deaf.dispatch.tell({ kind: 'job', from: 'somebody', job, offered: false });
      }
      // News comes in order: when this has come, those have.
      await deaf.gateway.submit(submissionOf('two'));
      await until(() => told.length > 0);
      expect(told).toEqual(['two queued']);
      expect(other.gateway.view('me', 'one')?.state).toBe('succeeded');
      expect(other.gateway.figures.totals().completed).toBe(1);
    }));
});
