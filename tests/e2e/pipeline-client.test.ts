// The packed pipeline library without a face, in a real Chromium: the client that submits, watches and cancels, and the
// profiler that measures the page's own device.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gnomon, ProofError } from '../../src/client/types.ts';
import { writeBundle } from '../../src/reputation/bundle.ts';
import { sampleCampaign } from '../../src/reputation/sample.ts';
import { startMeddler } from '../helpers/meddler.ts';
import { circuitsFolder, hostsFolder, ISOLATION } from '../helpers/pipeline-hosts.ts';
import {
  boundsIn,
  campaignCircuits,
  expectProof,
  openSite,
  type Site,
  sampleAttestations,
} from '../helpers/pipeline-site.ts';
import { startWorkerServer } from '../helpers/worker-server.ts';

let site: Site;
const startHost: Site['startHost'] = (...args) => site.startHost(...args);

beforeAll(async () => {
  site = await openSite();
}, 180_000);
afterAll(() => site?.close());

describe('performanceProfiler', () => {
  it('measures this device and writes its report', async (test) => {
    const { open } = await startHost(test, hostsFolder, ISOLATION);
    const { page, faults } = await open('/headless.html');
    await page.waitForFunction(() => 'gnomon' in globalThis);
    const measured = await page.evaluate(async () => {
      const { performanceProfiler } = (
        globalThis as unknown as { gnomon: typeof import('../../src/embed/pipeline.ts') }
      ).gnomon;
      const shares: number[] = [];
      const report = await performanceProfiler.run(
        { networkSizes: [3], threads: [1], iterations: 2, warmupIterations: 0, includeMemory: false },
        { onProgress: ({ fraction }) => shares.push(fraction) },
      );
      const refused = await performanceProfiler
        .run({ circuitTypes: ['default'] })
        .catch((thrown: ProofError) => thrown.code);
      const { html, csv } = performanceProfiler;
      return { report, refused, shares, html: html(report), csv: csv(report) };
    });
    expect(measured.report.state).toBe('complete');
    expect(measured.report.cells).toHaveLength(1);
    expect(measured.report.cells[0]).toMatchObject({ circuit: 'reputation-16', size: 3, threads: 1 });
    expect(measured.report.cells[0]?.figures.totalMs?.count).toBe(2);
    expect(measured.shares).toEqual([...measured.shares].sort((a, b) => a - b));
    expect(measured.html).toContain('reputation-16');
    expect(measured.csv).toContain('reputation-16');
    expect(measured.refused).toBe('input.prover');
    expect(faults).toEqual([]);
  });
});

