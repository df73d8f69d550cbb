// Runs a plan: visit after visit, proof after proof, on whatever platform it is given. A combination that fails does not
// end the profile; other work goes first; a cancel ends what runs, and nothing is left when this settles.
import { type ErrorData, GnomonError, toErrorData } from '../errors.ts';
import type { Progress, Stage } from '../job.ts';
import type { Clock } from '../ports.ts';
import { makePace, type Pace } from './pace.ts';
import type { PlannedCell, ProfilePlan, Visit } from './plan.ts';
import { type ProfileReport, reportOf } from './report.ts';
import {
  type MachineFacts,
  type MeasuredCell,
  type ProfileRun,
  REPORT_FORMAT,
  REPORT_VERSION,
} from './samples.ts';

/** One proof, verified. Times are by the platform's own monotonic clock. */
export type Proved = Pick<
  ProfileRun,
  'totalMs' | 'stagesMs' | 'prover' | 'threads' | 'cpuMs' | 'roundTripMs'
>;

/** What proves one combination for the length of a visit: a worker, a child, a connection. */
export interface Bench {
  /** Rejects with a GnomonError; after an abort with one of group `cancelled`, and then nothing of it runs. */
  prove(signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Proved>;
  /** What `memoryIs` of the machine says, of this bench; null where the platform does not tell. Asked once, after the
   * last proof. */
  peakBytes(signal: AbortSignal): Promise<number | null>;
  /** Ends it; when this resolves nothing of it runs. */
  close(): Promise<void>;
}

export interface BenchOptions {
  includeMemory: boolean;
  includeCPU: boolean;
}

/** What the profiler needs of a page, a server or a command. */
export interface ProfilePlatform {
  clock: Clock;
  machine(): Promise<MachineFacts>;
  open(cell: PlannedCell, options: BenchOptions, signal: AbortSignal): Promise<Bench>;
  /** What else needs the machine now, in words ("a proof of yours is being made"); null: nothing. */
  busy(): string | null;
  watchBusy(listener: () => void): () => void;
}

export interface ProfileProgress {
  state: 'running' | 'waiting';
  /** While it waits. */
  waitingFor: string | null;
  /** Proofs made and in all, warm-ups included; what was interrupted is made again. */
  done: number;
  total: number;
  cell: string | null;
  warmUp: boolean;
  stage: Stage | null;
  /** 0…1 by expected time; never goes back. */
  fraction: number;
  elapsedMs: number;
  etaMs: number;
}

export interface RunOptions {
  signal: AbortSignal;
  onProgress?: (progress: ProfileProgress) => void;
}

/** A proof that takes this many times what was expected, or longer than two minutes if that is more, is given up. */
const LATE_FACTOR = 20;
const LATE_LEAST_MS = 120_000;

/** Resolves with the report also after a cancel: with what was measured until then. Rejects only when the platform
 * cannot say what it is. */
export async function runProfile(
  plan: ProfilePlan,
  platform: ProfilePlatform,
  { signal, onProgress }: RunOptions,
): Promise<ProfileReport> {
  const { clock } = platform;
  const startedAtMs = clock.nowMs();
  const startMs = clock.monotonicMs();
  const elapsedMs = () => clock.monotonicMs() - startMs;
  const cells = new Map(plan.cells.map((cell) => [cell.id, emptyCell(cell)]));
  const pace = makePace(plan);
  const state: RunState = { plan, platform, signal, pace, elapsedMs, cells, interruptions: 0, report };
  let fraction = 0;

  function report(part: Partial<ProfileProgress> & Pick<ProfileProgress, 'state'>): void {
    fraction = Math.max(fraction, pace.fraction());
    onProgress?.({
      waitingFor: null,
      cell: null,
      warmUp: false,
      stage: null,
      ...part,
      done: pace.done(),
      total: plan.runs,
      fraction,
      elapsedMs: elapsedMs(),
      etaMs: pace.etaMs(),
    });
  }

  const machine = await platform.machine();
  for (const visit of plan.visits) {
    if (signal.aborted) break;
    if (cells.get(visit.cell.id)?.error === null) await makeVisit(visit, state);
    else pace.skip(visit);
  }
  return reportOf({
    format: REPORT_FORMAT,
    version: REPORT_VERSION,
    startedAtMs,
    durationMs: elapsedMs(),
    state: signal.aborted ? 'cancelled' : 'complete',
    machine,
    request: plan.request,
    cells: [...cells.values()],
    skipped: plan.skipped,
    interruptions: state.interruptions,
  });
}

interface RunState {
  plan: ProfilePlan;
  platform: ProfilePlatform;
  signal: AbortSignal;
  pace: Pace;
  elapsedMs: () => number;
  cells: Map<string, MeasuredCell>;
  interruptions: number;
  report: (part: Partial<ProfileProgress> & Pick<ProfileProgress, 'state'>) => void;
}

/** Until its proofs are counted, it failed, or it was cancelled. Other work interrupts it; then it begins again with
 * its warm-ups and makes the proofs that are still missing. */
async function makeVisit(visit: Visit, state: RunState): Promise<void> {
  const { platform, signal, cells, pace, report } = state;
  const cell = cells.get(visit.cell.id)!;
  let missing = visit.counted;
  while (missing > 0 && !signal.aborted) {
    const waitingFor = platform.busy();
    if (waitingFor !== null) {
      report({ state: 'waiting', waitingFor });
      await untilFree(platform, signal);
      continue;
    }
    const turn = makeTurn(platform, signal);
    try {
      missing -= await makeProofs({ ...visit, counted: missing }, cell, turn.signal, state);
      return;
    } catch (thrown) {
      if (thrown instanceof Stopped) missing -= thrown.counted;
      if (signal.aborted) return;
      if (turn.signal.aborted) {
        state.interruptions++;
        continue;
      }
      cell.error = thrown instanceof Stopped ? thrown.error : toErrorData(thrown);
      pace.skip(visit);
      return;
    } finally {
      turn.end();
    }
  }
}

/** Says how many proofs counted before it ended. */
class Stopped {
  readonly counted: number;
  readonly error: ErrorData;
  constructor(counted: number, error: ErrorData) {
    this.counted = counted;
    this.error = error;
  }
}

async function makeProofs(
  { cell: planned, round, warmups, counted }: Visit,
  cell: MeasuredCell,
  signal: AbortSignal,
  { plan, platform, pace, elapsedMs, report }: RunState,
): Promise<number> {
  const { includeMemory, includeCPU } = plan.request;
  const bench = await platform.open(planned, { includeMemory, includeCPU }, signal);
  let made = 0;
  try {
    for (let at = 0; at < warmups + counted; at++) {
      const warmUp = at < warmups;
      const first = at === 0;
      const expectedMs = first ? planned.expectedFirstMs : planned.expectedMs;
      const atMs = elapsedMs();
      const say = (stage: Stage | null) => report({ state: 'running', cell: planned.id, warmUp, stage });
      say(null);
      const proved = await inTime(expectedMs, signal, platform.clock, (ending) =>
        bench.prove(ending, ({ stage }) => say(stage)),
      );
      cell.runs.push({ round, warmUp, first, atMs, ...proved });
      pace.made(planned.id, first, warmUp, proved.totalMs);
      if (!warmUp) made++;
    }
    const peak = includeMemory ? await bench.peakBytes(signal) : null;
    if (peak !== null) cell.peakBytes.push(Math.round(peak));
    return made;
  } catch (thrown) {
    throw new Stopped(made, toErrorData(thrown));
  } finally {
    await bench.close();
  }
}

/** A proof that never ends would keep the profile for ever. */
async function inTime<T>(
  expectedMs: number,
  signal: AbortSignal,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const onAbort = () => ending.abort();
  let late = false;
  const unset = clock.setTimer(Math.max(LATE_LEAST_MS, LATE_FACTOR * expectedMs), () => {
    late = true;
    ending.abort();
  });
  signal.addEventListener('abort', onAbort);
  try {
    if (signal.aborted) ending.abort();
    return await work(ending.signal);
  } catch (thrown) {
    throw late && !signal.aborted ? tooLate() : thrown;
  } finally {
    unset();
    signal.removeEventListener('abort', onAbort);
  }
}

/** A signal that aborts when the profile is cancelled or the machine is needed. */
function makeTurn(platform: ProfilePlatform, signal: AbortSignal): { signal: AbortSignal; end(): void } {
  const turn = new AbortController();
  const look = () => {
    if (signal.aborted || platform.busy() !== null) turn.abort();
  };
  const unwatch = platform.watchBusy(look);
  signal.addEventListener('abort', look);
  look();
  return {
    signal: turn.signal,
    end() {
      unwatch();
      signal.removeEventListener('abort', look);
    },
  };
}

function untilFree(platform: ProfilePlatform, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!signal.aborted && platform.busy() !== null) return;
      unwatch();
      signal.removeEventListener('abort', look);
      resolve();
    };
    const unwatch = platform.watchBusy(look);
    signal.addEventListener('abort', look);
    look();
  });
}

function emptyCell({ id, circuit, size, place, prover, threads }: PlannedCell): MeasuredCell {
  const { constraints, domain, artifacts } = circuit;
  return {
    ...{ id, circuit: circuit.id, zkeySha256: artifacts.zkey.sha256, constraints, domain },
    ...{ size, place, prover, threads, runs: [], peakBytes: [], error: null },
  };
}

function tooLate(): GnomonError {
  return new GnomonError('resource.deadline', 'A proof took far longer than expected and was given up.', {
    nextStep: 'Measure it on a machine that does nothing else, or leave it out.',
  });
}
