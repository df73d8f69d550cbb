// How long a proof takes on each backend, from measured runs: of this very circuit, else of another one of
// the same backend, scaled by size. Never from what a server says of itself alone.
import type { AssumedSpeed } from './assumed-speed.ts';
import { type Job, proverOf, type Rung, STAGES, type Stage } from './job.ts';
import type { CircuitEntry } from './manifest.ts';
import type { AttemptRecord } from './metrics/attempt-record.ts';
import { medianOf } from './metrics/statistics.ts';
import { createSpread, type Spread } from './spread.ts';
import type { Ratios, StageTimes } from './time-left.ts';
import {
  assumedMs,
  createUsualTimes,
  type Readiness,
  type Run,
  sizeRatio,
  type UsualTimes,
} from './usual-times.ts';

export interface Expectation {
  /** Milliseconds for witness and proof. */
  ms: number;
  /** Nine of ten runs end between these; `ms` lies between them too. */
  lowMs: number;
  highMs: number;
  /** How many runs it rests on; 0 when it is assumed. */
  runs: number;
  /** `measured`: of this circuit; `scaled`: from another circuit; `calibrated`: from a short measurement of this
   * device; `assumed`: from a reference device. */
  basis: 'measured' | 'scaled' | 'calibrated' | 'assumed';
}

/** How far a run may lie from the point. */
export function ratiosOf({ ms, lowMs, highMs }: Expectation): Ratios {
  return ms > 0 ? { low: lowMs / ms, high: highMs / ms } : { low: 1, high: 1 };
}

/** What a prediction needs to know of a circuit. */
export type SizedCircuit = Pick<CircuitEntry, 'constraints'> & {
  artifacts: { zkey: Pick<CircuitEntry['artifacts']['zkey'], 'sha256'> };
};

/** What a record of an attempt teaches. */
export type TaughtBy = Pick<
  AttemptRecord,
  | 'backendId'
  | 'kind'
  | 'rung'
  | 'proveMs'
  | 'outcome'
  | 'constraints'
  | 'zkeySha256'
  | 'stagesMs'
  | 'endedAtMs'
>;

