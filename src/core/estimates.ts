// How long a proof takes on each backend, from measured runs: of this very circuit, else of another one of
// the same backend, scaled by size. Never from what a server says of itself alone.
import { type Job, type Rung, STAGES, type Stage } from './job.ts';
import type { CircuitEntry } from './manifest.ts';
import type { StageTimes } from './time-left.ts';

export interface Expectation {
  /** Milliseconds for witness and proof. */
  ms: number;
  /** `measured`: of this circuit; `scaled`: from another circuit; `assumed`: from a reference device. */
  basis: 'measured' | 'scaled' | 'assumed';
}

export interface Estimates {
  /** Null: nothing is known. `rung` is left out for backends that choose for themselves. */
  expect(backendId: string, rung: Rung | null, circuit: CircuitEntry): Expectation | null;
  /** The stages of such a run, in milliseconds: measured, scaled, or those of a reference machine. */
  stages(backendId: string, rung: Rung | null, circuit: CircuitEntry): StageTimes;
  /** `ms`: witness and proof. */
  record(
    backendId: string,
    rung: Rung | null,
    circuit: CircuitEntry,
    ms: number,
    stagesMs?: Partial<StageTimes>,
  ): void;
  /** Takes over what saved jobs tell, oldest first. */
  learn(jobs: readonly Job[]): void;
}

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

interface Runs {
  constraints: number;
  ms: number[];
  stagesMs: Partial<StageTimes>[];
}

/** `assumedMsPerConstraint` is what a backend is taken for before its first run; null makes it unknown. */
export function createEstimates(
  assumedMsPerConstraint: (backendId: string, rung: Rung | null) => number | null = () => null,
): Estimates {
  const byBackend = new Map<string, Map<string, Runs>>();
  const keyOf = (backendId: string, rung: Rung | null) => `${backendId} ${rung ?? ''}`;

  function record(
    backendId: string,
    rung: Rung | null,
    circuit: CircuitEntry,
    ms: number,
    stagesMs?: Partial<StageTimes>,
  ): void {
    if (!Number.isFinite(ms) || ms <= 0) return;
    const key = keyOf(backendId, rung);
    const circuits = byBackend.get(key) ?? new Map<string, Runs>();
    byBackend.set(key, circuits);
    const digest = circuit.artifacts.zkey.sha256;
    const before = circuits.get(digest);
    circuits.set(digest, {
      constraints: circuit.constraints,
      ms: [...(before?.ms ?? []), ms].slice(-KEPT_RUNS),
      stagesMs: [...(before?.stagesMs ?? []), stagesMs ?? {}].slice(-KEPT_RUNS),
    });
  }

  /** Runs of this circuit, else of the one nearest in size. */
  function runsFor(
    backendId: string,
    rung: Rung | null,
    circuit: CircuitEntry,
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

  return {
    record,
    expect(backendId, rung, circuit) {
      const found = runsFor(backendId, rung, circuit);
      if (found !== null) {
        const { runs, ratio, own } = found;
        return { ms: median(runs.ms) * ratio, basis: own ? 'measured' : 'scaled' };
      }
      const assumed = assumedMsPerConstraint(backendId, rung);
      return assumed === null ? null : { ms: assumed * circuit.constraints, basis: 'assumed' };
    },
    stages(backendId, rung, circuit) {
      const found = runsFor(backendId, rung, circuit);
      const times = STAGES.map((stage): [Stage, number] => {
        const measured = found?.runs.stagesMs.flatMap((run) => run[stage] ?? []) ?? [];
        const grown = stage === 'verifying' ? 1 : (found?.ratio ?? 1);
        const reference = REFERENCE_MS[stage] + REFERENCE_MS_PER_CONSTRAINT[stage] * circuit.constraints;
        return [stage, measured.length > 0 ? median(measured) * grown : reference];
      });
      return Object.fromEntries(times) as StageTimes;
    },
    learn(jobs) {
      for (const job of jobs) {
        const attempt = job.attempts.at(-1);
        if (job.state !== 'succeeded' || job.result === null || attempt === undefined) continue;
        const { witness = 0, proving = 0 } = job.result.timingsMs;
        // Whether that backend chooses its rung itself is not known any more.
        for (const rung of [attempt.rung, null])
          record(attempt.backendId, rung, job.circuit, witness + proving, job.result.timingsMs);
      }
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
