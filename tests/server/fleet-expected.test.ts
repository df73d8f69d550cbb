// Jobs of a fleet that came without expected public signals: a gateway works out what their proofs must show, and what
// becomes of the job when it cannot, or when the circuit refuses the input.
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import type { Verifier } from '../../src/core/ports.ts';
import { systemClock } from '../../src/core/system.ts';
import type { SignalsOf } from '../../worker-server/jobs/signals.ts';
import { aResult, claim, mustClaim } from '../contract/job-store.support.ts';
import { onOwnRedis } from '../helpers/fleet-ground.ts';
import { type Machine, type MachineOptions, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { runs } from '../helpers/scale.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const ground = onOwnRedis('expected');
const untold = { expectedPublicSignals: null };
/** As the strict one does it: nothing else is wrong with these proofs. */
const verifier: Verifier = {
  verify: async ({ result, expectedPublicSignals }) =>
    expectedPublicSignals === null || String(result.publicSignals) === String(expectedPublicSignals)
      ? { ok: true }
      : { ok: false, reason: 'signals-differ', detail: 'other signals' },
};
const jobOf = ({ store }: Machine, jobId: string) => store.get(`me\n${jobId}`);
const inputOf = (a: number) => new TextEncoder().encode(`{"a":"${a}"}`);

/** What a circuit shows that shows its input. */
const shown: SignalsOf = async ({ inputJson }) => [JSON.parse(new TextDecoder().decode(inputJson)).a];

async function withMachines(
  changes: Partial<MachineOptions>[],
  work: (...machines: Machine[]) => Promise<void>,
): Promise<void> {
  const common = { ...ground.fleet(), offers: true, verifier };
  const machines: Machine[] = [];
  try {
    for (const change of changes) machines.push(await openMachine({ ...common, ...change }));
    await work(...machines);
  } finally {
    for (const machine of machines) await machine.close();
  }
}

/** The next proof is handed in, and shows this. */
async function handIn({ store }: Machine, signal: string): Promise<void> {
  const { lease } = await mustClaim(store, holder);
  const result = { ...aResult, publicSignals: [signal] };
  await store.commit(holder, lease, { kind: 'succeeded', result });
}

/** Counts its calls; each waits until it is let go on, or its job has ended. */
function slow() {
  const asked: { a: string; goOn: () => void }[] = [];
  let aborted = 0;
  const signalsOf: SignalsOf = async (job, signal, onAlive) => {
    const [a] = (await shown(job, signal, onAlive)) as [string];
    await new Promise<void>((resolve, reject) => {
      asked.push({ a, goOn: resolve });
      signal.addEventListener('abort', () => {
        aborted++;
        reject(signal.reason);
      });
    });
    return [a];
  };
  return { signalsOf, asked, aborted: () => aborted };
}

describe.skipIf(REDIS === undefined)('what a proof must show of which nobody has said it', () => {
  it('is worked out once, from the input, and another proof is refused', () => {
    let asked = 0;
    const signalsOf: SignalsOf = async (...job) => {
      asked++;
      return shown(...job);
    };
    return withMachines([{ signalsOf }], async (one) => {
      await one.gateway.submit(submissionOf('one', untold));
      await handIn(one, '8');
      await until(async () => (await jobOf(one, 'one'))?.state === 'queued');
      expect(await one.records.aside()).toEqual(new Map([[one.name, 'its proof did not verify']]));
      await handIn(one, '7');
      expect((await one.gateway.ended('me', 'one'))?.result?.publicSignals).toEqual(['7']);
      expect(asked).toBe(1);
      // Who says it is taken at their word.
      await one.gateway.submit(submissionOf('told', { expectedPublicSignals: ['9'] }));
      await handIn(one, '9');
      expect((await one.gateway.ended('me', 'told'))?.state).toBe('succeeded');
      expect(asked).toBe(1);
    });
  });

  it('is nothing where the circuit refuses the input, which is said while the job waits', () => {
    const refusal = new GnomonError('witness.unsatisfied', 'No.', { nextStep: 'Another input.' });
    const signalsOf: SignalsOf = async () => Promise.reject(refusal);
    return withMachines([{ signalsOf }], async (one) => {
      await one.gateway.submit(submissionOf('one', untold));
      const ended = await one.gateway.ended('me', 'one');
      expect(ended).toMatchObject({ state: 'failed', attempts: 0, error: { code: 'witness.unsatisfied' } });
      expect(await claim(one.store, holder)).toBeNull();
      expect(one.troubles).toEqual([]);
      // The same id with another input is another job.
      await one.gateway.submit(submissionOf('one'));
      expect((await jobOf(one, 'one'))?.state).toBe('queued');
    });
  });

  it('is looked for no longer once the job has been cancelled', () => {
    const { signalsOf, asked, aborted } = slow();
    return withMachines([{ signalsOf }], async (one) => {
      await one.gateway.submit(submissionOf('one', untold));
      await until(() => asked.length === 1);
      await handIn(one, '7');
      await one.gateway.cancel('me', 'one');
      await until(() => aborted() === 1);
      expect((await jobOf(one, 'one'))?.state).toBe('cancelled');
      expect(one.troubles).toEqual([]);
    });
  });

  it('is so too where the news of that was lost', () => {
    const { signalsOf, asked, aborted } = slow();
    return withMachines([{ signalsOf, deaf: true }, {}], async (deaf, other) => {
      for (const jobId of ['one', 'two']) await deaf.gateway.submit(submissionOf(jobId, untold));
      await until(() => asked.length === 2);
      deaf.keepUp();
      await other.gateway.cancel('me', 'one');
      await until(() => aborted() === 1);
      await new Promise((wake) => setTimeout(wake, 500));
      expect(aborted()).toBe(1);
    });
  });

  it('is not read from the input of a job that has been submitted anew under the id', () => {
    const { signalsOf, asked } = slow();
    const own = slow();
    return withMachines([{ signalsOf, deaf: true }, { signalsOf: own.signalsOf }], async (deaf, other) => {
      await other.gateway.submit(submissionOf('one', untold));
      await handIn(other, '7');
      expect((await other.store.stored('me\none'))?.offer).not.toBeNull();
      for (let at = 0; at < 4; at++) await deaf.gateway.submit(submissionOf(`${at}`, untold));
      await until(() => asked.length === 4);
      let checked = false;
      void deaf.gateway.check('me\none').then(() => {
        checked = true;
      });
      // While its turn has not come, its owner changes their mind; it does not hear of that.
      await new Promise((wake) => setTimeout(wake, 200));
      await other.gateway.cancel('me', 'one');
      await other.gateway.submit(
        submissionOf('one', { expectedPublicSignals: ['8'], inputJson: inputOf(8) }),
      );
      asked[0]!.goOn();
      await until(() => {
        asked[4]?.goOn();
        return checked;
      });
      expect(await deaf.records.aside()).toEqual(new Map());
      expect((await jobOf(other, 'one'))?.state).toBe('queued');
      expect(asked).toHaveLength(4);
    });
  });

  it('keeps no job from being given out, and what is being proved goes before what waits', () => {
    const { signalsOf, asked } = slow();
    const most = runs(40, 1000);
    return withMachines([{ signalsOf }], async (one) => {
      // Without having looked, a gateway does not know which goes first.
      one.keepUp();
      await until(one.looked);
      for (let at = 0; at < most; at++) {
        await one.gateway.submit(submissionOf(`${at}`, { ...untold, inputJson: inputOf(at) }));
      }
      await until(() => asked.length === 4);
      await one.gateway.submit(submissionOf('urgent', { ...untold, inputJson: inputOf(most), priority: 3 }));
      // All of them can be had, whatever is still to be worked out.
      const sinceMs = performance.now();
      const urgent = await mustClaim(one.store, holder);
      expect(urgent.job.id).toBe('me\nurgent');
      await mustClaim(one.store, holder);
      expect(performance.now() - sinceMs).toBeLessThan(2_000);
      asked[0]!.goOn();
      await until(() => asked.length === 5);
      expect(asked[4]!.a).toBe(String(most));
      const result = { ...aResult, publicSignals: [String(most)] };
      await one.store.commit(holder, urgent.lease, { kind: 'succeeded', result });
      asked[4]!.goOn();
      expect((await one.gateway.ended('me', 'urgent'))?.state).toBe('succeeded');
      expect(asked.length).toBeLessThan(8);
    });
  }, 120_000);

  it('is worked out by another gateway when the one that took the job dies, and upkeep waits for none of it', () => {
    const { signalsOf, asked } = slow();
    const own = slow();
    return withMachines([{ signalsOf: own.signalsOf }, { signalsOf }], async (one, other) => {
      await one.gateway.submit(submissionOf('one', untold));
      await one.gateway.submit(submissionOf('late', { ...untold, deadlineMs: 4_500 }));
      await until(() => own.asked.length === 2);
      await one.gateway.stop(0);
      expect(own.aborted()).toBe(2);
      await handIn(other, '7');
      await one.gateway.check('me\none');
      expect(own.asked).toHaveLength(2);
      other.keepUp();
      await until(() => asked.length === 1);
      // Meanwhile all else goes on.
      await until(async () => (await jobOf(other, 'late'))?.state === 'failed');
      asked[0]!.goOn();
      await until(async () => (await jobOf(other, 'one'))?.state === 'succeeded');
    });
  });

  it('is left to gateways that can tell; where none can, the job ends by that, and blames nobody', () => {
    const lacks: SignalsOf = async () => {
      const nextStep = 'Ask whoever runs this server to run npm run circuits.';
      throw new GnomonError('artifact.not-found', 'It is not in the folder.', { nextStep, where: 'x.wasm' });
    };
    let aheadMs = 0;
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
    return withMachines([{ signalsOf: lacks, clock }, { signalsOf: shown }], async (one, able) => {
      await one.gateway.submit(submissionOf('one', untold));
      await handIn(one, '7');
      for (let times = 0; times < 9; times++) await one.gateway.check('me\none');
      expect((await jobOf(one, 'one'))?.state).toBe('running');
      // Said once, not every two seconds.
      expect(one.troubles).toEqual(['artifact.not-found']);
      await able.gateway.check('me\none');
      expect((await jobOf(one, 'one'))?.state).toBe('succeeded');

      await one.gateway.submit(submissionOf('two', { ...untold, maxAttempts: 1 }));
      await handIn(one, '7');
      aheadMs = 61_000;
      await one.gateway.check('me\ntwo');
      expect((await jobOf(one, 'two'))?.error).toMatchObject({
        code: 'resource.unchecked',
        message: expect.stringContaining('It is not in the folder.'),
        where: 'x.wasm',
      });
      expect(await one.records.aside()).toEqual(new Map());
    });
  });

  it('is asked for at once by a gateway that lacks the circuit’s calculator', () =>
    withMachines([{ hasCalculator: false }], async (one) => {
      await expect(one.gateway.submit(submissionOf('one', untold))).rejects.toMatchObject({
        code: 'artifact.not-found',
        where: 'x.bin',
        retryable: false,
      });
      expect(await jobOf(one, 'one')).toBeUndefined();
      expect((await one.gateway.submit(submissionOf('one'))).state).toBe('queued');
    }));
});
