// Tokens, JWTs, origins and rates: who is let in, and as whom.
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limitGuesses, makeCallers } from '../../worker-server/callers.ts';
import { makeOrigins } from '../../worker-server/origins.ts';
import { makeRateLimit } from '../../worker-server/rate-limit.ts';
import { VirtualClock } from '../helpers/clock.ts';

const none = { tokens: [], adminToken: null, jwt: null };
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'let in',
    (thrown) => (thrown as { code: string }).code,
  );

describe('callers by token', () => {
  it('are anyone where no token is set', async () => {
    const callers = await makeCallers(none);
    expect(callers.open).toBe(true);
    expect(await callers.identify(null)).toEqual({ owner: 'local', admin: true, userId: null });
  });

  it('are told apart by name, and the admin from the others', async () => {
    const tokens = [
      { name: 'alice', token: 'alice-token-0123456789' },
      { name: 'bob', token: 'bob-token-0123456789' },
    ];
    const callers = await makeCallers({ tokens, adminToken: 'admin-token-0123456789', jwt: null });
    expect(await callers.identify('bob-token-0123456789')).toMatchObject({
      owner: 'token:bob',
      admin: false,
    });
    expect(await callers.identify('admin-token-0123456789')).toMatchObject({ admin: true });
    for (const token of ['', 'bob', 'bob-token-0123456788', 'bob-token-01234567890', '…'.repeat(5000)]) {
      expect(await code(callers.identify(token))).toMatch(/^input\.token/);
    }
    expect(await code(callers.identify(null))).toBe('input.token-missing');
  });
});

describe('guesses', () => {
  it('share one client’s rate, which whoever has a token does not notice', async () => {
    const known = [{ name: 'alice', token: 'alice-token-0123456789' }];
    const clock = new VirtualClock();
    const callers = limitGuesses(
      await makeCallers({ tokens: known, adminToken: null, jwt: null }),
      makeRateLimit(3, clock),
    );
    const guess = (at: number) => code(callers.identify(`guess-${at}`));
    expect([await guess(1), await guess(2), await guess(3), await guess(4)]).toEqual([
      ...Array.from({ length: 3 }, () => 'input.token'),
      'resource.rate-limit',
    ]);
    expect(await code(callers.identify(null))).toBe('input.token-missing');
    expect(await callers.identify('alice-token-0123456789')).toMatchObject({ owner: 'token:alice' });
    await clock.advance(20_000);
    expect([await guess(5), await guess(6)]).toEqual(['input.token', 'resource.rate-limit']);
  });
});

