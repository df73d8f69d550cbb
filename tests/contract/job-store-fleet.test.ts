// The JobStore contract, for the store of a fleet on a real Redis and on a real PostgreSQL. Time is real here: the quick
// run has leases and back-offs of a fifth of the contract's, and leaves out the cases that wait several times over.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { openDispatch } from '../../worker-server/fleet/dispatch.ts';
import { openKeyRing, rotateKeys } from '../../worker-server/fleet/keys.ts';
import { createFleetStore, type FleetStore } from '../../worker-server/fleet/store.ts';
import { onPostgres, onRedis, type Storage } from '../helpers/fleet-storage.ts';
import { POSTGRES } from '../helpers/postgres-server.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { isFullRun, runs } from '../helpers/scale.ts';
import { jobStoreCases } from './job-store.suite.ts';
import { LEASE_MS, type StoreHarness } from './job-store.support.ts';

/** What needs a clock that a test can set, or a store that fences. */
const NOT_HERE = [
  'a new leader takes over at once, and the old one can write no more',
  'waiting raises a job, so that a stream of urgent ones cannot starve it',
  'a clock set back neither freezes a back-off nor a dead lease, nor changes the order',
];
/** For more than one lease to run out. */
const LONG = [
  'renewing keeps a lease, and revives one that nobody took',
  'a job that dies with its page every time fails in the end',
  'what was saved is there when the storage is opened again',
];
/** The contract's times are divided by this, in whatever is asked of the store and of the clock. */
const QUICKER = runs(5, 1);
const STALLED_MS = 500;

let nth = 0;
let keys: string;
beforeAll(async () => {
  keys = mkdtempSync(join(tmpdir(), 'gnomon-keys-'));
  await rotateKeys(join(keys, 'keys.json'), 3, 0);
});
afterAll(() => rmSync(keys, { recursive: true, force: true }));

/** The same store, for which time passes faster. */
function quickened(store: FleetStore): FleetStore {
  return {
    ...store,
    claim: (holder, options) => store.claim(holder, { ...options, leaseMs: options.leaseMs / QUICKER }),
    commit: (holder, lease, outcome) =>
      store.commit(
        holder,
        lease,
        outcome.kind === 'retry' ? { ...outcome, delayMs: outcome.delayMs / QUICKER } : outcome,
      ),
  };
}

async function harness(storage: Storage): Promise<StoreHarness> {
  const prefix = `gnomon-${nth++}`;
  const opened: FleetStore[] = [];
  const open = async (): Promise<FleetStore> => {
    const { records, target } = await storage.open(prefix);
    const dispatch = openDispatch({
      ...{ target, name: 'jobs', prefix, lockMs: LEASE_MS / QUICKER, stalledMs: STALLED_MS, takes: true },
      onTrouble: () => {},
    });
    await dispatch.ready();
    const sealer = await openKeyRing(join(keys, 'keys.json'), () => {});
    const common = { clock: systemClock, random: systemRandom, name: 'here', offers: false };
    const store = createFleetStore({ records, dispatch, sealer, ...common });
    opened.push(store);
    return quickened(store);
  };
  return {
    store: await open(),
    advance: (ms) => new Promise((wake) => setTimeout(wake, ms / QUICKER + 3 * STALLED_MS)),
    jump: null,
    another: open,
    dump: storage.dump,
    fences: false,
    async close() {
      for (const store of opened) await store.close().catch(() => {});
    },
  };
}

describe.each([
  ['Redis', REDIS, onRedis],
  ['PostgreSQL', POSTGRES, onPostgres],
] as const)('the job store of a fleet on %s', (_name, program, start) => {
  const cases = jobStoreCases.filter(({ name }) => isFullRun || !LONG.includes(name));
  let storage: Storage;
  beforeAll(async () => {
    if (program !== undefined) storage = await start();
  }, 60_000);
  afterAll(() => storage?.stop());

  it.skipIf(program === undefined).each(cases.map((one) => [one.name, one] as const))(
    '%s',
    async (name, { run }) => {
      const here = await harness(storage);
      try {
        expect(await run(here)).toBe(!NOT_HERE.includes(name));
      } finally {
        await here.close();
      }
    },
  );
});
