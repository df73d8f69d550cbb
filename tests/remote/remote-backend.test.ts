// The client of worker servers against real sessions in memory: one behaviour at a time. Everything at once is in
// schedules.test.ts, real sockets in tests/server.
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import type { Progress, ProofResult } from '../../src/core/job.ts';
import type { AttemptRequest } from '../../src/core/ports.ts';
import { makeRemoteBackend, type RemoteBackendOptions } from '../../src/remote/remote-backend.ts';
import { socketUrl } from '../../src/remote/socket.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import type { Script } from '../helpers/scripted-prover.ts';
import { makeMemoryServer } from './memory-server.ts';
import { makeWire, type Payload, type Peer } from './wire.ts';

const SECOND = 1_000;
const request = requestFor('a');
const attempt: AttemptRequest = {
  jobId: 'a',
  number: 1,
  circuit: request.circuit,
  input: { rating: ['61803398874989484820', '1'] },
  rung: 'engine-threaded',
  deadlineMs: 60 * SECOND,
  leaves: { secrets: false },
};
const large = { rating: Array.from({ length: 40_000 }, () => '123456') };

async function makeWorld(options: Partial<RemoteBackendOptions> = {}, script?: () => Script) {
  const clock = new VirtualClock();
  const random = new SeededRandom(testSeed);
  const serve = () =>
    makeMemoryServer({
      clock,
      random,
      circuit: request.circuit,
      slots: 2,
      script: script ?? (() => ({ kind: 'prove', ms: 10 * SECOND })),
    });
  let server = await serve();
  /** Everything that the client sent. */
  const sent: Payload[] = [];
  const wire = makeWire(clock, random, (peer: Peer) => {
    server.accept(peer);
    const take = peer.onData;
    peer.onData = (data) => {
      sent.push(data);
      take(data);
    };
  });
  wire.faulty = false;
  const backend = makeRemoteBackend({
    id: 'server:1',
    url: 'wss://memory/ws',
    open: wire.open,
    clock,
    random,
    ...options,
  });
  backend.start();
  await clock.advance(SECOND);
  const prove = (change: Partial<AttemptRequest> = {}, signal = new AbortController().signal) => {
    const progress: Progress[] = [];
    const run = { progress, result: null as ProofResult | null, error: null as GnomonError | null };
    backend
      .prove({ ...attempt, ...change }, signal, (report) => progress.push(report))
      .then(
        (result) => {
          run.result = result;
        },
        (thrown) => {
          run.error = thrown as GnomonError;
        },
      );
    return run;
  };
  return {
    clock,
    wire,
    sent,
    backend,
    prove,
    server: () => server,
    async restart() {
      server.kill();
      server = await serve();
      wire.cutAll();
    },
  };
}

