// A server that refuses to be asked for a job after a reconnect, as too many messages: its refusal names no job.
import { describe, expect, it } from 'vitest';
import { attempt, makeRemoteWorld } from './remote-world.ts';

const SECOND = 1_000;
const asked = (sent: readonly unknown[]) =>
  sent.filter((data) => String(data).includes('"subscribe"')).length;

describe('a job that is asked for in vain after a reconnect', () => {
  async function cutWith(allowance: number, jobs = 1) {
    const world = await makeRemoteWorld();
    const runs = Array.from({ length: jobs }, (_, at) => world.prove({ jobId: `${attempt.jobId}${at}` }));
    await world.clock.advance(3 * SECOND);
    expect(world.server().working).toBe(jobs);
    world.sent.length = 0;
    world.server().allowance = allowance;
    world.wire.cutAll();
    await world.clock.advance(2 * SECOND);
    expect(world.backend.status().phase).toBe('ready');
    return { ...world, runs };
  }

  it('is asked for again, and ends with its result once the server takes messages', async () => {
    // Its hello is taken, and nothing more.
    const world = await cutWith(1, 2);
    expect(asked(world.sent)).toBe(2);
    await world.clock.advance(7 * SECOND);
    expect(world.runs.map(({ result }) => result)).toEqual([null, null]);
    world.server().allowance = Number.POSITIVE_INFINITY;
    await world.clock.advance(9 * SECOND);
    for (const { result, error } of world.runs) expect([result?.prover, error]).toEqual(['scripted', null]);
    // Nothing was proved twice, and nobody asks for what has come.
    expect([...world.server().begun.values()]).toEqual([1, 1]);
    const before = asked(world.sent);
    expect(before).toBeLessThanOrEqual(2 * 4);
    await world.clock.advance(60 * SECOND);
    expect(asked(world.sent)).toBe(before);
  });

  it('counts as lost where that goes on, long before its deadline', async () => {
    const world = await cutWith(1);
    await world.clock.advance(25 * SECOND);
    expect(world.runs[0]?.error?.code).toBe('network.server-lost');
    expect(world.sent.map(String).filter((data) => data.includes('"cancel"'))).toHaveLength(1);
  });
});
