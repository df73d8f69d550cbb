// What a fleet of one gateway and one prover adds to a real proof, beside one worker server alone: in turns, both with
// the same threads, each idle while the other proves.
import { availableParallelism } from 'node:os';
import { buildServer } from '../../scripts/app-steps.ts';
import { RUNGS } from '../../src/core/job.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { makeRemoteBackend } from '../../src/remote/remote-backend.ts';
import { openWorkerSocket } from '../../worker-server/pool/open-socket.ts';
import { builtCircuits } from '../helpers/app.ts';
import { startFleet } from '../helpers/fleet.ts';
import { startWorkerServer, until } from '../helpers/worker-server.ts';
import { medianOf } from './median.ts';
import { subjectOf } from './offload.ts';

export interface FleetOverheadRow {
  circuit: string;
  /** Medians, from input to proof. */
  serverMs: number;
  fleetMs: number;
  /** Median of how much longer the fleet took than the server in the same round. */
  overMs: number;
  predictedOverMs: number;
  samplesMs: { server: number; fleet: number }[];
}

/** The gateway verifies once more (0.1 s); some 40 calls of the queue and four messages through it, at 0.3 ms each. */
const PREDICTED_OVER_MS = 115;

/** Null: the circuit has not been made. */
export async function benchOverhead(circuit: string, rounds: number): Promise<FleetOverheadRow | null> {
  const subject = subjectOf(circuit);
  if (subject === null) return null;
  await buildServer();
  const args = ['--threads', String(Math.min(4, availableParallelism())), '--concurrency', '1'];
  const fleet = await startFleet(builtCircuits);
  const [alone, gateway] = await Promise.all([
    startWorkerServer({ circuitsFolder: builtCircuits, args, env: { LOG_LEVEL: 'warn' } }),
    fleet.start('gateway'),
    fleet.start('prover', args),
  ]);
  const remoteOf = ({ port }: { port: number }) =>
    makeRemoteBackend({
      ...{ id: `server:${port}`, url: `ws://127.0.0.1:${port}/ws`, open: openWorkerSocket },
      ...{ clock: systemClock, random: systemRandom },
    });
  const [byServer, byFleet] = [remoteOf(alone), remoteOf(gateway)];
  const remotes = [byServer, byFleet];
  try {
    for (const remote of remotes) remote.start();
    await until(() => remotes.every((remote) => remote.capacity().slots > 0), 60_000);
    const prove = async (remote: typeof byServer): Promise<number> => {
      const { entry, input } = subject;
      const beganMs = performance.now();
      await remote.prove(
        {
          ...{ jobId: 'bench', number: 1, circuit: entry, input, rung: RUNGS[0]!, deadlineMs: 600_000 },
          leaves: { secrets: true },
        },
        new AbortController().signal,
        () => {},
      );
      return performance.now() - beganMs;
    };
    // The first ones read the files.
    for (const remote of remotes) for (let time = 0; time < 2; time++) await prove(remote);
    const samplesMs: FleetOverheadRow['samplesMs'] = [];
    for (let round = 0; round < rounds; round++) {
      const took = new Map<unknown, number>();
      for (const remote of round % 2 === 0 ? remotes : [...remotes].reverse()) {
        took.set(remote, await prove(remote));
      }
      samplesMs.push({ server: took.get(byServer)!, fleet: took.get(byFleet)! });
    }
    return {
      ...{ circuit, samplesMs, predictedOverMs: PREDICTED_OVER_MS },
      serverMs: median(samplesMs.map(({ server }) => server)),
      fleetMs: median(samplesMs.map(({ fleet: own }) => own)),
      overMs: median(samplesMs.map(({ server, fleet: own }) => own - server)),
    };
  } finally {
    for (const remote of remotes) remote.close();
    await alone.stop();
    await fleet.stop();
  }
}

function median(values: number[]): number {
  return medianOf(values) ?? 0;
}
