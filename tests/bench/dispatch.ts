// How many jobs a second go from their owner's store over a real socket into a server's queue and back: client,
// protocol and both schedulers, with a prover and a verifier that answer at once, so that dispatch alone is measured.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMemoryStore } from '../../src/core/memory-engine.ts';
import { createScheduler } from '../../src/core/scheduler.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { makeRemoteBackend } from '../../src/remote/remote-backend.ts';
import { openWorkerSocket } from '../../worker-server/pool/open-socket.ts';
import { attachSockets } from '../../worker-server/ws/sockets.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { makeIdentity, scriptedVerifier } from '../helpers/scripted-prover.ts';
import { until } from '../helpers/worker-server.ts';
import { makeScriptedServer } from '../remote/scripted-server.ts';

const SLOTS = [1, 4, 16] as const;

export interface DispatchRow {
  /** Jobs under way at once. */
  slots: number;
  jobs: number;
  perSecond: number;
  /** Of the whole run, divided by the jobs: client and server share a process, and hence a core. */
  msEach: number;
  cpuMsEach: number;
  predictedMs: number;
}

/** Two stores with three writes each at 0.04 ms, ten messages written and parsed at 0.03 ms. */
const PREDICTED_MS = 0.54;

export async function benchDispatch(say: (line: string) => void, jobs: number): Promise<DispatchRow[]> {
  const rows: DispatchRow[] = [];
  // The first thousand take twice as long as the next: code that is not compiled yet.
  await run(4, 1_500);
  for (const slots of SLOTS) {
    const took = await run(slots, jobs);
    const [msEach, cpuMsEach] = [took.ms / jobs, took.cpuMs / jobs];
    const perSecond = Math.round(1_000 / msEach);
    rows.push({ slots, jobs, perSecond, msEach, cpuMsEach, predictedMs: PREDICTED_MS });
    say(`dispatch, ${slots} at once: ${rows.at(-1)?.perSecond} a second`);
  }
  return rows;
}

async function run(slots: number, jobs: number): Promise<{ ms: number; cpuMs: number }> {
  const [clock, random] = [systemClock, systemRandom];
  const { circuit } = requestFor('any');
  const script = () => ({ kind: 'prove', ms: 0 }) as const;
  const { parts } = await makeScriptedServer({ clock, random, circuit, slots, script });
  const http = createServer();
  const sockets = attachSockets(http, parts);
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  const { port } = http.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/ws`;
  const remote = makeRemoteBackend({ id: 'server', url, open: openWorkerSocket, clock, random });
  const store = createMemoryStore(clock, random);
  const scheduler = createScheduler({
    ...{ store, backends: [remote], verifier: scriptedVerifier, inputs: makeIdentity(), clock, random },
    policy: () => ({
      ...{ mode: 'automatic', withoutExpectation: 'stay' },
      ...{ permission: () => 'secrets', setAside: () => null },
    }),
  });
  let left = jobs;
  const done = new Promise<void>((resolve, reject) => {
    store.watch((event) => {
      if (event.type !== 'changed') return;
      if (event.job.state === 'failed') reject(new Error(event.job.error?.code));
      if (event.job.state === 'succeeded' && --left === 0) resolve();
    });
  });
  remote.start();
  await until(() => remote.status().phase === 'ready');
  for (let at = 0; at < jobs; at++) {
    await store.add({ ...requestFor(`job-${at}`), privacy: 'may-offload' });
  }
  const [beganMs, before] = [performance.now(), process.cpuUsage()];
  await scheduler.start();
  await done;
  const ms = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(before);
  await scheduler.stop();
  remote.close();
  await sockets.close();
  http.close();
  await parts.jobs.stop(0);
  return { ms, cpuMs: (user + system) / 1_000 };
}
