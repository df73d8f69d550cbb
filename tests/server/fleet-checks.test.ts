// What a fleet asks of its queue before it starts, and what it says when that is not so.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { parseQueueAddress, shownAddress } from '../../worker-server/fleet/address.ts';
import { examineRedis, type RedisFacts } from '../../worker-server/fleet/checks.ts';
import { openRedis } from '../../worker-server/fleet/redis.ts';
import { freePort, REDIS, type RedisServer, startRedis } from '../helpers/redis-server.ts';

const good: RedisFacts = { server: 'redis', version: '8.6.3', policy: 'noeviction', aof: true };
const none = { patched: false, unsafe: false };
const codesOf = (change: Partial<RedisFacts>, allowed = none) =>
  examineRedis({ ...good, ...change }, allowed).errors.map(({ code }) => code);

describe('what a fleet asks of Redis', () => {
  it('takes one that keeps jobs and has no known holes', () => {
    expect(examineRedis(good, none)).toEqual({ errors: [], warnings: [] });
    expect(codesOf({ version: '9.0.0' })).toEqual([]);
    expect(codesOf({ version: '6.2.20' })).toEqual([]);
    expect(codesOf({ server: 'valkey', version: '8.1.4' })).toEqual([]);
    expect(codesOf({ server: 'valkey', version: '9.0.0' })).toEqual([]);
  });

  it.each([
    ['redis', '6.2.19'],
    ['redis', '7.0.15'],
    ['redis', '7.2.4'],
    ['redis', '7.4.6'],
    ['redis', '8.2.1'],
    ['redis', '8.6.2'],
    ['valkey', '7.2.10'],
    ['valkey', '8.0.5'],
    ['valkey', '8.1.3'],
  ] as const)('refuses %s %s for its holes, unless told that they are mended', (server, version) => {
    expect(codesOf({ server, version })).toEqual(['resource.fleet-holes']);
    const told = examineRedis({ ...good, server, version }, { patched: true, unsafe: false });
    expect([told.errors, told.warnings.length]).toEqual([[], 1]);
  });

  it('refuses eviction and a missing file, unless told to take it', () => {
    expect(codesOf({ policy: 'allkeys-lru' })).toEqual(['resource.fleet-eviction']);
    expect(codesOf({ policy: null })).toEqual(['resource.fleet-eviction']);
    expect(codesOf({ aof: false })).toEqual(['resource.fleet-aof']);
    expect(codesOf({ version: '6.0.0' })).toContain('resource.fleet-version');
    const told = examineRedis(
      { ...good, policy: 'volatile-lru', aof: false },
      { patched: false, unsafe: true },
    );
    expect([told.errors, told.warnings.length]).toEqual([[], 2]);
  });
});

describe('the address of a queue', () => {
  it('names host, user, database and TLS, and is never shown with its password', () => {
    const { connection } = parseQueueAddress('rediss://fleet:p%40ss@queue.example:6380/2', null);
    expect(connection).toMatchObject({
      host: 'queue.example',
      port: 6380,
      db: 2,
      username: 'fleet',
      password: 'p@ss',
    });
    expect(connection).toHaveProperty('tls');
    expect(shownAddress('rediss://fleet:secret@queue.example:6380/2')).toBe('rediss://queue.example:6380/2');
  });

  it.each(['queue.example', 'http://queue.example', 'redis://host/x'])('refuses %s', (address) => {
    expect(() => parseQueueAddress(address, null)).toThrowError(
      expect.objectContaining({ code: 'input.config' }),
    );
  });
});

describe.skipIf(REDIS === undefined)('opening Redis', () => {
  const open = (address: string, ca: string | null = null, allowed = { patched: true, unsafe: false }) =>
    openRedis(parseQueueAddress(address, ca).connection, allowed, () => {});
  const refusal = (address: string, ca: string | null = null) =>
    open(address, ca).then(
      (redis) => {
        redis.disconnect();
        return 'opened';
      },
      (error: { code: string }) => error.code,
    );

  it('says that nobody answers, that settings are wrong, and that a login is', async () => {
    expect(await refusal(`redis://127.0.0.1:${await freePort()}`)).toBe('resource.fleet-unreachable');
    const evicting = await startRedis(['--maxmemory-policy', 'allkeys-lru', '--appendonly', 'yes']);
    expect(await refusal(evicting.url)).toBe('resource.fleet-eviction');
    await evicting.stop();
    const forgetful = await startRedis(['--appendonly', 'no']);
    expect(await refusal(forgetful.url)).toBe('resource.fleet-aof');
    await forgetful.stop();

    const guarded = await startRedis();
    const admin = new Redis(guarded.port);
    await admin.acl(
      'SETUSER',
      'fleet',
      'on',
      '>right',
      '~gnomon*',
      '&*',
      '+@all',
      '-@admin',
      '-@dangerous',
      '+info',
    );
    await admin.acl('SETUSER', 'weak', 'on', '>right', '~gnomon*', '+get');
    await admin.acl('SETUSER', 'default', 'off');
    const at = (user: string) => `redis://${user}@127.0.0.1:${guarded.port}`;
    expect(await refusal(at('fleet:right'))).toBe('opened');
    expect(await refusal(at('fleet:wrong'))).toBe('resource.fleet-login');
    expect(await refusal(at('weak:right'))).toBe('resource.fleet-rights');
    expect(await refusal(guarded.url)).toBe('resource.fleet-login');
    admin.disconnect();
    await guarded.stop();
  });

  it('speaks TLS to an authority that it is told to trust, and to no other', async () => {
    const tlsPort = await freePort();
    let redis: RedisServer | null = null;
    const plain = await startRedis();
    const file = (name: string) => join(plain.folder, name);
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', file('key.pem'), '-out', file('cert.pem'), '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ]);
    expect(made.status).toBe(0);
    const files = ['--tls-cert-file', file('cert.pem'), '--tls-key-file', file('key.pem')];
    redis = await startRedis(['--tls-port', String(tlsPort), ...files, '--tls-auth-clients', 'no']);
    await new Promise((wake) => setTimeout(wake, 500));
    const address = `rediss://localhost:${tlsPort}`;
    expect(await refusal(address, file('cert.pem'))).toBe('opened');
    expect(await refusal(address)).toBe('resource.fleet-tls');
    // One that does not speak TLS says nothing at all.
    expect(await refusal(`rediss://localhost:${plain.port}`)).toBe('resource.fleet-unreachable');
    await redis.stop();
    await plain.stop();
  });
});
