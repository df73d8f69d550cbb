// Fault that provers of a fleet find with an input: what ends the job, what another is asked for, and who is set aside.
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import type { Claim } from '../../src/core/ports.ts';
import { systemClock } from '../../src/core/system.ts';
import type { FleetStore } from '../../worker-server/fleet/store.ts';
import type { SignalsOf } from '../../worker-server/jobs/signals.ts';
import { aResult, claim, requestFor } from '../contract/job-store.support.ts';
import { onOwnRedis } from '../helpers/fleet-ground.ts';
import { type Machine, type MachineOptions, openMachine, submissionOf } from '../helpers/fleet-machine.ts';
import { REDIS } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const holder = { ownerId: 'prover', epoch: 0 };
const ground = onOwnRedis('doubts');
type Code = `${'witness' | 'input' | 'artifact' | 'circuit'}.${string}`;
const fault = (code: Code) =>
  new GnomonError(code, `This is ${code}.`, { nextStep: 'Another input.', retryable: false });
/** What the gateway works out. */
const takes: SignalsOf = async () => aResult.publicSignals;
const cannotTell: SignalsOf = async () =>
  Promise.reject(new GnomonError('artifact.not-found', 'It is not here.', { nextStep: 'Put it here.' }));

/** A back-off is the queue's, whose clock is not the test's. */
async function take(store: FleetStore): Promise<Claim> {
  let taken: Claim | null = null;
  await until(async () => {
    taken = await claim(store, holder);
    return taken !== null;
  });
  return taken!;
}

interface World {
  machines: Machine[];
  /** The job as it stands. */
  job(): ReturnType<Machine['store']['get']>;
  /** The next one that is free takes the job and finds this fault, and the gateway has heard it. */
  doubt(machine: Machine, code?: Code): Promise<void>;
  prove(machine: Machine): Promise<void>;
  /** It takes no more jobs, or does again. */
  drain(name: string, draining: boolean): Promise<void>;
  later(ms: number): void;
}

/** Machines a, b, c …, all of which live, have the circuit, and hold the one job. */
async function withJob(
  signalsOf: SignalsOf,
  { count = 2, told = true, maxAttempts = 3 },
  work: (world: World) => Promise<void>,
): Promise<void> {
  let aheadMs = 0;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const common: MachineOptions = { ...ground.fleet(), offers: true, signalsOf, clock };
  const machines: Machine[] = [];
  const state = { slots: 1, busy: 0, busyMs: 0 };
  const drained = new Set<string>();
  let beating: NodeJS.Timeout | undefined;
  const circuits = [requestFor('any').circuit.artifacts.zkey.sha256];
  const beat = async (): Promise<void> => {
    for (const { name, records } of machines)
      await records.beat({
        ...{ name: `${name}-1`, machine: name, circuits, ...state },
        ...{ draining: drained.has(name), atMs: clock.nowMs() },
      });
  };
  const job: World['job'] = () => machines[0]!.store.get('me\none');
  try {
    for (const name of ['a', 'b', 'c'].slice(0, count)) machines.push(await openMachine({ ...common, name }));
    await beat();
    beating = setInterval(() => void beat().catch(() => {}), 1_000);
    const expectedPublicSignals = told ? aResult.publicSignals : null;
    await machines[0]!.gateway.submit(submissionOf('one', { maxAttempts, expectedPublicSignals }));
    await work({
      machines,
      job,
      async doubt({ store }, code = 'witness.range') {
        const { lease } = await take(store);
        await store.commit(holder, lease, { kind: 'failed', error: fault(code).toData() });
        await until(async () => (await job())?.state !== 'running');
      },
      async prove({ store }) {
        const { lease } = await take(store);
        await store.commit(holder, lease, { kind: 'succeeded', result: aResult });
        await until(async () => (await job())?.state !== 'running');
      },
      async drain(name, draining) {
        drained[draining ? 'add' : 'delete'](name);
        await beat();
      },
      later(ms) {
        aheadMs += ms;
      },
    });
  } finally {
    clearInterval(beating);
    for (const machine of machines) await machine.close();
  }
}
const aside = async ({ machines }: World) => [...(await machines[0]!.records.aside()).keys()];
const wrongRefusals = ({ machines }: World) =>
  machines.flatMap(({ troubles }) => troubles.filter((trouble) => trouble.startsWith('wrong refusal')));

