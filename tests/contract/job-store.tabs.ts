// What a JobStore promises across tabs, leaders and clocks that jump; not every harness can do each.
import { Priority } from '../../src/core/job.ts';
import {
  anError,
  aResult,
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

export const tabCases: ContractCase[] = [
  {
    name: 'a new leader takes over at once, and the old one can write no more',
    async run({ store, fences }) {
      if (!fences) return false;
      for (const id of ['a', 'b']) await store.add(requestFor(id));
      const old = await lead(store, 'tab-1');
      const first = await mustClaim(store, old);
      const next = await lead(store, 'tab-2');
      const fenced = { ok: false, refusal: 'fenced' };
      same(await store.renew(old, first.lease), fenced, 'renewal by the old');
      same(await store.commit(old, first.lease, { kind: 'succeeded', result: aResult }), fenced, 'commit');
      const claimed = await store.claim(old, { leaseMs: LEASE_MS, place: () => here });
      same(claimed, { refusal: 'fenced' }, 'claim by the old');
      const second = await mustClaim(store, next);
      same([second.job.id, second.job.attempts[0]?.outcome], ['a', 'stalled'], 'the orphan');
      check((await store.commit(next, second.lease, { kind: 'succeeded', result: aResult })).ok, 'commit');
      return true;
    },
  },

  {
    name: 'waiting raises a job, so that a stream of urgent ones cannot starve it',
    async run({ store, jump }) {
      if (jump === null) return false;
      await store.add(requestFor('low', { priority: Priority.LOW }));
      const holder = await lead(store);
      jump(16 * 60_000);
      await store.add(requestFor('critical', { priority: Priority.CRITICAL }));
      same(await claimOrder(store, holder), ['low', 'critical'], 'order');
      return true;
    },
  },

  {
    name: 'a clock set back neither freezes a back-off nor a dead lease, nor changes the order',
    async run(harness) {
      const { store, jump } = harness;
      if (jump === null) return false;
      await store.add(requestFor('a'));
      const holder = await lead(store);
      await mustClaim(store, holder);
      await store.add(requestFor('b'));
      const { lease } = await mustClaim(store, holder);
      await store.commit(holder, lease, {
        kind: 'retry',
        error: anError(true),
        delayMs: 5_000,
        rung: 'snarkjs-threaded',
      });
      jump(-3_600_000);
      await store.add(requestFor('c'));
      same(await claimOrder(store, { ...holder, ownerId: 'other' }), ['b', 'c'], 'order');
      await harness.advance(LEASE_MS + 1);
      same((await claim(store, { ...holder, ownerId: 'third' }))?.job.id, 'a', 'the dead owner’s job');
      return true;
    },
  },

  {
    name: 'two openings of one storage share jobs, leases, epochs and news',
    async run({ store, another }) {
      if (another === null) return false;
      const other = await another();
      const seen: string[] = [];
      const heard = new Promise<void>((resolve) => {
        other.watch((event) => {
          seen.push(event.type === 'changed' ? event.job.state : event.type);
          if (seen.length === 2) resolve();
        });
      });
      await store.add(requestFor('a'));
      same((await other.get('a'))?.state, 'queued', 'seen by the other');
      const holder = await lead(store);
      await mustClaim(store, holder);
      same(await claim(other, holder), null, 'a claim by the other');
      await heard;
      same(seen, ['queued', 'running'], 'news');
      const racing = await Promise.all(
        Array.from({ length: 20 }, (_, at) => (at % 2 ? store : other).add(requestFor(`r${at % 5}`))),
      );
      same(racing.filter(({ added }) => added).length, 5, 'jobs added in a race');
      const claims = await Promise.all(
        Array.from({ length: 10 }, (_, at) => claim(at % 2 ? store : other, holder)),
      );
      const ids = claims.flatMap((one) => (one === null ? [] : [one.job.id]));
      same([ids.length, new Set(ids).size], [5, 5], 'claims in a race');
      await other.close();
      return true;
    },
  },

  {
    name: 'what was saved is there when the storage is opened again',
    async run({ store, another, fences, advance }) {
      if (another === null) return false;
      await store.add(requestFor('a'));
      const holder = await lead(store);
      await mustClaim(store, holder);
      const before = await store.get('a');
      await store.close();
      const reopened = await another();
      same(await reopened.get('a'), before, 'the job');
      const next = await lead(reopened, 'tab-2');
      // Without epochs the lease itself must run out.
      if (!fences) await advance(LEASE_MS + 1);
      same((await claim(reopened, next))?.input, requestFor('a').input, 'its input');
      await reopened.close();
      return true;
    },
  },
];
