// How long a proof takes on each backend, from measured runs: of this very circuit, else of another one of
// the same backend, scaled by size. Never from what a server says of itself alone.
import { type Job, type Rung, STAGES, type Stage } from './job.ts';
import type { CircuitEntry } from './manifest.ts';
import type { AttemptRecord } from './metrics/attempt-record.ts';
import { medianOf } from './metrics/statistics.ts';
import { createSpread, type Spread } from './spread.ts';
import type { StageTimes } from './time-left.ts';

export interface Expectation {
  /** Milliseconds for witness and proof. */
  ms: number;
  /** Nine of ten runs end between these; `ms` lies between them too. */
  lowMs: number;
  highMs: number;
  /** How many runs it rests on; 0 when it is assumed. */
  runs: number;
  /** `measured`: of this circuit; `scaled`: from another circuit; `assumed`: from a reference device. */
  basis: 'measured' | 'scaled' | 'assumed';
}

/** What a prediction needs to know of a circuit. */
export type SizedCircuit = Pick<CircuitEntry, 'constraints'> & {
  artifacts: { zkey: Pick<CircuitEntry['artifacts']['zkey'], 'sha256'> };
};

export interface Estimates {
  /** Null: nothing is known. `rung` is left out for backends that choose for themselves. */
  expect(backendId: string, rung: Rung | null, circuit: SizedCircuit): Expectation | null;
  /** The stages of such a run, in milliseconds: measured, scaled, or those of a reference machine. */
  stages(backendId: string, rung: Rung | null, circuit: SizedCircuit): StageTimes;
  /** `ms`: witness and proof. */
  record(
    backendId: string,
    rung: Rung | null,
    circuit: SizedCircuit,
    ms: number,
    stagesMs?: Partial<StageTimes>,
    endedAtMs?: number,
  ): void;
  /** Takes over what saved jobs tell, oldest first. */
  learn(jobs: readonly Job[]): void;
  /** Takes over what was recorded of attempts, here or in another tab, oldest first. */
  learnRecords(records: readonly AttemptRecord[]): void;
  /** As if nothing had ever run. */
  forget(): void;
}

/** Provers keep the last key for a while; a proof with another one first has to load and convert it, which takes as long
 * as a small proof. */
export interface Warmth {
  nowMs: () => number;
  /** For how long after a proof its key is kept. */
  keptMs: number;
}
const ALWAYS_WARM: Warmth = { nowMs: () => 0, keptMs: Number.POSITIVE_INFINITY };
/** Of those with the key at hand, or without: twice as many lists, so that each follows the device more closely. */
const KEPT_ALIKE = 5;

/** The median of the last few is not moved by one run beside a video call. */
const KEPT_RUNS = 7;

/** snarkjs on one thread of the 2-core reference machine (engine.md), the circuit being on the device already. */
const REFERENCE_MS: StageTimes = { artifacts: 300, witness: 100, proving: 1_000, verifying: 200 };
const REFERENCE_MS_PER_CONSTRAINT: StageTimes = {
  artifacts: 0.02,
  witness: 0.02,
  proving: 0.23,
  verifying: 0,
};

/** Actual ÷ predicted of nine in ten proofs before there are enough here to tell: a median of the same circuit's runs
 * is off by what else the device does; a scaled one also by what sizes do not say; an assumed one by the device. */
const FIRST_SPREADS: Record<Expectation['basis'], { low: number; high: number }> = {
  measured: { low: 0.75, high: 1.5 },
  scaled: { low: 0.5, high: 2 },
  assumed: { low: 0.4, high: 6 },
};

/** What is expected of a circuit at a speed that was not measured here. */
export function assume(
  msPerConstraint: number,
  { constraints }: Pick<CircuitEntry, 'constraints'>,
): Expectation {
  const ms = msPerConstraint * constraints;
  return { ms, ...createSpread(FIRST_SPREADS.assumed).around(ms), runs: 0, basis: 'assumed' };
}

interface Runs {
  constraints: number;
  /** Of all, while `ms` keeps the last few. */
  count: number;
  ms: number[];
  /** The same, apart by whether the key was at hand. */
  warmMs: number[];
  coldMs: number[];
  stagesMs: Partial<StageTimes>[];
}

