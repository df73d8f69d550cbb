// Two real server processes for all tests of a file: one with a tiny circuit, which proves at once, and one with the
// smallest reputation circuit.
import { afterAll, beforeAll } from 'vitest';
import { buildCircuits } from '../../circuits/build.ts';
import { buildServer } from '../../scripts/app-steps.ts';
import { builtCircuits } from './app.ts';
import { makeTinyCircuit, type TinyCircuit } from './tiny-circuit.ts';
import { type RunningWorkerServer, startWorkerServer } from './worker-server.ts';

export interface RestServers {
  tiny: TinyCircuit;
  /** With the tiny circuit; anyone may ask it anything. */
  open: RunningWorkerServer;
  reputation: RunningWorkerServer;
}

/** What is in it is there from the first test to after the last. */
export function useRestServers(): Readonly<RestServers> {
  const servers = {} as RestServers;
  beforeAll(async () => {
    [servers.tiny] = await Promise.all([makeTinyCircuit(), buildServer()]);
    await buildCircuits({ sizes: [16] });
    const args = ['--threads', '1', '--rate', '100000'];
    [servers.open, servers.reputation] = await Promise.all([
      startWorkerServer({ circuitsFolder: servers.tiny.folder, args }),
      startWorkerServer({ circuitsFolder: builtCircuits }),
    ]);
  }, 300_000);
  afterAll(async () => {
    await Promise.all([servers.open?.stop(), servers.reputation?.stop()]);
    servers.tiny?.remove();
  });
  return servers;
}
