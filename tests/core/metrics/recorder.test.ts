// Every attempt leaves one record, whatever becomes of it: through the real scheduler on a virtual clock.
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { createEstimates } from '../../../src/core/estimates.ts';
import { createMemoryStore } from '../../../src/core/memory-engine.ts';
import { type AttemptRecord, AttemptRecordSchema } from '../../../src/core/metrics/attempt-record.ts';
import type { AttemptRequest } from '../../../src/core/ports.ts';
import { createScheduler, type Scheduler } from '../../../src/core/scheduler.ts';
import { CANARY, requestFor } from '../../contract/job-store.support.ts';
import { VirtualClock } from '../../helpers/clock.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { testSeed } from '../../helpers/scale.ts';
import {
  aError,
  makeIdentity,
  makeScriptedBackend,
  type Script,
  scriptedVerifier,
} from '../../helpers/scripted-prover.ts';

const SECOND = 1_000;
const schedulers: Scheduler[] = [];
afterEach(() => {
  for (const scheduler of schedulers.splice(0)) void scheduler.stop();
});

const assumed = { msPerConstraint: 1, calibrated: false };

async function makeWorld(script: (attempt: AttemptRequest) => Script, kind: 'local' | 'remote' = 'local') {
  const clock = new VirtualClock();
  const random = new SeededRandom(testSeed);
  const store = createMemoryStore(clock, random);
  const records: AttemptRecord[] = [];
  const estimates = createEstimates(() => assumed);
  const start = async (record = (one: AttemptRecord) => void records.push(one)) => {
    const scheduler = createScheduler({
      store,
      backends: [makeScriptedBackend({ clock, script, id: 'local', kind })],
      verifier: scriptedVerifier,
      inputs: makeIdentity(),
      clock,
      random,
      estimates,
      metrics: { record },
      policy: () => ({
        mode: 'automatic',
        permission: () => 'inputs',
        setAside: () => null,
        withoutExpectation: 'compute',
      }),
    });
    schedulers.push(scheduler);
    await scheduler.start();
    return scheduler;
  };
  return { clock, store, records, start, estimates };
}

const request = (id: string) => ({ ...requestFor(id), secrets: [] });

