// The pool of registered workers: dispatch, loss, drain, restart, and what may be registered. The prover is a stub
// whose only fault is to sleep; sessions, queue and scheduler are the real ones, over a wire in memory.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createFaults } from '../../src/core/faults.ts';
import type { SocketLike } from '../../src/remote/socket.ts';
import { createApp } from '../../worker-server/app.ts';
import { makeCallers } from '../../worker-server/callers.ts';
import { createServerJobs } from '../../worker-server/jobs/server-jobs.ts';
import { openPool, type PoolOptions } from '../../worker-server/pool/pool.ts';
import { keepInFile } from '../../worker-server/pool/registrations.ts';
import { adviseScaling, type PoolFigures } from '../../worker-server/pool/scaling.ts';
import type { PoolStats } from '../../worker-server/pool-port.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import { aError, type Script, scriptedVerifier } from '../helpers/scripted-prover.ts';
import { type MemoryServer, makeMemoryServer } from '../remote/memory-server.ts';
import { makeScriptedServer } from '../remote/scripted-server.ts';
import { makeWire, type Wire } from '../remote/wire.ts';

const SECOND = 1_000;
const PROOF_MS = 20 * SECOND;
const { circuit } = requestFor('any');
const QUIET = { queued: 0, oldestWaitMs: 0, localSlots: 0, localBusy: 0 };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Workers w0, w1 … at http://w0, http://w1 …, and a hub with nothing but its pool. */
async function makeHub(
  workers: number,
  slots: number,
  options: Partial<PoolOptions> & { script?: (worker: number) => Script } = {},
) {
  const clock = new VirtualClock();
  const random = new SeededRandom(testSeed);
  const { script = () => ({ kind: 'prove', ms: PROOF_MS }) as const } = options;
  const serve = (at: number) => makeMemoryServer({ clock, random, circuit, slots, script: () => script(at) });
  const servers: MemoryServer[] = [];
  const wires = new Map<string, Wire>();
  for (let at = 0; at < workers; at++) {
    servers.push(await serve(at));
    const wire = makeWire(clock, random, (peer) => servers[at]!.accept(peer));
    wire.faulty = false;
    wires.set(`w${at}`, wire);
  }
  const open = (url: string): SocketLike => wires.get(new URL(url).hostname)!.open(url);
  const faults = createFaults(clock);
  const pool = await openPool({ open, clock, random, faults, ...options });
  const jobs = createServerJobs({
    backends: pool.backends,
    verifier: scriptedVerifier,
    clock,
    random,
    faults,
    limits: { maxQueued: 1000, maxQueuedPerClient: 1000, maxQueuedBytes: 1e8, maxPayloadBytes: 1e7 },
    expect: async () => ['1'],
  });
  await jobs.start();
  const register = async (at: number) => {
    const status = await pool.register({ id: `w${at}`, url: `http://w${at}:3001`, maxConcurrency: slots });
    await clock.advance(100);
    return status;
  };
  const submit = (count: number, from = 0) => {
    for (let at = from; at < from + count; at++) {
      jobs.submit({
        owner: 'a',
        jobId: `job-${at}`,
        circuit,
        inputJson: Buffer.from('{"rating":["1"]}'),
        expectedPublicSignals: null,
        priority: 1,
      });
    }
  };
  const states = () => jobs.list('a', 1_000).views.map(({ state }) => state);
  return { clock, pool, jobs, servers, wires, register, submit, states };
}

describe('the figures of workers', () => {
  it('tell the operator alone where they are and why they fail, and nobody what a URL asks', async () => {
    const hub = await makeHub(1, 1);
    const url = 'http://w0:3001/?key=secret';
    await hub.pool.register({ id: 'w0', url, maxConcurrency: 1, token: 'w0-token' });
    hub.pool.wrongProof(hub.pool.backends.list()[0]!.id);
    const { parts } = await makeScriptedServer({
      ...{ clock: hub.clock, random: new SeededRandom(testSeed), circuit, slots: 1 },
      script: () => ({ kind: 'prove', ms: PROOF_MS }),
    });
    const tokens = [{ name: 'alice', token: 'alice-token' }];
    const callers = await makeCallers({ tokens, adminToken: 'admin-token', jwt: null });
    const app = createApp({
      ...{ appFolder: null, circuitsFolder: 'nowhere', version: '0' },
      parts: { ...parts, callers, pool: hub.pool },
    });
    const workers = async (token: string) => {
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await app.request('http://localhost/api/workers/stats', { headers });
      return ((await answer.json()) as PoolStats).workers;
    };
    expect(await workers('admin-token')).toMatchObject([
      { url: 'http://w0:3001/', state: 'set-aside', reason: expect.stringContaining('wrong') },
    ]);
    expect(await workers('alice-token')).toMatchObject([{ url: null, state: 'set-aside', reason: null }]);
  });
});

