// What a JobStore promises of claims, leases and commits: who gets a job, for how long, and whose result counts.
import type { ErrorData } from '../../src/core/errors.ts';
import { Priority } from '../../src/core/job.ts';
import {
  always,
  anError,
  aResult,
  CANARY,
  type ContractCase,
  check,
  claim,
  claimOrder,
  here,
  LEASE_MS,
  lead,
  mustClaim,
  requestFor,
  same,
} from './job-store.support.ts';

export const leaseCases: ContractCase[] = [
  always('claims go by priority, and first come first served within one', async ({ store }) => {
    const wanted = [1, 0, 3, 1, 2, 0, 3] as const;
    for (const [at, priority] of wanted.entries()) await store.add(requestFor(`${at}`, { priority }));
    same(await claimOrder(store, await lead(store)), ['2', '6', '4', '0', '3', '1', '5'], 'order');
  }),

  always('priority can be changed while a job waits', async ({ store }) => {
    for (const id of ['a', 'b', 'c']) await store.add(requestFor(id));
    await store.setPriority('c', Priority.HIGH);
    same(await claimOrder(store, await lead(store)), ['c', 'a', 'b'], 'order');
  }),

  always('a claim hands out the input and one lease; nobody else gets the job', async ({ store }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const got = await Promise.all([claim(store, holder), claim(store, holder), claim(store, holder)]);
    const mine = got.filter((one) => one !== null);
    same(mine.length, 1, 'claims of one job');
    same(mine[0]?.input, requestFor('a').input, 'the input');
    const job = await store.get('a');
    same([job?.state, job?.attemptsUsed, job?.lease?.token], ['running', 1, mine[0]?.lease.token], 'the job');
    same([job?.attempts[0]?.outcome, job?.attempts[0]?.reason], ['running', here.reason], 'the attempt');
  }),

  always('a job that cannot be placed is passed over, and the next one taken', async ({ store }) => {
    await store.add(requestFor('a', { priority: Priority.CRITICAL }));
    await store.add(requestFor('b'));
    const holder = await lead(store);
    const got = await claim(store, holder, (job) => (job.id === 'a' ? null : here));
    same(got?.job.id, 'b', 'claimed');
    same((await store.get('a'))?.state, 'queued', 'the passed-over job');
  }),

  always('a result is committed once; late and stale ones are refused', async ({ store }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const done = { kind: 'succeeded', result: aResult } as const;
    const wrong = await store.commit(holder, { ...lease, token: 'wrong' }, done);
    same(wrong, { ok: false, refusal: 'stale-token' }, 'a wrong token');
    const both = await Promise.all([store.commit(holder, lease, done), store.commit(holder, lease, done)]);
    same(both.filter(({ ok }) => ok).length, 1, 'commits taken of two');
    const after = await store.get('a');
    same(await store.commit(holder, lease, done), { ok: false, refusal: 'not-running' }, 'a late commit');
    same(await store.renew(holder, lease), { ok: false, refusal: 'not-running' }, 'a late renewal');
    same(await store.get('a'), after, 'refusals change nothing');
    const ghost = await store.commit(holder, { ...lease, jobId: 'x' }, done);
    same(ghost, { ok: false, refusal: 'unknown-job' }, 'an unknown job');
  }),

  always(
    'a lease that is not renewed ends: the job runs again, the late result is refused',
    async (harness) => {
      const { store } = harness;
      await store.add(requestFor('a'));
      const holder = await lead(store);
      const first = await mustClaim(store, holder);
      const other = { ...holder, ownerId: 'other' };
      const waiting = await store.claim(other, { leaseMs: LEASE_MS, place: () => here });
      check(!('refusal' in waiting) && waiting.claim === null, 'not while the lease lasts');
      same(waiting.nextDueAtMs, (await store.get('a'))?.lease?.expiresAtMs, 'when it is due');
      await harness.advance(LEASE_MS + 1);
      const second = await mustClaim(store, other);
      same(
        second.job.attempts.map(({ outcome }) => outcome),
        ['stalled', 'running'],
        'attempts',
      );
      same([second.job.attemptsUsed, second.job.rung], [2, 'engine-single'], 'counted, and a rung lower');
      const late = await store.commit(holder, first.lease, { kind: 'succeeded', result: aResult });
      same(late, { ok: false, refusal: 'stale-token' }, 'the late result');
      same(await store.renew(holder, first.lease), { ok: false, refusal: 'stale-token' }, 'the late renewal');
      check(
        (await store.commit(other, second.lease, { kind: 'succeeded', result: aResult })).ok,
        'the new one',
      );
    },
  ),

  always('renewing keeps a lease, and revives one that nobody took', async (harness) => {
    const { store } = harness;
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    for (let step = 0; step < 4; step++) {
      await harness.advance(LEASE_MS / 2);
      check((await store.renew(holder, lease)).ok, 'renewed in time');
    }
    same(await claim(store, { ...holder, ownerId: 'other' }), null, 'a claim by someone else');
    await harness.advance(LEASE_MS * 2);
    check((await store.renew(holder, lease)).ok, 'revived');
    same(await claim(store, { ...holder, ownerId: 'other' }), null, 'a claim after the revival');
  }),

  always('a job that dies with its page every time fails in the end', async (harness) => {
    const { store } = harness;
    await store.add(requestFor('a', { maxAttempts: 2 }));
    const holder = await lead(store);
    for (let step = 0; step < 2; step++) {
      await mustClaim(store, holder);
      await harness.advance(LEASE_MS + 1);
    }
    same(await claim(store, holder), null, 'a third claim');
    const job = await store.get('a');
    same([job?.state, job?.error?.code], ['failed', 'resource.died-while-proving'], 'the job');
  }),

  always('a retry waits out its back-off on the rung it was given', async (harness) => {
    const { store } = harness;
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const error = anError(true);
    await store.commit(holder, lease, { kind: 'retry', error, delayMs: 4_000, rung: 'snarkjs-single' });
    const early = await store.claim(holder, { leaseMs: LEASE_MS, place: () => here });
    check(!('refusal' in early) && early.claim === null, 'not during the back-off');
    same(early.nextDueAtMs, (await store.get('a'))?.availableAtMs, 'when it is due');
    await harness.advance(4_000);
    const again = await mustClaim(store, holder);
    same([again.job.rung, again.job.attemptsUsed], ['snarkjs-single', 2], 'the second attempt');
    same(again.input, requestFor('a').input, 'its input');
  }),

  always('a held job waits for the person and loses nothing', async ({ store }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const error: ErrorData = { ...anError(false), group: 'input', code: 'input.identity-locked' };
    await store.commit(holder, lease, { kind: 'held', error });
    const held = await store.get('a');
    same([held?.state, held?.held?.code, held?.attemptsUsed], ['queued', error.code, 0], 'the job');
    same(await claim(store, holder), null, 'a claim');
    await store.retry('a');
    const again = await mustClaim(store, holder);
    same([again.input, again.job.held], [requestFor('a').input, null], 'after the retry');
  }),

  always('a released job is free at once and its attempt does not count', async ({ store }) => {
    await store.add(requestFor('a', { maxAttempts: 1 }));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.commit(holder, lease, { kind: 'released' });
    const again = await mustClaim(store, holder);
    same(
      again.job.attempts.map(({ outcome }) => outcome),
      ['released', 'running'],
      'attempts',
    );
    same(again.job.attemptsUsed, 1, 'attempts used');
    const error = anError(true);
    await store.commit(holder, again.lease, { kind: 'released', error });
    const told = (await store.get('a'))?.attempts.at(-1);
    same([told?.outcome, told?.error?.code], ['released', error.code], 'why it was given back');
  }),

  always('jobs of an owner that left in good order are free, others are not', async ({ store }) => {
    for (const id of ['a', 'b']) await store.add(requestFor(id, { maxAttempts: 1 }));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await mustClaim(store, { ...holder, ownerId: 'other' });
    await store.releaseOwner(holder.ownerId);
    same((await store.get('b'))?.state, 'running', 'the job of another owner');
    const late = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    same(late, { ok: false, refusal: 'not-running' }, 'a late result');
    const again = await mustClaim(store, holder);
    same([again.job.id, again.job.attemptsUsed, again.job.rung], ['a', 1, 'engine-threaded'], 'freed');
  }),

  always(
    'cancel ends a waiting and a running job at once; the running one cannot commit',
    async (harness) => {
      const { store } = harness;
      for (const id of ['a', 'b']) await store.add(requestFor(id));
      const holder = await lead(store);
      const { lease } = await mustClaim(store, holder);
      same((await store.cancel('a'))?.state, 'cancelled', 'the running job');
      same((await store.cancel('b'))?.state, 'cancelled', 'the waiting job');
      const late = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
      same(late, { ok: false, refusal: 'not-running' }, 'the late result');
      same((await store.get('a'))?.attempts[0]?.outcome, 'cancelled', 'its attempt');
      same(await claim(store, holder), null, 'a claim');
      same(await store.cancel('x'), undefined, 'an unknown job');
      if (harness.dump !== null) check(!(await harness.dump()).includes(CANARY), 'inputs are gone');
    },
  ),
];
