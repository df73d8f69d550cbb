// The server's own figures: as JSON for people and as Prometheus text for machines. Counts and times; never an
// id, a user or an input.

import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';
import type { ServerParts } from '../parts.ts';
import { residentBytes } from '../proving/child.ts';
import { processorMs } from '../proving/process-facts.ts';
import { describe } from './describe.ts';
import { historyRoutes } from './metrics-history.ts';
import { makeRegistry } from './prometheus.ts';
import { SnapshotSchema } from './schemas.ts';

export interface Metrics {
  routes: Hono;
  registry: Registry;
}

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
        200: { description: 'Of all since the start; percentiles within 1 %.', schema: SnapshotSchema },
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

  routes.route('/', historyRoutes(parts));
  return { routes, registry: makeRegistry(parts) };
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
    const times = await Promise.all(pids.map(processorMs));
    const next = new Map(pids.map((pid, at) => [pid, times[at] ?? 0]));
    let childMs = 0;
    for (const [pid, ms] of next) childMs += Math.max(0, ms - (children.get(pid) ?? 0));
    children = next;
    const passedMs = Math.max(1, nowMs - atMs);
    atMs = nowMs;
    return ((used.user + used.system) / 1000 + childMs) / passedMs;
  };
}