describe('callers by JWT', () => {
  let folder: string;
  let key: Awaited<ReturnType<typeof generateKeyPair>>;
  const sign = (claims: object, expires = '1h', privateKey = key.privateKey) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer('https://login.example.org')
      .setAudience('gnomon')
      .setExpirationTime(expires)
      .sign(privateKey);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gnomon-jwks-'));
    key = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(key.publicKey)), kid: 'one', alg: 'ES256' };
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [jwk] }));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const make = (change: object = {}) =>
    makeCallers({
      ...none,
      jwt: {
        jwks: join(folder, 'keys.json'),
        issuer: 'https://login.example.org',
        audience: 'gnomon',
        ...change,
      },
    });

  it('are their subject, and admin by scope', async () => {
    const callers = await make();
    expect(callers.open).toBe(false);
    expect(await callers.identify(await sign({ sub: 'u1' }))).toEqual({
      owner: 'user:u1',
      admin: false,
      userId: 'u1',
    });
    const admin = await callers.identify(await sign({ sub: 'u2', scope: 'read gnomon:admin' }));
    expect(admin).toMatchObject({ owner: 'user:u2', admin: true });
  });

  it('are refused when anything about it is wrong', async () => {
    const callers = await make();
    const other = await generateKeyPair('ES256');
    const forEver = await new SignJWT({ sub: 'u1' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer('https://login.example.org')
      .setAudience('gnomon')
      .sign(key.privateKey);
    const none_ = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"u1","exp":9999999999}')}.`;
    for (const token of [
      await sign({ sub: 'u1' }, '-1h'),
      await sign({ sub: 'u1' }, '1h', other.privateKey),
      await sign({}),
      await sign({ sub: '' }),
      `${(await sign({ sub: 'u1' })).slice(0, -2)}AA`,
      none_,
      forEver,
      'not.a.jwt',
    ]) {
      expect(await code(callers.identify(token))).toBe('input.token');
    }
    const elsewhere = await make({ audience: 'another' });
    expect(await code(elsewhere.identify(await sign({ sub: 'u1' })))).toBe('input.token');
  });

  it('are held against a key set from its address, and not blamed when that is away', async () => {
    const jwk = { ...(await exportJWK(key.publicKey)), kid: 'one', alg: 'ES256' };
    let answer = JSON.stringify({ keys: [jwk] });
    const provider = createServer((_, response) => response.end(answer));
    await new Promise<void>((ready) => provider.listen(0, '127.0.0.1', ready));
    const jwks = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys.json`;
    const callers = await make({ jwks });
    expect(await callers.identify(await sign({ sub: 'u1' }))).toMatchObject({ userId: 'u1' });
    answer = 'no key set';
    const wrong = await make({ jwks });
    expect(await code(wrong.identify(await sign({ sub: 'u1' })))).toBe('resource.key-set');
    provider.close();
    provider.closeAllConnections();
    // Kept while the provider is away; a set that was never fetched is nobody's mistake but ours.
    expect(await callers.identify(await sign({ sub: 'u2' }))).toMatchObject({ userId: 'u2' });
    const cut = await make({ jwks });
    expect(await code(cut.identify(await sign({ sub: 'u1' })))).toBe('resource.key-set');
    expect(await code(cut.identify('not.a.jwt'))).toBe('input.token');
  });

  it('need a key set that can be read', async () => {
    expect(await code(make({ jwks: join(folder, 'absent.json') }))).toBe('input.config');
  });
});

describe('origins', () => {
  it('are the server’s own on loopback and those configured, never what a request says', () => {
    const origins = makeOrigins({ allowedOrigins: ['https://app.example.org'], open: true }, () => 3001);
    const allowed = [
      null,
      'http://localhost:3001',
      'http://127.0.0.1:3001',
      'http://[::1]:3001',
      'https://app.example.org',
    ];
    expect(allowed.every((origin) => origins.allows(origin))).toBe(true);
    for (const origin of [
      'null',
      '',
      'http://localhost:3002',
      'https://localhost:3001',
      'http://evil.example',
      'https://app.example.org.evil.example',
      'https://app.example.org/',
      'http://localhost:3001@evil.example',
    ]) {
      expect(origins.allows(origin), origin).toBe(false);
    }
  });

  it('answer to loopback names only while no token protects', () => {
    const open = makeOrigins({ allowedOrigins: [], open: true }, () => 3001);
    expect(['localhost:3001', '127.0.0.1', '[::1]:3001'].every((host) => open.allowsHost(host))).toBe(true);
    expect(['evil.example', 'evil.example:3001', 'localhost.evil.example'].some(open.allowsHost)).toBe(false);
    expect(makeOrigins({ allowedOrigins: [], open: false }, () => 1).allowsHost('prove.example')).toBe(true);
  });
});

describe('the rate limit', () => {
  it('gives a minute’s worth at once, then a steady trickle, to each owner their own', async () => {
    const clock = new VirtualClock();
    const rate = makeRateLimit(60, clock);
    const spend = (owner: string) => {
      try {
        rate.spend(owner);
        return true;
      } catch {
        return false;
      }
    };
    expect(Array.from({ length: 100 }, () => spend('a')).filter(Boolean)).toHaveLength(60);
    expect(spend('b')).toBe(true);
    await clock.advance(5_000);
    expect(Array.from({ length: 100 }, () => spend('a')).filter(Boolean)).toHaveLength(5);
    await clock.advance(3_600_000);
    expect(Array.from({ length: 100 }, () => spend('a')).filter(Boolean)).toHaveLength(60);
  });

  it('does not grow with the number of owners', () => {
    const rate = makeRateLimit(1, new VirtualClock());
    for (let at = 0; at < 50_000; at++) rate.spend(`owner-${at}`);
    expect(() => rate.spend('owner-49999')).toThrow(/More than 1 requests/);
  });
});
