// Tabs share an unlocked identity's secret with the one that schedules, and with nobody who does not ask.
import { afterEach, describe, expect, it } from 'vitest';
import { makeSecretExchange, type SecretExchange } from '../../src/browser/secret-exchange.ts';
import { GnomonError } from '../../src/core/errors.ts';

const open: SecretExchange[] = [];
let names = 0;

afterEach(() => {
  for (const exchange of open.splice(0)) exchange.close();
});

function tab(name: string, unlocked: Record<string, string>, unknown: string[] = []): SecretExchange {
  const exchange = makeSecretExchange(
    {
      async secretFor(id) {
        if (unknown.includes(id))
          throw new GnomonError('input.identity-unknown', 'Not here.', { nextStep: '-' });
        const secret = unlocked[id];
        if (secret === undefined)
          throw new GnomonError('input.identity-locked', 'Locked.', { nextStep: '-' });
        return secret;
      },
    },
    { name, answerWithinMs: 300 },
  );
  open.push(exchange);
  return exchange;
}

const origin = () => `test-secrets-${names++}`;

describe('secret exchange', () => {
  it('gives what is unlocked here', async () => {
    expect(await tab(origin(), { me: '7' }).secretFor('me')).toBe('7');
  });

  it('finds what is unlocked in another tab, among several', async () => {
    const name = origin();
    tab(name, {});
    tab(name, { me: '11', other: '13' });
    expect(await tab(name, {}).secretFor('me')).toBe('11');
  });

  it('rejects as locked when no tab has it, and does not ask for what is unknown', async () => {
    const name = origin();
    tab(name, { other: '13', gone: '17' });
    const asking = tab(name, {}, ['gone']);
    await expect(asking.secretFor('me')).rejects.toMatchObject({ code: 'input.identity-locked' });
    await expect(asking.secretFor('gone')).rejects.toMatchObject({ code: 'input.identity-unknown' });
  });

  it('never puts a secret on the channel that everyone listens to', async () => {
    const name = origin();
    const heard: unknown[] = [];
    const listener = new BroadcastChannel(name);
    listener.onmessage = ({ data }) => heard.push(data);
    tab(name, { me: '123456789' });
    expect(await tab(name, {}).secretFor('me')).toBe('123456789');
    await new Promise((resolve) => setTimeout(resolve, 50));
    listener.close();
    expect(heard).toHaveLength(1);
    expect(JSON.stringify(heard)).not.toContain('123456789');
  });
});
