// REST for figures, against a real server process: counts, Prometheus, predictions, benchmarks and exports of real proofs.
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  BenchmarksSchema,
  MetricsExportSchema,
  PredictionSchema,
} from '../../worker-server/api/metrics-schemas.ts';
import { call, order } from '../helpers/rest-orders.ts';
import { useRestServers } from '../helpers/rest-servers.ts';

const servers = useRestServers();

describe('figures', () => {
  it('count what happened, and are Prometheus’ as well', async () => {
    await call(servers.open, 'POST', '/api/proof/generate', order(servers.tiny.input));
    await call(servers.open, 'POST', '/api/proof/generate', order({ ...servers.tiny.input, c: '1' }));
    const { body } = await call(servers.open, 'GET', '/api/metrics/snapshot');
    const figures = body as unknown as Record<string, number> & { memory: Record<string, number> };
    expect(figures.completed).toBeGreaterThan(0);
    expect(figures.failed).toBeGreaterThan(0);
    expect(figures.successRate).toBeCloseTo(figures.completed! / (figures.completed! + figures.failed!));
    expect(figures.p50Ms).toBeLessThanOrEqual(figures.p95Ms!);
    expect(figures.p95Ms).toBeLessThanOrEqual(figures.p99Ms!);
    expect(figures.memory.childrenBytes).toBeGreaterThan(0);
    const text = await (await fetch(`${servers.open.origin}/metrics`)).text();
    expect(text).toContain(`gnomon_jobs_ended_total{outcome="succeeded"} ${figures.completed}`);
    expect(text).toContain('gnomon_proof_seconds_bucket');
    expect(text).toContain('gnomon_process_cpu_user_seconds_total');
  });

  it('count attempts by stage, place and outcome for Prometheus, with how well they were predicted', async () => {
    await call(servers.open, 'POST', '/api/proof/generate', order(servers.tiny.input));
    const text = await (await fetch(`${servers.open.origin}/metrics`)).text();
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
    await call(servers.open, 'POST', '/api/proof/generate', order(servers.tiny.input));
    const ask = (query: string) => call(servers.open, 'GET', `/api/metrics/predict?${query}`);
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
    const first = await call(
      servers.reputation,
      'GET',
      '/api/metrics/predict?circuitType=optimized&networkSize=16',
    );
    expect(v.parse(PredictionSchema, first.body)).toMatchObject({
      circuit: 'reputation-16',
      networkSize: 16,
      predictions: [{ backendId: 'thread', basis: expect.stringMatching(/^(calibrated|measured)$/) }],
    });
    const large = await call(
      servers.reputation,
      'GET',
      '/api/metrics/predict?circuitType=default&networkSize=99999',
    );
    expect([large.status, large.body.error?.where]).toEqual([422, 'networkSize']);
  });

  it('give benchmarks of a circuit, and all attempts as JSON and CSV, without inputs', async () => {
    await call(servers.open, 'POST', '/api/proof/generate', order(servers.tiny.input));
    const { body } = await call(servers.open, 'GET', '/api/metrics/benchmarks/product');
    const { benchmarks } = v.parse(BenchmarksSchema, body);
    expect(benchmarks[0]).toMatchObject({ circuit: 'product', backendId: 'thread' });
    expect(benchmarks[0]!.whole!.p50Ms).toBeLessThanOrEqual(benchmarks[0]!.whole!.p99Ms);
    expect(benchmarks[0]!.memory!.maxBytes).toBeGreaterThan(1e6);
    expect((await call(servers.open, 'GET', '/api/metrics/benchmarks/nobody')).status).toBe(404);

    const exported = await call(servers.open, 'GET', '/api/metrics/export');
    expect(exported.headers.get('Content-Disposition')).toContain('gnomon-metrics.json');
    const { records } = v.parse(MetricsExportSchema, exported.body);
    const attempts = benchmarks.reduce((sum, one) => sum + one.attempts, 0);
    expect(records.filter(({ circuitId }) => circuitId === 'product')).toHaveLength(attempts);
    expect(records.every(({ kind, backendId }) => kind === 'thread' && backendId === 'thread')).toBe(true);
    const csv = await (await fetch(`${servers.open.origin}/api/metrics/export?format=csv`)).text();
    expect(csv.trimEnd().split('\r\n')).toHaveLength(records.length + 1);
    const refused = await call(servers.open, 'GET', '/api/metrics/export?format=xml');
    expect([refused.status, refused.body.error?.where]).toEqual([400, 'format']);
  });

  it('stats carry the four totals', async () => {
    expect((await call(servers.open, 'GET', '/api/queue/stats')).body).toMatchObject({
      totalQueued: 0,
      totalProcessing: 0,
      totalCompleted: expect.any(Number),
      totalFailed: expect.any(Number),
    });
  });
});
