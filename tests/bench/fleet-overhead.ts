// What a fleet of one gateway and one prover adds to a real proof, beside one worker server alone: in turns, both with
// the same threads, each idle while the other proves. Once with public signals that the client expects, and once without:
// then the gateway works them out.
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
  /** The same of jobs that do not say what their proofs must show; left out by runs that did not measure that. */
  untoldOverMs?: number;
  predictedUntoldMs?: number;
  samplesMs: Record<Way, number>[];
}

type Way = 'server' | 'fleet' | 'untold';
const WAYS: Way[] = ['server', 'fleet', 'untold'];

/** The gateway verifies once more (0.1 s); some 40 calls of the queue and four messages through it, at 0.3 ms each. */
const PREDICTED_OVER_MS = 115;
/** A witness takes some 8 µs a constraint, of the two cores that prove meanwhile: half of that in time. */
const UNTOLD_MS_PER_CONSTRAINT = 0.004;

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
    const prove = async (remote: typeof byServer, expectedPublicSignals?: string[]) => {
      const { entry, input } = subject;
      const beganMs = performance.now();
      const { publicSignals } = await remote.prove(
        {
          ...{ jobId: 'bench', number: 1, circuit: entry, input, rung: RUNGS[0]!, deadlineMs: 600_000 },
          ...(expectedPublicSignals && { expectedPublicSignals }),
          leaves: { secrets: true },
        },
        new AbortController().signal,
        () => {},
      );
      return { ms: performance.now() - beganMs, publicSignals };
    };
    // The first ones read the files.
    for (const remote of remotes) await prove(remote);
    const { publicSignals } = await prove(byServer);
    const by: Record<Way, () => ReturnType<typeof prove>> = {
      server: () => prove(byServer, publicSignals),
      fleet: () => prove(byFleet, publicSignals),
      untold: () => prove(byFleet),
    };
    for (const way of WAYS) await by[way]();
    const samplesMs: FleetOverheadRow['samplesMs'] = [];
    for (let round = 0; round < rounds; round++) {
      const took = { server: 0, fleet: 0, untold: 0 };
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) took[way] = (await by[way]()).ms;
      samplesMs.push(took);
    }
    return {
      ...{ circuit, samplesMs, predictedOverMs: PREDICTED_OVER_MS },
      predictedUntoldMs: PREDICTED_OVER_MS + UNTOLD_MS_PER_CONSTRAINT * subject.entry.constraints,
      serverMs: median(samplesMs.map(({ server }) => server)),
      fleetMs: median(samplesMs.map(({ fleet: own }) => own)),
      overMs: median(samplesMs.map(({ server, fleet: own }) => own - server)),
      untoldOverMs: median(samplesMs.map(({ server, untold }) => untold - server)),
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
