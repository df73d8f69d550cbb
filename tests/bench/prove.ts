// `npm run bench -- prove`: whole proofs by the engine and by snarkjs from the same zkey and witness, in turns, in
// Chromium and in Node, every one verified. The first proof of each prover in its page or process is the cold one.
import { groth16 } from 'snarkjs';
import { buildKernels } from '../../scripts/kernels.ts';
import { TIER_SHAPES } from '../../src/prover/engine/kernels/scratch.ts';
import type { TierName } from '../../src/prover/engine/tiers.ts';
import { readProvingKey } from '../../src/prover/engine/zkey.ts';
import { medianOf, middleRun } from './median.ts';
import { type Prediction, predict, type Weight } from './predict.ts';
import { type Measurement, openPlace, type Place, type Session } from './prove-places.ts';
import { type Subject, subject } from './prove-subjects.ts';
import type { ProverChoice } from './provers.ts';

export interface ProveRow {
  prover: string;
  /** Of the engine: the one that ran. */
  tier: TierName | null;
  /** Asked for. */
  threads: number;
  /** Of the engine: those that proved. Private memories bound them. */
  ranThreads?: number | null;
  /** Medians. */
  coldMs: number;
  /** Of coldMs, the key's conversion and the threads' start. */
  keyMs: number | null;
  warmMs: number;
  /** Of warmMs, likewise. */
  warmKeyMs?: number | null;
  warmCpuMs: number | null;
  predictedMs: number | null;
  /** snarkjs asked for as many threads, divided by this. */
  ratio: number;
  cpuRatio: number | null;
  peakBytes: number | null;
  /** The peak before the first proof: page or process with the files loaded. */
  baseBytes: number | null;
  /** Threads' time by kind of task in a middle warm proof. */
  stagesMs: Record<string, number> | null;
  /** Every warm time. */
  samplesMs: number[];
}

export interface ProvePart {
  circuit: string;
  domain: number;
  place: Place;
  weight: Weight;
  rounds: number;
  coldRounds: number;
  verified: number;
  rows: ProveRow[];
}

export interface ProveOptions {
  circuit: string;
  place: Place;
  rounds: number;
  coldRounds: number;
}

interface Contestant {
  name: string;
  threads: number;
  choice: ProverChoice;
  /** Of the browser. */
  flags?: string[];
}

/** Tiers as the engine has them, so that a new one is measured without a word here. */
const TIERS = Object.keys(TIER_SHAPES) as TierName[];
/** What a browser must be told for a tier that it does not offer by itself; Node 20 has no such flag. */
const FLAGS: Partial<Record<TierName, string>> = { wide: '--js-flags=--wasm-wide-arithmetic' };

function contestants(place: Place): Contestant[] {
  const engine = (
    name: string,
    options: { threads: number; tier?: TierName; sharedMemory?: boolean },
  ): Contestant => ({ name, threads: options.threads, choice: { prover: 'engine', options } });
  const tiers = TIERS.filter((tier) => place === 'Chromium' || FLAGS[tier] === undefined);
  const shared = place === 'Chromium, not isolated' ? [] : tiers;
  return [
    ...shared.map((tier) => {
      const flag = FLAGS[tier];
      return {
        ...engine(`engine, ${tier}`, { threads: 2, tier }),
        ...(flag !== undefined && { flags: [flag] }),
      };
    }),
    ...(place === 'Chromium'
      ? []
      : [engine('engine, private memories', { threads: 2, sharedMemory: false })]),
    engine('engine', { threads: 1 }),
    { name: 'snarkjs', threads: 2, choice: { prover: 'snarkjs', singleThread: false } },
    { name: 'snarkjs', threads: 1, choice: { prover: 'snarkjs', singleThread: true } },
  ];
}

