// The headless client over jobs, circuits and servers that a test plays: what is told, when, how often, and that no
// input and no secret is ever in it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeClient } from '../../src/client/client.ts';
import type { ClientParts } from '../../src/client/parts.ts';
import type { GnomonEvents, ProofProgress, ProofRequest } from '../../src/client/types.ts';
import { GnomonError } from '../../src/core/errors.ts';
import type { Attempt, Job, JobRequest } from '../../src/core/job.ts';
import { Priority } from '../../src/core/job.ts';
import type { AttemptRecord } from '../../src/core/metrics/attempt-record.ts';
import { totalsOf } from '../../src/core/metrics/history.ts';
import { makeTimeLeft } from '../../src/core/time-left.ts';
import { exportIdentity, openIdentity } from '../../src/reputation/identity.ts';
import type { JobEvent } from '../../src/services/jobs.ts';
import { aResult, CANARY, requestFor } from '../contract/job-store.support.ts';
import { aRecord } from '../core/metrics/arbitrary.ts';

const { circuit } = requestFor('x');
const ask: ProofRequest = { circuit: circuit.id, input: { rating: [CANARY, 1, true] } };

const attempt = (number: number, change: Partial<Attempt> = {}): Attempt => ({
  number,
  backendId: 'local',
  reason: 'here: this job stays on this device',
  rung: 'engine-single',
  startedAtMs: 1_000,
  endedAtMs: null,
  outcome: 'running',
  error: null,
  ...change,
});