describe('a pool of four workers of four', () => {
  it('runs sixteen jobs at once, spread evenly, and the seventeenth waits', async () => {
    const hub = await makeHub(4, 4);
    for (let at = 0; at < 4; at++) await hub.register(at);
    expect(hub.jobs.capacity()).toMatchObject({ slots: 16, busy: 0 });
    hub.submit(17);
    await hub.clock.advance(5 * SECOND);
    expect(hub.servers.map(({ working }) => working)).toEqual([4, 4, 4, 4]);
    expect(hub.states().filter((state) => state === 'queued')).toHaveLength(1);
    expect(hub.pool.stats(QUIET)).toMatchObject({
      totalWorkers: 4,
      activeWorkers: 4,
      busyWorkers: 4,
      totalCapacity: 16,
      running: 16,
    });
    // All done after two rounds: they did run side by side.
    await hub.clock.advance(2 * PROOF_MS + 5 * SECOND);
    expect(new Set(hub.states())).toEqual(new Set(['succeeded']));
    expect(hub.pool.stats(QUIET).workers.reduce((sum, { completed }) => sum + completed, 0)).toBe(17);
  });

  it('spreads the first jobs over all, rather than filling one', async () => {
    const hub = await makeHub(4, 4);
    for (let at = 0; at < 4; at++) await hub.register(at);
    hub.submit(4);
    await hub.clock.advance(5 * SECOND);
    expect(hub.servers.map(({ working }) => working)).toEqual([1, 1, 1, 1]);
  });

  it('gives jobs that wait to whoever comes, without anything else happening', async () => {
    const hub = await makeHub(2, 2);
    hub.submit(3);
    await hub.clock.advance(5 * SECOND);
    expect(hub.states()).toEqual(['queued', 'queued', 'queued']);
    await hub.register(0);
    await hub.clock.advance(SECOND);
    expect(hub.servers[0]!.working).toBe(2);
    await hub.register(1);
    await hub.clock.advance(SECOND);
    expect(hub.servers[1]!.working).toBe(1);
  });

  it('gives the jobs of a dead worker to the others, and each ends once', async () => {
    const hub = await makeHub(3, 2);
    for (let at = 0; at < 3; at++) await hub.register(at);
    hub.submit(12);
    await hub.clock.advance(5 * SECOND);
    hub.servers[0]!.kill();
    hub.wires.get('w0')!.down = true;
    hub.wires.get('w0')!.cutAll();
    await hub.clock.advance(10 * SECOND);
    expect(hub.pool.stats(QUIET)).toMatchObject({ activeWorkers: 2, offlineWorkers: 1 });
    // One that stands still without its connection ending is noticed by its silence.
    hub.servers[1]!.kill();
    await hub.clock.advance(400 * SECOND);
    expect(hub.states()).toEqual(Array.from({ length: 12 }, () => 'succeeded'));
    expect(hub.jobs.figures.totals()).toEqual({ completed: 12, failed: 0, cancelled: 0 });
    expect([...hub.servers[2]!.begun.values()].every((times) => times === 1)).toBe(true);
  });

  it('gives few jobs to a worker that fails them all, says so, and the others prove them', async () => {
    const script = (worker: number): Script =>
      worker === 0
        ? { kind: 'fail', ms: 0, error: aError('resource.memory') }
        : { kind: 'prove', ms: PROOF_MS };
    const hub = await makeHub(3, 2, { script });
    for (let at = 0; at < 3; at++) await hub.register(at);
    hub.submit(40);
    await hub.clock.advance(5 * SECOND);
    expect(hub.pool.stats(QUIET).workers.map(({ state, reason }) => [state, reason])).toEqual([
      ['idle', 'its last jobs all failed: others come first for a while'],
      ['busy', null],
      ['busy', null],
    ]);
    await hub.clock.advance(40 * PROOF_MS);
    expect(new Set(hub.states())).toEqual(new Set(['succeeded']));
    expect(hub.pool.stats(QUIET).workers[0]?.failed).toBeLessThan(15);
  });

  it('lets a worker that is removed finish, and gives it no more', async () => {
    const hub = await makeHub(2, 1);
    await hub.register(0);
    await hub.register(1);
    hub.submit(4);
    await hub.clock.advance(5 * SECOND);
    let removed = false;
    void hub.pool.remove('w0').then(() => {
      removed = true;
    });
    await hub.clock.advance(SECOND);
    expect(hub.pool.stats(QUIET).workers[0]).toMatchObject({ id: 'w0', state: 'draining', running: 1 });
    expect(removed).toBe(false);
    await hub.clock.advance(PROOF_MS);
    expect(removed).toBe(true);
    expect(hub.pool.stats(QUIET).totalWorkers).toBe(1);
    await hub.clock.advance(3 * PROOF_MS);
    expect(new Set(hub.states())).toEqual(new Set(['succeeded']));
    expect(hub.servers[0]!.begun.size).toBe(1);
    expect(await hub.pool.remove('w0')).toBe(false);
  });

  it('counts a heartbeat, and connects at once to a worker that says it is back', async () => {
    const hub = await makeHub(1, 1);
    hub.wires.get('w0')!.down = true;
    await hub.register(0);
    await hub.clock.advance(120 * SECOND);
    expect(hub.pool.stats(QUIET)).toMatchObject({ activeWorkers: 0, offlineWorkers: 1 });
    hub.wires.get('w0')!.down = false;
    expect(hub.pool.heartbeat('w0')).toMatchObject({ lastSeenAtMs: hub.clock.nowMs() });
    await hub.clock.advance(SECOND);
    expect(hub.pool.stats(QUIET)).toMatchObject({ activeWorkers: 1, idleWorkers: 1 });
    expect(hub.pool.heartbeat('nobody')).toBeNull();
  });

  it('replaces a registration of the same id', async () => {
    const hub = await makeHub(2, 2);
    await hub.register(0);
    await hub.pool.register({ id: 'w0', url: 'ws://w1:3001/ws', maxConcurrency: 1 });
    await hub.clock.advance(SECOND);
    expect(hub.pool.stats(QUIET)).toMatchObject({ totalWorkers: 1, activeWorkers: 1, totalCapacity: 1 });
    hub.submit(1);
    await hub.clock.advance(PROOF_MS + 5 * SECOND);
    expect([hub.servers[0]!.begun.size, hub.servers[1]!.begun.size]).toEqual([0, 1]);
    // What the old one is found to have done says nothing of the new one.
    const old = hub.pool.backends.list()[0]!.id;
    await hub.register(0);
    hub.pool.wrongProof(old);
    expect(hub.pool.stats(QUIET).workers).toMatchObject([{ id: 'w0', state: 'idle' }]);
    hub.pool.wrongProof(hub.pool.backends.list()[0]!.id);
    expect(hub.pool.stats(QUIET).workers).toMatchObject([{ id: 'w0', state: 'set-aside' }]);
  });
});

