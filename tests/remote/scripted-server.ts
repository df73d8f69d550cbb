// What a worker server is made of, with a scripted prover: the real queue and scheduler, for sessions over whatever
// carries them.
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { Clock, Random } from '../../src/core/ports.ts';
import { makeByteBudget } from '../../worker-server/byte-budget.ts';
import { makeCallers } from '../../worker-server/callers.ts';
import { createServerJobs } from '../../worker-server/jobs/server-jobs.ts';
import type { ServerParts } from '../../worker-server/parts.ts';
import { makeRateLimit } from '../../worker-server/rate-limit.ts';
import {
  makeScriptedBackend,
  type Script,
  type ScriptedBackend,
  scriptedVerifier,
} from '../helpers/scripted-prover.ts';

export interface ScriptedServerOptions {
  clock: Clock;
  random: Random;
  circuit: CircuitEntry;
  slots: number;
  script: () => Script;
}

export interface ScriptedServer {
  parts: ServerParts;
  backend: ScriptedBackend;
  /** How often each of its jobs was begun. */
  begun: Map<string, number>;
}

export async function makeScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const { clock, random, circuit, script, slots } = options;
  const limits = {
    maxQueued: 1000,
    maxQueuedPerClient: 1000,
    maxQueuedBytes: 1e8,
    maxBodyBytes: 1e6,
    maxPayloadBytes: 1e7,
    maxSockets: 100,
    maxSocketsPerClient: 100,
    requestsPerMinute: 1e6,
  };
  const begun = new Map<string, number>();
  const backend = makeScriptedBackend({
    ...{ clock, slots, kind: 'thread', id: 'thread' },
    script(attempt) {
      begun.set(attempt.jobId, (begun.get(attempt.jobId) ?? 0) + 1);
      return script();
    },
  });
  const backends = { list: () => [backend], watch: () => () => {} };
  const jobs = createServerJobs({ backends, verifier: scriptedVerifier, clock, random, limits });
  await jobs.start();
  const parts: ServerParts = {
    machineSpeed: async () => null,
    serverId: random.id(),
    name: 'Memory server',
    privacy: 'Keeps nothing.',
    wsUrl: null,
    jobs,
    circuits: { all: async () => [circuit], find: async () => circuit },
    callers: await makeCallers({ tokens: [], adminToken: null, jwt: null }),
    origins: { allows: () => true, allowsHost: () => true },
    rate: makeRateLimit(limits.requestsPerMinute, clock),
    limits,
    arriving: makeByteBudget(limits.maxQueuedBytes, limits.maxPayloadBytes),
    pool: null,
    profiling: null,
    localCapacity: () => backend.capacity(),
    clock,
    random,
    childPids: () => [],
    sockets: () => 0,
    stopping: () => false,
  };
  return { parts, backend, begun };
}
