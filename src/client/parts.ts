// What the client needs from the outside; the library and the app build it from their adapters.

import type { ErrorData } from '../core/errors.ts';
import type { Expectation } from '../core/estimates.ts';
import type { PrivacyTier } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import type { StageTimes } from '../core/time-left.ts';
import type { JobsService } from '../services/jobs.ts';
import type { MetricsService } from '../services/metrics.ts';
import type { ServerView } from '../services/servers.ts';
import type { ScopesService } from '../services/verification.ts';
import type { ServerOptions, ServerPermission } from './types.ts';

export type ClientJobs = Pick<
  JobsService,
  'submit' | 'get' | 'list' | 'cancel' | 'retry' | 'remove' | 'watch'
>;

export type ClientServer = Pick<
  ServerView,
  'id' | 'name' | 'host' | 'permission' | 'setAside' | 'phase' | 'error' | 'roundTripMs'
> & { says: Pick<NonNullable<ServerView['says']>, 'slots' | 'busy' | 'queued'> | null };

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
  metrics: Pick<MetricsService, 'summary' | 'watch'>;
  /** Keeps a secret in memory for the jobs that name it, and lets those go on that waited. */
  remember(identity: { id: string; secretScalar: bigint }): Promise<void>;
  claimScope: ScopesService['claimFor'];
  watchWarnings(listener: (warning: ErrorData) => void): () => void;
  newId(): string;
  nowMs(): number;
  close(): Promise<void>;
}
