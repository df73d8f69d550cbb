// Two tabs where the browser has no Web Locks, as on a page over plain http: one leads, and the other takes over
// when it goes. Each taking the lead whenever it is fenced, they would end every job as "died while proving".
import { afterEach, expect, it } from 'vitest';
import { type Jobs, makeJobs } from '../../src/browser/jobs.ts';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { memoryStorage } from '../helpers/memory-storage.ts';
import { makeIdentity, makeScriptedBackend, scriptedVerifier } from '../helpers/scripted-prover.ts';

const PROVING_MS = 200;
const PATIENCE_MS = 20_000;

let tabs: Jobs[] = [];
afterEach(async () => {
  await Promise.all(tabs.map((tab) => tab.close()));
  tabs = [];
});

function openTabs(count: number) {
  const store = createMemoryStore(systemClock, systemRandom);
  const page = () => Object.assign(new EventTarget(), { localStorage: memoryStorage() });
  const name = systemRandom.id();
  tabs = Array.from({ length: count }, () =>
    makeJobs({
      store: { ...store, close: async () => {} },
      backends: [
        makeScriptedBackend({ clock: systemClock, script: () => ({ kind: 'prove', ms: PROVING_MS }) }),
      ],
      verifier: scriptedVerifier,
      inputs: makeIdentity(),
      clock: systemClock,
      random: systemRandom,
      locks: undefined,
      page: page(),
      name,
    }),
  );
  return store;
}

const leaders = () => tabs.filter((tab) => tab.leading()).length;

it(
  'one of them proves each job, and none is taken for dead',
  async () => {
    const store = openTabs(3);
    for (const id of ['a', 'b', 'c']) await tabs[0]?.submit(requestFor(id));
    const states = async () => (await store.list()).map(({ state }) => state);
    await expect.poll(states, { timeout: PATIENCE_MS }).toEqual(['succeeded', 'succeeded', 'succeeded']);
    await expect.poll(leaders, { timeout: PATIENCE_MS }).toBe(1);
    // At most the one under way when two began together was lost.
    const lost = (await store.list())
      .flatMap(({ attempts }) => attempts)
      .filter((one) => one.outcome === 'stalled');
    expect(lost.length).toBeLessThanOrEqual(2);
  },
  2 * PATIENCE_MS,
);

it(
  'another takes over when the leader goes',
  async () => {
    const store = openTabs(2);
    // Two that began together find out by their first work.
    await tabs[0]?.submit(requestFor('first'));
    await expect
      .poll(async () => (await store.get('first'))?.state, { timeout: PATIENCE_MS })
      .toBe('succeeded');
    await expect.poll(leaders, { timeout: PATIENCE_MS }).toBe(1);
    const leader = tabs.find((tab) => tab.leading());
    await leader?.close();
    const other = tabs.find((tab) => tab !== leader);
    await other?.submit(requestFor('a'));
    await expect.poll(async () => (await store.get('a'))?.state, { timeout: PATIENCE_MS }).toBe('succeeded');
  },
  2 * PATIENCE_MS,
);
