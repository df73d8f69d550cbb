// A worker server in memory: the real sessions, queue and scheduler, with a scripted prover and no socket.
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { makeCallers } from '../../worker-server/callers.ts';
import { createServerJobs } from '../../worker-server/jobs/server-jobs.ts';
import type { ServerParts } from '../../worker-server/parts.ts';
import { makeRateLimit } from '../../worker-server/rate-limit.ts';
import { openSession } from '../../worker-server/ws/session.ts';
import { makeSubscriptions } from '../../worker-server/ws/subscriptions.ts';
import type { VirtualClock } from '../helpers/clock.ts';
import type { SeededRandom } from '../helpers/random.ts';
import { makeScriptedBackend, type Script, scriptedVerifier } from '../helpers/scripted-prover.ts';
import type { Peer } from './wire.ts';

export interface MemoryServer {
  accept(peer: Peer): void;
  /** Gone without a word, with all it knew. */
  kill(): void;
  /** How often each of its jobs was begun. */
  readonly begun: Map<string, number>;
  readonly working: number;
}

const PING_MS = 10_000;

export async function makeMemoryServer(options: {
  clock: VirtualClock;
  random: SeededRandom;
  circuit: CircuitEntry;
  slots: number;
  script: () => Script;
}): Promise<MemoryServer> {
  const { clock, random, circuit } = options;
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
  const { script, slots } = options;
  const backend = makeScriptedBackend({
    clock,
    slots,
    kind: 'thread',
    id: 'thread',
    script(attempt) {
      begun.set(attempt.jobId, (begun.get(attempt.jobId) ?? 0) + 1);
      return script();
    },
  });
  const jobs = createServerJobs({
    backends: { list: () => [backend], watch: () => () => {} },
    verifier: scriptedVerifier,
    clock,
    random,
    limits,
  });
  await jobs.start();
  const parts: ServerParts = {
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
    pool: null,
    profiling: null,
    localCapacity: () => backend.capacity(),
    clock,
    random,
    childPids: () => [],
    sockets: () => 0,
    stopping: () => false,
  };
  const subscriptions = makeSubscriptions(jobs);
  const budget = { usedBytes: 0, maxBytes: limits.maxQueuedBytes };
  let alive = true;
  return {
    begun,
    get working() {
      return backend.working.size;
    },
    accept(peer) {
      const session = openSession(
        { send: (text) => alive && peer.send(text), buffered: () => 0, close: (code) => peer.close(code) },
        { parts, subscriptions, budget, caller: null, onHello: () => {} },
      );
      let unsetPing = () => {};
      const ping = () => {
        if (!alive) return;
        session.ping();
        unsetPing = clock.setTimer(PING_MS, ping);
      };
      unsetPing = clock.setTimer(PING_MS, ping);
      let inbox = Promise.resolve();
      peer.onData = (data) => {
        inbox = inbox.then(() => {
          if (!alive) return;
          return typeof data === 'string' ? session.text(data) : session.binary(data);
        });
      };
      peer.onClose = () => {
        unsetPing();
        session.end();
      };
    },
    kill() {
      alive = false;
    },
  };
}
