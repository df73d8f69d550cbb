// A profile's figures as CSV, one line for each combination; the single proofs are in the JSON.
import { toCsv } from '../csv.ts';
import { STAGES } from '../job.ts';
import type { Statistics } from '../metrics/statistics.ts';
import type { ProfileReport } from './report.ts';
import type { ReportCell } from './samples.ts';

const MEASURES = ['count', 'mean', 'min', 'max', 'p50', 'p95', 'p99', 'standardDeviation'] as const;

const measures = (name: string): [string, (statistics: Statistics | null) => number | string][] =>
  MEASURES.map((measure) => [`${name}_${measure}`, (statistics) => statistics?.[measure] ?? '']);

const COLUMNS: readonly [string, (cell: ReportCell) => string | number][] = [
  ['circuit', ({ circuit }) => circuit],
  ['constraints', ({ constraints }) => constraints],
  ['attestations', ({ size }) => size ?? ''],
  ['place', ({ place }) => (place.kind === 'here' ? 'here' : place.name)],
  ['prover', ({ prover }) => prover ?? ''],
  ['threads', ({ threads }) => threads ?? ''],
  ...measures('total_ms').map(([name, read]): [string, (cell: ReportCell) => string | number] => [
    name,
    ({ figures }) => read(figures.totalMs),
  ]),
  ['first_ms_mean', ({ figures }) => figures.firstMs?.mean ?? ''],
  ...STAGES.map((stage): [string, (cell: ReportCell) => string | number] => [
    `${stage}_ms_mean`,
    ({ figures }) => figures.stagesMs[stage] ?? '',
  ]),
  ['round_trip_ms_mean', ({ figures }) => figures.roundTripMs?.mean ?? ''],
  ['cpu_ms_mean', ({ figures }) => figures.cpuMs?.mean ?? ''],
  ['cores_used', ({ figures }) => figures.coresUsed ?? ''],
  ['peak_bytes', ({ figures }) => figures.peakBytes ?? ''],
  ['error', ({ error }) => error?.code ?? ''],
];

export function profileCsv({ cells }: Pick<ProfileReport, 'cells'>): string {
  return toCsv(
    COLUMNS.map(([name]) => name),
    cells.map((cell) => COLUMNS.map(([, read]) => read(cell))),
  );
}
