// `npm run bench -- offload`: what it costs to have a proof made by a worker server, or through a hub, beside the same
// proof in a process of our own, in turns within one run. What giving out alone costs: dispatch.ts.
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildServer } from '../../scripts/app-steps.ts';
import { projectFolder } from '../../scripts/steps.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import { RUNGS } from '../../src/core/job.ts';
import type { CircuitEntry, Manifest } from '../../src/core/manifest.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { makeRemoteBackend } from '../../src/remote/remote-backend.ts';
import { openWorkerSocket } from '../../worker-server/pool/open-socket.ts';
import { startChild } from '../../worker-server/proving/child.ts';
import { makeChildVerifier } from '../../worker-server/proving/child-verifier.ts';
import { makeThreadBackend } from '../../worker-server/proving/thread-backend.ts';
import { base } from '../circuits/attacks.ts';
import { builtCircuits } from '../helpers/app.ts';
import { inputOf, signals } from '../helpers/circuits-claims.ts';
import { registerAll } from '../helpers/rest-client.ts';
import { startWorkerServer, until } from '../helpers/worker-server.ts';

const WAYS = ['bare', 'bare, then verified', 'by a server', 'through a hub'] as const;
type Way = (typeof WAYS)[number];

export interface OffloadRow {
  way: Way;
  /** Median and 95th percentile, from input to proof. */
  ms: number;
  p95Ms: number;
  /** Medians of how many times as long and how much longer it took than the bare one of its round; null for that. */
  ratio: number | null;
  overMs: number | null;
  predictedOverMs: number | null;
  /** Of each round. */
  samplesMs: number[];
}

/** A verification by two verifiers takes a tenth of a second, and each server verifies once. Each hop passes some ten
 * messages on, at 0.2 ms each for parsing, sending and waking up. */
const VERIFY_MS = 100;
const HOP_MS = 2;
const PREDICTED_OVER_MS: Record<Way, number | null> = {
  bare: null,
  'bare, then verified': VERIFY_MS,
  'by a server': VERIFY_MS + HOP_MS,
  'through a hub': 2 * (VERIFY_MS + HOP_MS),
};

const MAX_BYTES = 4 * 2 ** 30;
const NOBODY = new AbortController().signal;

/** Null: the circuit has not been made. */
export async function benchOffload(circuit: string, rounds: number): Promise<OffloadRow[] | null> {
  const subject = subjectOf(circuit);
  if (subject === null) return null;
  await buildServer();
  const threads = Math.min(4, availableParallelism());
  const script = (name: string) => join(projectFolder, 'dist/server', `${name}.js`);
  const spawn = (name: string) => () => startChild({ script: script(name), maxBytes: MAX_BYTES });
  const bare = makeThreadBackend({
    ...{ circuitsFolder: builtCircuits, slots: 1, threads, spawn: spawn('prove-child') },
  });
  const verifier = makeChildVerifier(builtCircuits, spawn('verify-child'));
  const start = (...args: string[]) =>
    startWorkerServer({
      circuitsFolder: builtCircuits,
      args: ['--threads', String(threads), '--concurrency', '1', ...args],
      env: { LOG_LEVEL: 'warn' },
    });
  const [server, hub, worker] = await Promise.all([start(), start('--hub'), start()]);
  const remoteOf = ({ port }: { port: number }) =>
    makeRemoteBackend({
      ...{ id: `server:${port}`, url: `ws://127.0.0.1:${port}/ws`, open: openWorkerSocket },
      ...{ clock: systemClock, random: systemRandom },
    });
  const [byServer, byHub] = [remoteOf(server), remoteOf(hub)];
  const remotes = [byServer, byHub];
  try {
    await registerAll(hub, [worker], 1);
    for (const remote of remotes) remote.start();
    await until(() =>
      remotes.every((remote) => remote.status().phase === 'ready' && remote.capacity().slots > 0),
    );

    const prove = async (way: Way, { entry, input }: Subject): Promise<number> => {
      const backend = { 'by a server': byServer, 'through a hub': byHub, bare, 'bare, then verified': bare }[
        way
      ];
      const beganMs = performance.now();
      const result = await backend.prove(
        {
          ...{ jobId: 'bench', number: 1, circuit: entry, input, rung: RUNGS[0]!, deadlineMs: 600_000 },
          leaves: { secrets: true },
        },
        NOBODY,
        () => {},
      );
      const provedMs = performance.now();
      // Each is verified; only where the way says so it is counted.
      const request = { circuit: entry, result, expectedPublicSignals: null };
      if (!(await verifier.verify(request, NOBODY)).ok) throw new Error(`A proof made ${way} is wrong.`);
      return (way === 'bare, then verified' ? performance.now() : provedMs) - beganMs;
    };

    for (const way of WAYS) await prove(way, subject);
    const samples: Record<Way, number[]> = {
      ...{ bare: [], 'bare, then verified': [], 'by a server': [], 'through a hub': [] },
    };
    for (let round = 0; round < rounds; round++) {
      // Another one begins each round, so that none always meets what the one before it left behind.
      for (const [at] of WAYS.entries()) {
        const way = WAYS[(at + round) % WAYS.length]!;
        samples[way].push(await prove(way, subject));
      }
    }
    return WAYS.map((way) => rowOf(way, samples));
  } finally {
    for (const remote of remotes) remote.close();
    await Promise.all([bare.close(), verifier.close(), server.stop(), hub.stop(), worker.stop()]);
  }
}

interface Subject {
  entry: CircuitEntry;
  input: CircuitInput;
}

/** With as many records as fit. */
export function subjectOf(circuit: string): Subject | null {
  const manifest = join(builtCircuits, 'manifest.json');
  if (!existsSync(manifest)) return null;
  const { circuits } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  const entry = circuits.find(({ id }) => id === circuit);
  const size = entry?.capacity ?? null;
  if (entry === undefined || size === null) return null;
  const records = Array.from({ length: size }, (_, i) => ({
    weight: BigInt((i * 40_503) % 65_536),
    positive: BigInt((i * 7_919) % 10_000),
    negative: BigInt((i * 104_729) % 1_000),
    expiresAt: base.asOf + BigInt((i * 86_400) % 31_536_000),
  }));
  const values = Object.entries(signals(inputOf({ ...base, size, records })));
  const input = Object.fromEntries(
    values.map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]),
  );
  return { entry, input };
}

function rowOf(way: Way, samples: Record<Way, number[]>): OffloadRow {
  const own = samples[way];
  const over = own.map((ms, round) => ms - samples.bare[round]!);
  const times = own.map((ms, round) => ms / samples.bare[round]!);
  return {
    ...{ way, ms: median(own), p95Ms: quantile(own, 0.95), samplesMs: own },
    ratio: way === 'bare' ? null : median(times),
    overMs: way === 'bare' ? null : median(over),
    predictedOverMs: PREDICTED_OVER_MS[way],
  };
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