export interface Estimates {
  /** Null: nothing is known. `rung` is left out for backends that choose for themselves. */
  expect(backendId: string, rung: Rung | null, circuit: SizedCircuit): Expectation | null;
  /** The stages of such a run, in milliseconds: measured, scaled, or in the proportions of a reference machine. Witness
   * and proof take together what is expected of them. */
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
  /** Takes over what saved jobs tell, oldest first. `choosesRung`: of backends that choose for themselves, as those do
   * that are not here any more. */
  learn(jobs: readonly Job[], choosesRung: (backendId: string) => boolean): void;
  /** Takes over what was recorded of attempts, here or in another tab, oldest first. */
  learnRecords(records: readonly TaughtBy[]): void;
  /** The provers have just started, so that none has a key at hand: what was learnt is of others before them. */
  startAnew(): void;
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

/** The median of the last few stages is not moved by one run beside a video call. */
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
 * is off by what else the device does; a scaled one also by what sizes do not say; a calibrated one
 * by what arithmetic does not say; an assumed one by the device. */
const FIRST_SPREADS: Record<Expectation['basis'], { low: number; high: number }> = {
  measured: { low: 0.75, high: 1.5 },
  scaled: { low: 0.5, high: 2 },
  calibrated: { low: 0.5, high: 3 },
  assumed: { low: 0.4, high: 6 },
};

/** What is expected of a backend's first proof. */
export function assume(
  speed: AssumedSpeed,
  rung: Rung,
  { constraints }: Pick<CircuitEntry, 'constraints'>,
): Expectation {
  const run = { constraints, keepsKey: keepsKey(rung), readiness: 'starting' } as const;
  const ms = assumedMs(speed.msPerConstraint, run);
  const basis = speed.calibrated ? 'calibrated' : 'assumed';
  return { ms, ...createSpread(FIRST_SPREADS[basis]).around(ms), runs: 0, basis };
}

/** What is known of one circuit's stages with one prover. */
interface KnownStages {
  constraints: number;
  runs: Partial<StageTimes>[];
}

/** The last proof of a backend. */
interface Latest {
  rung: Rung | null;
  key: string;
  endedAtMs: number;
  /** How many proofs in a row, up to it, were with this key. */
  inARow: number;
}

/** A remote's keys are others' business too. */
const keepsKey = (rung: Rung | null): boolean => rung !== null && proverOf(rung) === 'engine';

/** `assumed` is what a backend is taken for before its first run; null makes it unknown. */
export function createEstimates(
  assumed: (backendId: string, rung: Rung | null) => AssumedSpeed | null = () => null,
  warmth: Warmth = ALWAYS_WARM,
): Estimates {
  const latest = new Map<string, Latest>();
  const times = new Map<string, UsualTimes>();
  const stages = new Map<string, Map<string, KnownStages>>();
  const spreads = new Map<string, Spread>();
  const nameOf = (backendId: string, rung: Rung | null) => `${backendId} ${rung ?? ''}`;

  function timesOf(backendId: string): UsualTimes {
    const known = times.get(backendId) ?? createUsualTimes();
    times.set(backendId, known);
    return known;
  }

  /** What is off by how much is a matter of the backend and of where the point came from, not of the circuit. */
  function spreadOf(backendId: string, rung: Rung | null, basis: Expectation['basis']): Spread {
    const key = `${nameOf(backendId, rung)} ${basis}`;
    const spread = spreads.get(key) ?? createSpread(FIRST_SPREADS[basis]);
    spreads.set(key, spread);
    return spread;
  }

  /** Of a run that starts then. */
  function readinessOf(backendId: string, rung: Rung | null, key: string, startMs: number): Readiness {
    const last = latest.get(backendId);
    if (!keepsKey(rung)) return 'warm';
    if (last === undefined || last.rung !== rung || startMs - last.endedAtMs >= warmth.keptMs) {
      return 'starting';
    }
    if (last.key !== key) return 'loading';
    return last.inARow === 1 ? 'settling' : 'warm';
  }

  function runOf(backendId: string, rung: Rung | null, circuit: SizedCircuit, startMs: number): Run {
    const { constraints, artifacts } = circuit;
    const key = artifacts.zkey.sha256;
    return {
      group: rung ?? '',
      keepsKey: keepsKey(rung),
      key,
      constraints,
      readiness: readinessOf(backendId, rung, key, startMs),
      nowMs: startMs,
    };
  }

  function point(
    backendId: string,
    rung: Rung | null,
    circuit: SizedCircuit,
    startMs: number,
  ): Pick<Expectation, 'ms' | 'runs' | 'basis'> | null {
    const known = timesOf(backendId).point(runOf(backendId, rung, circuit, startMs));
    if (known !== null) return { ms: known.ms, runs: known.runs, basis: known.own ? 'measured' : 'scaled' };
    const speed = assumed(backendId, rung);
    if (speed === null) return null;
    const ms = assumedMs(speed.msPerConstraint, runOf(backendId, rung, circuit, startMs));
    return { ms, runs: 0, basis: speed.calibrated ? 'calibrated' : 'assumed' };
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
    const startMs = endedAtMs - ms;
    const run = runOf(backendId, rung, circuit, startMs);
    const before = point(backendId, rung, circuit, startMs);
    if (before !== null && before.ms > 0) spreadOf(backendId, rung, before.basis).learn(before.ms, ms);
    timesOf(backendId).learn(run, ms);
    const last = latest.get(backendId);
    const again = run.readiness === 'settling' || run.readiness === 'warm';
    const inARow = again ? (last?.inARow ?? 0) + 1 : 1;
    latest.set(backendId, { rung, key: run.key, endedAtMs, inARow });
    const name = nameOf(backendId, rung);
    const circuits = stages.get(name) ?? new Map<string, KnownStages>();
    stages.set(name, circuits);
    const runs = circuits.get(run.key)?.runs ?? [];
    circuits.set(run.key, {
      constraints: circuit.constraints,
      runs: [...runs, stagesMs ?? {}].slice(-KEPT_RUNS),
    });
  }

  /** Of this circuit, else of the one nearest in size. */
  function stagesFor(backendId: string, rung: Rung | null, { constraints, artifacts }: SizedCircuit) {
    const circuits = stages.get(nameOf(backendId, rung));
    const own = circuits?.get(artifacts.zkey.sha256);
    if (own !== undefined) return { runs: own.runs, ratio: 1 };
    const distance = (known: KnownStages) => Math.abs(Math.log(sizeRatio(known.constraints, constraints)));
    const [nearest] = [...(circuits?.values() ?? [])].sort((a, b) => distance(a) - distance(b));
    return nearest && { runs: nearest.runs, ratio: sizeRatio(constraints, nearest.constraints) };
  }

  return {
    record,
    expect(backendId, rung, circuit) {
      const at = point(backendId, rung, circuit, warmth.nowMs());
      return at === null ? null : { ...at, ...spreadOf(backendId, rung, at.basis).around(at.ms) };
    },
    stages(backendId, rung, circuit) {
      const found = stagesFor(backendId, rung, circuit);
      const at = point(backendId, rung, circuit, warmth.nowMs());
      const usual = STAGES.map((stage): [Stage, number] => {
        const measured = found?.runs.flatMap((run) => run[stage] ?? []) ?? [];
        const grown = stage === 'verifying' ? 1 : (found?.ratio ?? 1);
        const reference = REFERENCE_MS[stage] + REFERENCE_MS_PER_CONSTRAINT[stage] * circuit.constraints;
        return [stage, measured.length > 0 ? medianOf(measured) * grown : reference];
      });
      const all = Object.fromEntries(usual) as StageTimes;
      const sumMs = all.witness + all.proving;
      // What is said before and what is said under way must not differ.
      const factor = at === null || sumMs === 0 ? 1 : at.ms / sumMs;
      return { ...all, witness: factor * all.witness, proving: factor * all.proving };
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
    startAnew: () => latest.clear(),
    forget() {
      times.clear();
      stages.clear();
      latest.clear();
      spreads.clear();
    },
    learn(jobs, choosesRung) {
      for (const { state, result, circuit, attempts } of jobs) {
        const attempt = attempts.at(-1);
        if (state !== 'succeeded' || result === null || attempt === undefined) continue;
        const { backendId, startedAtMs, endedAtMs } = attempt;
        const { witness = 0, proving = 0, verifying = 0 } = result.timingsMs;
        const away = choosesRung(backendId);
        // A remote's own word for its times is not taken: from start to end, by this machine's clock.
        const ms = away ? (endedAtMs ?? startedAtMs) - startedAtMs - verifying : witness + proving;
        const rung = away ? null : attempt.rung;
        record(backendId, rung, circuit, ms, result.timingsMs, endedAtMs ?? startedAtMs);
      }
    },
  };
}
