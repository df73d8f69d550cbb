// What a JobStore promises of pausing: nothing paused is claimed, nothing loses its place, and it lasts.
import {
  always,
  anError,
  aResult,
  type ContractCase,
  check,
  claim,
  claimOrder,
  lead,
  mustClaim,
  requestFor,
  same,
} from './job-store.support.ts';

export const pausingCases: ContractCase[] = [
  always('a paused job is not claimed, and keeps its place when it goes on', async ({ store }) => {
    for (const id of ['a', 'b', 'c']) await store.add(requestFor(id));
    const holder = await lead(store);
    same((await store.setPaused('a', true))?.paused, true, 'the job');
    same((await store.setPaused('a', true))?.revision, 2, 'pausing twice');
    same((await claim(store, holder))?.job.id, 'b', 'the next one');
    await store.setPaused('a', false);
    same(await claimOrder(store, holder), ['a', 'c'], 'order');
    same(await store.setPaused('x', true), undefined, 'an unknown job');
  }),

  always('pausing a running job puts it back; it cannot commit, and nothing counts', async ({ store }) => {
    await store.add(requestFor('a', { maxAttempts: 1 }));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const paused = await store.setPaused('a', true);
    same([paused?.state, paused?.paused, paused?.attemptsUsed], ['queued', true, 0], 'the job');
    const late = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    same(late, { ok: false, refusal: 'not-running' }, 'the late result');
    same(await claim(store, holder), null, 'a claim');
    await store.setPaused('a', false);
    const again = await mustClaim(store, holder);
    same([again.input, again.job.attemptsUsed], [requestFor('a').input, 1], 'after it goes on');
  }),

  always(
    'a job kept here leaves no more: one that runs elsewhere is put back, one that runs here goes on',
    async ({ store }) => {
      const leaving = { privacy: 'may-offload', sendTo: 'server:1', maxAttempts: 1 } as const;
      const holder = await lead(store);
      const isElsewhere = () => true;
      await store.add(requestFor('a', leaving));
      const { lease } = await mustClaim(store, holder);
      const kept = await store.keepHere('a', isElsewhere);
      same([kept?.state, kept?.privacy, kept?.sendTo], ['queued', 'local-only', undefined], 'the job');
      same(kept?.attemptsUsed, 0, 'what counts');
      const late = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
      same(late, { ok: false, refusal: 'not-running' }, 'the late result');
      same((await store.keepHere('a', isElsewhere))?.revision, kept?.revision, 'keeping it twice');
      await store.remove('a');
      await store.add(requestFor('b', leaving));
      const here = await mustClaim(store, holder);
      same((await store.keepHere('b', () => false))?.state, 'running', 'one that runs here');
      const done = await store.commit(holder, here.lease, { kind: 'succeeded', result: aResult });
      same(done.ok, true, 'its result');
      same(await store.keepHere('x', isElsewhere), undefined, 'an unknown job');
    },
  ),

  always('a paused job can be cancelled; what has ended cannot be paused', async ({ store }) => {
    await store.add(requestFor('a'));
    await store.setPaused('a', true);
    const cancelled = await store.cancel('a');
    same([cancelled?.state, cancelled?.paused], ['cancelled', false], 'the job');
    same((await store.setPaused('a', true))?.paused, false, 'pausing it then');
  }),

  always('freeing a held job does not let it go on when it is paused too', async ({ store }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.commit(holder, lease, { kind: 'held', error: anError(false) });
    await store.setPaused('a', true);
    const freed = await store.retry('a');
    same([freed.held, freed.paused], [null, true], 'the job');
    same(await claim(store, holder), null, 'a claim');
    await store.setPaused('a', false);
    same((await claim(store, holder))?.job.id, 'a', 'claimed then');
  }),

  always('a paused queue gives out nothing, and what runs is finished', async ({ store }) => {
    for (const id of ['a', 'b']) await store.add(requestFor(id));
    const holder = await lead(store);
    same(await store.queuePaused(), false, 'at first');
    const { lease } = await mustClaim(store, holder);
    const told: boolean[] = [];
    const stop = store.watch((event) => {
      if (event.type === 'queue') told.push(event.paused);
    });
    await store.setQueuePaused(true);
    await store.setQueuePaused(true);
    same(await store.queuePaused(), true, 'paused');
    same(await claim(store, holder), null, 'a claim');
    check((await store.commit(holder, lease, { kind: 'succeeded', result: aResult })).ok, 'the commit');
    same((await store.get('b'))?.paused, false, 'the waiting job itself');
    await store.setQueuePaused(false);
    same((await claim(store, holder))?.job.id, 'b', 'claimed then');
    same(told, [true, false], 'news');
    stop();
  }),

  {
    name: 'pauses are seen by others who share the storage, and last when it is opened again',
    async run({ store, another }) {
      if (another === null) return false;
      for (const id of ['a', 'b']) await store.add(requestFor(id));
      await store.setPaused('a', true);
      await store.setQueuePaused(true);
      await store.close();
      const reopened = await another();
      same([await reopened.queuePaused(), (await reopened.get('a'))?.paused], [true, true], 'kept');
      const holder = await lead(reopened);
      same(await claim(reopened, holder), null, 'a claim');
      await reopened.setQueuePaused(false);
      same(await claimOrder(reopened, holder), ['b'], 'order');
      await reopened.close();
      return true;
    },
  },
];