describe('an attempt leaves a record', () => {
  it('when it succeeds: where, how long, how long it had waited, and what was predicted', async () => {
    const { clock, store, records, start } = await makeWorld(() => ({ kind: 'prove', ms: 2 * SECOND }));
    await start();
    await store.add(request('a'));
    await store.add(request('b'));
    await clock.advance(60 * SECOND);
    expect(records).toHaveLength(2);
    for (const record of records) expect(v.parse(AttemptRecordSchema, record)).toEqual(record);
    const [first, second] = records as [AttemptRecord, AttemptRecord];
    expect(first).toMatchObject({
      circuitId: 'reputation-16',
      backendId: 'local',
      kind: 'local',
      number: 1,
      outcome: 'succeeded',
      errorCode: null,
      inputValues: 2,
      predictedMs: expect.closeTo(10_001 * Math.exp(0.75), 6),
      queueMs: 0,
    });
    expect(first.totalMs).toBeGreaterThanOrEqual(2 * SECOND);
    // The second had to wait for the first.
    expect(second.queueMs).toBeGreaterThanOrEqual(2 * SECOND);
    // Neither the input nor what the job is called.
    expect(JSON.stringify(records)).not.toContain(CANARY);
    expect(JSON.stringify(records)).not.toContain('Job a');
  });

  it('without a size of the input where that is kept apart from the job', async () => {
    const { clock, store, records, start } = await makeWorld(() => ({ kind: 'prove', ms: SECOND }));
    await start();
    await store.add({ ...request('a'), input: {} });
    await clock.advance(60 * SECOND);
    expect(records[0]).toMatchObject({ outcome: 'succeeded', inputValues: null });
  });

  it('when it fails, each time, with its code and the stage it got to', async () => {
    const error = aError('backend.died', true);
    const { clock, store, records, start } = await makeWorld(() => ({ kind: 'fail', ms: SECOND, error }));
    await start();
    await store.add(request('a'));
    await clock.advance(300 * SECOND);
    expect((await store.get('a'))?.state).toBe('failed');
    expect(records.map(({ number, outcome, errorCode }) => [number, outcome, errorCode])).toEqual(
      [1, 2, 3].map((number) => [number, 'failed', 'backend.died']),
    );
    // What a back-off takes is no wait in the queue.
    for (const { queueMs } of records) expect(queueMs).toBeLessThan(100);
    expect(records.every(({ proveMs }) => proveMs === null)).toBe(true);
  });

  it('without what a server makes up as its code, and is tried again as ever', async () => {
    const digits = '0123456789abcdef'.repeat(4);
    const error = aError(`backend.${digits}`, true);
    const { clock, store, records, start } = await makeWorld(
      () => ({ kind: 'fail', ms: SECOND, error }),
      'remote',
    );
    await start();
    await store.add({ ...request('a'), privacy: 'may-offload' });
    await clock.advance(300 * SECOND);
    expect((await store.get('a'))?.error?.code).toBe(`backend.${digits}`);
    expect(records.map(({ number, kind, errorCode }) => [number, kind, errorCode])).toEqual(
      [1, 2, 3].map((number) => [number, 'remote', 'backend.failed-there']),
    );
    expect(JSON.stringify(records)).not.toContain(digits);
  });

  it('when the person cancels it, and when it is given back', async () => {
    const { clock, store, records, start } = await makeWorld(() => ({ kind: 'prove', ms: 20 * SECOND }));
    const scheduler = await start();
    await store.add(request('a'));
    await clock.advance(3 * SECOND);
    await store.cancel('a');
    await clock.advance(3 * SECOND);
    await store.add(request('b'));
    await clock.advance(3 * SECOND);
    const stopped = scheduler.stop();
    await clock.advance(10 * SECOND);
    await stopped;
    expect(records.map(({ outcome }) => outcome)).toEqual(['cancelled', 'released']);
  });

  it('when its owner died, once, by whoever finds it', async () => {
    const { clock, store, records, start } = await makeWorld(() => ({ kind: 'prove', ms: 2 * SECOND }));
    const lost: AttemptRecord[] = [];
    // Claims a job and is never heard of again.
    const dead = { ownerId: 'dead', epoch: await store.beginEpoch('dead') };
    await store.add(request('a'));
    const place = () => ({ backendId: 'local', rung: 'engine-single' as const, reason: 'here' });
    await store.claim(dead, { leaseMs: 10 * SECOND, place });
    await clock.advance(SECOND);
    await start((one) => void lost.push(one));
    await clock.advance(60 * SECOND);
    expect((await store.get('a'))?.state).toBe('succeeded');
    await store.setPriority('a', 3);
    expect(lost.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'stalled'],
      [2, 'succeeded'],
    ]);
    expect(lost[0]).toMatchObject({ errorCode: 'resource.died-while-proving', inputValues: null });
    for (const record of lost) expect(v.parse(AttemptRecordSchema, record)).toEqual(record);
    expect(records).toEqual([]);
  });

  it('not when it never began, for a locked identity', async () => {
    const { clock, store, records, start } = await makeWorld(() => ({ kind: 'prove', ms: SECOND }));
    await start();
    await store.add(requestFor('a'));
    await clock.advance(10 * SECOND);
    const held = (await store.get('a'))?.held;
    expect(records.length).toBe(held === null ? 1 : 0);
  });
});

describe('predictions taught by records', () => {
  it('are those that the attempts themselves would have taught', async () => {
    const { clock, store, records, start, estimates } = await makeWorld(() => ({
      kind: 'prove',
      ms: 2 * SECOND,
    }));
    await start();
    for (const id of ['a', 'b', 'c']) await store.add(request(id));
    await clock.advance(60 * SECOND);
    const taught = createEstimates(() => assumed);
    const timed = records.map((record, nth) => ({ ...record, proveMs: 1_000 + nth }));
    taught.learnRecords([{ ...timed[0]!, outcome: 'failed' }]);
    expect(taught.expect('local', 'engine-threaded', request('a').circuit)?.runs).toBe(0);
    taught.learnRecords(timed);
    expect(taught.expect('local', timed[0]!.rung, request('a').circuit)).toEqual({
      // The key had been at hand for two proofs when the third began.
      ms: expect.closeTo(1_002, 6),
      lowMs: expect.closeTo(751.5, 6),
      highMs: expect.closeTo(1_738.5, 0),
      runs: 3,
      basis: 'measured',
    });
    taught.forget();
    // A prover has to start for it, and what every proof takes.
    const ms = 10_001 * Math.exp(0.75);
    expect(taught.expect('local', timed[0]!.rung, request('a').circuit)).toEqual({
      ...{ ms, lowMs: 0.4 * ms, highMs: 6 * ms, runs: 0, basis: 'assumed' },
    });
    expect(estimates.expect('local', timed[0]!.rung, request('a').circuit)).not.toBeNull();
  });
});
