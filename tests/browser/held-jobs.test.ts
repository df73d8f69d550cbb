// Jobs that wait for an identity: none is left waiting for one that is unlocked, whenever that happened.
import { afterEach, expect, it } from 'vitest';
import { releaseHeldJobs } from '../../src/browser/held-jobs.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import { IDENTITY_LOCKED } from '../../src/core/retry.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { releaseHeld } from '../../src/core/upkeep.ts';
import { anError, here, lead, requestFor } from '../contract/job-store.support.ts';

let end = () => {};
afterEach(() => end());

/** A job of identity "me", about to be held, and identities of which `unlocked` says which is open. */
async function makeWorld() {
  const store = createMemoryStore(systemClock, systemRandom);
  const unlocked = new Set<string>();
  let tell = () => {};
  const identities = {
    list: async () =>
      ['me', 'other'].map((id) => ({
        id,
        name: id,
        commitment: '1',
        createdAtMs: 1,
        backedUp: true,
        demo: false,
        unlocked: unlocked.has(id),
      })),
    watch: (listener: () => void) => {
      tell = listener;
      return () => {};
    },
  };
  end = releaseHeldJobs(
    {
      watch: (listener) => store.watch(listener),
      retry: async (id) => void (await store.retry(id)),
      releaseHeld: () => releaseHeld(store),
    },
    identities,
  );
  await store.add(requestFor('a', { secrets: [{ signal: 'secret', identityId: 'me' }] }));
  const holder = await lead(store);
  const hold = async () => {
    const found = await store.claim(holder, { leaseMs: 10_000, place: () => here });
    if ('refusal' in found || found.claim === null) throw new Error('No claim.');
    const error = { ...anError(false), code: IDENTITY_LOCKED };
    await store.commit(holder, found.claim.lease, { kind: 'held', error });
  };
  const unlock = (id: string) => {
    unlocked.add(id);
    tell();
  };
  const held = async () => (await store.get('a'))?.held !== null;
  return { hold, unlock, held };
}

it('go on when one is unlocked', async () => {
  const { hold, unlock, held } = await makeWorld();
  await hold();
  expect(await held()).toBe(true);
  unlock('me');
  await expect.poll(held).toBe(false);
});

it('go on when it was unlocked just before they began to wait', async () => {
  const { hold, unlock, held } = await makeWorld();
  unlock('me');
  await hold();
  await expect.poll(held).toBe(false);
});

it('wait on when another one is unlocked', async () => {
  const { hold, unlock, held } = await makeWorld();
  unlock('other');
  await hold();
  await new Promise((wake) => setTimeout(wake, 50));
  expect(await held()).toBe(true);
});
