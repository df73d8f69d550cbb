// What the pages need from the outside, area by area (services/). Adapters arrive by context, never by import;
// the composition root (main.tsx) builds them.
import { createContext, useContext } from 'solid-js';
import type { Gnomon } from '../client/types.ts';
import type { CircuitsService, OwnCircuitsService } from '../services/circuits.ts';
import type {
  BackupService,
  DeviceFacts,
  NotificationsService,
  SettingsService,
  StorageService,
} from '../services/device.ts';
import type { IdentitiesService } from '../services/identities.ts';
import type { JobsService } from '../services/jobs.ts';
import type { MetricsService } from '../services/metrics.ts';
import type { ProfilerService } from '../services/profiler.ts';
import type { ServersService } from '../services/servers.ts';
import type { SnapshotsService } from '../services/snapshots.ts';
import type { LedgerService, ScopesService, VerifierService } from '../services/verification.ts';

export interface Services {
  jobs: JobsService;
  circuits: CircuitsService;
  ownCircuits: OwnCircuitsService;
  storage: StorageService;
  settings: SettingsService;
  notifications: NotificationsService;
  backup: BackupService;
  identities: IdentitiesService;
  verifier: VerifierService;
  ledger: LedgerService;
  snapshots: SnapshotsService;
  scopes: ScopesService;
  servers: ServersService;
  profiler: ProfilerService;
  metrics: MetricsService;
  /** All of that as one client, as other pages get it from the library. */
  pipeline: Gnomon;
  device: DeviceFacts;
}

const ServicesContext = createContext<Services>();
export const ServicesProvider = ServicesContext.Provider;

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === undefined) throw new Error('A page was rendered outside ServicesProvider.');
  return services;
}