function world() {
  const jobs = new Map<string, Job>();
  const requests: JobRequest[] = [];
  const remembered: { id: string; secretScalar: bigint }[] = [];
  const scopes = new Map<string, string>();
  const records: AttemptRecord[] = [];
  let listener: (event: JobEvent) => void = () => {};
  let ids = 0;
  const set = (id: string, change: Partial<Job>) => {
    const before = jobs.get(id) as Job;
    const job = { ...before, ...change, revision: before.revision + 1 };
    jobs.set(id, job);
    listener({ type: 'changed', job });
  };
  const parts: ClientParts = {
    jobs: {
      async submit(request) {
        const known = jobs.get(request.id);
        if (known !== undefined) return known;
        requests.push(request);
        const { input: _input, keepInput: _keep, rung: _rung, ...kept } = request;
        const job: Job = {
          ...kept,
          ...{ keepInput: 'if-mendable', inputKept: true, state: 'queued', revision: 1, sequence: 1 },
          ...{ createdAtMs: 0, queuedAtMs: 0, availableAtMs: 0, held: null, paused: false },
          ...{ rung: 'engine-threaded', endedAtMs: null, attempts: [], attemptsUsed: 0, lease: null },
          ...{ result: null, error: null },
        };
        jobs.set(request.id, job);
        listener({ type: 'changed', job });
        return job;
      },
      get: async (id) => jobs.get(id),
      list: async () => [...jobs.values()],
      async cancel(id) {
        if (jobs.has(id)) set(id, { state: 'cancelled' });
      },
      retry: async (id) => set(id, { state: 'queued', error: null }),
      async remove(id) {
        jobs.delete(id);
        listener({ type: 'removed', jobId: id });
      },
      watch(next) {
        listener = next;
        return () => {
          listener = () => {};
        };
      },
    },
    circuits: async () => [circuit],
    isKept: async () => false,
    servers: {
      list: () => [],
      add: () => {
        throw new Error('not here');
      },
      remove: () => {},
      setPermission: () => {},
      observe: () => () => {},
      watch: () => () => {},
      foresee: () => ({
        backendId: 'local',
        reason: 'here: this job stays on this device',
        expected: { ms: 1_000, lowMs: 800, highMs: 1_500, basis: 'measured', runs: 4 },
        waitMs: 0,
        stages: { artifacts: 500, witness: 100, proving: 900, verifying: 500 },
      }),
      backendId: (id) => `server:${id}`,
    },
    metrics: {
      summary: async (filter) => totalsOf({ records, days: [] }, filter ?? {}).summary(),
      watch: () => () => {},
    },
    async remember(identity) {
      remembered.push(identity);
    },
    async claimScope(scope, digest) {
      const first = scopes.get(scope) ?? digest;
      scopes.set(scope, first);
      return first === digest ? 'same' : 'other';
    },
    watchWarnings: () => () => {},
    newId: () => `id-${++ids}`,
    nowMs: () => 1_700_000_500_000,
    close: async () => {},
  };
  const client = makeClient(parts);
  const told: { type: keyof GnomonEvents; event: unknown }[] = [];
  for (const type of ['progress', 'proof', 'error', 'job'] as const)
    client.on(type, (event) => told.push({ type, event }));
  const of = (type: keyof GnomonEvents) => told.filter((one) => one.type === type).map(({ event }) => event);
  const emit = (event: JobEvent) => listener(event);
  return { client, told, of, set, emit, jobs, requests, remembered, records };
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

describe('what is told', () => {
  it('is the proof once, whatever comes twice, late, or out of order', async () => {
    const { client, of, set, emit, jobs } = world();
    const { id, done } = await client.submit(ask);
    set(id, { state: 'running', attempts: [attempt(1)] });
    const running = jobs.get(id) as Job;
    set(id, {
      state: 'succeeded',
      result: aResult,
      attempts: [attempt(1, { endedAtMs: 3_500, outcome: 'succeeded' })],
    });
    emit({ type: 'changed', job: jobs.get(id) as Job });
    emit({ type: 'changed', job: running });
    expect(await done).toMatchObject({ id, durationMs: 2_500, madeBy: 'this device', developmentKey: true });
    expect(of('proof')).toHaveLength(1);
    expect((await client.get(id))?.state).toBe('succeeded');
  });

  it('is progress that never goes back within an attempt, and begins anew with the next', async () => {
    const { client, of, set, emit } = world();
    const { id } = await client.submit(ask);
    set(id, { state: 'running', attempts: [attempt(1)] });
    const within = { etaWithin: { lowMs: 600, highMs: 900 } };
    const say = (stage: 'artifacts' | 'witness' | 'proving', fraction: number) =>
      emit({ type: 'progress', jobId: id, progress: { stage, fraction, etaMs: 700, ...within } });
    say('artifacts', 1);
    say('proving', 0.5);
    say('proving', 0.4);
    set(id, { attempts: [attempt(1, { outcome: 'failed' }), attempt(2)] });
    say('artifacts', 0);
    await settled();
    const seen = of('progress') as ProofProgress[];
    const overall = seen.map((one) => Math.round(one.overall * 1_000) / 1_000);
    expect(overall).toEqual([0.25, 0.525, 0.525, 0]);
    expect(seen.map((one) => one.attempt)).toEqual([1, 1, 1, 2]);
    expect(seen[0]).toMatchObject({ remainingMs: 700, remainingWithin: within.etaWithin });
  });

  it('is a failure with its next step, once for each, and again after a retry', async () => {
    const { client, of, set } = world();
    const { id, done } = await client.submit(ask);
    const error = new GnomonError('resource.memory', 'Too little memory.', {
      nextStep: 'Close tabs.',
    }).toData();
    set(id, { state: 'failed', error });
    await expect(done).rejects.toMatchObject({ code: 'resource.memory', nextStep: 'Close tabs.' });
    await client.retry(id);
    set(id, { state: 'failed', error });
    expect(of('error')).toEqual([
      { ...error, id },
      { ...error, id },
    ]);
  });

  it('is what ended while the page was put away, and nothing of earlier visits', async () => {
    const { client, of, emit, jobs } = world();
    const { id } = await client.submit(ask);
    const queued = jobs.get(id) as Job;
    const nowMs = 1_700_000_500_000;
    const ended = (name: string, endedAtMs: number): Job => ({
      ...queued,
      ...{ id: name, state: 'succeeded', revision: 5, endedAtMs, result: aResult, attempts: [attempt(1)] },
    });
    const failure = new GnomonError('backend.died', 'It died.', { nextStep: 'Try again.' }).toData();
    jobs.set('old', ended('old', nowMs - 1));
    jobs.set('broken', { ...ended('broken', nowMs - 1), state: 'failed', result: null, error: failure });
    jobs.set('elsewhere', ended('elsewhere', nowMs + 1));
    jobs.set(id, ended(id, nowMs + 1));
    emit({ type: 'missed' });
    await settled();
    expect(of('proof').map((event) => (event as { id: string }).id)).toEqual([id, 'elsewhere']);
    expect(of('error')).toEqual([]);
  });

  it('is also that it waits for an identity', async () => {
    const { client, of, set } = world();
    const { id } = await client.submit(ask);
    const held = new GnomonError('input.identity-locked', 'Locked.', { nextStep: 'Unlock it.' }).toData();
    set(id, { held });
    set(id, { held });
    expect(of('error')).toEqual([{ ...held, id }]);
  });

  it('ends for whoever aborts, unwatches or closes', async () => {
    const { client, set, told } = world();
    const seen: string[] = [];
    const ending = new AbortController();
    const { id } = await client.submit(ask);
    client.watch(id, ({ state }) => seen.push(state), { signal: ending.signal });
    await settled();
    expect(seen).toEqual(['queued']);
    ending.abort();
    const stop = client.watch(id, ({ state }) => seen.push(`second ${state}`));
    await settled();
    stop();
    client.watch(id, () => seen.push('never'))();
    await settled();
    const before = told.length;
    await client.close();
    set(id, { state: 'running', attempts: [attempt(1)] });
    expect(seen).toEqual(['queued', 'second queued']);
    expect(told).toHaveLength(before);
  });

  it('is that the client was closed, for whoever waits for a proof then, and for whoever asks afterwards', async () => {
    const { client, jobs } = world();
    const { id, done } = await client.submit(ask);
    await client.close();
    await expect(done).rejects.toMatchObject({ code: 'cancelled.closed' });
    expect(jobs.get(id)?.state).toBe('queued');
    for (const late of [client.submit(ask), client.plan(ask)])
      await expect(late).rejects.toMatchObject({ code: 'input.closed' });
    expect(jobs.size).toBe(1);
  });

  it('is that the client was closed, for whoever was handing a proof in just then', async () => {
    const { client, jobs } = world();
    client.on('job', () => void client.close());
    const { id, done } = await client.submit(ask);
    expect(jobs.get(id)?.state).toBe('queued');
    await expect(Promise.race([done, settled()])).rejects.toMatchObject({ code: 'cancelled.closed' });
  });
});

describe('submit', () => {
  it('stays here unless told, takes the priority, and the same id is the same proof', async () => {
    const { client, requests } = world();
    await client.submit({
      circuit: circuit.id,
      input: { rating: [CANARY, 1n, true] },
      id: 'mine',
      priority: Priority.CRITICAL,
    });
    await client.submit({ ...ask, id: 'mine' });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ id: 'mine', priority: 3, privacy: 'local-only' });
    expect(requests[0]).not.toHaveProperty('sendTo');
    expect(requests[0]?.input).toEqual({ rating: [CANARY, '1', '1'] });
  });

  it('is cancelled by its signal, also by one that was aborted before', async () => {
    const { client, jobs, requests } = world();
    const signal = AbortSignal.abort();
    await expect(client.submit(ask, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(requests).toHaveLength(0);
    const later = new AbortController();
    const { id, done } = await client.submit(ask, { signal: later.signal });
    later.abort();
    await expect(done).rejects.toMatchObject({ code: 'cancelled.by-person' });
    expect(jobs.get(id)?.state).toBe('cancelled');
  });

  it.each([
    [{ ...ask, id: 'a b' }, 'input.request'],
    [{ ...ask, priority: 7 }, 'input.request'],
    [{ ...ask, privacy: 'public' }, 'input.request'],
    [{ ...ask, server: 'unknown' }, 'input.server-unknown'],
    [{ ...ask, input: { rating: 1.5 } }, 'input.request'],
    [{ ...ask, input: null }, 'input.request'],
    [{ ...ask, circuit: 'other' }, 'circuit.not-found'],
    [{ attestations: {} }, 'input.request'],
    [{ attestations: [{}], threshold: 2 }, 'input.request'],
    [{ attestations: [{ source: CANARY }] }, 'input.attestations'],
    [{ bundle: CANARY }, 'input.malformed'],
    [null, 'input.request'],
  ])('stores nothing of %j, and says why without any value', async (request, code) => {
    const { client, requests } = world();
    const thrown: unknown = await client.submit(request as never).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code });
    expect((thrown as GnomonError).nextStep).not.toBe('');
    expect(JSON.stringify((thrown as GnomonError).toData())).not.toContain(CANARY);
    expect(requests).toHaveLength(0);
  });

  it('tells nobody of the input', async () => {
    const { client, told, set } = world();
    const { id } = await client.submit(ask);
    set(id, { state: 'running', attempts: [attempt(1)] });
    set(id, {
      state: 'failed',
      error: new GnomonError('witness.unsatisfied', 'No.', { nextStep: 'x' }).toData(),
    });
    const all = [told, await client.jobs(), await client.figures(), await client.plan(ask)];
    expect(JSON.stringify(all)).not.toContain(CANARY);
  });
});

