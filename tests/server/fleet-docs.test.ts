// docs/fleet.md is what it says: its example of three machines is run from its own files, over TLS and with its ACL.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { findProgram } from '../../scripts/test-programs.ts';
import { freePort, REDIS } from '../helpers/redis-server.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, startWorkerServer, until } from '../helpers/worker-server.ts';

const run = promisify(execFile);
const doc = (name: string) => join(projectFolder, 'docs', name);
const read = (name: string) => readFileSync(doc(name), 'utf8');
const UNITS = ['gnomon-gateway.service', 'gnomon-prover.service'] as const;
const guide = read('fleet.md');
/** The lines of the guide that begin so, as they stand. */
const line = (start: string) => new RegExp(`^${start}.*$`, 'm').exec(guide)?.[0] ?? '';

let folder: string;
let circuit: TinyCircuit;
const machines: RunningWorkerServer[] = [];
let endRedis = () => {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-guide-'));
  if (REDIS === undefined) return;
  await buildServer();
  circuit = await makeTinyCircuit();
}, 120_000);
afterAll(async () => {
  for (const machine of machines) machine.kill('SIGKILL');
  await Promise.all(machines.map(({ exited }) => exited));
  endRedis();
  circuit?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What systemd would give the process, with this machine in place of the guide's. */
function environmentOf(
  unit: (typeof UNITS)[number],
  secrets: Record<string, string>,
): Record<string, string> {
  const set = [...read(`deployment/${unit}`).matchAll(/^Environment=(.*)$/gm)].flatMap(([, all = '']) =>
    all.split(' '),
  );
  const pairs = set.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]);
  const own = Object.fromEntries(pairs);
  expect(Object.keys(own)).toEqual(expect.arrayContaining(['ROLE', 'HOST', 'FLEET_KEY', 'QUEUE_CA']));
  const here = {
    HOST: '127.0.0.1',
    FLEET_KEY: join(folder, 'fleet-keys.json'),
    QUEUE_CA: join(folder, 'fleet.crt'),
  };
  return { ...own, ...here, ...secrets };
}

describe.skipIf(REDIS === undefined)('the guide to several machines', () => {
  it('is a fleet that proves, made from its own files and lines', async () => {
    // The certificate, by the guide's line; the address is this machine's.
    const [openssl, ...args] = line('openssl req').replace('IP:10.0.0.1', 'IP:127.0.0.1').split(' ');
    await run(openssl as string, args, { cwd: folder });
    const port = await freePort();
    const conf = read('deployment/redis-fleet.conf')
      .replace('bind 10.0.0.1', 'bind 127.0.0.1')
      .replace('tls-port 6380', `tls-port ${port}`)
      .replaceAll('/etc/redis/', `${folder}/`);
    writeFileSync(join(folder, 'redis.conf'), `${conf}\ndir ${folder}\n`);
    const redis = spawn(REDIS as string, [join(folder, 'redis.conf')], { stdio: 'ignore' });
    endRedis = () => redis.kill('SIGKILL');
    // The key, by the guide's line.
    const keyLine = line('npm run fleet-key').replace('/etc/gnomon', folder);
    execFileSync('sh', ['-c', keyLine], { cwd: projectFolder, stdio: 'ignore' });

    const secrets = Object.fromEntries(
      ['GNOMON_QUEUE', 'TOKEN', 'ADMIN_TOKEN'].map((name) => [name, line(`${name}=`).slice(name.length + 1)]),
    );
    secrets.GNOMON_QUEUE = secrets.GNOMON_QUEUE!.replace('10.0.0.1:6380', `127.0.0.1:${port}`);
    for (const unit of UNITS) {
      expect(read(`deployment/${unit}`)).toContain(
        'ExecStart=/usr/bin/node dist/server/main.js --headless\n',
      );
      const env = environmentOf(unit, secrets);
      machines.push(await startWorkerServer({ circuitsFolder: circuit.folder, env }));
    }
    const [gateway, prover] = machines as [RunningWorkerServer, RunningWorkerServer];
    const wire = await connectWire(gateway.port);
    wire.send({ type: 'hello', version: 1, token: secrets.TOKEN });
    const { input, publicSignals: expectedPublicSignals, entry } = circuit;
    const submit = { type: 'submit', circuit: entry.artifacts.zkey.sha256, input, expectedPublicSignals };
    wire.send({ ...submit, jobId: 'one' });
    await wire.next('result');
    const headers = { Authorization: `Bearer ${secrets.ADMIN_TOKEN}` };
    await until(async () =>
      (await (await fetch(`${gateway.origin}/metrics`, { headers })).text()).includes('{prover='),
    );
    const metrics = await (await fetch(`${gateway.origin}/metrics`, { headers })).text();
    for (const [name] of `${read('deployment/alerts.yml')}${guide}`.matchAll(/gnomon_fleet_[a-z_]+[a-z]/g)) {
      expect(metrics, name).toContain(name);
    }
    const password = { Authorization: `Basic ${btoa(`any:${secrets.ADMIN_TOKEN}`)}` };
    expect((await fetch(`${gateway.origin}/board`, { headers: password })).status).toBe(200);
    // `systemctl stop`, then nothing is left running.
    for (const machine of [prover, gateway]) {
      machine.kill('SIGTERM');
      expect(await machine.exited).toBe(0);
    }
    wire.socket.close();
  }, 60_000);

  it.skipIf(findProgram('systemd-analyze') === undefined)('has units that systemd takes', async () => {
    for (const unit of UNITS) {
      const text = read(`deployment/${unit}`).replace('/usr/bin/node', process.execPath);
      writeFileSync(join(folder, unit), text);
      const said = await run('systemd-analyze', ['verify', join(folder, unit)]).catch((error) => error);
      expect(`${said.stderr}`.split('\n').filter((text) => text.includes(unit))).toEqual([]);
    }
  });
});
