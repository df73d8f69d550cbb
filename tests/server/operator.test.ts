// What an operator sets up, at a hub as a process: who they are let in as by JWT, limits by subject, the routes of
// workers and who may use them, the scale hook, the public address, and the help.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import { SETTINGS } from '../../worker-server/settings.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, startWorkerServer, until } from '../helpers/worker-server.ts';

const WORKER_TOKEN = 'worker-token-0123456789';
const RATE = 60;
let tiny: TinyCircuit;
let folder: string;
let hub: RunningWorkerServer;
let worker: RunningWorkerServer;
let sign: (claims: object) => Promise<string>;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  folder = mkdtempSync(join(tmpdir(), 'gnomon-operator-'));
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [jwk] }));
  sign = (claims) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer('https://login.example.org')
      .setExpirationTime('1h')
      .sign(privateKey);
  const circuitsFolder = tiny.folder;
  const args = ['--threads', '1', '--concurrency', '1'];
  worker = await startWorkerServer({ circuitsFolder, args, env: { TOKEN: WORKER_TOKEN } });
  hub = await startWorkerServer({
    circuitsFolder,
    args: ['--hub', '--rate', String(RATE), '--worker-urls', worker.origin],
    env: {
      JWT_JWKS: join(folder, 'keys.json'),
      JWT_ISSUER: 'https://login.example.org',
      NODE_ENV: 'production',
      WS_URL: 'wss://prove.example.org/ws',
      SCALE_HOOK: `echo "$GNOMON_ADVICE: $GNOMON_REASON" >> ${folder}/advice`,
    },
  });
}, 120_000);
afterAll(async () => {
  await Promise.all([hub?.stop(), worker?.stop()]);
  tiny?.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function call(method: string, path: string, token: string | null, body?: unknown) {
  const response = await fetch(hub.origin + path, {
    method,
    headers: {
      Prefer: 'respond-async',
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { status, headers } = response;
  return { status, headers, body: await response.json() };
}
const order = (requestId: string, more: object = {}) => ({
  ...{ circuit: 'product', input: tiny.input, requestId },
  ...more,
});

describe('a JWT', () => {
  it('is its subject: jobs are theirs alone, and no body says otherwise', async () => {
    const [ann, ben] = [await sign({ sub: 'ann' }), await sign({ sub: 'ben' })];
    const generate = (token: string | null, body: object) => call('POST', '/api/proof/generate', token, body);
    expect(await generate(ann, order('anns', { userId: 'ann' }))).toMatchObject({ status: 202 });
    expect(await generate(ann, order('bens', { userId: 'ben' }))).toMatchObject({
      status: 403,
      body: { error: { code: 'input.forbidden', where: 'userId' } },
    });
    expect(await generate(null, order('nobodys'))).toMatchObject({ status: 401 });
    const late = await new SignJWT({ sub: 'ann', iss: 'https://login.example.org' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setExpirationTime('1h')
      .sign((await generateKeyPair('ES256')).privateKey);
    expect(await generate(late, order('forged'))).toMatchObject({ status: 401 });
    expect(await call('GET', '/api/proof/status/anns', ben)).toMatchObject({ status: 404 });
    expect(await call('GET', '/api/proof/status/anns', ann)).toMatchObject({
      status: 200,
      body: { status: 'queued', position: 0 },
    });
    const socket = await connectWire(hub.port);
    socket.send({ type: 'hello', version: 1, token: ann });
    await socket.next('welcome');
    socket.send({ type: 'subscribe', requestId: 'anns' });
    expect((await socket.next('subscribed')).data.status).toBe('queued');
    socket.socket.close();
  });

  it('has its subject’s limits, whatever the number of tokens', async () => {
    const flood = await Promise.all(
      Array.from({ length: 2 * RATE }, async (_, at) =>
        call('GET', '/api/queue/stats', await sign({ sub: 'flood', jti: String(at) })),
      ),
    );
    const refused = flood.filter(({ status }) => status === 429);
    expect(flood.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(RATE);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ headers }) => Number(headers.get('Retry-After')) > 0)).toBe(true);
    expect(refused[0]!.body).toMatchObject({ error: { code: 'resource.rate-limit', retryable: true } });
    expect(await call('GET', '/api/queue/stats', await sign({ sub: 'calm' }))).toMatchObject({ status: 200 });
  });
});

describe('the public address and production', () => {
  it('are told, let their page in, and warn of keys that anyone can forge with', async () => {
    const health = await (await fetch(`${hub.origin}/health`)).json();
    expect(health).toMatchObject({ wsUrl: 'wss://prove.example.org/ws', ready: true });
    const own = await connectWire(hub.port, { origin: 'https://prove.example.org' });
    own.socket.close();
    const foreign = connectWire(hub.port, { origin: `http://localhost:${hub.port + 1}` });
    await expect(foreign).rejects.toThrow('HTTP 403');
    expect(hub.output()).toMatch(/"circuits":\["product"\],"msg":"development keys: anyone can forge/);
    expect(worker.output()).not.toContain('development keys');
  });
});

describe('--help', () => {
  it('lists every setting, with nothing built and whatever else is set', async () => {
    const run = promisify(execFile);
    const env = { PATH: process.env.PATH, HOST: '0.0.0.0' };
    for (const command of [
      [join(projectFolder, 'node_modules/tsx/dist/cli.mjs'), join(projectFolder, 'scripts/start.ts')],
      [join(projectFolder, 'dist/server/main.js')],
    ]) {
      const { stdout } = await run(process.execPath, [...command, '--headless', '--help'], {
        ...{ cwd: folder, env },
      });
      for (const { flag, env: name } of SETTINGS) {
        expect(stdout).toContain(`--${flag}`);
        expect(stdout).toContain(name);
      }
    }
  });
});

describe('the workers’ routes', () => {
  it('are the admin’s; what is registered proves, and is forgotten when it is removed', async () => {
    const admin = await sign({ sub: 'root', scope: 'gnomon:admin' });
    const user = await sign({ sub: 'eve' });
    const registration = { id: 'w', url: worker.origin, maxConcurrency: 1, token: WORKER_TOKEN };
    const register = (token: string | null, change: object = {}) =>
      call('POST', '/api/workers/register', token, { ...registration, ...change });
    for (const [method, path, body] of [
      ['POST', '/api/workers/register', registration],
      ['POST', '/api/workers/w/heartbeat', undefined],
      ['DELETE', '/api/workers/w', undefined],
    ] as const) {
      expect(await call(method, path, null, body), path).toMatchObject({ status: 401 });
      expect(await call(method, path, user, body), path).toMatchObject({
        status: 403,
        body: { error: { code: 'input.forbidden' } },
      });
      if (body === undefined) {
        expect(await call(method, path, admin), path).toMatchObject({
          status: 404,
          body: { error: { code: 'input.worker-unknown', where: 'id' } },
        });
      }
    }
    // Only where the operator lets workers be.
    expect((await register(admin, { url: 'http://127.0.0.1:1' })).status).toBe(422);
    expect((await register(admin, { url: 'ftp://127.0.0.1' })).status).toBeGreaterThanOrEqual(400);
    expect((await register(admin, { maxConcurrency: 0 })).status).toBe(400);
    expect(await call('GET', '/api/workers/stats', user)).toMatchObject({ body: { totalWorkers: 0 } });

    // When jobs wait and nothing proves, the operator's command is told: ten seconds in, most of which are over.
    const advice = join(folder, 'advice');
    await until(() => existsSync(advice), 30_000);
    expect(readFileSync(advice, 'utf8')).toMatch(/^scale-up: 1 waiting, .* nothing that could prove/);

    expect(await register(admin)).toMatchObject({
      status: 201,
      body: { success: true, worker: { id: 'w' } },
    });
    const ann = await sign({ sub: 'ann' });
    // Asking often would use up her minute.
    const socket = await connectWire(hub.port, { token: ann });
    socket.send({ type: 'subscribe', requestId: 'anns' });
    expect((await socket.next('result')).data.publicSignals).toEqual(tiny.publicSignals);
    socket.socket.close();
    expect((await call('GET', '/api/proof/status/anns', ann)).body).toMatchObject({
      ...{ status: 'succeeded', result: { verified: true, publicSignals: tiny.publicSignals } },
    });
    expect(await call('GET', '/api/workers/stats', user)).toMatchObject({
      body: { totalWorkers: 1, activeWorkers: 1, idleWorkers: 1, busyWorkers: 0, offlineWorkers: 0 },
    });
    const urlOf = async (token: string) =>
      (await call('GET', '/api/workers/stats', token)).body.workers.map(({ url }: { url: string }) => url);
    expect([await urlOf(user), await urlOf(admin)]).toEqual([[null], [expect.stringMatching(/^http/)]]);
    const beat = await call('POST', '/api/workers/w/heartbeat', admin);
    expect(beat).toMatchObject({ status: 200, body: { id: 'w', completed: 1 } });
    expect(JSON.stringify(beat.body)).not.toContain(WORKER_TOKEN);
    expect(await call('DELETE', '/api/workers/w', admin)).toMatchObject({ status: 200 });
    expect(await call('DELETE', '/api/workers/w', admin)).toMatchObject({ status: 404 });
    expect(await call('GET', '/api/workers/stats', user)).toMatchObject({ body: { totalWorkers: 0 } });
    expect(hub.output()).not.toContain(WORKER_TOKEN);
  }, 120_000);
});
