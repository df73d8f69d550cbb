// What the client needs from the outside; the library and the app build it from their adapters.
import type { ErrorData } from '../core/errors.ts';
import type { Expectation } from '../core/estimates.ts';
import type { Job, JobRequest, PrivacyTier, Progress } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { MetricsSummary } from '../core/metrics/summary.ts';
import type { StageTimes } from '../core/time-left.ts';
import type { ServerOptions, ServerPermission } from './types.ts';

export type ClientJobEvent =
  | { type: 'changed'; job: Job }
  | { type: 'removed'; jobId: string }
  | { type: 'queue'; paused: boolean }
  | { type: 'missed' }
  | { type: 'progress'; jobId: string; progress: Progress };

export interface ClientJobs {
  submit(request: JobRequest): Promise<Job>;
  get(id: string): Promise<Job | undefined>;
  /** Newest first. */
  list(): Promise<Job[]>;
  cancel(id: string): Promise<void>;
  retry(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  watch(listener: (event: ClientJobEvent) => void): () => void;
}

export interface ClientServer {
  id: string;
  name: string;
  host: string;
  permission: ServerPermission;
  setAside: string | null;
  phase: 'idle' | 'connecting' | 'ready' | 'waiting' | 'refused';
  error: ErrorData | null;
  roundTripMs: number | null;
  says: { slots: number; busy: number; queued: number } | null;
}

export interface ClientForesight {
  backendId: string | null;
  reason: string;
  expected: Expectation | null;
  waitMs: number;
  stages: StageTimes;
}

export interface ClientServers {
  list(): ClientServer[];
  add(server: ServerOptions): ClientServer;
  remove(id: string): void;
  setPermission(id: string, permission: ServerPermission): void;
  observe(): () => void;
  watch(listener: () => void): () => void;
  foresee(job: {
    circuit: CircuitEntry;
    secrets: boolean;
    privacy: PrivacyTier;
    sendTo?: string;
  }): ClientForesight;
  /** What jobs call the server of this id. */
  backendId(id: string): string;
}

export interface ClientParts {
  jobs: ClientJobs;
  /** Circuits that can be used now, smallest first. */
  circuits(): Promise<CircuitEntry[]>;
  /** Whether all its files are on this device. */
  isKept(circuit: CircuitEntry): Promise<boolean>;
  servers: ClientServers;
  metrics: {
    /** Of all tries ever kept. */
    summary(): Promise<MetricsSummary>;
    watch(listener: () => void): () => void;
  };
  /** Keeps a secret in memory for the jobs that name it, and lets those go on that waited. */
  remember(identity: { id: string; secretScalar: bigint }): Promise<void>;
  /** `other`: this scope was used under another campaign file. */
  claimScope(scope: string, campaignSha256: string): Promise<'new' | 'same' | 'other'>;
  watchWarnings(listener: (warning: ErrorData) => void): () => void;
  newId(): string;
  nowMs(): number;
  close(): Promise<void>;
}
