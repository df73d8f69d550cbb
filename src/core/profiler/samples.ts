// What was measured: every proof of every combination, as it is kept and read again, and the figures that follow
// from the proofs of one combination.
import * as v from 'valibot';
import { STAGES, type Stage } from '../job.ts';
import { type Statistics, statisticsOf } from '../metrics/statistics.ts';
import { PROVERS, ProfileRequestSchema } from './request.ts';

export const REPORT_FORMAT = 'gnomon/profile';
export const REPORT_VERSION = 1;

const Ms = v.pipe(v.number(), v.finite(), v.minValue(0));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Text = v.pipe(v.string(), v.maxLength(300));

const ErrorDataSchema = v.object({
  group: v.picklist([
    'input',
    'circuit',
    'artifact',
    'witness',
    'resource',
    'backend',
    'network',
    'protocol',
    'cancelled',
    'internal',
  ]),
  code: Text,
  message: v.pipe(v.string(), v.maxLength(2_000)),
  nextStep: v.pipe(v.string(), v.maxLength(2_000)),
  where: v.optional(v.pipe(v.string(), v.maxLength(2_000))),
  retryable: v.boolean(),
  cause: v.optional(Text),
});

export const RunSchema = v.object({
  round: Count,
  /** Does not count. */
  warmUp: v.boolean(),
  /** The first of its visit: loads and prepares the circuit's files as well. */
  first: v.boolean(),
  /** Since the profile began. */
  atMs: Ms,
  /** From asking for the proof to having it, by our own clock; a server's way there and back included. */
  totalMs: Ms,
  stagesMs: v.partial(v.object(v.entriesFromList(STAGES, Ms))),
  /** As the prover says; null where a server does not tell. */
  prover: v.nullable(Text),
  threads: v.nullable(Count),
  /** Processor time of the process that proved; null where the platform does not tell. */
  cpuMs: v.nullable(Ms),
  /** A message there and back, of a server. */
  roundTripMs: v.nullable(Ms),
});
export type ProfileRun = v.InferOutput<typeof RunSchema>;

export const CellSchema = v.object({
  id: Text,
  circuit: Text,
  zkeySha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  constraints: Count,
  domain: Count,
  size: v.nullable(Count),
  place: v.variant('kind', [
    v.object({ kind: v.literal('here') }),
    v.object({ kind: v.literal('server'), id: Text, name: Text }),
  ]),
  /** Null: the server chooses. */
  prover: v.nullable(v.picklist(PROVERS)),
  threads: v.nullable(Count),
  runs: v.pipe(v.array(RunSchema), v.maxLength(20_000)),
  /** Of each visit, what `memoryIs` says; none where the platform does not tell. */
  peakBytes: v.pipe(v.array(Count), v.maxLength(1_000)),
  /** Why it was given up; the proofs before stay. */
  error: v.nullable(ErrorDataSchema),
});
export type MeasuredCell = v.InferOutput<typeof CellSchema>;

export const MachineSchema = v.object({
  kind: v.picklist(['browser', 'server', 'command line', 'host']),
  /** e.g. the browser's name and version, or Node's. */
  runtime: Text,
  /** What the person called it; null: nothing. */
  name: v.nullable(Text),
  cores: Count,
  memoryBytes: v.nullable(Count),
  /** Threads share one memory. */
  sharedMemory: v.nullable(v.boolean()),
  /** What `peakBytes` is here: what the page held after proving, or the most that the proving process held. */
  memoryIs: v.nullable(v.picklist(['page', 'process'])),
  cpuTold: v.boolean(),
});
export type MachineFacts = v.InferOutput<typeof MachineSchema>;

export const SamplesSchema = v.object({
  format: v.literal(REPORT_FORMAT),
  version: v.literal(REPORT_VERSION),
  /** When it began, milliseconds since 1970. */
  startedAtMs: Ms,
  durationMs: Ms,
  state: v.picklist(['complete', 'cancelled']),
  machine: MachineSchema,
  request: ProfileRequestSchema,
  cells: v.pipe(v.array(CellSchema), v.maxLength(1_000)),
  skipped: v.pipe(v.array(v.object({ what: Text, why: Text })), v.maxLength(1_000)),
  /** How often it gave way to other work; what was disturbed was measured again. */
  interruptions: Count,
});
/** What was measured, before anything is computed from it. */
export type ProfileSamples = v.InferOutput<typeof SamplesSchema>;

/** Null: no proof of that kind was made, or the platform does not tell. */
export interface CellFigures {
  /** Of the proofs that count: the time from asking to having the proof. */
  totalMs: Statistics | null;
  /** Of the first proof of each visit. */
  firstMs: Statistics | null;
  /** Mean of each stage of the proofs that count. */
  stagesMs: Partial<Record<Stage, number>>;
  cpuMs: Statistics | null;
  /** Processor time over time, of the same proofs: how many cores worked. Only of those with the threads asked for. */
  coresUsed: number | null;
  peakBytes: number | null;
  roundTripMs: Statistics | null;
}

export type ReportCell = MeasuredCell & { figures: CellFigures };

export function figuresOf({
  runs,
  peakBytes,
  threads,
}: Pick<MeasuredCell, 'runs' | 'peakBytes' | 'threads'>): CellFigures {
  const counted = runs.filter(({ warmUp }) => !warmUp);
  const stages = STAGES.flatMap((stage): [Stage, number][] => {
    const mean = statisticsOf(counted.flatMap(({ stagesMs }) => stagesMs[stage] ?? []))?.mean;
    return mean === undefined ? [] : [[stage, mean]];
  });
  const totalMs = statisticsOf(counted.map((run) => run.totalMs));
  const cpuMs = statisticsOf(counted.flatMap((run) => run.cpuMs ?? []));
  return {
    totalMs,
    firstMs: statisticsOf(runs.filter(({ first }) => first).map((run) => run.totalMs)),
    stagesMs: Object.fromEntries(stages),
    cpuMs,
    coresUsed: coresUsedBy(counted.filter((run) => run.threads === threads)),
    peakBytes: peakBytes.length === 0 ? null : Math.max(...peakBytes),
    roundTripMs: statisticsOf(counted.flatMap((run) => run.roundTripMs ?? [])),
  };
}

/** A proof that does not tell its processor time counts in neither. */
function coresUsedBy(runs: readonly ProfileRun[]): number | null {
  const told = runs.flatMap(({ cpuMs, totalMs }) => (cpuMs === null ? [] : [{ cpuMs, totalMs }]));
  const spentMs = told.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  const passedMs = told.reduce((sum, { totalMs }) => sum + totalMs, 0);
  return passedMs === 0 ? null : spentMs / passedMs;
}
