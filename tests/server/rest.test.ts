// REST against a real server process with real proofs: what it answers, to whom, and what its log does not say.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCircuits } from '../../circuits/build.ts';
import { buildServer } from '../../scripts/app-steps.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { PUBLIC_SIGNALS } from '../../src/reputation/claim.ts';
import {
  BenchmarksSchema,
  MetricsExportSchema,
  PredictionSchema,
} from '../../worker-server/api/metrics-schemas.ts';
import { builtCircuits } from '../helpers/app.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';
import { connectWire } from '../helpers/wire-client.ts';
import { type RunningWorkerServer, startWorkerServer } from '../helpers/worker-server.ts';

const ALICE = 'alice-token-0123456789';
const BOB = 'bob-token-0123456789';
const ADMIN = 'admin-token-0123456789';

let tiny: TinyCircuit;
let open: RunningWorkerServer;
let guarded: RunningWorkerServer;
let reputation: RunningWorkerServer;

beforeAll(async () => {
  [tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
  await buildCircuits({ sizes: [16] });
  [open, guarded, reputation] = await Promise.all([
    startWorkerServer({ circuitsFolder: tiny.folder, args: ['--threads', '1', '--rate', '100000'] }),
    startWorkerServer({
      circuitsFolder: tiny.folder,
      args: ['--threads', '1'],
      env: { TOKEN: `alice=${ALICE},bob=${BOB}`, ADMIN_TOKEN: ADMIN },
    }),
    startWorkerServer({ circuitsFolder: builtCircuits }),
  ]);
}, 300_000);
afterAll(async () => {
  await Promise.all([open?.stop(), guarded?.stop(), reputation?.stop()]);
  tiny?.remove();
});

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, never> & { error?: { code: string; where?: string; nextStep: string } };
}

async function call(
  server: RunningWorkerServer,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(server.origin + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: text }),
  });
  const content = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: content === '' ? {} : JSON.parse(content),
  };
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const order = (input: CircuitInput = tiny.input, more: object = {}) => ({
  circuit: 'product',
  input,
  ...more,
});
const attestation = (change: object = {}) => ({
  source: '0xAAaa',
  target: '0xBBbb',
  opinion: { belief: 0.7, disbelief: 0.1, uncertainty: 0.2, base_rate: 0.5 },
  attestation_type: 'trust',
  weight: 1,
  created_at: 1_700_000_000_000,
  expires_at: 4_000_000_000_000,
  ...change,
});

