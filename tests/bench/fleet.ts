// `npm run bench -- fleet`: how many jobs a second a fleet gives out, and how long one waits, with provers that sleep
// in 1 to 8 processes; and what a fleet adds to a real proof beside one server alone.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verifier } from '../../src/core/ports.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { openDispatch } from '../../worker-server/fleet/dispatch.ts';
import { createGateway } from '../../worker-server/fleet/gateway.ts';
import { openKeyRing, rotateKeys } from '../../worker-server/fleet/keys.ts';
import { makeLanes } from '../../worker-server/fleet/lanes.ts';
import { openQueue } from '../../worker-server/fleet/open-queue.ts';
import { createFleetStore } from '../../worker-server/fleet/store.ts';
import { startUpkeep } from '../../worker-server/fleet/upkeep.ts';
import { makeServerHistory } from '../../worker-server/jobs/server-history.ts';
import { hasEnded } from '../../worker-server/jobs/view.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { POSTGRES, startPostgres } from '../helpers/postgres-server.ts';
import { REDIS, startRedis } from '../helpers/redis-server.ts';

const PROCESSES = [1, 2, 4, 8];
const SLOTS = 4;
/** What comes back is no proof. */
const asleep: Verifier = { verify: async () => ({ ok: true }) };
const SLEEP_MS = 200;

export interface FleetRow {
  queue: 'Redis' | 'PostgreSQL';
  processes: number;
  jobs: number;
  /** With everything waiting at the start; and the most that the sleepers could do. */
  perSecond: number;
  atMost: number;
  predicted: number;
  /** From being accepted to the start of the attempt, while jobs come at half of `atMost`. */
  waitMs: number;
  waitP95Ms: number;
}

/** Some 40 calls of the queue for each job, a third of a millisecond of processor time each at both ends: on two
 * cores 75 a second in all. PostgreSQL takes twice the time for each. */
const CEILING = { Redis: 150, PostgreSQL: 75 } as const;

export async function benchFleet(say: (line: string) => void, jobsEach: number): Promise<FleetRow[]> {
  const rows: FleetRow[] = [];
  const kinds = [
    ['Redis', REDIS, startRedis],
    ['PostgreSQL', POSTGRES, startPostgres],
  ] as const;
  for (const [queue, program, start] of kinds) {
    if (program === undefined) {
      say(`${queue} is left out: it is not installed.`);
      continue;
    }
    for (const processes of PROCESSES) {
      const server = await start();
      try {
        const row = await measure(server.url, queue, processes, jobsEach * processes);
        rows.push(row);
        say(`fleet on ${queue}, ${processes} processes: ${row.perSecond} a second, wait ${row.waitMs} ms`);
      } finally {
        await server.stop();
      }
    }
  }
  return rows;
}

async function measure(
  url: string,
  queue: FleetRow['queue'],
  processes: number,
  jobs: number,
): Promise<FleetRow> {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-bench-'));
  const keyFile = join(folder, 'keys.json');
  await rotateKeys(keyFile, 1, Date.now());
  const gateway = await openGateway(url, keyFile);
  const sleepers = await Promise.all(Array.from({ length: processes }, () => startSleeper(url, keyFile)));
  try {
    // What is not compiled yet takes longer.
    await gateway.run(8 * processes, 0);
    const full = await gateway.run(jobs, 0);
    const atMost = (1_000 / SLEEP_MS) * SLOTS * processes;
    const half = await gateway.run(Math.ceil(jobs / 2), 2_000 / atMost);
    const waits = half.waitsMs.sort((a, b) => a - b);
    return {
      ...{ queue, processes, jobs, atMost, predicted: Math.min(atMost, CEILING[queue]) },
      perSecond: Math.round((10 * jobs) / (full.ms / 1_000)) / 10,
      waitMs: waits[waits.length >> 1] ?? 0,
      waitP95Ms: waits[Math.floor(0.95 * waits.length)] ?? 0,
    };
  } finally {
    for (const sleeper of sleepers) sleeper.kill('SIGKILL');
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openGateway(address: string, keyFile: string) {
  const [clock, random, history] = [systemClock, systemRandom, makeServerHistory()];
  const settings = { address, role: 'gateway' as const, keyFile, caFile: null, patched: true, unsafe: false };
  const { records, target, prefix } = await openQueue(settings, () => {});
  const dispatch = openDispatch({
    ...{ target, name: 'jobs', prefix, lockMs: 10_000, stalledMs: 5_000, takes: false },
    onTrouble: () => {},
  });
  await dispatch.ready();
  const ring = await openKeyRing(keyFile, () => {});
  const common = { records, dispatch, clock };
  const lanes = makeLanes(() => clock.nowMs());
  const numberOf = lanes.enter;
  const store = createFleetStore({ ...common, sealer: ring, random, name: 'bench', offers: true, numberOf });
  const gateway = createGateway({
    ...{ store, records, ring, lanes, clock, history, verifier: asleep, places: () => [], takesJobs: true },
    // Every job says what its proof must show.
    inputs: { signalsOf: async () => [], hasCalculator: async () => false },
    onTrouble: ({ code }) => process.stderr.write(`${code}\n`),
    onWrongProof: () => {},
    onWrongRefusal: () => {},
  });
  await gateway.start();
  const endUpkeep = startUpkeep({ ...common, store, gateway, everyMs: 2_000, onTrouble: () => {} });
  const { circuit } = requestFor('any');
  let nth = 0;

  return {
    /** One after the other, so many milliseconds apart; 0: all at once. */
    async run(jobs: number, everyMs: number): Promise<{ ms: number; waitsMs: number[] }> {
      const waitsMs: number[] = [];
      let left = jobs;
      const mine = new Set<string>();
      const done = new Promise<void>((resolve) => {
        const unwatch = gateway.watch((view) => {
          if (!hasEnded(view) || !mine.delete(view.jobId)) return;
          waitsMs.push((view.startedAtMs ?? 0) - view.createdAtMs);
          if (--left > 0) return;
          unwatch();
          resolve();
        });
      });
      const beganMs = performance.now();
      const accepted: unknown[] = [];
      for (let at = 0; at < jobs; at++) {
        const jobId = `job-${nth++}`;
        mine.add(jobId);
        const expectedPublicSignals = ['1'];
        const submission = { owner: 'bench', jobId, circuit, priority: 1 as const, expectedPublicSignals };
        accepted.push(gateway.submit({ ...submission, inputJson: Buffer.from('{"a":"1"}') }));
        const dueMs = beganMs + at * everyMs;
        if (dueMs > performance.now())
          await new Promise((wake) => setTimeout(wake, dueMs - performance.now()));
      }
      await Promise.all(accepted);
      await done;
      return { ms: performance.now() - beganMs, waitsMs };
    },
    async close() {
      await endUpkeep();
      await gateway.stop(0);
      ring.close();
      await store.close();
    },
  };
}

async function startSleeper(url: string, keyFile: string): Promise<ChildProcess> {
  const args = ['--queue', url, '--keys', keyFile, '--slots', String(SLOTS), '--sleep', String(SLEEP_MS)];
  const child = fork(join(import.meta.dirname, 'fleet-sleeper.ts'), args, { execArgv: ['--import', 'tsx'] });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`A sleeper ended with ${code}.`)));
  });
  return child;
}
