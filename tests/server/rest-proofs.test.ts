// REST for proofs, against a real server process: real proofs that verify, refusals, waiting, cancelling and deadlines.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CircuitInput } from '../../src/core/groth16.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { PUBLIC_SIGNALS } from '../../src/reputation/claim.ts';
import { builtCircuits } from '../helpers/app.ts';
import { attestation, call, order } from '../helpers/rest-orders.ts';
import { useRestServers } from '../helpers/rest-servers.ts';
import { connectWire } from '../helpers/wire-client.ts';

const servers = useRestServers();

describe('POST /api/proof/generate', () => {
  it('proves a circuit’s input, and the proof verifies', async () => {
    const { status, body } = await call(
      servers.open,
      'POST',
      '/api/proof/generate',
      order(servers.tiny.input),
    );
    expect(status).toBe(200);
    const { success, result } = body as unknown as { success: boolean; result: Record<string, never> };
    expect(success).toBe(true);
    expect(result).toMatchObject({
      circuit: 'product',
      verified: true,
      score: null,
      publicSignals: servers.tiny.publicSignals,
    });
    const vkey = JSON.parse(readFileSync(join(servers.tiny.folder, 'product.vkey.json'), 'utf8')) as unknown;
    expect((await verifyProof(vkey, result.publicSignals, result.proof)).valid).toBe(true);
  });

  it('proves from attestations alone: score, root, nullifier, and a proof that verifies', async () => {
    const attestations = [
      attestation(),
      attestation({ source: '0xcc', opinion: { belief: 0.2, disbelief: 0.6, uncertainty: 0.2 } }),
      attestation({ source: '0xdd', weight: 2 }),
    ];
    const { status, body } = await call(servers.reputation, 'POST', '/api/proof/generate', { attestations });
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
    const follower = await connectWire(servers.reputation.port);
    follower.send({ type: 'subscribe', requestId: 'followed' });
    const generate = (more: object) =>
      call(servers.reputation, 'POST', '/api/proof/generate', { attestations: [attestation()], ...more });
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
    const body = order(servers.tiny.input, { requestId: 'async-1', priority: 'HIGH' });
    const accepted = await call(servers.open, 'POST', '/api/proof/generate', body, prefer);
    expect(accepted).toMatchObject({ status: 202, body: { success: true, requestId: 'async-1' } });
    expect(accepted.headers.get('Preference-Applied')).toBe('respond-async');
    const location = accepted.headers.get('Location')!;
    const again = await call(servers.open, 'POST', '/api/proof/generate', body);
    const first = (again.body as unknown as { result: { proof: unknown } }).result.proof;
    const status = await call(servers.open, 'GET', location);
    expect(status).toMatchObject({
      status: 200,
      body: { status: 'succeeded', progress: 100, priority: 2, attempts: 1, result: { proof: first } },
    });
    const stats = await call(servers.open, 'GET', '/api/queue/list');
    const mine = (stats.body as unknown as { jobs: { requestId: string }[] }).jobs;
    expect(mine.filter(({ requestId }) => requestId === 'async-1')).toHaveLength(1);
  });

  it('says in which signal an input is wrong, and never what it was', async () => {
    const { a } = servers.tiny.input as { a: string };
    const cases: [CircuitInput, number, string][] = [
      [{ ...servers.tiny.input, c: '1' }, 422, 'witness.unsatisfied'],
      [{ ...servers.tiny.input, other: a }, 422, 'input.signal-unknown'],
      [{ ...servers.tiny.input, a: `x${a}` }, 422, 'input.signal-malformed'],
    ];
    for (const [input, status, code] of cases) {
      const answer = await call(servers.open, 'POST', '/api/proof/generate', order(input));
      expect(answer).toMatchObject({ status, body: { success: false, error: { code } } });
      expect(JSON.stringify(answer.body)).not.toContain(a);
    }
  });

  it('cancels, and starts anew when asked again', async () => {
    const body = order(servers.tiny.input, { requestId: 'cancel-1' });
    await call(servers.open, 'POST', '/api/proof/generate', body, { Prefer: 'respond-async' });
    const waiting = call(servers.open, 'POST', '/api/proof/generate', body);
    expect(await call(servers.open, 'POST', '/api/proof/cancel/cancel-1')).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
    expect((await waiting).status).toBe(409);
    expect((await call(servers.open, 'POST', '/api/proof/generate', body)).status).toBe(200);
  });

  it('fails a job whose time is over', async () => {
    const answer = await call(
      servers.open,
      'POST',
      '/api/proof/generate',
      order(servers.tiny.input, { timeoutMs: 1 }),
    );
    expect(answer).toMatchObject({ status: 504, body: { error: { code: 'resource.deadline' } } });
  });
});
