// The app as its own pipeline client: the same component that others embed, over the app's jobs, circuits and figures.
// Which servers may prove is the Servers page's business, so that here all stays on this device.

import type { Jobs } from './browser/jobs.ts';
import type { Metrics } from './browser/metrics.ts';
import type { Servers } from './browser/servers.ts';
import { makeClient } from './client/client.ts';
import type { Gnomon } from './client/types.ts';
import { GnomonError } from './core/errors.ts';
import { systemRandom } from './core/system.ts';
import type { CircuitsService } from './services/circuits.ts';
import type { ScopesService } from './services/verification.ts';

export interface AppClientParts {
  jobs: Pick<Jobs, 'submit' | 'get' | 'list' | 'cancel' | 'retry' | 'remove' | 'watch'>;
  circuits: CircuitsService;
  servers: Servers;
  metrics: Metrics;
  scopes: ScopesService;
}

export function makeAppClient({ jobs, circuits, servers, metrics, scopes }: AppClientParts): Gnomon {
  return makeClient({
    jobs,
    circuits: () => circuits.list(),
    async isKept({ artifacts: { wasm, zkey } }) {
      const kept = new Set((await circuits.kept()).map(({ sha256 }) => sha256));
      return kept.has(wasm.sha256) && kept.has(zkey.sha256);
    },
    servers: {
      list: () => [],
      add: elsewhere,
      remove: elsewhere,
      setPermission: elsewhere,
      observe: () => () => {},
      watch: () => () => {},
      foresee: (job) => servers.foresee(job),
      backendId: (id) => servers.backendId(id),
    },
    metrics,
    remember: elsewhere,
    claimScope: (scope, digest) => scopes.claimFor(scope, digest),
    watchWarnings: () => () => {},
    newId: () => systemRandom.id(),
    nowMs: () => Date.now(),
    close: async () => {},
  });
}

function elsewhere(): never {
  throw new GnomonError('input.elsewhere', 'The app keeps servers and identities on their own pages.', {
    nextStep: 'Use the pages Servers and Identity.',
  });
}
