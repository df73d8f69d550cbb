// What a JobStore promises of keeping jobs: added once, listed, told of, removed, and inputs no longer than wanted.
import { Priority } from '../../src/core/job.ts';
import type { JobStore, StoreEvent } from '../../src/core/ports.ts';
import {
  always,
  anError,
  aResult,
  CANARY,
  type ContractCase,
  check,
  claimOrder,
  lead,
  mustClaim,
  requestFor,
  same,
} from './job-store.support.ts';

export const keepingCases: ContractCase[] = [
  always('a job that was added is there, queued, without its input', async ({ store }) => {
    const { job, added } = await store.add(requestFor('a'));
    check(added, 'the first add adds');
    same([job.state, job.inputKept, job.attemptsUsed], ['queued', true, 0], 'a new job');
    same(await store.get('a'), job, 'get');
    check(!JSON.stringify(job).includes(CANARY), 'a job record does not carry its input');
    same(await store.get('b'), undefined, 'get of an unknown id');
  }),

  always('the same id twice is the same job, also at the same time and after its end', async ({ store }) => {
    const both = await Promise.all([store.add(requestFor('a')), store.add(requestFor('a', { label: 'x' }))]);
    same(both.filter(({ added }) => added).length, 1, 'how many of two adds add');
    await store.cancel('a');
    const again = await store.add(requestFor('a'));
    same([again.added, again.job.state], [false, 'cancelled'], 'adding an ended job');
    same((await store.list()).length, 1, 'jobs listed');
  }),

  always('success stores the result, ends the job and deletes its input', async ({ store, dump }) => {
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    const written = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    check(written.ok, 'the commit is taken');
    const job = await store.get('a');
    same(job, written.job, 'what is stored');
    same(
      [job?.state, job?.inputKept, job?.lease, job?.result],
      ['succeeded', false, null, aResult],
      'the job',
    );
    if (dump !== null) check(!(await dump()).includes(CANARY), 'the input is nowhere in storage');
  }),

  always('an input outlives its job as keepInput says, and no longer', async ({ store }) => {
    const holder = await lead(store);
    for (const keepInput of ['never', 'if-mendable', 'always'] as const) {
      for (const ending of ['succeeded', 'final', 'mendable', 'cancelled'] as const) {
        const id = `${keepInput} ${ending}`;
        await store.add(requestFor(id, { keepInput }));
        const { lease } = await mustClaim(store, holder);
        if (ending === 'cancelled') await store.cancel(id);
        else if (ending === 'succeeded') {
          await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
        } else {
          await store.commit(holder, lease, { kind: 'failed', error: anError(ending === 'mendable') });
        }
        const kept = keepInput === 'always' || (keepInput === 'if-mendable' && ending === 'mendable');
        same((await store.get(id))?.inputKept, kept, id);
      }
    }
    await store.forgetInput('always succeeded');
    same((await store.get('always succeeded'))?.inputKept, false, 'after forgetInput');
  }),

  always('retry runs a failed job again with all its attempts, behind the others', async ({ store }) => {
    await store.add(requestFor('a', { maxAttempts: 1 }));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.commit(holder, lease, { kind: 'failed', error: anError(true) });
    await store.add(requestFor('b'));
    const job = await store.retry('a');
    same([job.state, job.error, job.endedAtMs, job.attemptsUsed], ['queued', null, null, 0], 'the job');
    same(await claimOrder(store, holder), ['b', 'a'], 'order');
  }),

  always('retry of a job without input is refused; of an unknown job too', async ({ store }) => {
    await store.add(requestFor('a'));
    await store.cancel('a');
    const codes: unknown[] = [];
    for (const id of ['a', 'x']) {
      await store.retry(id).catch((thrown: { code?: string }) => codes.push(thrown.code));
    }
    same(codes, ['input.gone', 'input.job-unknown'], 'codes');
    same((await store.get('a'))?.state, 'cancelled', 'the job');
  }),

  always('remove deletes job and input, also while it runs', async (harness) => {
    const { store } = harness;
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.remove('a');
    same(await store.get('a'), undefined, 'get');
    const late = await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    same(late, { ok: false, refusal: 'unknown-job' }, 'the late result');
    if (harness.dump !== null) check(!(await harness.dump()).includes(CANARY), 'the input is gone');
  }),

  always('list is newest first, by state, up to a limit', async ({ store }) => {
    for (const id of ['a', 'b', 'c', 'd']) await store.add(requestFor(id));
    await store.cancel('c');
    // Neither a priority nor a pause changes when it came.
    await store.setPriority('a', Priority.CRITICAL);
    await store.setPaused('b', true);
    const ids = async (options?: Parameters<JobStore['list']>[0]) =>
      (await store.list(options)).map(({ id }) => id);
    same(await ids(), ['d', 'c', 'b', 'a'], 'all');
    same(await ids({ states: ['queued'] }), ['d', 'b', 'a'], 'queued');
    same(await ids({ states: ['queued'], limit: 2 }), ['d', 'b'], 'two queued');
    same(await ids({ states: ['running'] }), [], 'running');
  }),

  always('watch tells every change once it is stored, and no input', async ({ store }) => {
    const events: StoreEvent[] = [];
    const stop = store.watch((event) => events.push(event));
    await store.add(requestFor('a'));
    const holder = await lead(store);
    const { lease } = await mustClaim(store, holder);
    await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
    await store.add(requestFor('a'));
    await store.remove('a');
    const seen = events.map((event) => (event.type === 'changed' ? event.job.state : event.type));
    same(seen, ['queued', 'running', 'succeeded', 'removed'], 'events');
    check(!JSON.stringify(events).includes(CANARY), 'events carry no input');
    stop();
    await store.add(requestFor('b'));
    same(events.length, 4, 'events after the watch ended');
  }),
];
