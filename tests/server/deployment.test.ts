// What docs/ say about deployment, tried: the settings' table, the curl lines, nginx with TLS, the alert rules.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { buildCircuits } from '../../circuits/build.ts';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { findProgram } from '../../scripts/test-programs.ts';
import { settingsTable } from '../../worker-server/settings.ts';
import { builtCircuits } from '../helpers/app.ts';
import { type RunningWorkerServer, startWorkerServer, until } from '../helpers/worker-server.ts';

const run = promisify(execFile);
const docs = (name: string) => join(projectFolder, 'docs', name);
const read = (path: string) => readFileSync(path, 'utf8');
const has = (program: string) => findProgram(program) !== undefined;
const TOKEN = '0123456789abcdef0123456789abcdef';
let folder: string;
let server: RunningWorkerServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gnomon-deploy-'));
  await buildServer();
  await buildCircuits({ sizes: [16] });
  server = await startWorkerServer({
    circuitsFolder: builtCircuits,
    env: { WS_URL: 'wss://prove.example.org/ws', TOKEN },
  });
}, 300_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

describe('the documents', () => {
  it('list every setting as the server has it', () => {
    const [, table] =
      /<!-- settings:.*?-->\n([\s\S]*?)<!-- \/settings -->/.exec(read(docs('deployment.md'))) ?? [];
    expect(table).toBe(settingsTable());
  });

  it('name files that are there', () => {
    for (const [, file] of read(docs('deployment.md')).matchAll(/\]\((deployment\/[^)]+)\)/g)) {
      expect(existsSync(docs(file!)), file).toBe(true);
    }
  });

  it('give curl lines in the README that work as written', async () => {
    const section =
      /## Worker server\n([\s\S]*?)\n## /.exec(read(join(projectFolder, 'README.md')))?.[1] ?? '';
    const lines = [...section.matchAll(/```sh\n([\s\S]*?)```/g)]
      .flatMap(([, block]) => block!.trim().split('\n'))
      .filter((line) => line.startsWith('curl'));
    expect(lines.length).toBeGreaterThan(6);
    // As written, for a server without a token on 3001; here another port.
    const open = await startWorkerServer({ circuitsFolder: builtCircuits });
    try {
      for (const line of lines) {
        const { stdout } = await run(
          'sh',
          ['-c', line.replaceAll('localhost:3001', `localhost:${open.port}`)],
          {
            cwd: projectFolder,
          },
        );
        expect(stdout, line).not.toBe('');
        expect(stdout, line).not.toContain('"success":false');
        if (line.includes('/export/html')) expect(stdout, line).toMatch(/^<!doctype html>/);
        else if (!line.includes('/metrics')) expect(() => JSON.parse(stdout) as unknown, line).not.toThrow();
      }
    } finally {
      await open.stop();
    }
  }, 120_000);
});

