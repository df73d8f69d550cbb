// docs/fleet.md is what it says: its example of three machines is run from its own files and blocks, over TLS, with
// Redis and its ACL and with PostgreSQL and its password; backups are made and put back as it says.
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { findProgram } from '../../scripts/test-programs.ts';
import { type Guide, openGuide } from '../helpers/guide.ts';
import { POSTGRES, type PostgresServer, startPostgres } from '../helpers/postgres-server.ts';
import { freePort, REDIS } from '../helpers/redis-server.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire, type WireClient } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, startWorkerServer, until } from '../helpers/worker-server.ts';

const run = promisify(execFile);
const UNITS = ['gnomon-gateway.service', 'gnomon-prover.service'] as const;

let folder: string;
let guide: Guide;
let circuit: TinyCircuit;
let postgres: PostgresServer | undefined;
let redisPort: number;
let secrets: Record<string, string>;
const machines: RunningWorkerServer[] = [];
const at = (path: string) => join(folder, path);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-guide-'));
  // Another user's programs look into it.
  chmodSync(folder, 0o755);
  if (REDIS === undefined || POSTGRES === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
  redisPort = await freePort();
  postgres = await startPostgres();
  guide = openGuide('fleet.md', {
    folder,
    places: [
      ['10.0.0.1:6380', `127.0.0.1:${redisPort}`],
      ['6380', String(redisPort)],
      ['10.0.0.1:5432', `127.0.0.1:${postgres.port}`],
      ['10.0.0.0/24', '127.0.0.0/24'],
      ['10.0.0.1', '127.0.0.1'],
      ['-keyout fleet.key -out fleet.crt', `-keyout ${at('fleet.key')} -out ${at('fleet.crt')}`],
    ],
    env: { PGHOST: postgres.folder, PGPORT: String(postgres.port), PGUSER: 'gnomon' },
  });
  writeSystemctl();
  // The certificate, by the guide's line, for whoever is queue here.
  await guide.follow('openssl req');
  for (const name of ['fleet.key', 'fleet.crt']) {
    for (const place of ['/etc/redis', '/etc/postgresql']) copyFileSync(at(name), at(join(place, name)));
  }
  copyFileSync(at('fleet.crt'), at('/etc/gnomon/queue.crt'));
  await guide.follow('npm run fleet-key');
  expect(statSync(at('/etc/gnomon/fleet-keys.json')).mode & 0o777).toBe(0o600);
}, 120_000);
afterAll(async () => {
  for (const machine of machines) machine.kill('SIGKILL');
  await Promise.all(machines.map(({ exited }) => exited));
  if (existsSync(at('redis.pid'))) process.kill(Number(readFileSync(at('redis.pid'), 'utf8')), 'SIGKILL');
  await postgres?.stop();
  circuit?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What the guide asks systemd for, done to this test's Redis. */
function writeSystemctl(): void {
  const [conf, pid] = [at('/etc/redis/redis-fleet.conf'), at('redis.pid')];
  const text = `#!/bin/sh
case "$*" in
  *" redis-server") ;;
  start*" redis-server@fleet" | enable*" redis-server@fleet")
    exec ${REDIS} ${conf} --daemonize yes --pidfile ${pid} --logfile ${at('redis.log')} ;;
  "stop redis-server@fleet")
    kill "$(cat ${pid})"; while [ -e ${pid} ]; do sleep 0.1; done ;;
  *) echo "systemctl $*: not in this test" >&2; exit 1 ;;
esac
`;
  writeFileSync(at('bin/systemctl'), text);
  chmodSync(at('bin/systemctl'), 0o755);
}

/** The guide's fleet.env with this line for the queue. */
function writeEnvironment(queueLine: string): void {
  const words = guide.block('TOKEN=a-token');
  const lines = words.split('\n').map((line) => (line.startsWith('GNOMON_QUEUE=') ? queueLine : line));
  const text = guide.here(lines.join('\n'));
  writeFileSync(at('/etc/gnomon/fleet.env'), `${text}\n`, { mode: 0o600 });
  secrets = Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

/** What systemd would give the process, with this machine in place of the guide's. */
function environmentOf(unit: (typeof UNITS)[number]): Record<string, string> {
  const text = guide.file(`deployment/${unit}`);
  expect(text).toContain('ExecStart=/usr/bin/node dist/server/main.js --headless\n');
  expect(text).toContain(`EnvironmentFile=${at('/etc/gnomon/fleet.env')}\n`);
  const set = [...text.matchAll(/^Environment=(.*)$/gm)].flatMap(([, all = '']) => all.split(' '));
  const own = Object.fromEntries(set.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]));
  expect(Object.keys(own)).toEqual(expect.arrayContaining(['ROLE', 'HOST', 'FLEET_KEY', 'QUEUE_CA']));
  return { ...own, HOST: '127.0.0.1', ...secrets };
}

async function start(unit: (typeof UNITS)[number]): Promise<RunningWorkerServer> {
  const machine = await startWorkerServer({ circuitsFolder: circuit.folder, env: environmentOf(unit) });
  machines.push(machine);
  return machine;
}

/** `systemctl stop`, after which nothing is left running. */
async function stop(...running: RunningWorkerServer[]): Promise<void> {
  for (const machine of running) {
    machine.kill('SIGTERM');
    expect(await machine.exited).toBe(0);
  }
}

async function client({ port }: RunningWorkerServer): Promise<WireClient> {
  const wire = await connectWire(port);
  wire.send({ type: 'hello', version: 1, token: secrets.TOKEN });
  return wire;
}
async function submitted(wire: WireClient, jobId: string): Promise<void> {
  const { input, publicSignals: expectedPublicSignals, entry } = circuit;
  wire.send({ type: 'submit', jobId, circuit: entry.artifacts.zkey.sha256, input, expectedPublicSignals });
  await wire.next('accepted', ({ data }) => data.jobId === jobId);
}
async function proved(wire: WireClient, jobId: string): Promise<void> {
  const { data } = await wire.next('result', (one) => one.data.jobId === jobId);
  expect(data.publicSignals).toEqual(circuit.publicSignals);
}
const asAdmin = () => ({ Authorization: `Bearer ${secrets.ADMIN_TOKEN}` });
const metricsOf = async ({ origin }: RunningWorkerServer): Promise<string> =>
  (await fetch(`${origin}/metrics`, { headers: asAdmin() })).text();

/** A backup with one job done and one that waits is made and put back, by the guide; what waited is proved. */
async function backsUp(how: {
  backUp(): Promise<void>;
  lose(): Promise<void>;
  restore(): Promise<void>;
}): Promise<void> {
  const before = await start('gnomon-gateway.service');
  const prover = await start('gnomon-prover.service');
  const wire = await client(before);
  await submitted(wire, 'done-before');
  await proved(wire, 'done-before');
  await stop(prover);
  await submitted(wire, 'waits');
  await how.backUp();
  await submitted(wire, 'after-the-backup');
  wire.socket.close();
  await stop(before);
  await how.lose();
  await how.restore();

  const gateway = await start('gnomon-gateway.service');
  const again = await client(gateway);
  for (const requestId of ['waits', 'done-before']) again.send({ type: 'subscribe', requestId });
  await proved(again, 'done-before');
  expect(again.messages.some((one) => one.type === 'result' && one.data.jobId === 'waits')).toBe(false);
  const statusOf = async (id: string) =>
    (
      await fetch(`${gateway.origin}/api/proof/status/${id}`, {
        headers: { Authorization: `Bearer ${secrets.TOKEN}` },
      })
    ).status;
  expect([await statusOf('waits'), await statusOf('after-the-backup')]).toEqual([200, 404]);
  const last = await start('gnomon-prover.service');
  await proved(again, 'waits');
  again.socket.close();
  await stop(last, gateway);
}

describe.skipIf(REDIS === undefined || POSTGRES === undefined)('the guide to several machines', () => {
  it('is a fleet on Redis that proves, made from its own files and lines', async () => {
    writeFileSync(at('/etc/redis/redis-fleet.conf'), guide.file('deployment/redis-fleet.conf'));
    await guide.follow('systemctl enable --now redis-server@fleet');
    writeEnvironment(
      guide
        .block('TOKEN=a-token')
        .split('\n')
        .find((line) => line.startsWith('GNOMON_QUEUE='))!,
    );
    const gateway = await start('gnomon-gateway.service');
    const prover = await start('gnomon-prover.service');
    const wire = await client(gateway);
    await submitted(wire, 'one');
    await proved(wire, 'one');
    await until(async () => (await metricsOf(gateway)).includes('{prover='));
    const metrics = await metricsOf(gateway);
    const named = `${guide.file('deployment/alerts.yml')}${guide.text}`;
    for (const [name] of named.matchAll(/gnomon_fleet_[a-z_]+[a-z]/g)) {
      expect(metrics, name).toContain(name);
    }
    // As it comes through the guide's `ssh -L`, under the name of this end.
    expect(await boardStatus(gateway, 'localhost:3001')).toBe(200);
    // A prover that was set aside is let back by the guide's line.
    const [, name = ''] = /\{prover="([^"]+)"/.exec(metrics) ?? [];
    const redis = new Redis(secrets.GNOMON_QUEUE!, { tls: { ca: readFileSync(at('fleet.crt')) } });
    await redis.hset('gnomon:aside', 'NAME', 'a wrong proof', name, 'a wrong proof');
    await guide.follow('HDEL gnomon:aside');
    expect(await redis.hkeys('gnomon:aside')).toEqual([name]);
    await redis.del('gnomon:aside');
    await redis.quit();
    wire.socket.close();
    await stop(prover, gateway);
  }, 60_000);

  it('backs up Redis while it runs, and puts it back with a job that waits', async () => {
    await backsUp({
      backUp: async () => void (await guide.follow('BGREWRITEAOF')),
      lose: async () => {
        process.kill(Number(readFileSync(at('redis.pid'), 'utf8')), 'SIGTERM');
        await until(() => !existsSync(at('redis.pid')));
        // The guide's line for stopping finds it running.
        await guide.follow('systemctl enable --now redis-server@fleet');
      },
      restore: async () => void (await guide.follow('systemctl stop redis-server@fleet')),
    });
  }, 60_000);

  it('is a fleet on PostgreSQL, backed up while it runs and put back with a job that waits', async () => {
    const { uid, gid } = statSync(join(postgres!.folder, 'data'));
    chownSync(at('/etc/postgresql/fleet.key'), uid, gid);
    chmodSync(at('/etc/postgresql/fleet.key'), 0o600);
    const data = (name: string) => join(postgres!.folder, 'data', name);
    appendFileSync(data('postgresql.conf'), guide.file('deployment/postgres-fleet.conf'));
    // Whoever is `postgres` there comes through the socket, and the test's own questions over 127.0.0.1.
    const rules = 'local all gnomon trust\nhost all gnomon 127.0.0.1/32 trust\n';
    writeFileSync(data('pg_hba.conf'), `${rules}${guide.here(guide.block('hostssl'))}\n`);
    await postgres!.query('SELECT pg_reload_conf()');
    await until(async () => (await postgres!.query('SHOW ssl'))[0]?.ssl === 'on');
    await guide.follow('createuser --pwprompt', { input: 'SECRET\nSECRET\n', asPostgres: true });
    writeEnvironment(guide.block('sslmode=verify-full').trim());

    await backsUp({
      async backUp() {
        await guide.follow('pg_dump');
        // All that the fleet has there is encrypted on its way.
        const rows = await postgres!.query(
          "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'fleet'",
        );
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.every(({ ssl }) => ssl === true)).toBe(true);
      },
      lose: async () => {},
      async restore() {
        await guide.follow('dropdb gnomon', { asPostgres: true });
        await guide.follow('--single-transaction');
      },
    });
    const psql = (text: string) =>
      run(findProgram('psql') ?? 'psql', [
        `${secrets.GNOMON_QUEUE}&sslrootcert=${at('fleet.crt')}`,
        '-Atc',
        text,
      ]);
    await psql("INSERT INTO gnomon.aside VALUES ('NAME', 'a wrong proof'), ('another', 'a wrong proof')");
    await guide.follow('DELETE FROM gnomon.aside');
    expect((await psql('SELECT name FROM gnomon.aside')).stdout).toBe('another\n');
  }, 60_000);

  it('was tried in every line', () => {
    expect(guide.untried()).toEqual([]);
    // And what it names is there.
    for (const [, file = ''] of guide.text.matchAll(/\]\(([a-z][^)]*)\)/g)) {
      expect(existsSync(join(projectFolder, 'docs', file)), file).toBe(true);
    }
  });

  it.skipIf(findProgram('systemd-analyze') === undefined)('has units that systemd takes', async () => {
    for (const unit of UNITS) {
      const text = readFileSync(join(projectFolder, 'docs/deployment', unit), 'utf8');
      writeFileSync(at(unit), text.replace('/usr/bin/node', process.execPath));
      const said = await run('systemd-analyze', ['verify', at(unit)]).catch((error) => error);
      expect(`${said.stderr}`.split('\n').filter((line) => line.includes(unit))).toEqual([]);
    }
  });

  it('puts Redis’ file where Debian’s unit reads it', () => {
    const unit = '/lib/systemd/system/redis-server@.service';
    if (!existsSync(unit)) return;
    const text = readFileSync(unit, 'utf8');
    expect(text).toContain('/etc/redis/redis-%i.conf');
    expect(text).toMatch(/^ReadWrite(Directories|Paths)=-?\/var\/lib\/redis$/m);
  });
});

/** `fetch` names no other host than the one it asks. */
function boardStatus({ port }: RunningWorkerServer, host: string): Promise<number> {
  const headers = { Host: host, Authorization: `Basic ${btoa(`any:${secrets.ADMIN_TOKEN}`)}` };
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/board', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}
