// REST requests that are wrong, on every route of a real server process: each is told what and where, and it lives on.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../scripts/app-steps.ts';
import { call, order } from '../helpers/rest-orders.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { type RunningWorkerServer, startWorkerServer } from '../helpers/worker-server.ts';

let tiny: TinyCircuit;
let open: RunningWorkerServer;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  open = await startWorkerServer({
    circuitsFolder: tiny.folder,
    args: ['--threads', '1', '--rate', '100000'],
  });
}, 300_000);
afterAll(async () => {
  await open?.stop();
  tiny?.remove();
});

describe('malformed requests', () => {
  const bodies: [string, string, number][] = [
    ['nothing', '', 400],
    ['no JSON', '{"attestations": [', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['a number', '7', 400],
    ['an unknown field', '{"attestation": []}', 400],
    ['neither', '{}', 400],
    ['both', '{"attestations":[1],"input":{}}', 400],
    ['an empty list', '{"attestations":[]}', 400],
    ['a text for attestations', '{"attestations":"all"}', 400],
    ['attestations that are none', '{"attestations":[1,null,{}]}', 422],
    ['an unknown circuit', '{"circuit":"../../etc","input":{}}', 404],
    ['no circuit', '{"input":{"a":"1"}}', 404],
    ['an object as signal', '{"circuit":"product","input":{"a":{}}}', 400],
    ['a fraction as signal', '{"circuit":"product","input":{"a":0.5}}', 400],
    ['a bad priority', '{"circuit":"product","input":{},"priority":9}', 400],
    ['a bad id', '{"circuit":"product","input":{},"requestId":"a b"}', 400],
    ['an id that is too long', `{"circuit":"product","input":{},"requestId":"${'a'.repeat(200)}"}`, 400],
    ['a prototype', '{"__proto__":{"circuit":"product"},"input":{}}', 400],
    ['deep nesting', `{"input":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`, 400],
    ['many values', `{"input":{"a":[${'1,'.repeat(500_000)}1]}}`, 400],
    ['much text', `{"message":"${'a'.repeat(5_000_000)}"}`, 413],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]).toString('latin1'), 400],
  ];

  it.each(bodies)('%s: said what and where', async (_, body, status) => {
    const answer = await call(open, 'POST', '/api/proof/generate', body);
    expect([answer.status, answer.body.success]).toEqual([status, false]);
    expect(answer.body.error?.nextStep).toBeTruthy();
    // Whoever writes a body has no other program whose version could matter.
    expect(JSON.stringify(answer.body)).not.toMatch(/both programs|The message (is|holds)|binary frames/);
    expect(answer.body.error?.code).toMatch(/^(protocol|input|circuit)\./);
  });

  it('are answered 4xx on every route, and the server lives', async () => {
    const spec = (await call(open, 'GET', '/openapi.json')).body as unknown as {
      paths: Record<string, Record<string, { requestBody?: unknown }>>;
    };
    const routes = Object.entries(spec.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, route]) => ({
        path,
        method,
        hasBody: route.requestBody !== undefined,
      })),
    );
    // All that the server has, and nothing else.
    expect(routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(
      [
        'GET /health',
        'GET /metrics',
        'POST /api/proof/generate',
        'GET /api/proof/status/{id}',
        'POST /api/proof/cancel/{id}',
        'GET /api/queue/stats',
        'GET /api/queue/list',
        'GET /api/metrics/snapshot',
        'GET /api/metrics/predict',
        'GET /api/metrics/benchmarks/{circuitType}',
        'GET /api/metrics/export',
        'POST /api/profiling/start',
        'POST /api/profiling/comprehensive',
        'POST /api/profiling/cancel',
        'GET /api/profiling/progress',
        'GET /api/profiling/report',
        'POST /api/profiling/export/html',
        'GET /api/workers/stats',
        'POST /api/workers/register',
        'DELETE /api/workers/{id}',
        'POST /api/workers/{id}/heartbeat',
      ].sort(),
    );
    for (const { path, method, hasBody } of routes) {
      const there = path.replace(/\{\w+\}/g, 'nobody');
      if (hasBody) {
        for (const body of ['', '{', '[1]', '{"x":1}', '"text"']) {
          const { status } = await call(open, method.toUpperCase(), there, body);
          expect([status >= 400 && status < 500, `${method} ${path} ${body}`]).toEqual([
            true,
            `${method} ${path} ${body}`,
          ]);
        }
      }
      if (path.includes('{')) expect((await call(open, method.toUpperCase(), there)).status).toBe(404);
      for (const wrong of ['PATCH', 'PUT']) {
        expect((await call(open, wrong, there)).status).toBeGreaterThanOrEqual(400);
      }
    }
    expect((await call(open, 'GET', '/api/nothing')).body.error?.code).toBe('input.not-found');
    expect((await call(open, 'GET', '//api/queue/stats')).status).toBe(404);
    expect((await call(open, 'GET', '/health')).body).toMatchObject({
      alive: true,
      ready: true,
      status: 'ok',
    });
  });

  it('need JSON to call itself JSON, so that no form on a foreign page can send it', async () => {
    const headers = { 'Content-Type': 'text/plain' };
    expect((await call(open, 'POST', '/api/proof/generate', order(tiny.input), headers)).status).toBe(415);
  });
});
