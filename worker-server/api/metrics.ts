// The server's own figures: as JSON for people and as Prometheus text for machines. Counts and times; never an
// id, a user or an input.

import { readFile } from 'node:fs/promises';
import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { Hono } from 'hono';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { hasEnded } from '../jobs/view.ts';
import type { ServerParts } from '../parts.ts';
import { residentBytes } from '../proving/child.ts';
import { describe } from './describe.ts';
import { SnapshotSchema } from './schemas.ts';

export interface Metrics {
  routes: Hono;
  registry: Registry;
}

const PROOF_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];
/** Of USER_HZ, which is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

export function makeMetrics(parts: ServerParts): Metrics {
  const { jobs } = parts;
  const startedAtMs = parts.clock.monotonicMs();
  const cpu = makeCpuMeter(parts);
  const routes = new Hono();

  routes.get(
    '/snapshot',
    describe({
      summary: 'Counts, times, memory and CPU',
      tag: 'metrics',
      answers: {
        200: { description: 'Times are those of the last 1000 proofs.', schema: SnapshotSchema },
      },
    }),
    async (context) => {
      const totals = jobs.totals();
      const ended = totals.totalCompleted + totals.totalFailed;
      const children = await Promise.all(parts.childPids().map(residentBytes));
      return context.json({
        active: totals.totalProcessing,
        queued: totals.totalQueued,
        completed: totals.totalCompleted,
        failed: totals.totalFailed,
        cancelled: totals.totalCancelled,
        successRate: ended === 0 ? null : totals.totalCompleted / ended,
        ...jobs.figures.durations(),
        memory: {
          serverBytes: process.memoryUsage.rss(),
          childrenBytes: children.reduce((sum, bytes) => sum + bytes, 0),
          freeBytes: freemem(),
          totalBytes: totalmem(),
        },
        cpu: { coresUsed: await cpu(), cores: cpus().length, loadAverage: loadavg() },
        uptimeMs: parts.clock.monotonicMs() - startedAtMs,
      });
    },
  );

  return { routes, registry: makeRegistry(parts) };
}

function makeRegistry({ jobs, sockets, pool, localCapacity }: ServerParts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'gnomon_' });
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('gnomon_jobs_queued', 'Jobs that wait', () => jobs.totals().totalQueued);
  gauge(
    'gnomon_jobs_running',
    'Jobs that were let in and have not ended',
    () => jobs.totals().totalProcessing,
  );
  gauge(
    'gnomon_queue_oldest_wait_seconds',
    'Wait of the job at the head',
    () => jobs.totals().oldestWaitMs / 1000,
  );
  gauge(
    'gnomon_slots',
    'Proofs that can run at once, workers of the pool included',
    () => jobs.capacity().slots,
  );
  gauge('gnomon_sockets', 'Open WebSockets', sockets);
  if (pool !== null) {
    const figures = () => {
      const { slots, busy } = localCapacity();
      const { totalQueued: queued, oldestWaitMs } = jobs.totals();
      return pool.stats({
        queued,
        oldestWaitMs,
        localSlots: slots,
        localBusy: busy,
      });
    };
    gauge('gnomon_workers', 'Registered workers', () => figures().totalWorkers);
    gauge('gnomon_workers_offline', 'Registered workers that do not answer', () => figures().offlineWorkers);
  }
  const ended = new Counter({
    name: 'gnomon_jobs_ended_total',
    help: 'Jobs that have ended, by how',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['succeeded', 'failed', 'cancelled']) ended.inc({ outcome }, 0);
  const seconds = new Histogram({
    name: 'gnomon_proof_seconds',
    help: 'From the start of the first attempt to the end, of jobs that succeeded',
    labelNames: ['circuit'],
    buckets: PROOF_SECONDS,
    registers,
  });
  jobs.watch((view) => {
    if (!hasEnded(view)) return;
    ended.inc({ outcome: view.state });
    if (view.state !== 'succeeded' || view.startedAtMs === null || view.endedAtMs === null) return;
    seconds.observe({ circuit: view.circuitId }, Math.max(0, view.endedAtMs - view.startedAtMs) / 1000);
  });
  return registry;
}

/** Cores in use by the server and its children since the last call; a child that came or went in between
 * counts with what can be seen of it. */
function makeCpuMeter({ childPids, clock }: ServerParts): () => Promise<number> {
  let atMs = clock.monotonicMs();
  let own = process.cpuUsage();
  let children = new Map<number, number>();
  return async () => {
    const nowMs = clock.monotonicMs();
    const used = process.cpuUsage(own);
    own = process.cpuUsage();
    const pids = childPids();
    const ticks = await Promise.all(pids.map(cpuTicks));
    const next = new Map(pids.map((pid, at) => [pid, ticks[at] ?? 0]));
    let childMs = 0;
    for (const [pid, count] of next) childMs += Math.max(0, count - (children.get(pid) ?? 0)) * TICK_MS;
    children = next;
    const passedMs = Math.max(1, nowMs - atMs);
    atMs = nowMs;
    return ((used.user + used.system) / 1000 + childMs) / passedMs;
  };
}

/** User and system time of a process and its threads; 0 where the platform does not tell (proc(5)). */
async function cpuTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name in parentheses may hold anything; fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}
