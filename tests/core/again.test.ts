// Making a job once more from what is kept of the first, and bringing jobs back from a backup.
import { expect, it } from 'vitest';
import { addAgain } from '../../src/core/again.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import { aResult, here, requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';

const open = () => createMemoryStore(new VirtualClock(), new SeededRandom(1));
const LEASE_MS = 1_000;

async function proved(store: ReturnType<typeof open>, id: string): Promise<void> {
  const holder = { ownerId: 'tab', epoch: await store.beginEpoch('tab') };
  const found = await store.claim(holder, { leaseMs: LEASE_MS, place: () => here });
  if ('refusal' in found || found.claim?.job.id !== id) throw new Error(`${id} was not claimed.`);
  await store.commit(holder, found.claim.lease, { kind: 'succeeded', result: aResult });
}

it('makes the same request under a new id, from the input that is kept', async () => {
  const store = open();
  const request = requestFor('a', { keepInput: 'always', context: { kind: 'claim' }, priority: 2 });
  await store.add(request);
  await proved(store, 'a');
  const again = await addAgain(store, 'a', 'b');
  expect(again).toMatchObject({ id: 'b', state: 'queued', attempts: [], result: null, attemptsUsed: 0 });
  const { input: _, id: _id, ...wanted } = request;
  expect(again).toMatchObject(wanted);
  expect(await store.inputOf('b')).toEqual(request.input);
  expect((await store.get('a'))?.state).toBe('succeeded');
});

it('says so when the input, or the job, is gone', async () => {
  const store = open();
  await store.add(requestFor('a'));
  await proved(store, 'a');
  await expect(addAgain(store, 'a', 'b')).rejects.toMatchObject({ code: 'input.gone' });
  await expect(addAgain(store, 'x', 'b')).rejects.toMatchObject({ code: 'input.job-unknown' });
  expect(await store.get('b')).toBeUndefined();
});

it('brings jobs back as they were, what ran as waiting, and leaves known ones alone', async () => {
  const from = open();
  for (const id of ['done', 'runs', 'waits', 'lost']) await from.add(requestFor(id));
  await proved(from, 'done');
  const holder = { ownerId: 'tab', epoch: await from.beginEpoch('tab') };
  await from.claim(holder, { leaseMs: LEASE_MS, place: () => here });
  await from.setPaused('waits', true);
  const entries = [];
  for (const job of (await from.list()).reverse()) {
    entries.push({ job, input: job.id === 'lost' ? null : await from.inputOf(job.id) });
  }

  const to = open();
  await to.add(requestFor('waits', { label: 'mine' }));
  expect(await to.restore(entries)).toBe(3);
  expect(await to.restore(entries)).toBe(0);
  expect((await to.list()).map(({ id }) => id)).toEqual(['lost', 'runs', 'done', 'waits']);
  expect(await to.get('done')).toMatchObject({ state: 'succeeded', result: aResult, inputKept: false });
  expect(await to.get('runs')).toMatchObject({
    state: 'queued',
    lease: null,
    attemptsUsed: 0,
    inputKept: true,
  });
  expect(await to.get('waits')).toMatchObject({ label: 'mine', paused: false });
  expect(await to.get('lost')).toMatchObject({ state: 'failed', error: { code: 'internal.input-missing' } });
  expect(await to.inputOf('runs')).toEqual(requestFor('runs').input);
});