describe('plan', () => {
  it('counts the whole way, and says where it would run', async () => {
    const { client } = world();
    const plan = await client.plan(ask);
    // Of 2 s, half is witness and proof. The rest is as uncertain as they are, as the time left under way says as well.
    expect(plan.prediction).toEqual({ ms: 2_000, lowMs: 1_600, highMs: 3_000, basis: 'measured', runs: 4 });
    const begun = makeTimeLeft({ artifacts: 500, witness: 100, proving: 900, verifying: 500 }, 0, {
      spread: { low: 0.8, high: 1.5 },
    }).at({ stage: 'artifacts', fraction: 0, etaMs: null }, 0);
    expect(begun).toEqual({ ms: 2_000, lowMs: 1_600, highMs: 3_000 });
    expect(plan).toMatchObject({ circuit: circuit.id, secrets: false, developmentKey: true });
    expect(plan.stages.map(({ share }) => share)).toEqual([0.25, 0.05, 0.45, 0.25]);
  });
});

describe('figures', () => {
  it('tell success and times of the circuit that is asked about, or of all', async () => {
    const { client, records } = world();
    const [some] = fc.sample(aRecord, { seed: 1, numRuns: 1 });
    const made = (circuitId: string, outcome: 'succeeded' | 'failed', totalMs: number) =>
      records.push({ ...(some as AttemptRecord), circuitId, outcome, totalMs });
    for (let nth = 0; nth < 3; nth++) made('other', 'failed', 10);
    made('other', 'succeeded', 90_000);
    made(circuit.id, 'succeeded', 1_000);
    const own = await client.figures(circuit.id);
    expect(own.successRate).toBe(1);
    expect(own.p99Ms).toBeCloseTo(1_000, -2);
    const all = await client.figures();
    expect(all.successRate).toBe(0.4);
    expect(all.p99Ms).toBeGreaterThan(80_000);
  });
});

describe('unlock', () => {
  it('hands the secret to memory under the name that jobs have for it, and to nobody else', async () => {
    const { client, remembered, told } = world();
    const identity = openIdentity(new Uint8Array(32).fill(7));
    await client.unlock(exportIdentity(identity));
    expect(remembered).toEqual([
      { id: `memory:${identity.commitment}`, secretScalar: identity.secretScalar },
    ]);
    expect(told).toEqual([]);
    await expect(client.unlock('not an identity')).rejects.toMatchObject({ code: 'input.identity' });
  });
});