describe('registrations', () => {
  it('survive a restart with their tokens, readable by their owner alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gnomon-pool-'));
    folders.push(folder);
    const file = join(folder, 'deep', 'workers.json');
    const first = await makeHub(2, 1, { registrations: keepInFile(file) });
    await Promise.all([first.register(0), first.register(1)]);
    await first.pool.register({ id: 'w1', url: 'http://w1:3001', maxConcurrency: 1, token: 'of w1' });
    await first.pool.remove('w0');
    await first.pool.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ workers: [{ id: 'w1', token: 'of w1' }] });
    const second = await makeHub(2, 1, { registrations: keepInFile(file) });
    await second.clock.advance(SECOND);
    expect(second.pool.stats(QUIET)).toMatchObject({ totalWorkers: 1, activeWorkers: 1 });
    expect(JSON.stringify(second.pool.stats(QUIET))).not.toContain('of w1');
    // A restart does not make good who was set aside; whoever registers it again does.
    const [backend] = second.pool.backends.list();
    second.pool.wrongProof(backend!.id);
    await second.pool.close();
    const third = await makeHub(2, 1, { registrations: keepInFile(file) });
    await third.clock.advance(SECOND);
    const stateOf = () => third.pool.stats(QUIET).workers.map(({ state }) => state);
    expect([stateOf(), third.pool.stats(QUIET).activeWorkers]).toEqual([['set-aside'], 0]);
    await third.register(1);
    expect([stateOf(), third.pool.stats(QUIET).activeWorkers]).toEqual([['idle'], 1]);
    await third.pool.close();
    const fourth = await makeHub(2, 1, { registrations: keepInFile(file) });
    await fourth.clock.advance(SECOND);
    expect(fourth.pool.stats(QUIET).activeWorkers).toBe(1);
    await fourth.pool.close();
    writeFileSync(file, '{"version":1,"workers":[{"id":');
    await expect(makeHub(1, 1, { registrations: keepInFile(file) })).rejects.toThrow(/cannot be read/);
  });

  it.each<[string, readonly string[] | null, string | null]>([
    ['http://w0:3001', null, null],
    ['http://w0:3001', ['w0'], null],
    ['http://w0:3001', ['http://w0:3001'], null],
    ['ws://w0:3001/any', ['http://w0:3001'], null],
    ['https://w0:3001', ['http://w0:3001'], 'input.worker-not-allowed'],
    ['http://w0.evil.example:3001', ['w0'], 'input.worker-not-allowed'],
    ['http://evil.example/w0', ['w0'], 'input.worker-not-allowed'],
    ['http://w0:3002', ['http://w0:3001'], 'input.worker-not-allowed'],
    ['http://w0:3001', [], 'input.worker-not-allowed'],
    ['http://me:secret@w0:3001', null, 'input.worker-url'],
    ['ftp://w0', null, 'input.worker-url'],
    ['file:///etc/passwd', null, 'input.worker-url'],
  ])('of %s where %j is allowed: %s', async (url, allowedUrls, code) => {
    const hub = await makeHub(1, 1, { allowedUrls });
    const registered = hub.pool.register({ id: 'w0', url, maxConcurrency: 1 });
    if (code === null) await expect(registered).resolves.toMatchObject({ id: 'w0' });
    else await expect(registered).rejects.toMatchObject({ code });
    await hub.pool.close();
  });
});