describe('POST /api/proof/generate', () => {
  it('proves a circuit’s input, and the proof verifies', async () => {
    const { status, body } = await call(open, 'POST', '/api/proof/generate', order());
    expect(status).toBe(200);
    const { success, result } = body as unknown as { success: boolean; result: Record<string, never> };
    expect(success).toBe(true);
    expect(result).toMatchObject({
      circuit: 'product',
      verified: true,
      score: null,
      publicSignals: tiny.publicSignals,
    });
    const vkey = JSON.parse(readFileSync(join(tiny.folder, 'product.vkey.json'), 'utf8')) as unknown;
    expect((await verifyProof(vkey, result.publicSignals, result.proof)).valid).toBe(true);
  });

  it('proves from attestations alone: score, root, nullifier, and a proof that verifies', async () => {
    const attestations = [
      attestation(),
      attestation({ source: '0xcc', opinion: { belief: 0.2, disbelief: 0.6, uncertainty: 0.2 } }),
      attestation({ source: '0xdd', weight: 2 }),
    ];
    const { status, body } = await call(reputation, 'POST', '/api/proof/generate', { attestations });
    expect(status).toBe(200);
    const result = (body as unknown as { result: Record<string, unknown> }).result;
    // 7 and 2 positive, 1 and 6 negative observations, and a prior of two at one half.
    const expected = Math.floor((1_000_000 * (7 + 2 + 1)) / (7 + 1 + 2 + 6 + 2));
    expect(Math.abs((result.score as number) * 1_000_000 - expected)).toBeLessThanOrEqual(1);
    const signals = result.publicSignals as string[];
    const named = Object.fromEntries(PUBLIC_SIGNALS.map((name, at) => [name, signals[at]]));
    const claim = result.claim as Record<string, unknown>;
    expect(named).toMatchObject({
      root: result.root,
      nullifier: result.nullifier,
      scope: claim.scope,
      lower: String(Math.round((result.score as number) * 1_000_000)),
      asOf: String(claim.asOf),
    });
    expect(result).toMatchObject({
      circuit: 'reputation-16',
      verified: true,
      subject: '0xbbbb',
      prover: 'engine',
      rejected: [{ row: 3, field: 'weight' }],
    });
    const vkey = JSON.parse(readFileSync(join(builtCircuits, 'reputation-16.vkey.json'), 'utf8')) as unknown;
    expect((await verifyProof(vkey, signals, result.proof)).valid).toBe(true);
  });

  it('proves thresholds and bands, says when they are not met, and takes the prover that is asked for', async () => {
    const follower = await connectWire(reputation.port);
    follower.send({ type: 'subscribe', requestId: 'followed' });
    const generate = (more: object) =>
      call(reputation, 'POST', '/api/proof/generate', { attestations: [attestation()], ...more });
    const met = await generate({
      proofType: 'threshold',
      threshold: 0.7,
      circuitType: 'default',
      scope: 'drop-1',
      requestId: 'followed',
    });
    expect(met.body).toMatchObject({
      result: { prover: 'snarkjs', claim: { lowerPpm: 700_000, upperPpm: 1_000_000 } },
    });
    // About ten times a second somebody who follows is told how far it is: by the proof's own time, and half of them,
    // since a busy machine delays both.
    await follower.next('result');
    const proving = follower.messages.flatMap((message) =>
      message.type === 'progress' && message.data.stage === 'proving' ? [message.data.progress] : [],
    );
    const { timings } = (met.body as unknown as { result: { timings: { proving: number } } }).result;
    expect(proving.length).toBeGreaterThanOrEqual(timings.proving / 200);
    expect(proving.at(-1)).toBeGreaterThan(proving[0]!);
    follower.socket.close();
    expect(await generate({ proofType: 'threshold', threshold: 0.99 })).toMatchObject({
      status: 422,
      body: { success: false, error: { code: 'input.claim-not-met' } },
    });
    expect(await generate({ proofType: 'threshold' })).toMatchObject({
      status: 400,
      body: { error: { where: 'threshold' } },
    });
    expect(await generate({ lower: 0.9, upper: 0.1 })).toMatchObject({ status: 400 });
    expect(await generate({ circuitType: 'reputation-9' })).toMatchObject({ status: 404 });
    expect(await generate({ subject: '0xnobody' })).toMatchObject({
      status: 422,
      body: { error: { code: 'input.no-evidence' } },
    });
  });

  it('answers at once when asked to, and the same requestId is the same job', async () => {
    const prefer = { Prefer: 'respond-async' };
    const body = order(tiny.input, { requestId: 'async-1', priority: 'HIGH' });
    const accepted = await call(open, 'POST', '/api/proof/generate', body, prefer);
    expect(accepted).toMatchObject({ status: 202, body: { success: true, requestId: 'async-1' } });
    expect(accepted.headers.get('Preference-Applied')).toBe('respond-async');
    const location = accepted.headers.get('Location')!;
    const again = await call(open, 'POST', '/api/proof/generate', body);
    const first = (again.body as unknown as { result: { proof: unknown } }).result.proof;
    const status = await call(open, 'GET', location);
    expect(status).toMatchObject({
      status: 200,
      body: { status: 'succeeded', progress: 100, priority: 2, attempts: 1, result: { proof: first } },
    });
    const stats = await call(open, 'GET', '/api/queue/list');
    const mine = (stats.body as unknown as { jobs: { requestId: string }[] }).jobs;
    expect(mine.filter(({ requestId }) => requestId === 'async-1')).toHaveLength(1);
  });

  it('says in which signal an input is wrong, and never what it was', async () => {
    const { a } = tiny.input as { a: string };
    const cases: [CircuitInput, number, string][] = [
      [{ ...tiny.input, c: '1' }, 422, 'witness.unsatisfied'],
      [{ ...tiny.input, other: a }, 422, 'input.signal-unknown'],
      [{ ...tiny.input, a: `x${a}` }, 422, 'input.signal-malformed'],
    ];
    for (const [input, status, code] of cases) {
      const answer = await call(open, 'POST', '/api/proof/generate', order(input));
      expect(answer).toMatchObject({ status, body: { success: false, error: { code } } });
      expect(JSON.stringify(answer.body)).not.toContain(a);
    }
  });

  it('cancels, and starts anew when asked again', async () => {
    const body = order(tiny.input, { requestId: 'cancel-1' });
    await call(open, 'POST', '/api/proof/generate', body, { Prefer: 'respond-async' });
    const waiting = call(open, 'POST', '/api/proof/generate', body);
    expect(await call(open, 'POST', '/api/proof/cancel/cancel-1')).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
    expect((await waiting).status).toBe(409);
    expect((await call(open, 'POST', '/api/proof/generate', body)).status).toBe(200);
  });

  it('fails a job whose time is over', async () => {
    const answer = await call(open, 'POST', '/api/proof/generate', order(tiny.input, { timeoutMs: 1 }));
    expect(answer).toMatchObject({ status: 504, body: { error: { code: 'resource.deadline' } } });
  });
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
    expect((await call(open, 'POST', '/api/proof/generate', order(), headers)).status).toBe(415);
  });
});