/** One circuit in one place. Null when the circuit's files are not there. */
export async function benchProve(
  options: ProveOptions,
  say: (line: string) => void,
): Promise<ProvePart | null> {
  await buildKernels();
  const found = await subject(options.circuit);
  if (found === null) return null;
  const { place, rounds, coldRounds } = options;
  const provers = contestants(place);
  say(`${found.circuit} in ${place}: ${provers.length} provers in turns, ${rounds} warm rounds`);
  const runs = await inTurns(found, place, provers, rounds, coldRounds, say);
  const prediction = predict(found.zkey, found.wtns);
  return {
    circuit: found.circuit,
    domain: readProvingKey(found.zkey).domain,
    place,
    weight: prediction.weight,
    rounds,
    coldRounds,
    verified: runs.reduce((sum, { cold, warm }) => sum + cold.length + warm.length, 0),
    rows: rowsOf(provers, runs, place, prediction),
  };
}

interface Runs {
  baseBytes: number | null;
  cold: Measurement[];
  warm: Measurement[];
}

/** A session for each prover stays open; the warm rounds go through all of them in turn. */
async function inTurns(
  found: Subject,
  place: Place,
  provers: Contestant[],
  rounds: number,
  coldRounds: number,
  say: (line: string) => void,
): Promise<Runs[]> {
  const opened = await openPlace(place, found);
  const runs = provers.map((): Runs => ({ baseBytes: null, cold: [], warm: [] }));
  const sessions: Session[] = [];
  const prove = async (session: Session, { choice, name }: Contestant): Promise<Measurement> => {
    const run = await session.prove(choice);
    if (!(await groth16.verify(found.vkey, run.publicSignals, run.proof))) {
      throw new Error(`${name} made a proof that does not verify.`);
    }
    return run;
  };
  try {
    for (const [i, prover] of provers.entries()) {
      for (let again = 1; again < coldRounds; again++) {
        const session = await opened.open(prover.choice.prover, prover.flags);
        runs[i]!.cold.push(await prove(session, prover).finally(() => session.close()));
      }
      sessions[i] = await opened.open(prover.choice.prover, prover.flags);
      runs[i]!.baseBytes = sessions[i]!.baseBytes;
      runs[i]!.cold.push(await prove(sessions[i]!, prover));
    }
    for (let round = 0; round < rounds; round++) {
      for (const [i, prover] of provers.entries()) {
        runs[i]!.warm.push(await prove(sessions[i]!, prover));
      }
      say(`  round ${round + 1}: ${runs.map(({ warm }) => Math.round(warm.at(-1)!.ms)).join(', ')} ms`);
    }
  } finally {
    for (const session of sessions) await session.close();
    await opened.close();
  }
  return runs;
}

function rowsOf(provers: Contestant[], runs: Runs[], place: Place, prediction: Prediction): ProveRow[] {
  const facts = provers.map(({ name, threads }, i) => {
    const { cold, warm, baseBytes } = runs[i]!;
    const typical = middleRun(warm);
    return {
      prover: name,
      tier: typical.timings?.tier ?? null,
      threads,
      ranThreads: typical.timings?.threads ?? null,
      coldMs: medianOf(cold.map(({ ms }) => ms))!,
      keyMs: medianOf(cold.map(({ timings }) => timings?.keyMs ?? null)),
      warmMs: medianOf(warm.map(({ ms }) => ms))!,
      warmKeyMs: medianOf(warm.map(({ timings }) => timings?.keyMs ?? null)),
      warmCpuMs: medianOf(warm.map(({ cpuMs }) => cpuMs)),
      // Later figures hold what came before in the same session.
      peakBytes: warm.at(-1)!.peakBytes,
      baseBytes,
      stagesMs: typical.timings?.stagesMs ?? null,
      samplesMs: warm.map(({ ms }) => Math.round(ms)),
    };
  });
  return facts.map((fact) => {
    const peer = facts.find(({ prover, threads }) => prover === 'snarkjs' && threads === fact.threads)!;
    const { tier, threads, ranThreads } = fact;
    const where = place === 'Node' ? 'Node' : 'Chromium';
    return {
      ...fact,
      predictedMs: tier === null ? null : prediction.ms(where, tier, ranThreads ?? threads),
      ratio: peer.warmMs / fact.warmMs,
      cpuRatio: peer.warmCpuMs === null || fact.warmCpuMs === null ? null : peer.warmCpuMs / fact.warmCpuMs,
    };
  });
}
