// Who may use a server's REST, against a real server process; and what its log does not say of what it was asked.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attestation, call, order } from '../helpers/rest-orders.ts';
import { useRestServers } from '../helpers/rest-servers.ts';
import { type RunningWorkerServer, startWorkerServer } from '../helpers/worker-server.ts';

const ALICE = 'alice-token-0123456789';
const BOB = 'bob-token-0123456789';
const ADMIN = 'admin-token-0123456789';

const servers = useRestServers();
let guarded: RunningWorkerServer;

beforeAll(async () => {
  guarded = await startWorkerServer({
    circuitsFolder: servers.tiny.folder,
    args: ['--threads', '1'],
    env: { TOKEN: `alice=${ALICE},bob=${BOB}`, ADMIN_TOKEN: ADMIN },
  });
}, 60_000);
afterAll(() => guarded?.stop());

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('who may ask', () => {
  it('is whoever has a token; everyone sees their own jobs, the admin all', async () => {
    const made = order(servers.tiny.input, { requestId: 'shared-name' });
    for (const headers of [{}, bearer('wrong'), bearer(`${ALICE}x`), { Authorization: `Basic ${ALICE}` }]) {
      const answer = await call(guarded, 'POST', '/api/proof/generate', made, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
    for (const figures of ['/metrics', '/api/metrics/export']) {
      expect((await call(guarded, 'GET', figures)).status).toBe(401);
    }
    expect((await call(guarded, 'GET', '/health')).status).toBe(200);
    expect((await call(guarded, 'POST', '/api/proof/generate', made, bearer(ALICE))).status).toBe(200);
    const status = '/api/proof/status/shared-name';
    expect((await call(guarded, 'GET', status, undefined, bearer(BOB))).status).toBe(404);
    expect((await call(guarded, 'GET', status, undefined, bearer(ALICE))).status).toBe(200);
    expect(
      (await call(guarded, 'POST', '/api/proof/cancel/shared-name', undefined, bearer(BOB))).status,
    ).toBe(404);
    const listed = async (token: string) =>
      (await call(guarded, 'GET', '/api/queue/list', undefined, bearer(token))).body.total;
    expect([await listed(ALICE), await listed(BOB), await listed(ADMIN)]).toEqual([1, 0, 1]);
  });

  it('is no foreign page and no foreign name', async () => {
    for (const Origin of ['https://evil.example', 'null', 'http://localhost:1']) {
      const answer = await call(servers.open, 'POST', '/api/proof/generate', order(servers.tiny.input), {
        Origin,
      });
      expect([answer.status, answer.body.error?.code]).toEqual([403, 'network.origin']);
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
    }
    const own = `http://localhost:${servers.open.port}`;
    const allowed = await call(servers.open, 'GET', '/api/queue/stats', undefined, { Origin: own });
    expect([allowed.status, allowed.headers.get('Access-Control-Allow-Origin')]).toEqual([200, own]);
    // fetch does not let one set Host.
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = {
        port: servers.open.port,
        path: '/api/queue/stats',
        headers: { Host: 'evil.example' },
      };
      request(options, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('the logs', () => {
  it('hold no input, no token and no attestation, in any spelling', async () => {
    const secret = BigInt((servers.tiny.input as { a: string }).a);
    // Beside what was asked above: an input that is wrong, and attestations.
    await call(servers.open, 'POST', '/api/proof/generate', order({ ...servers.tiny.input, c: '1' }));
    await call(
      servers.open,
      'POST',
      '/api/proof/generate',
      order({ ...servers.tiny.input, a: `x${secret}` }),
    );
    await call(servers.open, 'POST', '/api/proof/generate', order(servers.tiny.input));
    await call(servers.reputation, 'POST', '/api/proof/generate', { attestations: [attestation()] });
    const logs = [servers.open, guarded, servers.reputation]
      .map((server) => server.output())
      .join('\n')
      .toLowerCase();
    expect(logs).toContain('job ended');
    const bytes = Buffer.from(secret.toString(16).padStart(16, '0'), 'hex');
    const little = Buffer.from(bytes).reverse();
    for (const canary of [
      secret.toString(),
      secret.toString(16),
      little.toString('hex'),
      bytes.toString('base64').toLowerCase(),
      ALICE,
      BOB,
      ADMIN,
      '0xbbbb',
      '0xaaaa',
    ]) {
      expect(logs.includes(canary), canary).toBe(false);
    }
    const public_ = await (await fetch(`${servers.open.origin}/metrics`)).text();
    expect(public_).not.toContain(secret.toString());
  });
});
