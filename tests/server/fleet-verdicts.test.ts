// What becomes of a proof that is wrong, or that cannot be checked: no job is kept for ever by either.
import { describe, expect, it } from 'vitest';
import type { Verifier } from '../../src/core/ports.ts';
import { keyOf } from '../../worker-server/fleet/records.ts';
import { aResult, here, mustClaim } from '../contract/job-store.support.ts';
import { onOwnRedis } from '../helpers/fleet-ground.ts';
import { type Machine, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const ground = onOwnRedis('verdicts');

async function withMachine(verify: Verifier['verify'], work: (machine: Machine) => Promise<void>) {
  const common = ground.fleet();
  const machine = await openMachine({ ...common, offers: true, verifier: { verify } });
  try {
    await machine.gateway.submit(submissionOf('one', { maxAttempts: 2 }));
    await work(machine);
  } finally {
    await machine.close();
  }
}

/** A proof is handed in. */
async function handIn({ store }: Machine): Promise<void> {
  const { lease } = await mustClaim(store, holder);
  await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
}

const jobOf = ({ store }: Machine) => store.get('me\none');

describe.skipIf(REDIS === undefined)('a gateway’s verdict', () => {
  it('sets aside who lies, without counting it, and ends a job that meets only lies', () =>
    withMachine(
      async () => ({ ok: false, reason: 'invalid-proof', detail: 'no' }),
      async (machine) => {
        for (let lies = 1; lies <= 5; lies++) {
          await handIn(machine);
          await until(async () => (await jobOf(machine))?.state !== 'running');
          expect((await jobOf(machine))?.state).toBe(lies < 5 ? 'queued' : 'failed');
        }
        expect((await jobOf(machine))?.error?.code).toBe('backend.wrong-proof');
        expect(await machine.records.aside()).toEqual(new Map([[machine.name, 'its proof did not verify']]));
      },
    ));

  it('that cannot be reached counts as an attempt after a few tries, and blames nobody', () =>
    withMachine(
      async () => {
        throw new Error('The verification key is not here.');
      },
      async (machine) => {
        for (const state of ['queued', 'failed']) {
          await until(async () => (await jobOf(machine))!.availableAtMs <= Date.now());
          await until(async () => {
            await handIn(machine).catch(() => {});
            return (await machine.store.stored('me\none'))?.offer !== null;
          });
          for (let tries = 0; tries < 6; tries++) await machine.gateway.check('me\none');
          expect((await jobOf(machine))?.state).toBe(state);
        }
        expect(await machine.records.aside()).toEqual(new Map());
      },
    ));

  it('does not come to a job that the queue has lost: it is given out again within seconds', () =>
    withMachine(
      async () => ({ ok: true }),
      async (machine) => {
        const claimed = await machine.store.claim(holder, { leaseMs: 500, place: () => here });
        if ('refusal' in claimed || claimed.claim === null) throw new Error('Nothing was claimed.');
        await machine.dispatch.finish(keyOf('me\none'), claimed.claim.lease.token);
        expect(await machine.dispatch.has(keyOf('me\none'))).toBe(false);
        const fromMs = Date.now();
        machine.keepUp();
        await until(() => machine.dispatch.has(keyOf('me\none')));
        // Of the 20 s that a silent prover may cost, its lease takes 10 and upkeep 2.
        expect(Date.now() - fromMs).toBeLessThan(12_000);
        expect((await mustClaim(machine.store, holder)).job.attempts[0]?.outcome).toBe('stalled');
      },
    ));
});
