// What a fleet asks of its queue before it starts, and what it says when that is not so.
import { spawnSync } from 'node:child_process';
import { chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { parseQueueAddress, shownAddress } from '../../worker-server/fleet/address.ts';
import { examinePostgres, examineRedis, type RedisFacts } from '../../worker-server/fleet/checks.ts';
import { openPostgres } from '../../worker-server/fleet/postgres.ts';
import { openRedis } from '../../worker-server/fleet/redis.ts';
import { POSTGRES, startPostgres } from '../helpers/postgres-server.ts';
import { freePort, REDIS, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const good: RedisFacts = { server: 'redis', version: '8.6.3', policy: 'noeviction', aof: true };
const none = { patched: false, unsafe: false };
const codesOf = (change: Partial<RedisFacts>, allowed = none) =>
  examineRedis({ ...good, ...change }, allowed).errors.map(({ code }) => code);

describe('what a fleet asks of Redis', () => {
  it('takes one that keeps jobs and has no known holes', () => {
    expect(examineRedis(good, none)).toEqual({ errors: [], warnings: [] });
    expect(codesOf({ version: '9.0.0' })).toEqual([]);
    expect(codesOf({ version: '6.2.20' })).toEqual([]);
    expect(codesOf({ server: 'valkey', version: '8.1.9' })).toEqual([]);
    expect(codesOf({ server: 'valkey', version: '9.2.0' })).toEqual([]);
  });

  it.each([
    ['redis', '6.2.19'],
    ['redis', '7.0.15'],
    ['redis', '7.2.4'],
    ['redis', '7.4.6'],
    ['redis', '8.2.1'],
    ['redis', '8.6.2'],
    ['valkey', '7.2.13'],
    ['valkey', '8.0.9'],
    ['valkey', '8.1.4'],
    ['valkey', '9.0.0'],
    ['valkey', '9.1.0'],
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

describe('what a fleet asks of PostgreSQL', () => {
  const codes = (major: number, minor: number, fsync = true, allowed = none) =>
    examinePostgres({ major, minor, fsync }, allowed).errors.map(({ code }) => code);

  it('takes one that waits for the disk and has no known holes', () => {
    for (const [major, minor] of [
      [14, 23],
      [15, 18],
      [18, 4],
      [19, 0],
    ] as const) {
      expect(codes(major, minor)).toEqual([]);
    }
  });

  it('refuses the others, each for its reason, unless told to take it', () => {
    expect(codes(15, 17)).toEqual(['resource.fleet-holes']);
    expect(codes(17, 9)).toEqual(['resource.fleet-holes']);
    expect(codes(13, 23)).toEqual(['resource.fleet-version']);
    expect(codes(15, 18, false)).toEqual(['resource.fleet-fsync']);
    expect(codes(15, 17, false, { patched: true, unsafe: true })).toEqual([]);
    const told = examinePostgres({ major: 15, minor: 17, fsync: false }, { patched: true, unsafe: true });
    expect(told.warnings).toHaveLength(2);
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

  it('checks the certificate whenever PostgreSQL is asked for TLS, whatever the word', () => {
    for (const mode of ['require', 'verify-full']) {
      const { connection } = parseQueueAddress(`postgres://fleet:secret@queue/db?sslmode=${mode}`, null);
      expect(connection).toEqual({
        connectionString: 'postgres://fleet:secret@queue/db',
        ssl: { rejectUnauthorized: true },
      });
    }
    const plain = parseQueueAddress('postgres://fleet:secret@queue/db', null);
    expect(plain.connection).not.toHaveProperty('ssl');
    expect(shownAddress('postgres://fleet:secret@queue:5432/db')).toBe('postgres://queue:5432/db');
  });

  it.each(['queue.example', 'http://queue.example', 'redis://host/x', 'postgres://host/db?sslmode=prefer'])(
    'refuses %s',
    (address) => {
      expect(() => parseQueueAddress(address, null)).toThrowError(
        expect.objectContaining({ code: 'input.config' }),
      );
    },
  );
});

describe.skipIf(REDIS === undefined)('opening Redis', () => {
  const open = (address: string, ca: string | null = null, allowed = { patched: true, unsafe: false }) =>
    openRedis(parseQueueAddress(address, ca).connection, allowed, () => {}, 1_500);
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
    makeCertificate(file('key.pem'), file('cert.pem'));
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

describe.skipIf(POSTGRES === undefined)('opening PostgreSQL', () => {
  it('says what is wrong: the login, the database, the rights, the certificate, the disk, or that nobody answers', async () => {
    const postgres = await startPostgres();
    const file = (name: string) => join(postgres.folder, name);
    const refusal = (address: string, ca: string | null = null) =>
      openPostgres(
        parseQueueAddress(address, ca).connection,
        'gnomon',
        { patched: true, unsafe: false },
        () => {},
      ).then(
        async (pool) => {
          await pool.end();
          return 'opened';
        },
        (error: { code: string }) => error.code,
      );
    const at = (user: string, rest = 'postgres') => `postgres://${user}@localhost:${postgres.port}/${rest}`;
    makeCertificate(file('key.pem'), file('cert.pem'));
    const { uid, gid } = statSync(file('data'));
    chownSync(file('key.pem'), uid, gid);
    for (const text of [
      "CREATE USER fleet PASSWORD 'right'",
      "CREATE USER weak PASSWORD 'right'",
      'GRANT CREATE ON DATABASE postgres TO fleet',
      `ALTER SYSTEM SET ssl_cert_file = '${file('cert.pem')}'`,
      `ALTER SYSTEM SET ssl_key_file = '${file('key.pem')}'`,
      'ALTER SYSTEM SET ssl = on',
    ]) {
      await postgres.query(text);
    }
    writeFileSync(
      join(file('data'), 'pg_hba.conf'),
      'host all gnomon all trust\nhost all all all scram-sha-256\n',
    );
    await postgres.query('SELECT pg_reload_conf()');
    await until(async () => (await postgres.query('SHOW ssl'))[0]?.ssl === 'on');

    expect(await refusal(at('fleet:wrong'))).toBe('resource.fleet-login');
    expect(await refusal(at('weak:right'))).toBe('resource.fleet-rights');
    expect(await refusal(at('fleet:right', 'none'))).toBe('resource.fleet-database');
    expect(await refusal(at('fleet:right'))).toBe('opened');
    expect(await refusal(at('fleet:right', 'postgres?sslmode=require'), file('cert.pem'))).toBe('opened');
    expect(await refusal(at('fleet:right', 'postgres?sslmode=require'))).toBe('resource.fleet-tls');
    expect(await refusal(`postgres://fleet@127.0.0.1:${await freePort()}/db`)).toBe(
      'resource.fleet-unreachable',
    );
    await postgres.query('ALTER SYSTEM SET fsync = off');
    await postgres.query('SELECT pg_reload_conf()');
    await until(async () => (await postgres.query('SHOW fsync'))[0]?.fsync === 'off');
    expect(await refusal(at('fleet:right'))).toBe('resource.fleet-fsync');
    await postgres.stop();
  }, 60_000);
});

function makeCertificate(key: string, certificate: string): void {
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-keyout', key, '-out', certificate, '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ]);
  expect(made.status).toBe(0);
}