describe.concurrent('createGnomon, without a face', () => {
  it('lets a proof go to an allowed server only when it may leave', async (test) => {
    const { server, open } = await startHost(test, hostsFolder, ISOLATION);
    const worker = await startWorkerServer({
      circuitsFolder,
      args: ['--name', 'Office server', '--allowed-origins', server.origin, '--concurrency', '1'],
    });
    const meddler = await startMeddler(`ws://127.0.0.1:${worker.port}/ws`);
    try {
      const { page, faults } = await open('/headless.html');
      await page.waitForFunction(() => 'gnomon' in globalThis);
      const told = await page.evaluate(
        async ({ address, attestations }) => {
          const { createGnomon } = (
            globalThis as unknown as { gnomon: typeof import('../../src/embed/pipeline.ts') }
          ).gnomon;
          // Nothing has room here, so that where it goes is a matter of what is allowed alone.
          const client = createGnomon({ database: 'leaves', memoryLimitBytes: 1, servers: [address] });
          const [office] = client.servers();
          // Another part of the page, which the person answers: what they say holds for the whole page.
          const other = createGnomon({ database: 'leaves', memoryLimitBytes: 1, servers: [address] });
          const prove = async (id: string, privacy: 'local-only' | 'may-offload') => {
            const { done } = await client.submit({ attestations, threshold: 0.6, id, privacy });
            return done.then(
              ({ madeBy }) => madeBy,
              (thrown: ProofError) => thrown.code,
            );
          };
          const ends = [await prove('a', 'may-offload')];
          other.allowServer(office!.id, 'secrets');
          ends.push(await prove('b', 'local-only'), await prove('c', 'may-offload'));
          other.allowServer(office!.id, 'nothing');
          ends.push(await prove('d', 'may-offload'));
          const outcome = (await client.get('c'))?.outcome ?? null;
          await other.close();
          await client.close();
          return { ends, outcome };
        },
        { address: meddler.origin, attestations: sampleAttestations() },
      );
      const small = 'resource.too-small';
      expect(told.ends).toEqual([small, small, 'Office server', small]);
      await expectProof(told.outcome, 600_000, 1_000_000);
      expect(meddler.sent.filter((text) => text.includes('"submit"'))).toHaveLength(1);
      expect(faults).toEqual([]);
    } finally {
      await meddler.close();
      await worker.stop();
    }
  });

  it('submits, watches, cancels and tells of failures, from a page whose policy allows no blobs', async (test) => {
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    const { server, open } = await startHost(test, hostsFolder, { 'content-security-policy': policy });
    const { page, faults } = await open('/headless.html');
    await page.waitForFunction(() => 'gnomon' in globalThis);
    const { bundle } = await sampleCampaign(campaignCircuits());
    const told = await page.evaluate(
      async ({ bundle, attestations }) => {
        const { createGnomon, ProofPriority, useWorkerFile, workerPool } = (
          globalThis as unknown as { gnomon: typeof import('../../src/embed/pipeline.ts') }
        ).gnomon;
        useWorkerFile('/gnomon/pipeline-worker.js');
        // One thread: threads would come from blobs.
        const client: Gnomon = createGnomon({ database: 'headless', threads: 1 });
        await workerPool.warm().catch(() => {});
        const events: string[] = [];
        const ending = new AbortController();
        client.on('proof', ({ id }) => events.push(`proof ${id}`));
        client.on('error', ({ id, code, nextStep }) => events.push(`error ${id} ${code} ${nextStep !== ''}`));
        client.on('progress', () => events.push('never'), { signal: ending.signal });
        ending.abort();
        const plan = await client.plan({ bundle });
        const first = await client.submit({ bundle, id: 'first', priority: ProofPriority.HIGH });
        const states: string[] = [];
        client.watch('first', ({ state }) => states.at(-1) !== state && states.push(state));
        // Behind it in the queue: one is aborted by its signal, one cancelled, one cannot be proved.
        const aborting = new AbortController();
        const second = await client.submit(
          { attestations, threshold: 0.5, id: 'second' },
          { signal: aborting.signal },
        );
        const third = await client.submit({ attestations, threshold: 0.5, id: 'third' });
        const wrong = await client.submit({ circuit: plan.circuit, input: { secret: 1n }, id: 'wrong' });
        aborting.abort();
        await client.cancel('third');
        const ends = await Promise.all(
          [first, second, third, wrong].map(({ done }) =>
            done.then(
              ({ verified }) => `verified ${verified}`,
              (thrown: { code: string }) => thrown.code,
            ),
          ),
        );
        const refusals: string[] = [];
        for (const bad of [{}, { bundle: '{}' }, { circuit: 'none', input: {} }, { attestations: [] }]) {
          await client.submit(bad as never).catch((thrown: ProofError) => refusals.push(thrown.code));
        }
        const figures = await client.figures();
        const outcome = (await client.get('first'))?.outcome ?? null;
        await client.close();
        return { ends, events, states, figures, refusals, outcome, developmentKey: plan.developmentKey };
      },
      {
        bundle: writeBundle(bundle),
        attestations: sampleAttestations(),
      },
    );
    expect(told.ends[0]).toBe('verified true');
    expect(told.ends.slice(1, 3)).toEqual(['cancelled.by-person', 'cancelled.by-person']);
    expect(told.ends[3]).toMatch(/^input\.|^witness\./);
    expect(told.events.filter((event) => event === 'proof first')).toHaveLength(1);
    expect(told.events.filter((event) => event.startsWith('error wrong'))).toEqual([
      `error wrong ${told.ends[3]} true`,
    ]);
    expect(told.events).not.toContain('never');
    expect(told.states.at(-1)).toBe('succeeded');
    expect(told.refusals).toEqual(['input.request', 'input.malformed', 'circuit.not-found', 'input.request']);
    expect(told.figures).toMatchObject({ queued: 0, running: 0, succeeded: 1, failed: 1, cancelled: 2 });
    expect(told.developmentKey).toBe(true);
    await expectProof(told.outcome, ...boundsIn(told.outcome));
    expect(server.asked).toContain('/gnomon/pipeline-worker.js');
    expect(faults).toEqual([]);
  });
});