describe('a remote backend', () => {
  it('says hello, learns what the server offers, proves there and frees its place', async () => {
    const world = await makeWorld();
    expect(world.backend.status()).toMatchObject({ phase: 'ready', welcome: { name: 'Memory server' } });
    expect(world.backend.label).toBe('Memory server');
    expect(world.backend.capacity()).toEqual({ slots: 2, busy: 0 });
    const run = world.prove();
    expect(world.backend.capacity().busy).toBe(1);
    await world.clock.advance(12 * SECOND);
    expect(run.result).toMatchObject({ publicSignals: ['1'], prover: 'scripted', threads: 1 });
    expect(run.progress.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(['artifacts', 'witness', 'proving']),
    );
    await world.clock.advance(11 * SECOND);
    expect(world.backend.capacity().busy).toBe(0);
    expect(world.backend.status().roundTripMs).toBeGreaterThan(0);
  });

  it('goes on after a broken connection: nothing is sent or proved twice', async () => {
    const world = await makeWorld();
    const run = world.prove();
    await world.clock.advance(3 * SECOND);
    world.wire.cutAll();
    await world.clock.advance(30 * SECOND);
    expect(run.result).not.toBeNull();
    expect([...world.server().begun.values()]).toEqual([1]);
    expect(world.sent.filter((data) => String(data).includes('"submit"'))).toHaveLength(1);
  });

  it('gets a result that was made while it was away', async () => {
    const world = await makeWorld();
    const run = world.prove();
    await world.clock.advance(9 * SECOND);
    world.wire.down = true;
    world.wire.cutAll();
    await world.clock.advance(8 * SECOND);
    world.wire.down = false;
    await world.clock.advance(20 * SECOND);
    expect(run.result).not.toBeNull();
    expect([...world.server().begun.values()]).toEqual([1]);
  });

  it('sends an input again of which only a part arrived', async () => {
    const world = await makeWorld();
    const run = world.prove({ input: large });
    world.wire.cutAll();
    await world.clock.advance(20 * SECOND);
    expect(run.result).not.toBeNull();
    expect([...world.server().begun.values()]).toEqual([1]);
    expect(world.sent.some((data) => typeof data !== 'string')).toBe(true);
  });

  it('sends a job again that a restarted server has forgotten', async () => {
    const world = await makeWorld();
    const run = world.prove();
    await world.clock.advance(3 * SECOND);
    await world.restart();
    await world.clock.advance(30 * SECOND);
    expect(run.result).not.toBeNull();
    expect([...world.server().begun.values()]).toEqual([1]);
  });

  it('gives a job up whose server stays away, and has it stopped there when that is back', async () => {
    const world = await makeWorld({ lostAfterMs: 2 * SECOND }, () => ({ kind: 'prove', ms: 28 * SECOND }));
    const run = world.prove();
    await world.clock.advance(3 * SECOND);
    expect(world.server().working).toBe(1);
    world.wire.down = true;
    world.wire.cutAll();
    await world.clock.advance(4 * SECOND);
    expect(run.error).toMatchObject({ code: 'network.server-lost', retryable: true });
    expect(world.backend.health().state).toBe('down');
    expect(world.server().working).toBe(1);
    world.wire.down = false;
    await world.clock.advance(10 * SECOND);
    expect(world.backend.health().state).toBe('ready');
    expect(world.server().working).toBe(0);
  });

  it('notices a server that says nothing any more without its connection ending', async () => {
    const world = await makeWorld();
    const run = world.prove();
    await world.clock.advance(SECOND);
    world.server().kill();
    await world.clock.advance(60 * SECOND);
    expect(run.error?.code).toBe('network.server-lost');
  });

  it('does not take a sleeping laptop for a dead server', async () => {
    const world = await makeWorld();
    await world.clock.sleep(3_600 * SECOND);
    await world.clock.advance(2 * SECOND);
    expect(world.backend.status().phase).toBe('ready');
    expect(world.wire.counts.opened).toBe(1);
  });

  it('stops a job there when it is cancelled here', async () => {
    const world = await makeWorld();
    const controller = new AbortController();
    const run = world.prove({}, controller.signal);
    await world.clock.advance(3 * SECOND);
    const reports = run.progress.length;
    controller.abort();
    await world.clock.advance(SECOND);
    expect(run.error?.code).toBe('cancelled.aborted');
    expect(run.progress).toHaveLength(reports);
    expect(world.server().working).toBe(0);
  });

  it('refuses more than the server has places for', async () => {
    const world = await makeWorld({ maxSlots: 10 }, () => ({ kind: 'prove', ms: 3_600 * SECOND }));
    const runs = [world.prove(), world.prove()];
    await world.clock.advance(SECOND);
    // The server says that it is full, so nothing more is sent.
    expect(world.backend.capacity().busy).toBe(2);
    const third = world.prove();
    await world.clock.advance(SECOND);
    expect(third.error?.code).toBe('backend.busy');
    expect(runs.every(({ error }) => error === null)).toBe(true);
  });

  it('sends nothing that placement did not let leave, that its guard refuses, or that the server cannot prove', async () => {
    const guard = () => {
      throw new Error('not allowed');
    };
    const world = await makeWorld();
    const runs = [
      [world.prove({ leaves: undefined as never }), 'backend.not-allowed'],
      [
        world.prove({
          circuit: {
            ...request.circuit,
            artifacts: {
              ...request.circuit.artifacts,
              zkey: { ...request.circuit.artifacts.zkey, sha256: '1'.repeat(64) },
            },
          },
        }),
        'circuit.not-offered',
      ],
    ] as const;
    await world.clock.advance(SECOND);
    for (const [run, code] of runs) expect(run.error?.code).toBe(code);
    const guarded = await makeWorld({ guard });
    const refused = guarded.prove();
    await guarded.clock.advance(SECOND);
    expect(refused.error).not.toBeNull();
    for (const sent of [...world.sent, ...guarded.sent]) expect(String(sent)).not.toContain('rating');
  });
});

