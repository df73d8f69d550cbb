// The server's figures as Prometheus text. Labels are circuits, workers, outcomes and error codes, all from lists that
// the server itself makes: never an id, a user or an input.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AttemptRecord } from '../../src/core/metrics/attempt-record.ts';
import { hasEnded } from '../jobs/view.ts';
import type { ServerParts } from '../parts.ts';
import { queueFigures } from '../queue-figures.ts';
import { addFleet } from './prometheus-fleet.ts';

const PROOF_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];
const STAGE_SECONDS = [0.005, 0.01, 0.025, 0.05, ...PROOF_SECONDS];
const ERROR_SHARES = [0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2];
const MEBIBYTE = 2 ** 20;

export function makeRegistry(parts: ServerParts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'gnomon_' });
  addGauges(registry, parts);
  addJobs(registry, parts);
  addAttempts(registry, parts);
  const { fleet, pool, jobs } = parts;
  if (fleet !== undefined && pool !== null) {
    addFleet([registry], jobs, fleet.state, () => pool.stats(queueFigures(parts)).scaling);
  }
  return registry;
}

function addGauges(registry: Registry, parts: ServerParts): void {
  const { jobs, sockets, pool } = parts;
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
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
  if (pool === null) return;
  const figures = () => pool.stats(queueFigures(parts));
  gauge('gnomon_workers', 'Registered workers', () => figures().totalWorkers);
  gauge('gnomon_workers_offline', 'Registered workers that do not answer', () => figures().offlineWorkers);
}

function addJobs(registry: Registry, { jobs }: ServerParts): void {
  const registers = [registry];
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
}

function addAttempts(registry: Registry, { jobs }: ServerParts): void {
  const registers = [registry];
  const attempts = new Counter({
    name: 'gnomon_attempts_total',
    help: 'Attempts at proofs, by how they ended; a job may take several',
    labelNames: ['circuit', 'backend', 'outcome'],
    registers,
  });
  const failures = new Counter({
    name: 'gnomon_attempt_failures_total',
    help: 'Attempts that failed, by error code',
    labelNames: ['code'],
    registers,
  });
  const stages = new Histogram({
    name: 'gnomon_stage_seconds',
    help: 'Stages of attempts: artifacts, witness, proving, verifying',
    labelNames: ['stage', 'circuit', 'backend', 'outcome'],
    buckets: STAGE_SECONDS,
    registers,
  });
  const loads = new Counter({
    name: 'gnomon_artifact_loads_total',
    help: 'Attempts by whether all files were at hand (`hit`) or had to be read (`miss`)',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['hit', 'miss']) loads.inc({ result }, 0);
  const errors = new Histogram({
    name: 'gnomon_prediction_error_ratio',
    help: '|actual - predicted| / actual, of witness and proof',
    labelNames: ['circuit', 'backend'],
    buckets: ERROR_SHARES,
    registers,
  });
  const checked = new Counter({
    name: 'gnomon_predictions_total',
    help: 'Predictions by whether the actual time lay within the interval, which nine of ten should',
    labelNames: ['within'],
    registers,
  });
  for (const within of ['yes', 'no']) checked.inc({ within }, 0);
  const memory = new Histogram({
    name: 'gnomon_attempt_peak_memory_bytes',
    help: 'The most memory that the proving process held during an attempt',
    labelNames: ['circuit'],
    buckets: [64, 128, 256, 512, 1024, 2048, 4096, 8192].map((mebibytes) => mebibytes * MEBIBYTE),
    registers,
  });

  jobs.history.watch((record: AttemptRecord) => {
    const { circuitId: circuit, backendId: backend, outcome, proveMs, predictedMs } = record;
    attempts.inc({ circuit, backend, outcome });
    if (outcome === 'failed' && record.errorCode !== null) failures.inc({ code: record.errorCode });
    for (const [stage, ms] of Object.entries(record.stagesMs)) {
      stages.observe({ stage, circuit, backend, outcome }, ms / 1000);
    }
    if (record.fromCache !== null) loads.inc({ result: record.fromCache ? 'hit' : 'miss' });
    if (record.peakMemoryBytes !== null) memory.observe({ circuit }, record.peakMemoryBytes);
    if (outcome !== 'succeeded' || predictedMs === null || proveMs === null || proveMs === 0) return;
    errors.observe({ circuit, backend }, Math.abs(proveMs - predictedMs) / proveMs);
    const within = proveMs >= (record.predictedLowMs ?? 0) && proveMs <= (record.predictedHighMs ?? 0);
    checked.inc({ within: within ? 'yes' : 'no' });
  });
}
