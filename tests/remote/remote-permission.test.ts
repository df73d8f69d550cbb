// Permission that is withdrawn while a server has a job, and what a server may not say in this machine's name.
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import {
  IDENTITY_LOCKED,
  NOT_ALLOWED,
  STAYS_HERE,
  TOO_SMALL,
  WRONG_PROOF,
  WRONG_REFUSAL,
} from '../../src/core/retry.ts';
import { failedThere } from '../../src/remote/errors.ts';
import { attempt, large, makeRemoteWorld } from './remote-world.ts';
import type { Payload } from './wire.ts';

const SECOND = 1_000;

describe('permission that is withdrawn while a job is under way', () => {
  /** Anything that an input may be in. */
  const carrying = (sent: readonly Payload[]) =>
    sent.filter((data) => typeof data !== 'string' || data.includes('"submit"'));

  async function guarded(allows: (asked: number) => boolean = () => true) {
    let asked = 0;
    const permission = { given: true };
    const world = await makeRemoteWorld({
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

  it('stops it there also when the connection is closed for the same reason', async () => {
    for (const end of ['recheck', 'nothing'] as const) {
      const world = await guarded();
      const run = world.prove();
      await world.clock.advance(3 * SECOND);
      expect(world.server().working).toBe(1);
      world.permission.given = false;
      if (end === 'recheck') world.backend.recheck();
      world.backend.close();
      await world.clock.advance(SECOND);
      expect(run.error?.code).toBe(end === 'recheck' ? 'backend.not-allowed' : 'network.server-lost');
      expect(String(world.sent.at(-1))).toContain('"cancel"');
      expect([world.server().working, world.backend.status().phase]).toEqual([0, 'idle']);
    }
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

describe('what is this machine’s to say', () => {
  it.each([IDENTITY_LOCKED, NOT_ALLOWED, STAYS_HERE, TOO_SMALL, WRONG_PROOF, WRONG_REFUSAL])(
    'is not %s from a server',
    (code) => {
      const error = failedThere('Office', { jobId: 'a', code, message: 'So it is.', retryable: false });
      expect(error.toData()).toMatchObject({ code: 'backend.failed-there', retryable: true });
      expect(error.message).toBe('Office says: So it is.');
    },
  );
});