describe('several machines, as docs/ have them', () => {
  it('are registered by the lines given, and prove for the one that is asked', async () => {
    const lines = read(docs('deployment.md')).split('\n');
    const [register, stats] = lines.filter((line) => /^curl .*\/api\/workers\//.test(line));
    const [token, admin] = ['worker-token-0123456789', 'admin-token-0123456789'];
    const [worker, hub] = await Promise.all([
      // Another address than loopback's first, as on another machine: it needs the token.
      startWorkerServer({ circuitsFolder: builtCircuits, env: { HOST: '127.0.0.2', TOKEN: token } }),
      startWorkerServer({ circuitsFolder: builtCircuits, args: ['--hub'], env: { ADMIN_TOKEN: admin } }),
    ]);
    const sh = (line: string) =>
      run('sh', ['-c', line.replace('localhost:3001', `localhost:${hub.port}`)], {
        env: { PATH: process.env.PATH ?? '', ADMIN_TOKEN: admin },
      }).then(({ stdout }) => JSON.parse(stdout));
    try {
      const here = register!
        .replace('http://10.0.0.5:3002', `http://127.0.0.2:${worker.port}`)
        .replace('"token":"…"', `"token":"${token}"`);
      expect(await sh(here)).toMatchObject({ success: true, worker: { id: 'worker-1', maxConcurrency: 4 } });
      await until(async () => (await sh(stats!)).activeWorkers === 1);
      const [, generate] =
        /^(curl .*"requestId":"first"}')$/m.exec(read(join(projectFolder, 'README.md'))) ?? [];
      const answer = await sh(`${generate} -H 'Authorization: Bearer ${admin}'`);
      expect(answer).toMatchObject({ success: true, result: { verified: true, circuit: 'reputation-16' } });
      expect((await sh(stats!)).workers).toMatchObject([{ id: 'worker-1', completed: 1 }]);
    } finally {
      await Promise.all([worker.stop(), hub.stop()]);
    }
  }, 120_000);

  it('are looked into by the line given for a WebSocket that does not connect', async () => {
    const [, line] =
      /\*\*WebSocket not connecting\.\*\* `(curl [^`]+)`/.exec(read(docs('deployment.md'))) ?? [];
    const ask = (more: string) =>
      run('sh', [
        '-c',
        `${line!.replace('localhost:3001', `localhost:${server.port}`)} -m 1 ${more} || true`,
      ]);
    expect((await ask('')).stdout).toMatch(/^HTTP\/1\.1 101 /);
    expect((await ask(`-H 'Origin: https://evil.example'`)).stdout).toMatch(
      /^HTTP\/1\.1 403 [\s\S]*network\.origin/,
    );
    expect((await ask(`-H 'Authorization: Bearer wrong'`)).stdout).toMatch(/^HTTP\/1\.1 401 /);
    expect(server.output()).toMatch(/"path":"\/ws","code":"network\.origin","msg":"WebSocket refused"/);
  });
});

describe.skipIf(!has('nginx') || !has('openssl'))('nginx before it, as configured in docs/', () => {
  it('passes REST and WebSocket on over TLS, and a foreign page stays out', async () => {
    const [tls, key, cert] = [await freePort(), join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=prove.example.org', '-addext', 'subjectAltName=DNS:prove.example.org'];
    const make = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
    ];
    execFileSync('openssl', [...make, ...subject], { stdio: 'ignore' });
    const site = read(docs('deployment/nginx.conf'))
      .replace('server 127.0.0.1:3001', `server 127.0.0.1:${server.port}`)
      .replace('listen 443 ssl', `listen 127.0.0.1:${tls} ssl`)
      .replace(/ *listen \[::\]:443 ssl;\n/, '')
      .replace(/\/etc\/letsencrypt\S*fullchain.pem/, cert)
      .replace(/\/etc\/letsencrypt\S*privkey.pem/, key);
    const config = join(folder, 'nginx.conf');
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      config,
      `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;\nevents {}\nhttp {\naccess_log off; ${temp.join(' ')}\n${site}\n}\n`,
    );
    const nginx = spawn(findProgram('nginx') ?? '', ['-p', folder, '-c', config], { stdio: 'ignore' });
    const gone = new Promise((resolve) => nginx.once('exit', resolve));
    try {
      const curl = ['--silent', '--cacert', cert, '--resolve', `prove.example.org:${tls}:127.0.0.1`];
      const origin = `https://prove.example.org:${tls}`;
      await until(() =>
        run('curl', [...curl, `${origin}/health`]).then(
          () => true,
          () => false,
        ),
      );
      const stats = await run('curl', [
        ...curl,
        `${origin}/api/queue/stats`,
        '-H',
        `Authorization: Bearer ${TOKEN}`,
      ]);
      expect(JSON.parse(stats.stdout)).toMatchObject({ totalQueued: 0 });

      const open = (page: string) =>
        new Promise<string>((resolve) => {
          const options = {
            ca: read(cert),
            servername: 'prove.example.org',
            origin: page,
            headers: { Host: 'prove.example.org' },
          };
          const socket = new WebSocket(`wss://127.0.0.1:${tls}/ws`, [], options);
          socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', version: 1, token: TOKEN })));
          socket.on('message', (data) => {
            resolve((JSON.parse(String(data)) as { type: string }).type);
            socket.terminate();
          });
          socket.on('unexpected-response', (_, response) => resolve(`HTTP ${response.statusCode}`));
          socket.on('error', (error) => resolve(error.message));
        });
      expect(await open('https://prove.example.org')).toBe('welcome');
      expect(await open('https://evil.example.org')).toBe('HTTP 403');
    } finally {
      nginx.kill('SIGTERM');
      await gone;
    }
  });
});

