// What a fleet asks of its queue before it starts, and what it says when that is not so.
import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../scripts/steps.ts';
import { parseQueueAddress, shownAddress } from '../../worker-server/fleet/address.ts';
import { examinePostgres, examineRedis, type RedisFacts } from '../../worker-server/fleet/checks.ts';
import { openQueue } from '../../worker-server/fleet/open-queue.ts';
import { openRedis } from '../../worker-server/fleet/redis.ts';
import { POSTGRES, type PostgresServer, startPostgres } from '../helpers/postgres-server.ts';
import { freePort, REDIS, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { until } from '../helpers/worker-server.ts';

const GUIDE_CONF = readFileSync(join(projectFolder, 'docs/deployment/redis-fleet.conf'), 'utf8');

const good: RedisFacts = {
  ...{ server: 'redis', version: '8.6.3', policy: 'noeviction' },
  ...{ aof: true, fsync: 'everysec' },
};
const none = { patched: false, unsafe: false };
const codesOf = (change: Partial<RedisFacts>, allowed = none) =>
  examineRedis({ ...good, ...change }, allowed).errors.map(({ code }) => code);

describe('what a fleet asks of Redis', () => {
  it('takes one that keeps jobs and has no known holes', () => {
    expect(examineRedis(good, none)).toEqual({ errors: [], warnings: [] });
    expect(codesOf({ version: '9.0.0' })).toEqual([]);
    expect(codesOf({ fsync: 'always' })).toEqual([]);
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
    expect(codesOf({ fsync: 'no' })).toEqual(['resource.fleet-fsync']);
    expect(codesOf({ fsync: null })).toEqual(['resource.fleet-fsync']);
    // Without a file there is nothing to sync.
    expect(codesOf({ aof: false, fsync: 'no' })).toEqual(['resource.fleet-aof']);
    const slow = examineRedis({ ...good, fsync: 'no' }, { patched: false, unsafe: true });
    expect([slow.errors, slow.warnings.length]).toEqual([[], 1]);
    expect(slow.warnings[0]).toContain('appendfsync no');
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
      // By the libraries' own, nobody would ask for two hours whether a connection that is silent still is one.
      keepAlive: 10_000,
    });
    expect(parseQueueAddress('postgres://fleet@queue/db', null).connection).toMatchObject({
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    expect(connection).toHaveProperty('tls');
    expect(shownAddress('rediss://fleet:secret@queue.example:6380/2')).toBe('rediss://queue.example:6380/2');
  });

  it('says loudly when PostgreSQL’s certificate is not checked, and leaves none of it to the library', () => {
    const at = (rest: string) => parseQueueAddress(`postgres://fleet:secret@queue/db${rest}`, null);
    for (const [mode, isChecked] of [
      ['require', false],
      ['no-verify', false],
      ['verify-full', true],
    ] as const) {
      const { connection, warnings } = at(`?sslmode=${mode}&uselibpqcompat=true`);
      expect(connection).toMatchObject({
        connectionString: 'postgres://fleet:secret@queue/db',
        ssl: { rejectUnauthorized: isChecked },
      });
      expect(warnings, mode).toHaveLength(isChecked ? 0 : 1);
    }
    for (const plain of [at(''), at('?sslmode=disable')]) {
      expect(plain).toEqual({
        kind: 'postgres',
        connection: {
          connectionString: 'postgres://fleet:secret@queue/db',
          keepAlive: true,
          keepAliveInitialDelayMillis: 10_000,
        },
        warnings: [],
      });
    }
    expect(shownAddress('postgres://fleet:secret@queue:5432/db')).toBe('postgres://queue:5432/db');
  });

  it.each([
    'queue.example',
    'http://queue.example',
    'redis://host/x',
    // These go on in plain text where there is no TLS.
    'postgres://host/db?sslmode=prefer',
    'postgres://host/db?sslmode=allow',
    'postgres://host/db?sslmode=verify_full',
    // Nobody to check it with; libpq refuses as well.
    'postgres://host/db?sslmode=verify-ca',
    'postgres://host/db?sslmode=verify-full&sslrootcert=/none',
    'postgres://host/db?ssl=true',
    'postgres://host/db?sslmode=require&sslnegotiation=direct',
  ])('refuses %s', (address) => {
    expect(() => parseQueueAddress(address, null)).toThrowError(
      expect.objectContaining({ code: 'input.config' }),
    );
  });
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
    const slow = await startRedis(['--appendfsync', 'no']);
    expect(await refusal(slow.url)).toBe('resource.fleet-fsync');
    const said: string[] = [];
    const { connection } = parseQueueAddress(slow.url, null);
    const taken = await openRedis(connection, { patched: true, unsafe: true }, (text) => said.push(text));
    taken.disconnect();
    expect(said.filter((text) => text.includes('appendfsync no'))).toHaveLength(1);
    await slow.stop();

    const guarded = await startRedis();
    const admin = new Redis(guarded.port);
    // As the guide's file has it; and as it was before the fleet asked for `appendfsync`.
    const [, rights = ''] = /^user fleet on >\S+ (.*)$/m.exec(GUIDE_CONF) ?? [];
    await admin.acl('SETUSER', 'fleet', 'on', '>right', ...rights.split(' '));
    const mute = rights.split(' ').filter((right) => right !== '+config|get');
    await admin.acl('SETUSER', 'mute', 'on', '>right', ...mute);
    await admin.acl('SETUSER', 'weak', 'on', '>right', '~gnomon*', '+get');
    await admin.acl('SETUSER', 'default', 'off');
    const at = (user: string) => `redis://${user}@127.0.0.1:${guarded.port}`;
    expect(await refusal(at('fleet:right'))).toBe('opened');
    expect(await refusal(at('fleet:wrong'))).toBe('resource.fleet-login');
    expect(await refusal(at('weak:right'))).toBe('resource.fleet-rights');
    await expect(open(at('weak:right'))).rejects.toThrowError(
      expect.objectContaining({ nextStep: expect.stringContaining(rights) }),
    );
    expect(await refusal(at('mute:right'))).toBe('resource.fleet-fsync');
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
  let postgres: PostgresServer;
  const file = (name: string) => join(postgres.folder, name);
  beforeAll(async () => {
    if (POSTGRES === undefined) return;
    postgres = await startPostgres();
    for (const text of [
      "CREATE USER fleet PASSWORD 'right'",
      "CREATE USER weak PASSWORD 'right'",
      'GRANT CREATE ON DATABASE postgres TO fleet',
    ]) {
      await postgres.query(text);
    }
    const rules = 'host all gnomon all trust\nhost all all all scram-sha-256\n';
    writeFileSync(join(file('data'), 'pg_hba.conf'), rules);
    await postgres.query('SELECT pg_reload_conf()');
  }, 60_000);
  afterAll(() => postgres?.stop());

  const said: string[] = [];
  const refusal = async (address: string, ca: string | null = null): Promise<string> => {
    said.length = 0;
    const settings = { address, caFile: ca, patched: true, unsafe: false };
    try {
      const { records } = await openQueue({ ...settings, role: 'both', keyFile: '' }, (text) =>
        said.push(text),
      );
      await records.close();
      return 'opened';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const at = (user: string, rest = 'postgres', host = 'localhost') =>
    `postgres://${user}@${host}:${postgres.port}/${rest}`;
  async function set(name: string, value: string): Promise<void> {
    await postgres.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await postgres.query('SELECT pg_reload_conf()');
    await until(async () => (await postgres.query(`SHOW ${name}`))[0]?.[name] === value);
  }

  it('says what is wrong: the login, the database, the rights, the disk, or that nobody answers', async () => {
    expect(await refusal(at('fleet:wrong'))).toBe('resource.fleet-login');
    expect(await refusal(at('weak:right'))).toBe('resource.fleet-rights');
    expect(await refusal(at('fleet:right', 'none'))).toBe('resource.fleet-database');
    expect(await refusal(at('fleet:right'))).toBe('opened');
    expect(await refusal(`postgres://fleet@127.0.0.1:${await freePort()}/db`)).toBe(
      'resource.fleet-unreachable',
    );
    await set('fsync', 'off');
    expect(await refusal(at('fleet:right'))).toBe('resource.fleet-fsync');
    await set('fsync', 'on');
  }, 60_000);

  it('takes each sslmode for what PostgreSQL documents, on a server with TLS and on one without', async () => {
    const mode = (words: string, host: string, ca: string | null = null) =>
      refusal(at('fleet:right', `postgres?sslmode=${words}`, host), ca);
    // None there yet: whoever asks for TLS does not go on without.
    for (const word of ['require', 'no-verify', 'verify-full']) {
      expect(await mode(word, 'localhost'), word).toBe('resource.fleet-tls');
    }
    makeCertificate(file('other-key.pem'), file('other.pem'), 'IP:127.0.0.1');
    makeCertificate(file('key.pem'), file('cert.pem'), 'IP:127.0.0.1');
    const { uid, gid } = statSync(file('data'));
    chownSync(file('key.pem'), uid, gid);
    await postgres.query(`ALTER SYSTEM SET ssl_cert_file = '${file('cert.pem')}'`);
    await postgres.query(`ALTER SYSTEM SET ssl_key_file = '${file('key.pem')}'`);
    await set('ssl', 'on');
    const rules = 'host all gnomon all trust\nhostssl all all all scram-sha-256\n';
    writeFileSync(join(file('data'), 'pg_hba.conf'), rules);
    await postgres.query('SELECT pg_reload_conf()');
    const [cert, other] = [file('cert.pem'), file('other.pem')];
    // In plain text it lets nobody in any more, so that what opens is encrypted.
    await until(async () => (await mode('disable', '127.0.0.1')) === 'resource.fleet-login');
    const tried: [words: string, host: string, ca: string | null, answer: string, warnings: number][] = [
      ['require', '127.0.0.1', null, 'opened', 1],
      ['require', 'localhost', null, 'opened', 1],
      // With an authority it is verify-ca, as in libpq.
      ['require', 'localhost', cert, 'opened', 0],
      ['require', 'localhost', other, 'resource.fleet-tls', 0],
      ['no-verify', 'localhost', other, 'opened', 1],
      ['verify-ca', 'localhost', cert, 'opened', 0],
      ['verify-ca', '127.0.0.1', other, 'resource.fleet-tls', 0],
      ['verify-ca', '127.0.0.1', null, 'input.config', 0],
      ['verify-full', '127.0.0.1', cert, 'opened', 0],
      [`verify-full&sslrootcert=${cert}`, '127.0.0.1', null, 'opened', 0],
      [`verify-full&sslrootcert=${other}`, '127.0.0.1', null, 'resource.fleet-tls', 0],
      ['verify-full&sslrootcert=system', '127.0.0.1', null, 'resource.fleet-tls', 0],
      // Another name than the certificate's; and nobody who vouches for it.
      ['verify-full', 'localhost', cert, 'resource.fleet-tls', 0],
      ['verify-full', '127.0.0.1', null, 'resource.fleet-tls', 0],
      // A key of one's own, for servers that ask for one.
      [`verify-full&sslcert=${other}&sslkey=${file('other-key.pem')}`, '127.0.0.1', cert, 'opened', 0],
    ];
    for (const [words, host, ca, answer, warnings] of tried) {
      const label = `${words} of ${host} with ${ca}`;
      expect(await mode(words, host, ca), label).toBe(answer);
      expect(
        said.filter((text) => text.includes('not checked')),
        label,
      ).toHaveLength(warnings);
    }
  }, 60_000);
});

function makeCertificate(key: string, certificate: string, names = 'DNS:localhost,IP:127.0.0.1'): void {
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-keyout', key, '-out', certificate, '-subj', '/CN=queue', '-addext', `subjectAltName=${names}`],
  ]);
  expect(made.status).toBe(0);
}
