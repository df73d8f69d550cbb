// The client of worker servers against real sessions in memory: one behaviour at a time. Everything at once is in
// schedules.test.ts, real sockets in tests/server.
import { describe, expect, it } from 'vitest';
import { large, makeRemoteWorld, request } from './remote-world.ts';

const SECOND = 1_000;

describe('a remote backend', () => {
  it('says hello, learns what the server offers, proves there and frees its place', async () => {
    const world = await makeRemoteWorld();
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
    const world = await makeRemoteWorld();
    const run = world.prove();
    await world.clock.advance(3 * SECOND);
    world.wire.cutAll();
    await world.clock.advance(30 * SECOND);
    expect(run.result).not.toBeNull();
    expect([...world.server().begun.values()]).toEqual([1]);
    expect(world.sent.filter((data) => String(data).includes('"submit"'))).toHaveLength(1);
  });

  it('gets a result that was made while it was away', async () => {
    const world = await makeRemoteWorld();
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
    const world = await makeRemoteWorld();
    const run = world.prove({ input: large });
    world.wire.cutAll();
    await world.clock.advance(20 * SECOND);
    expect(run.result).not.toBeNull();
    expect([...world.server().begun.values()]).toEqual([1]);
    expect(world.sent.some((data) => typeof data !== 'string')).toBe(true);
  });

  it('sends a job again that a restarted server has forgotten', async () => {
    const world = await makeRemoteWorld();
    const run = world.prove();
    await world.clock.advance(3 * SECOND);
    await world.restart();
    await world.clock.advance(30 * SECOND);
    expect(run.result).not.toBeNull();
    expect([...world.server().begun.values()]).toEqual([1]);
  });

  it('gives a job up whose server stays away, and has it stopped there when that is back', async () => {
    const world = await makeRemoteWorld({ lostAfterMs: 2 * SECOND }, () => ({
      kind: 'prove',
      ms: 28 * SECOND,
    }));
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
    const world = await makeRemoteWorld();
    const run = world.prove();
    await world.clock.advance(SECOND);
    world.server().kill();
    await world.clock.advance(60 * SECOND);
    expect(run.error?.code).toBe('network.server-lost');
  });

  it('does not take a sleeping laptop for a dead server', async () => {
    const world = await makeRemoteWorld();
    await world.clock.sleep(3_600 * SECOND);
    await world.clock.advance(2 * SECOND);
    expect(world.backend.status().phase).toBe('ready');
    expect(world.wire.counts.opened).toBe(1);
  });

  it('stops a job there when it is cancelled here', async () => {
    const world = await makeRemoteWorld();
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
    const world = await makeRemoteWorld({ maxSlots: 10 }, () => ({ kind: 'prove', ms: 3_600 * SECOND }));
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
    const world = await makeRemoteWorld();
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
    const guarded = await makeRemoteWorld({ guard });
    const refused = guarded.prove();
    await guarded.clock.advance(SECOND);
    expect(refused.error).not.toBeNull();
    for (const sent of [...world.sent, ...guarded.sent]) expect(String(sent)).not.toContain('rating');
  });
});