describe.skipIf(!has('promtool'))('the alert rules', () => {
  it('are accepted by promtool, and fire when they should', async () => {
    const cwd = docs('deployment');
    expect((await run('promtool', ['check', 'rules', 'alerts.yml'], { cwd })).stdout).toContain('SUCCESS');
    expect((await run('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd })).stdout).toContain(
      'SUCCESS',
    );
  });

  it('ask for metrics that the server has', async () => {
    const metrics = await (
      await fetch(`${server.origin}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } })
    ).text();
    const rules = read(docs('deployment/alerts.yml'));
    // Those of a pool and of a fleet are there with one.
    const asked = [...new Set(rules.match(/gnomon_[a-z_]+/g))].filter(
      (name) => !/^gnomon_(workers|fleet)/.test(name),
    );
    expect(asked.length).toBeGreaterThan(3);
    for (const name of asked) expect(metrics).toContain(name.replace(/_bucket$/, ''));
  });
});

describe.skipIf(!has('systemd-journal-remote') || !has('jq'))('the lines for logs', () => {
  const ended: (() => void)[] = [];
  afterAll(() => {
    for (const end of ended) end();
  });

  /** By the two lines of the document, over TLS. */
  async function ship(sender: string, gathered: string): Promise<void> {
    const [gather, send] = [
      ...read(docs('deployment.md')).matchAll(/^\/usr\/lib\/systemd\/systemd-journal-.*$/gm),
    ].map(([line]) => line!);
    const inFolder = (name: string) => join(folder, name);
    execFileSync('sh', [
      '-c',
      `openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${inFolder('logs.key')} -out ${inFolder('logs.pem')} 2> /dev/null`,
    ]);
    mkdirSync(gathered);
    const port = await freePort();
    const start = (line: string, changes: [string, string][]) => {
      const [program, ...args] = changes
        .reduce((text, [from, to]) => {
          expect(text).toContain(from);
          return text.replace(from, to);
        }, line)
        .split(' ');
      const child = spawn(findProgram(program!.slice('/usr/lib/systemd/'.length))!, args, {
        stdio: 'ignore',
      });
      ended.push(() => child.kill('SIGKILL'));
      return child;
    };
    start(gather!, [
      ['--listen-https=19532', `--listen-https=127.0.0.1:${port}`],
      ['logs.key', inFolder('logs.key')],
      ['logs.pem', inFolder('logs.pem')],
      ['/var/log/journal/remote', gathered],
    ]);
    const listens = () =>
      new Promise<boolean>((resolve) => {
        const probe = connect(port, '127.0.0.1', () => resolve(true));
        probe.on('error', () => resolve(false)).on('connect', () => probe.destroy());
      });
    await until(listens);
    // Its own authority here.
    start(send!, [
      ['https://logs.example.org:19532', `https://localhost:${port}`],
      ['ca.pem', inFolder('logs.pem')],
      ['--save-state', `--file=${sender}`],
    ]);
  }

  it('find what went wrong, and one job, in a journal that came from another machine', async () => {
    const [, block] = /journald keeps them[^`]*```sh\n([\s\S]*?)```/.exec(read(docs('deployment.md'))) ?? [];
    const [wrong, one] = block!.trim().split('\n') as [string, string];
    // Two jobs of a real server: `first`, which is done, and one whose input is not true.
    const generate = (body: object) =>
      fetch(`${server.origin}/api/proof/generate`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify(body),
      });
    const attestation = {
      ...{ source: '0xaa', target: '0xbb', attestation_type: 'trust', weight: 1, created_at: 1.7e12 },
      opinion: { belief: 0.7, disbelief: 0.1, uncertainty: 0.2, base_rate: 0.5 },
    };
    expect((await generate({ attestations: [attestation], requestId: 'first' })).status).toBe(200);
    const untrue = { circuit: 'reputation-16', input: { nothing: '1' }, requestId: 'second' };
    expect((await generate(untrue)).status).toBeGreaterThanOrEqual(400);
    await until(() => /"jobId":"second"[^\n]*"job ended"/.test(server.output()));

    const printed = `Gnomon is ready: http://localhost:3001\n${server.output()}`.trim().split('\n');
    const id = '0123456789abcdef0123456789abcdef';
    const sent = printed.map((line, at) =>
      [
        ...[`__REALTIME_TIMESTAMP=${1.7e15 + at}`, `__MONOTONIC_TIMESTAMP=${1_000 + at}`, `_BOOT_ID=${id}`],
        ...[`_MACHINE_ID=${id}`, '_HOSTNAME=prover-1', '_TRANSPORT=stdout', '_SYSTEMD_UNIT=gnomon.service'],
        `MESSAGE=${line}\n\n`,
      ].join('\n'),
    );
    writeFileSync(join(folder, 'sent'), sent.join(''));
    const sender = join(folder, 'sender.journal');
    await run(findProgram('systemd-journal-remote')!, [`--output=${sender}`, join(folder, 'sent')]);
    const gathered = join(folder, 'gathered');
    await ship(sender, gathered);
    const sh = async (line: string) => {
      const there = line.replace('journalctl', `journalctl -D ${gathered}`);
      const { stdout } = await run('sh', ['-c', there]);
      return stdout
        .trim()
        .split('\n')
        .filter((text) => text !== '')
        .map((text) => JSON.parse(text) as { jobId?: string; state?: string; code?: string; msg: string });
    };
    // It is sent entry by entry.
    const last = async () => (await sh(one)).some(({ state }) => state === 'succeeded');
    await until(async () => (await last()) && (await sh(wrong)).length > 0);
    expect(await sh(wrong)).toContainEqual(expect.objectContaining({ jobId: 'second', state: 'failed' }));
    expect((await sh(wrong)).every(({ code }) => typeof code === 'string')).toBe(true);
    const first = await sh(one);
    expect(first).toContainEqual(expect.objectContaining({ jobId: 'first', state: 'succeeded' }));
    expect(first.every(({ jobId }) => jobId === 'first')).toBe(true);
  }, 120_000);
});

describe.skipIf(!has('systemd-analyze'))('the unit file', () => {
  it('is one that systemd understands', async () => {
    const { stdout, stderr } = await run('systemd-analyze', [
      'verify',
      docs('deployment/gnomon.service'),
    ]).catch((thrown: { stdout: string; stderr: string }) => thrown);
    // Whether this machine has that node and that folder is not the file's fault.
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => /gnomon\.service:\d+:/.test(line));
    expect(complaints).toEqual([]);
  });
});