/** `assumedMsPerConstraint` is what a backend is taken for before its first run; null makes it unknown. */
export function createEstimates(
  assumedMsPerConstraint: (backendId: string, rung: Rung | null) => number | null = () => null,
  warmth: Warmth = ALWAYS_WARM,
): Estimates {
  /** The last proof of each backend. */
  const latest = new Map<string, { name: string; endedAtMs: number }>();
  const byBackend = new Map<string, Map<string, Runs>>();
  const spreads = new Map<string, Spread>();
  const keyOf = (backendId: string, rung: Rung | null) => `${backendId} ${rung ?? ''}`;

  /** What is off by how much is a matter of the backend and of where the point came from, not of the circuit. */
  function spreadOf(backendId: string, rung: Rung | null, basis: Expectation['basis']): Spread {
    const key = `${keyOf(backendId, rung)} ${basis}`;
    const spread = spreads.get(key) ?? createSpread(FIRST_SPREADS[basis]);
    spreads.set(key, spread);
    return spread;
  }

  const nameOf = (rung: Rung | null, circuit: SizedCircuit) => `${rung} ${circuit.artifacts.zkey.sha256}`;

  /** Whether the key is at hand for a proof that starts then. */
  function isWarm(backendId: string, rung: Rung | null, circuit: SizedCircuit, startMs: number): boolean {
    const last = latest.get(backendId);
    return last?.name === nameOf(rung, circuit) && startMs - last.endedAtMs < warmth.keptMs;
  }

  function record(
    backendId: string,
    rung: Rung | null,
    circuit: SizedCircuit,
    ms: number,
    stagesMs?: Partial<StageTimes>,
    endedAtMs = warmth.nowMs(),
  ): void {
    if (!Number.isFinite(ms) || ms <= 0) return;
    const warm = isWarm(backendId, rung, circuit, endedAtMs - ms);
    latest.set(backendId, { name: nameOf(rung, circuit), endedAtMs });
    const before = point(backendId, rung, circuit, warm);
    if (before !== null && before.ms > 0) spreadOf(backendId, rung, before.basis).learn(before.ms, ms);
    const key = keyOf(backendId, rung);
    const circuits = byBackend.get(key) ?? new Map<string, Runs>();
    byBackend.set(key, circuits);
    const digest = circuit.artifacts.zkey.sha256;
    const runs = circuits.get(digest);
    circuits.set(digest, {
      constraints: circuit.constraints,
      count: (runs?.count ?? 0) + 1,
      ms: [...(runs?.ms ?? []), ms].slice(-KEPT_RUNS),
      warmMs: [...(runs?.warmMs ?? []), ...(warm ? [ms] : [])].slice(-KEPT_ALIKE),
      coldMs: [...(runs?.coldMs ?? []), ...(warm ? [] : [ms])].slice(-KEPT_ALIKE),
      stagesMs: [...(runs?.stagesMs ?? []), stagesMs ?? {}].slice(-KEPT_RUNS),
    });
  }

  /** Runs of this circuit, else of the one nearest in size. */
  function runsFor(
    backendId: string,
    rung: Rung | null,
    circuit: SizedCircuit,
  ): { runs: Runs; ratio: number; own: boolean } | null {
    const circuits = byBackend.get(keyOf(backendId, rung));
    const own = circuits?.get(circuit.artifacts.zkey.sha256);
    if (own !== undefined) return { runs: own, ratio: 1, own: true };
    const distance = ({ constraints }: Runs) =>
      Math.abs(Math.log((constraints + 1) / (circuit.constraints + 1)));
    const nearest = [...(circuits?.values() ?? [])].sort((a, b) => distance(a) - distance(b))[0];
    if (nearest === undefined) return null;
    return { runs: nearest, ratio: (circuit.constraints + 1) / (nearest.constraints + 1), own: false };
  }

  function point(
    backendId: string,
    rung: Rung | null,
    circuit: SizedCircuit,
    warm: boolean,
  ): Pick<Expectation, 'ms' | 'runs' | 'basis'> | null {
    const found = runsFor(backendId, rung, circuit);
    if (found !== null) {
      const { runs, ratio, own } = found;
      // A remote's keys are others' business too.
      const alike = rung === null ? [] : warm ? runs.warmMs : runs.coldMs;
      return {
        ms: medianOf(alike.length > 0 ? alike : runs.ms) * ratio,
        runs: runs.count,
        basis: own ? 'measured' : 'scaled',
      };
    }
    const assumed = assumedMsPerConstraint(backendId, rung);
    return assumed === null ? null : { ms: assumed * circuit.constraints, runs: 0, basis: 'assumed' };
  }

  return {
    record,
    expect(backendId, rung, circuit) {
      const at = point(backendId, rung, circuit, isWarm(backendId, rung, circuit, warmth.nowMs()));
      return at === null ? null : { ...at, ...spreadOf(backendId, rung, at.basis).around(at.ms) };
    },
    stages(backendId, rung, circuit) {
      const found = runsFor(backendId, rung, circuit);
      const times = STAGES.map((stage): [Stage, number] => {
        const measured = found?.runs.stagesMs.flatMap((run) => run[stage] ?? []) ?? [];
        const grown = stage === 'verifying' ? 1 : (found?.ratio ?? 1);
        const reference = REFERENCE_MS[stage] + REFERENCE_MS_PER_CONSTRAINT[stage] * circuit.constraints;
        return [stage, measured.length > 0 ? medianOf(measured) * grown : reference];
      });
      return Object.fromEntries(times) as StageTimes;
    },
    learnRecords(records) {
      for (const {
        backendId,
        kind,
        rung,
        proveMs,
        outcome,
        constraints,
        zkeySha256,
        stagesMs,
        endedAtMs,
      } of records) {
        if (outcome !== 'succeeded' || proveMs === null) continue;
        const circuit = { constraints, artifacts: { zkey: { sha256: zkeySha256 } } };
        record(backendId, kind === 'remote' ? null : rung, circuit, proveMs, stagesMs, endedAtMs);
      }
    },
    forget() {
      byBackend.clear();
      latest.clear();
      spreads.clear();
    },
    learn(jobs) {
      for (const job of jobs) {
        const attempt = job.attempts.at(-1);
        if (job.state !== 'succeeded' || job.result === null || attempt === undefined) continue;
        const { timingsMs } = job.result;
        const { witness = 0, proving = 0, verifying = 0 } = timingsMs;
        record(attempt.backendId, attempt.rung, job.circuit, witness + proving, timingsMs);
        // Whether that backend is a remote, which chooses its rung itself, is not known any more. A remote's own
        // word for its times is not taken: from start to end, by this machine's clock.
        const awayMs = (attempt.endedAtMs ?? attempt.startedAtMs) - attempt.startedAtMs - verifying;
        record(attempt.backendId, null, job.circuit, awayMs, timingsMs);
      }
    },
  };
}
