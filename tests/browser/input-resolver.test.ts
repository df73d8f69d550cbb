// Secrets at the start of an attempt: each from the identity that the job names, and from no other.
import { Identity } from '@semaphore-protocol/identity';
import { describe, expect, it } from 'vitest';
import { makeInputResolver } from '../../src/browser/input-resolver.ts';
import { GnomonError } from '../../src/core/errors.ts';
import { DEMO_SEED, demoPrivateKey } from '../../src/reputation/demo.ts';

const KEPT: Record<string, string> = { one: '111', two: '222' };

function makeResolver() {
  const asked: string[] = [];
  const resolver = makeInputResolver({
    secretFor(id) {
      asked.push(id);
      const secret = KEPT[id];
      if (secret !== undefined) return Promise.resolve(secret);
      return Promise.reject(
        new GnomonError('input.identity-unknown', 'This identity is not on this device.', {
          nextStep: 'Import it.',
        }),
      );
    },
  });
  const secret = (identityId: string) => resolver.resolve([{ signal: 'secret', identityId }]);
  return { resolver, secret, asked };
}

// By Semaphore's own code, not by ours.
const demoSecret = (subject: string) => `${new Identity(demoPrivateKey(subject)).secretScalar}`;

describe('the secret of', () => {
  it('a kept identity comes from the store, asked for anew each time', async () => {
    const { secret, asked } = makeResolver();
    expect(await secret('one')).toEqual({ secret: '111' });
    expect(await secret('one')).toEqual({ secret: '111' });
    expect(asked).toEqual(['one', 'one']);
  });

  it.each(['Marlow', 'a:b', 'demo:x', ' spaced ', 'ü', '0xab'])(
    'the demo identity %j comes from the published seed, not from the store',
    async (subject) => {
      const { secret, asked } = makeResolver();
      expect(await secret(`demo:${DEMO_SEED}:${subject}`)).toEqual({ secret: demoSecret(subject) });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    'demo:gnomon/demo/v0:Marlow',
    'demo:gnomon/demo/v10:Marlow',
    `demo:${DEMO_SEED}`,
    `demo:${DEMO_SEED}/Marlow`,
    'demo::Marlow',
    'demo:Marlow',
  ])('a demo identity of another seed, %j, is refused without asking the store', async (id) => {
    const { secret, asked } = makeResolver();
    await expect(secret(id)).rejects.toMatchObject({
      code: 'input.identity-unknown',
      message: expect.stringContaining('another version'),
    });
    expect(asked).toEqual([]);
  });

  it.each(['demo', 'demonstration', `demo${DEMO_SEED}:Marlow`, `Demo:${DEMO_SEED}:Marlow`, ''])(
    'what only looks like a demo, %j, is the store’s to know',
    async (id) => {
      const { secret, asked } = makeResolver();
      await expect(secret(id)).rejects.toMatchObject({
        code: 'input.identity-unknown',
        nextStep: 'Import it.',
      });
      expect(asked).toEqual([id]);
    },
  );
});

describe('several secrets', () => {
  it('each fill their own signal', async () => {
    const { resolver } = makeResolver();
    const filled = await resolver.resolve([
      { signal: 'mine', identityId: 'one' },
      { signal: 'theirs', identityId: `demo:${DEMO_SEED}:Marlow` },
      { signal: 'other', identityId: 'two' },
    ]);
    expect(filled).toEqual({ mine: '111', theirs: demoSecret('Marlow'), other: '222' });
    expect(await resolver.resolve([])).toEqual({});
  });

  it('are refused together when one cannot be had', async () => {
    const { resolver } = makeResolver();
    const secrets = [
      { signal: 'mine', identityId: 'one' },
      { signal: 'gone', identityId: 'three' },
    ];
    await expect(resolver.resolve(secrets)).rejects.toMatchObject({ code: 'input.identity-unknown' });
  });
});