describe('figures', () => {
  it('count what happened, and are Prometheus’ as well', async () => {
    await call(open, 'POST', '/api/proof/generate', order());
    const { body } = await call(open, 'GET', '/api/metrics/snapshot');
    const figures = body as unknown as Record<string, number> & { memory: Record<string, number> };
    expect(figures.completed).toBeGreaterThan(0);
    expect(figures.failed).toBeGreaterThan(0);
    expect(figures.successRate).toBeCloseTo(figures.completed! / (figures.completed! + figures.failed!));
    expect(figures.p50Ms).toBeLessThanOrEqual(figures.p95Ms!);
    expect(figures.p95Ms).toBeLessThanOrEqual(figures.p99Ms!);
    expect(figures.memory.childrenBytes).toBeGreaterThan(0);
    const text = await (await fetch(`${open.origin}/metrics`)).text();
    expect(text).toContain(`gnomon_jobs_ended_total{outcome="succeeded"} ${figures.completed}`);
    expect(text).toContain('gnomon_proof_seconds_bucket');
    expect(text).toContain('gnomon_process_cpu_user_seconds_total');
  });

  it('count attempts by stage, place and outcome for Prometheus, with how well they were predicted', async () => {
    await call(open, 'POST', '/api/proof/generate', order());
    const text = await (await fetch(`${open.origin}/metrics`)).text();
    for (const line of [
      'gnomon_attempts_total{circuit="product",backend="thread",outcome="succeeded"}',
      'gnomon_stage_seconds_bucket{le="10",stage="proving",circuit="product",backend="thread",outcome="succeeded"}',
      'gnomon_attempt_failures_total{code="',
      'gnomon_artifact_loads_total{result="hit"}',
      'gnomon_prediction_error_ratio_count{circuit="product",backend="thread"}',
      'gnomon_predictions_total{within="yes"}',
      'gnomon_attempt_peak_memory_bytes_count{circuit="product"}',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('predict with an interval, from what ran here before', async () => {
    await call(open, 'POST', '/api/proof/generate', order());
    const ask = (query: string) => call(open, 'GET', `/api/metrics/predict?${query}`);
    const { status, body } = await ask('circuitType=product');
    expect(status).toBe(200);
    const found = v.parse(PredictionSchema, body);
    expect(found).toMatchObject({ circuit: 'product', networkSize: null });
    const [here] = found.predictions;
    expect(here).toMatchObject({ backendId: 'thread', basis: 'measured' });
    expect(here!.runs).toBeGreaterThan(0);
    expect(here!.lowMs).toBeLessThanOrEqual(here!.ms!);
    expect(here!.highMs).toBeGreaterThanOrEqual(here!.ms!);
    for (const [query, code, where] of [
      ['', 400, 'circuitType'],
      ['circuitType=nobody', 404, 'circuitType'],
      ['circuitType=product&networkSize=-3', 400, 'networkSize'],
      ['circuitType=product&networkSize=1e3', 400, 'networkSize'],
      ['circuitType=optimized', 400, 'networkSize'],
      ['circuitType=optimized&networkSize=5', 404, 'circuitType'],
    ] as const) {
      const refused = await ask(query);
      expect([query, refused.status, refused.body.error?.where]).toEqual([query, code, where]);
      expect(refused.body.error?.nextStep).toBeTruthy();
    }
    // Before its first proof a server measures its arithmetic; sizes choose the circuit.
    const first = await call(reputation, 'GET', '/api/metrics/predict?circuitType=optimized&networkSize=16');
    expect(v.parse(PredictionSchema, first.body)).toMatchObject({
      circuit: 'reputation-16',
      networkSize: 16,
      predictions: [{ backendId: 'thread', basis: expect.stringMatching(/^(calibrated|measured)$/) }],
    });
    const large = await call(reputation, 'GET', '/api/metrics/predict?circuitType=default&networkSize=99999');
    expect([large.status, large.body.error?.where]).toEqual([422, 'networkSize']);
  });

  it('give benchmarks of a circuit, and all attempts as JSON and CSV, without inputs', async () => {
    await call(open, 'POST', '/api/proof/generate', order());
    const { body } = await call(open, 'GET', '/api/metrics/benchmarks/product');
    const { benchmarks } = v.parse(BenchmarksSchema, body);
    expect(benchmarks[0]).toMatchObject({ circuit: 'product', backendId: 'thread' });
    expect(benchmarks[0]!.whole!.p50Ms).toBeLessThanOrEqual(benchmarks[0]!.whole!.p99Ms);
    expect(benchmarks[0]!.memory!.maxBytes).toBeGreaterThan(1e6);
    expect((await call(open, 'GET', '/api/metrics/benchmarks/nobody')).status).toBe(404);

    const exported = await call(open, 'GET', '/api/metrics/export');
    expect(exported.headers.get('Content-Disposition')).toContain('gnomon-metrics.json');
    const { records } = v.parse(MetricsExportSchema, exported.body);
    const attempts = benchmarks.reduce((sum, one) => sum + one.attempts, 0);
    expect(records.filter(({ circuitId }) => circuitId === 'product')).toHaveLength(attempts);
    expect(records.every(({ kind, backendId }) => kind === 'thread' && backendId === 'thread')).toBe(true);
    const csv = await (await fetch(`${open.origin}/api/metrics/export?format=csv`)).text();
    expect(csv.trimEnd().split('\r\n')).toHaveLength(records.length + 1);
    const refused = await call(open, 'GET', '/api/metrics/export?format=xml');
    expect([refused.status, refused.body.error?.where]).toEqual([400, 'format']);
    expect((await call(guarded, 'GET', '/api/metrics/export')).status).toBe(401);
  });

  it('stats carry the four totals', async () => {
    expect((await call(open, 'GET', '/api/queue/stats')).body).toMatchObject({
      totalQueued: 0,
      totalProcessing: 0,
      totalCompleted: expect.any(Number),
      totalFailed: expect.any(Number),
    });
  });
});

describe('who may ask', () => {
  it('is whoever has a token; everyone sees their own jobs, the admin all', async () => {
    const made = order(tiny.input, { requestId: 'shared-name' });
    for (const headers of [{}, bearer('wrong'), bearer(`${ALICE}x`), { Authorization: `Basic ${ALICE}` }]) {
      const answer = await call(guarded, 'POST', '/api/proof/generate', made, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    }
    expect((await call(guarded, 'GET', '/metrics')).status).toBe(401);
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
      const answer = await call(open, 'POST', '/api/proof/generate', order(), { Origin });
      expect([answer.status, answer.body.error?.code]).toEqual([403, 'network.origin']);
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
    }
    const own = `http://localhost:${open.port}`;
    const allowed = await call(open, 'GET', '/api/queue/stats', undefined, { Origin: own });
    expect([allowed.status, allowed.headers.get('Access-Control-Allow-Origin')]).toEqual([200, own]);
    // fetch does not let one set Host.
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { port: open.port, path: '/api/queue/stats', headers: { Host: 'evil.example' } };
      request(options, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('the logs', () => {
  it('hold no input, no token and no attestation, in any spelling', async () => {
    const secret = BigInt((tiny.input as { a: string }).a);
    const logs = [open, guarded, reputation]
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
    const public_ = await (await fetch(`${open.origin}/metrics`)).text();
    expect(public_).not.toContain(secret.toString());
  });
});