describe('scaling advice', () => {
  const figures: fc.Arbitrary<PoolFigures> = fc
    .record({
      queued: fc.nat(100),
      oldestWaitMs: fc.nat(100_000),
      localSlots: fc.nat(4),
      localBusy: fc.nat(4),
      activeWorkers: fc.nat(10),
      capacity: fc.nat(40),
      running: fc.nat(40),
      calmMs: fc.nat(1_000_000),
    })
    .map((one) => ({ ...one, running: Math.min(one.running, one.capacity) }));

  it('asks for more only when jobs wait, for less only when none do, and gives its figures', () => {
    fc.assert(
      fc.property(figures, (one) => {
        const { advice, reason } = adviseScaling(one);
        if (advice === 'scale-up') expect(one.queued).toBeGreaterThan(0);
        if (advice === 'scale-down') expect([one.queued, one.activeWorkers > 0]).toEqual([0, true]);
        expect(reason).toMatch(/\d/);
        // More of the same never turns a call for help into one for less.
        if (advice === 'scale-up') {
          expect(
            adviseScaling({ ...one, queued: one.queued + 1, oldestWaitMs: one.oldestWaitMs + 1 }).advice,
          ).toBe('scale-up');
        }
      }),
    );
  });

  it.each<[Partial<PoolFigures>, string]>([
    [{ queued: 3, oldestWaitMs: 30_000, running: 16 }, 'scale-up'],
    [{ queued: 3, oldestWaitMs: 2_000, running: 16 }, 'steady'],
    [{ queued: 40, oldestWaitMs: 2_000, running: 16 }, 'scale-up'],
    [{ queued: 1, capacity: 0, running: 0 }, 'scale-up'],
    [{ running: 1, calmMs: 600_000 }, 'scale-down'],
    [{ running: 1, calmMs: 60_000 }, 'steady'],
    [{ running: 10, calmMs: 0 }, 'steady'],
  ])('%o: %s', (change, advice) => {
    const usual = {
      queued: 0,
      oldestWaitMs: 0,
      localSlots: 0,
      localBusy: 0,
      activeWorkers: 4,
      capacity: 16,
      running: 8,
      calmMs: 0,
    };
    expect(adviseScaling({ ...usual, ...change }).advice).toBe(advice);
  });
});
