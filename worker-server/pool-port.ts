// What the REST routes and the scheduler need from the pool of registered worker servers. The routes live in
// the app, the pool behind this port; a server without a pool has none.
import * as v from 'valibot';
import type { BackendList } from '../src/core/ports.ts';

export const WorkerRegistrationSchema = v.strictObject({
  /** Chosen by whoever registers; the same id again replaces the registration. */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,64}$/)),
  /** http(s) or ws(s). */
  url: v.pipe(v.string(), v.maxLength(2048), v.url()),
  /** Attempts the hub gives it at once. */
  maxConcurrency: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024)),
  /** What the hub says hello with. Kept, never shown. */
  token: v.optional(v.pipe(v.string(), v.maxLength(8192))),
});
export type WorkerRegistration = v.InferOutput<typeof WorkerRegistrationSchema>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A registered worker as people see it. `draining`: it finishes what it has and gets no more. `set-aside`: a proof
 * that it sent was wrong, so it gets no more until it is registered again. */
export const WorkerStatusSchema = v.object({
  id: v.string(),
  /** Null to anyone but the operator. */
  url: v.nullable(v.string()),
  state: v.picklist(['connecting', 'idle', 'busy', 'draining', 'set-aside', 'offline']),
  /** Why it gets no jobs, or others first, in words; null when all is well. */
  reason: v.nullable(v.string()),
  maxConcurrency: count,
  running: count,
  completed: count,
  failed: count,
  /** Measured over its socket; null until known. */
  roundTripMs: v.nullable(v.number()),
  lastSeenAtMs: v.nullable(v.number()),
});
export type WorkerStatus = v.InferOutput<typeof WorkerStatusSchema>;

export const PoolStatsSchema = v.object({
  totalWorkers: count,
  /** Connected: idle or busy. */
  activeWorkers: count,
  idleWorkers: count,
  busyWorkers: count,
  offlineWorkers: count,
  /** Attempts at once over all active workers, and how many run. */
  totalCapacity: count,
  running: count,
  workers: v.array(WorkerStatusSchema),
  scaling: v.object({
    advice: v.picklist(['scale-up', 'steady', 'scale-down']),
    /** In words, with the figures it follows from. */
    reason: v.string(),
  }),
});
export type PoolStats = v.InferOutput<typeof PoolStatsSchema>;
export type ScalingAdvice = PoolStats['scaling'];

/** What the pool is told about the queue before it advises. */
export interface QueueFigures {
  queued: number;
  /** How long the job at the head has waited; 0 with none. */
  oldestWaitMs: number;
  localSlots: number;
  localBusy: number;
  /** Machines of a fleet that prove, less one that has to stay; left out: none. */
  others?: number;
}

export interface Pool {
  /** One remote backend for each worker that is registered, for the scheduler. */
  readonly backends: BackendList;
  /** Connects in the background and keeps the registration. Rejects with `input.…` when the URL may not be
   * used (scheme, allow-list). */
  register(registration: WorkerRegistration): Promise<WorkerStatus>;
  /** Drains, then forgets. Resolves when it has; false: no such worker. */
  remove(id: string): Promise<boolean>;
  /** The worker says that it lives; null: no such worker. */
  heartbeat(id: string): WorkerStatus | null;
  stats(queue: QueueFigures): PoolStats;
  /** Why one of its backends gets no jobs, or null. */
  setAside(backendId: string): string | null;
  /** A proof of this backend was wrong. */
  wrongProof(backendId: string): void;
  /** Closes every connection; the registrations stay. */
  close(): Promise<void>;
}