describe('permission that is withdrawn while a job is under way', () => {
  /** Anything that an input may be in. */
  const carrying = (sent: readonly Payload[]) =>
    sent.filter((data) => typeof data !== 'string' || data.includes('"submit"'));

  async function guarded(allows: (asked: number) => boolean = () => true) {
    let asked = 0;
    const permission = { given: true };
    const world = await makeWorld({
      guard() {
        if (!permission.given || !allows(++asked)) {
          throw new GnomonError('backend.not-allowed', 'Withdrawn.', { nextStep: 'Prove here.' });
        }
      },
    });
    return { ...world, permission };
  }

  it.each([
    ['small', attempt.input],
    ['large', large],
  ])('keeps a %s input from a restarted server', async (_size, input) => {
    const world = await guarded();
    const run = world.prove({ input });
    await world.clock.advance(3 * SECOND);
    expect(carrying(world.sent).length).toBeGreaterThan(0);
    world.sent.length = 0;
    world.permission.given = false;
    await world.restart();
    await world.clock.advance(30 * SECOND);
    expect(carrying(world.sent)).toEqual([]);
    expect(run.error?.code).toBe('backend.not-allowed');
    expect(world.backend.status()).toMatchObject({ phase: 'ready', running: 0 });
  });

  it('keeps an input from a server that does not know the job', async () => {
    const world = await guarded();
    const run = world.prove({ input: large });
    // Before any of it arrived.
    world.wire.cutAll();
    world.sent.length = 0;
    world.permission.given = false;
    await world.clock.advance(20 * SECOND);
    expect(world.sent.join()).toContain('"subscribe"');
    expect(carrying(world.sent)).toEqual([]);
    expect(run.error?.code).toBe('backend.not-allowed');
  });

  it('lets no further frame out, and has the job stopped there', async () => {
    // Asked by the attempt, by its submit, and for each frame.
    const world = await guarded((asked) => asked <= 4);
    const run = world.prove({ input: large });
    await world.clock.advance(5 * SECOND);
    const frames = world.sent.filter((data) => typeof data !== 'string');
    expect(frames).toHaveLength(2);
    expect(run.error?.code).toBe('backend.not-allowed');
    expect(String(world.sent.at(-1))).toContain('"cancel"');
    expect(world.server().begun.size).toBe(0);
  });

  it('ends a job that runs there, once asked again', async () => {
    const world = await guarded();
    const run = world.prove();
    await world.clock.advance(3 * SECOND);
    world.backend.recheck();
    await world.clock.advance(SECOND);
    expect([run.error, world.server().working]).toEqual([null, 1]);
    world.permission.given = false;
    world.backend.recheck();
    await world.clock.advance(SECOND);
    expect(run.error?.code).toBe('backend.not-allowed');
    expect([world.server().working, world.backend.status().running]).toEqual([0, 0]);
  });
});

describe('a server that is none, or will not have us', () => {
  async function meet(answer: (peer: Peer) => void) {
    const clock = new VirtualClock();
    const random = new SeededRandom(testSeed);
    const wire = makeWire(clock, random, (peer) => {
      peer.onData = () => answer(peer);
    });
    wire.faulty = false;
    const backend = makeRemoteBackend({
      id: 's',
      url: 'wss://example.org/ws',
      open: wire.open,
      clock,
      random,
    });
    backend.start();
    await clock.advance(15 * SECOND);
    return { backend, clock, wire };
  }
  const refused = (data: object) => JSON.stringify({ type: 'refused', data });

  it.each<[string, (peer: Peer) => void, string, RegExp]>([
    [
      'another version',
      (peer) => {
        peer.send(refused({ code: 'protocol.version', message: 'no', versions: [2, 3] }));
        peer.close(4409);
      },
      'protocol.version',
      /speaks version 1 .* It speaks 2, 3/,
    ],
    [
      'a wrong token',
      (peer) => peer.send(refused({ code: 'input.token', message: 'no' })),
      'protocol.unauthorised',
      /token/,
    ],
    ['a closed door', (peer) => peer.close(4401), 'protocol.unauthorised', /token/],
    ['no worker server', (peer) => peer.send('<html>'), 'protocol.malformed-answer', /does not speak/],
    ['silence', () => {}, 'network.server-unreachable', /does not answer/],
    [
      'control characters',
      (peer) => peer.send(refused({ code: 'input.x', message: 'a\u001b[31m\u202eb' })),
      'protocol.refused',
      /^The server says: a \[31m b$/,
    ],
  ])('%s is told in words', async (_name, answer, code, words) => {
    const { backend } = await meet(answer);
    const { error, phase } = backend.status();
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(words);
    expect(error?.nextStep).not.toBe('');
    expect(['waiting', 'refused', 'connecting']).toContain(phase);
    backend.close();
  });

  it('is asked again seldom when it refuses, and often enough when it is away', async () => {
    const turnedAway = await meet((peer) => peer.close(4401));
    await turnedAway.clock.advance(300 * SECOND);
    expect(turnedAway.wire.counts.opened).toBeLessThan(10);
    const away = await meet((peer) => peer.close(1001));
    await away.clock.advance(300 * SECOND);
    expect(away.wire.counts.opened).toBeGreaterThan(15);
    expect(away.wire.counts.opened).toBeLessThan(200);
    for (const { backend, clock } of [turnedAway, away]) {
      backend.close();
      await clock.advance(60 * SECOND);
      expect(clock.pendingTimers).toBe(0);
    }
  });
});

describe('addresses', () => {
  it.each([
    ['http://localhost:3001', 'ws://localhost:3001/ws'],
    ['https://prover.example', 'wss://prover.example/ws'],
    ['wss://prover.example/deep', 'wss://prover.example/deep'],
    ['prover.example:8443', 'wss://prover.example:8443/ws'],
    ['ftp://prover.example', null],
    ['https://user:pass@prover.example', null],
    ['javascript:alert(1)', null],
    ['', null],
  ])('%s is %s', (address, url) => {
    expect(socketUrl(address)).toBe(url);
  });
});
