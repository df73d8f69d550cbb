// How long a proof takes on each backend, from measured runs: of this very circuit, else of another one of
// the same backend, scaled by size. Never from what a server says of itself alone.
import type { Job, Rung } from './job.ts';
import type { CircuitEntry } from './manifest.ts';

export interface Expectation {
  /** Milliseconds for witness and proof. */
  ms: number;
  /** `measured`: of this circuit; `scaled`: from another circuit; `assumed`: from a reference device. */
  basis: 'measured' | 'scaled' | 'assumed';
}

export interface Estimates {
  /** Null: nothing is known. `rung` is left out for backends that choose for themselves. */
  expect(backendId: string, rung: Rung | null, circuit: CircuitEntry): Expectation | null;
  record(backendId: string, rung: Rung | null, circuit: CircuitEntry, ms: number): void;
  /** Takes over what saved jobs tell, oldest first. */
  learn(jobs: readonly Job[]): void;
}

/** The median of the last few is not moved by one run beside a video call. */
const KEPT_RUNS = 7;

interface Runs {
  constraints: number;
  ms: number[];
}

/** `assumedMsPerConstraint` is what a backend is taken for before its first run; null makes it unknown. */
export function createEstimates(
  assumedMsPerConstraint: (backendId: string, rung: Rung | null) => number | null = () => null,
): Estimates {
  const byBackend = new Map<string, Map<string, Runs>>();
  const keyOf = (backendId: string, rung: Rung | null) => `${backendId} ${rung ?? ''}`;

  function record(backendId: string, rung: Rung | null, circuit: CircuitEntry, ms: number): void {
    if (!Number.isFinite(ms) || ms <= 0) return;
    const key = keyOf(backendId, rung);
    const circuits = byBackend.get(key) ?? new Map<string, Runs>();
    byBackend.set(key, circuits);
    const digest = circuit.artifacts.zkey.sha256;
    const before = circuits.get(digest)?.ms ?? [];
    circuits.set(digest, { constraints: circuit.constraints, ms: [...before, ms].slice(-KEPT_RUNS) });
  }

  return {
    record,
    expect(backendId, rung, circuit) {
      const circuits = byBackend.get(keyOf(backendId, rung));
      const own = circuits?.get(circuit.artifacts.zkey.sha256);
      if (own !== undefined) return { ms: median(own.ms), basis: 'measured' };
      const distance = ({ constraints }: Runs) =>
        Math.abs(Math.log((constraints + 1) / (circuit.constraints + 1)));
      const nearest = [...(circuits?.values() ?? [])].sort((a, b) => distance(a) - distance(b))[0];
      if (nearest !== undefined) {
        const ratio = (circuit.constraints + 1) / (nearest.constraints + 1);
        return { ms: median(nearest.ms) * ratio, basis: 'scaled' };
      }
      const assumed = assumedMsPerConstraint(backendId, rung);
      return assumed === null ? null : { ms: assumed * circuit.constraints, basis: 'assumed' };
    },
    learn(jobs) {
      for (const job of jobs) {
        const attempt = job.attempts.at(-1);
        if (job.state !== 'succeeded' || job.result === null || attempt === undefined) continue;
        const { witness = 0, proving = 0 } = job.result.timingsMs;
        // Whether that backend chooses its rung itself is not known any more.
        for (const rung of [attempt.rung, null])
          record(attempt.backendId, rung, job.circuit, witness + proving);
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
