// A fleet's upkeep when very much waits: what is urgent is done before all of it has its number.
import { describe, expect, it } from 'vitest';
import { jobRules } from '../../src/core/transitions.ts';
import type { Dispatch } from '../../worker-server/fleet/dispatch.ts';
import { keyOf, type Stored } from '../../worker-server/fleet/records.ts';
import { aResult, mustClaim, requestFor } from '../contract/job-store.support.ts';
import { onOwnRedis } from '../helpers/fleet-ground.ts';
import { openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const ground = onOwnRedis('crowded');
describe.skipIf(REDIS === undefined)('upkeep of a crowded fleet', () => {
  it('checks proofs and ends what is late before it numbers what waits', async () => {
    let goOn = (): void => {};
    const numbered = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let asked = 0;
    const meddleQueue = (dispatch: Dispatch): Dispatch => ({
      ...dispatch,
      async rank() {
        asked++;
        await numbered;
      },
    });
    const common = ground.fleet();
    // It hears of no proof, so that upkeep is what finds it.
    const one = await openMachine({ ...common, deaf: true, meddleQueue, offers: true });
    const other = await openMachine({ ...common, offers: true });
    await other.gateway.stop(0);
    await one.gateway.submit(submissionOf('proved'));
    const { lease } = await mustClaim(other.store, holder);
    expect((await other.store.commit(holder, lease, { kind: 'succeeded', result: aResult })).ok).toBe(true);
    // Its own gateway has had its time.
    const offered = (await one.records.get(keyOf('me\nproved'))) as Stored;
    const held = { ...offered.job.lease!, expiresAtMs: offered.job.lease!.expiresAtMs - 10_000 };
    const older = { ...offered.job, lease: held, revision: offered.job.revision + 1 };
    expect(await one.records.replace(offered, { ...offered, job: older })).toBe(true);
    for (const jobId of ['a', 'b', 'c']) await one.gateway.submit(submissionOf(jobId));
    // Its gateway went before its time was over.
    const request = requestFor('me\nlate', { context: { deadlineAtMs: Date.now() - 1000 } });
    const late = jobRules.accept(request, await one.records.nextSequence(), Date.now());
    await one.records.insert(late, new Uint8Array(200), {
      maxQueued: 9,
      maxQueuedPerOwner: 9,
      maxQueuedBytes: 1e6,
    });
    // Somebody else's turn comes first, so that all of these need another number.
    for (const { key } of await one.dispatch.waiting(9)) await other.dispatch.rank(key, 1000);
    one.keepUp();
    await until(async () => (await one.store.get('me\nproved'))?.state === 'succeeded');
    await until(async () => (await one.store.get('me\nlate'))?.state === 'failed');
    await until(() => asked > 0);
    goOn();
    expect(one.troubles).toEqual([]);
    await one.close();
    await other.close();
  });
});