describe.skipIf(REDIS === undefined)('fault that a prover finds with an input', () => {
  it.each([true, false])(
    'that another proves: the job ends right, uncounted, and the first is set aside (told what to show: %s)',
    (told) =>
      withJob(takes, { told }, async (world) => {
        const [a, b] = world.machines as [Machine, Machine];
        await world.doubt(a);
        expect(await world.job()).toMatchObject({
          ...{ state: 'queued', attemptsUsed: 0, inputKept: true },
          error: { code: 'backend.wrong-refusal', where: 'witness.range' },
        });
        // It is free, and leaves it to the other.
        expect(await claim(a.store, holder)).toBeNull();
        expect(await aside(world)).toEqual([]);
        await world.prove(b);
        expect((await world.job())?.state).toBe('succeeded');
        await until(() => wrongRefusals(world).length > 0);
        expect(await aside(world)).toEqual(['a']);
        expect(wrongRefusals(world)).toEqual(['wrong refusal of a']);
      }),
  );

  it('that the gateway cannot judge ends the job when a second finds it, and nobody is blamed', () =>
    withJob(cannotTell, { count: 3 }, async (world) => {
      const [a, b] = world.machines as [Machine, Machine];
      await world.doubt(a);
      expect(await world.job()).toMatchObject({ state: 'queued', attemptsUsed: 0 });
      await world.doubt(b);
      const ended = await world.job();
      expect(ended).toMatchObject({ state: 'failed', inputKept: false, error: { code: 'witness.range' } });
      expect(ended?.attempts).toHaveLength(2);
      expect(await aside(world)).toEqual([]);
    }));

  it('that the gateway cannot judge ends the job where nobody else can be asked', () =>
    withJob(cannotTell, { count: 1 }, async (world) => {
      await world.doubt(world.machines[0]!);
      expect(await world.job()).toMatchObject({ state: 'failed', error: { code: 'witness.range' } });
    }));

  it('that the gateway finds too ends the job at once, in the gateway’s words', () => {
    const findings: (() => void)[] = [];
    const refuses: SignalsOf = () =>
      new Promise((_resolve, reject) => findings.push(() => reject(fault('witness.range'))));
    return withJob(refuses, { told: false }, async (world) => {
      const [a] = world.machines as [Machine];
      const doubted = world.doubt(a, 'witness.calculator-failed');
      await until(async () => (await a.store.stored('me\none'))?.offer != null);
      expect((await world.job())?.state).toBe('running');
      for (const find of findings) find();
      await doubted;
      expect(await world.job()).toMatchObject({ state: 'failed', error: { code: 'witness.range' } });
      expect(await aside(world)).toEqual([]);
    });
  });

  it('cannot be seen by a calculator: two that find the proof unsatisfied end the job', () =>
    withJob(takes, { told: false }, async (world) => {
      const [a, b] = world.machines as [Machine, Machine];
      await world.doubt(a, 'witness.unsatisfied');
      expect((await world.job())?.state).toBe('queued');
      await world.doubt(b, 'witness.unsatisfied');
      expect(await world.job()).toMatchObject({ state: 'failed', error: { code: 'witness.unsatisfied' } });
      expect(await aside(world)).toEqual([]);
    }));

  it('and the gateway does not, where nobody else is there, counts, and is never told as the input’s', () =>
    withJob(takes, { told: false, count: 1, maxAttempts: 2 }, async (world) => {
      const [a] = world.machines as [Machine];
      await world.doubt(a);
      expect(await world.job()).toMatchObject({ state: 'queued', attemptsUsed: 1 });
      await world.doubt(a);
      expect(await world.job()).toMatchObject({ state: 'failed', error: { code: 'backend.wrong-refusal' } });
      expect(await aside(world)).toEqual([]);
    }));

  it('by one that has found it already does not come again while another is there; else it counts', () =>
    withJob(takes, { told: false, maxAttempts: 2 }, async (world) => {
      const [a, b] = world.machines as [Machine, Machine];
      await world.doubt(a);
      expect(await world.job()).toMatchObject({ state: 'queued', attemptsUsed: 0 });
      // However long the other has something else to do.
      world.later(3_600_000);
      expect(await claim(a.store, holder)).toBeNull();
      await world.drain('b', true);
      await world.doubt(a);
      expect(await world.job()).toMatchObject({ state: 'queued', attemptsUsed: 1 });
      await world.drain('b', false);
      await world.prove(b);
      expect((await world.job())?.state).toBe('succeeded');
      await until(() => wrongRefusals(world).length > 0);
      expect(await aside(world)).toEqual(['a']);
    }));

  it('is left to gateways that may know better, until the time for it is over', () =>
    withJob(cannotTell, { told: false }, async (world) => {
      const [a] = world.machines as [Machine];
      const { lease } = await take(a.store);
      await a.store.commit(holder, lease, { kind: 'failed', error: fault('witness.range').toData() });
      for (const { gateway } of world.machines) await gateway.check('me\none');
      expect((await world.job())?.state).toBe('running');
      world.later(61_000);
      await a.gateway.check('me\none');
      expect(await world.job()).toMatchObject({ state: 'queued', error: { code: 'witness.range' } });
      expect(a.troubles).toEqual(['artifact.not-found']);
    }));

  it('sets nobody aside where the proof that came is not of this input, for all that the client says', () =>
    withJob(
      async () => ['2'],
      {},
      async (world) => {
        const [a, b] = world.machines as [Machine, Machine];
        await world.doubt(a);
        await world.prove(b);
        expect((await world.job())?.state).toBe('succeeded');
        expect(await aside(world)).toEqual([]);
      },
    ));
});

describe.skipIf(REDIS === undefined)('another failure that would end a job', () => {
  it.each<Code>(['artifact.digest-mismatch', 'circuit.zkey'])(
    'as %s: another machine is asked first',
    (code) =>
      withJob(takes, {}, async (world) => {
        const [a, b] = world.machines as [Machine, Machine];
        await world.doubt(a, code);
        expect(await world.job()).toMatchObject({ state: 'queued', attemptsUsed: 0, error: { code } });
        expect(await claim(a.store, holder)).toBeNull();
        await world.prove(b);
        expect((await world.job())?.state).toBe('succeeded');
        expect(await aside(world)).toEqual([]);
      }),
  );

  it('ends it once all have been asked', () =>
    withJob(takes, { count: 3 }, async (world) => {
      for (const machine of world.machines) await world.doubt(machine, 'artifact.digest-mismatch');
      const ended = await world.job();
      expect(ended).toMatchObject({ state: 'failed', error: { code: 'artifact.digest-mismatch' } });
      expect(ended?.attempts).toHaveLength(3);
    }));

  it('is not left to a machine that cannot open its input', () =>
    withJob(takes, {}, async (world) => {
      const [a, b] = world.machines as [Machine, Machine];
      await world.doubt(a, 'circuit.zkey');
      expect(await claim(a.store, holder)).toBeNull();
      b.ring.open = async () => 'no-key';
      expect(await claim(b.store, holder)).toBeNull();
      expect((await take(a.store)).job.attemptsUsed).toBe(1);
    }));
});
