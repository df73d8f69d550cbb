// What waiting and ended jobs hold in memory, measured: the limits are of what is really held, not of what was sent.
// Each case sends what costs most for its bytes.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { framesOf } from '../../src/core/wire/frames.ts';
import { makeByteBudget } from '../../worker-server/byte-budget.ts';
import { createServerJobs } from '../../worker-server/jobs/server-jobs.ts';
import { makeOrigins } from '../../worker-server/origins.ts';
import type { ServerParts } from '../../worker-server/parts.ts';
import { makeRateLimit } from '../../worker-server/rate-limit.ts';
import { openSession } from '../../worker-server/ws/session.ts';
import { makeSubscriptions } from '../../worker-server/ws/subscriptions.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';
import { makeScriptedBackend, scriptedVerifier } from '../helpers/scripted-prover.ts';

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
const MB = 1024 * 1024;
/** Measured after all that can be freed has been. */
function heldBytes(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const SIGNALS = 2_000;
const one = requestFor('x').circuit;
const many: CircuitEntry = {
  ...one,
  publicSignals: Array.from({ length: SIGNALS }, (_, at) => `out${at}`),
  artifacts: { ...one.artifacts, zkey: { ...one.artifacts.zkey, sha256: 'f'.repeat(64) } },
};
/** Distinct, and as long as they get. */
const decimals = (from: number) =>
  Array.from({ length: SIGNALS }, (_, at) => `1${from}${at}`.padEnd(77, '1'));

async function makeWorld(maxQueuedBytes: number, slots: number) {
  const clock = new VirtualClock();
  const limits: ServerParts['limits'] = {
    ...{ maxQueued: 100_000, maxQueuedPerClient: 100_000, maxQueuedBytes },
    ...{ maxBodyBytes: MB, maxPayloadBytes: 64 * MB, maxSockets: 10, maxSocketsPerClient: 10 },
    requestsPerMinute: 1e9,
  };
  let made = 0;
  const backend = makeScriptedBackend({
    clock,
    script: () => ({ kind: 'prove', ms: 1, signals: decimals(made++) }),
    slots,
  });
  const random = new SeededRandom(testSeed);
  const jobs = createServerJobs({
    backends: { list: () => (slots === 0 ? [] : [backend]), watch: () => () => {} },
    ...{ verifier: scriptedVerifier, clock, random, limits },
  });
  await jobs.start();
  const caller = { owner: 'local', admin: true, userId: null };
  const circuits = [one, many];
  const parts: ServerParts = {
    ...{ serverId: 'id', name: 'test', privacy: 'none', wsUrl: null, machineSpeed: async () => null },
    ...{ jobs, limits, clock, random, pool: null, profiling: null },
    arriving: makeByteBudget(maxQueuedBytes, limits.maxPayloadBytes),
    circuits: {
      all: async () => circuits,
      find: async (name) => circuits.find(({ artifacts }) => artifacts.zkey.sha256 === name),
    },
    callers: { open: true, identify: async () => caller },
    origins: makeOrigins({ allowedOrigins: [], open: true }, () => 0),
    rate: makeRateLimit(limits.requestsPerMinute, clock),
    ...{ childPids: () => [], sockets: () => 0, stopping: () => false },
    localCapacity: () => backend.capacity(),
  };
  const codes: string[] = [];
  let accepted = 0;
  const session = openSession(
    {
      send(text) {
        const message = JSON.parse(text) as { type: string; data: { code?: string } };
        if (message.type === 'accepted') accepted++;
        if (message.data.code !== undefined) codes.push(message.data.code);
      },
      buffered: () => 0,
      close: () => {},
    },
    { parts, subscriptions: makeSubscriptions(jobs), caller, onHello: () => {} },
  );
  return { clock, jobs, backend, session, codes, accepted: () => accepted };
}

const nests = `[${'[],'.repeat(9_500)}[]]`;
const submit = (jobId: string, more: string, circuit = one) =>
  `{"type":"submit","jobId":"${jobId}","circuit":"${circuit.artifacts.zkey.sha256}",${more}}`;

describe('what waits on a server', () => {
  const LIMIT = 4 * MB;
  const ways: Record<string, (world: Awaited<ReturnType<typeof makeWorld>>, at: number) => Promise<void>> = {
    'inputs in messages': ({ session }, at) =>
      session.text(submit(`job-${at}`, `"input":{"a":${nests.replace('[]', `["${at}"]`)}}`)),
    'inputs in frames': async ({ session }, at) => {
      const bytes = Buffer.from(`{"a":${nests.replace('[]', `["${at}"]`)}}`);
      await session.text(submit(`job-${at}`, `"inputBytes":${bytes.length}`));
      for (const frame of framesOf(`job-${at}`, bytes)) await session.binary(frame);
    },
    'what proofs must show': ({ session }, at) => {
      const signals = JSON.stringify(decimals(at));
      return session.text(submit(`job-${at}`, `"input":{},"expectedPublicSignals":${signals}`, many));
    },
  };
  for (const [what, send] of Object.entries(ways)) {
    it(`is bounded in memory: ${what}`, { timeout: 120_000 }, async () => {
      const world = await makeWorld(LIMIT, 0);
      await send(world, 0);
      const before = heldBytes();
      let at = 1;
      while (world.codes.length === 0) await send(world, at++);
      const held = heldBytes() - before;
      expect(world.codes).toEqual(['resource.queue-full']);
      // It takes what it says, and no more than that: the rest is bookkeeping.
      expect(world.accepted()).toBe(at - 1);
      expect(held).toBeGreaterThan(LIMIT / 2);
      expect(held).toBeLessThan(LIMIT * 1.25);
    });
  }

  it('is refused at once when it expects more signals than the circuit has', async () => {
    const world = await makeWorld(LIMIT, 0);
    const signals = JSON.stringify(decimals(0));
    await world.session.text(submit('job', `"input":{},"expectedPublicSignals":${signals}`));
    expect(world.codes).toEqual(['input.signals-count']);
  });
});

describe('what has ended on a server', () => {
  it('is bounded in memory', { timeout: 120_000 }, async () => {
    const world = await makeWorld(64 * MB, 1);
    const before = heldBytes();
    const jobs = 200;
    for (let at = 0; at < jobs; at++) {
      await world.session.text(submit(`job-${at}`, '"input":{}', many));
      await world.clock.advance(10);
      // What the stub remembers is not the server's.
      world.backend.seen.length = 0;
    }
    expect(world.jobs.totals().totalCompleted).toBe(jobs);
    const held = heldBytes() - before;
    const kept = world.jobs.list('local', jobs).total;
    expect([kept > 50, kept < jobs]).toEqual([true, true]);
    // The last can still be asked for.
    expect(world.jobs.view('local', `job-${jobs - 1}`)?.result?.publicSignals).toHaveLength(SIGNALS);
    expect(held).toBeLessThan(80 * MB);
  });
});
