// Circuits, cells and reports for the profiler's tests, made from times that a test chooses.
import type { CircuitEntry } from '../../../src/core/manifest.ts';
import { type ProfileReport, reportOf } from '../../../src/core/profiler/report.ts';
import type { Prover } from '../../../src/core/profiler/request.ts';
import type { MeasuredCell, ProfileRun } from '../../../src/core/profiler/samples.ts';

export function circuitOf(capacity: number | null, constraints = 1_000 * (capacity ?? 1)): CircuitEntry {
  const file = (name: string, digit: string) => ({ url: name, bytes: 1, sha256: digit.repeat(64) });
  const digit = ((capacity ?? 0) % 10).toString();
  return {
    id: capacity === null ? 'product' : `reputation-${capacity}`,
    capacity,
    constraints,
    domain: 2 ** Math.ceil(Math.log2(constraints + 1)),
    publicSignals: ['root'],
    setup: 'development',
    artifacts: { wasm: file('a.wasm', digit), zkey: file('a.zkey', digit), vkey: file('a.json', digit) },
  };
}

export function runOf(totalMs: number, part: Partial<ProfileRun> = {}): ProfileRun {
  return {
    ...{ round: 1, warmUp: false, first: false, atMs: 0, totalMs, prover: 'engine', threads: 1 },
    ...{ stagesMs: { witness: totalMs / 4, proving: (3 * totalMs) / 4 }, cpuMs: null, roundTripMs: null },
    ...part,
  };
}

export interface CellChoice {
  size?: number;
  prover?: Prover | null;
  threads?: number | null;
  server?: string;
  peakBytes?: number[];
  error?: MeasuredCell['error'];
}

/** A cell whose proofs took these times. */
export function cellOf(times: readonly number[], choice: CellChoice = {}): MeasuredCell {
  const { size = 16, prover = 'engine', threads = 1, server, peakBytes = [], error = null } = choice;
  const { id, artifacts, constraints, domain } = circuitOf(size);
  const place =
    server === undefined ? { kind: 'here' as const } : { kind: 'server' as const, id: 's1', name: server };
  const how = server === undefined ? { prover, threads } : { prover: null, threads: null };
  return {
    ...{
      id: JSON.stringify([size, server, how.prover, how.threads]),
      circuit: id,
      zkeySha256: artifacts.zkey.sha256,
    },
    ...{ constraints, domain, size, place, ...how, peakBytes, error },
    runs: times.map((ms) => runOf(ms)),
  };
}

export function reportWith(cells: MeasuredCell[], part: Partial<ProfileReport> = {}): ProfileReport {
  return reportOf({
    ...{
      format: 'gnomon/profile',
      version: 1,
      startedAtMs: 1_760_000_000_000,
      durationMs: 60_000,
      state: 'complete',
    },
    machine: {
      ...{ kind: 'host', runtime: 'Test 1.0', name: null, cores: 4, memoryBytes: 8e9, sharedMemory: true },
      ...{ memoryIs: 'process', cpuTold: true },
    },
    request: {
      ...{
        circuitTypes: ['optimized'],
        networkSizes: [16],
        provers: ['engine'],
        iterations: 3,
        warmupIterations: 1,
      },
      ...{ includeMemory: true, includeCPU: true },
    },
    skipped: [],
    interruptions: 0,
    ...part,
    cells,
  });
}
