// Records of attempts as files: JSON with everything, CSV with one line for each attempt that is kept by itself.
import { toCsv } from '../csv.ts';
import { STAGES } from '../job.ts';
import type { AttemptRecord } from './attempt-record.ts';
import type { History } from './history.ts';

export function metricsJson({ records, days }: History, nowMs: number) {
  return {
    format: 'gnomon-metrics',
    version: 1,
    exportedAtMs: nowMs,
    records,
    days: days.map(({ totals, ...day }) => ({ ...day, totals: totals.toData() })),
  };
}

type Field = (record: AttemptRecord) => string | number | boolean | null | undefined;

const COLUMNS: readonly [heading: string, field: Field][] = [
  ['ended', ({ endedAtMs }) => new Date(endedAtMs).toISOString()],
  ['circuit', ({ circuitId }) => circuitId],
  ['zkeySha256', ({ zkeySha256 }) => zkeySha256],
  ['constraints', ({ constraints }) => constraints],
  ['domain', ({ domain }) => domain],
  ['zkeyBytes', ({ zkeyBytes }) => zkeyBytes],
  ['inputValues', ({ inputValues }) => inputValues],
  ['backendId', ({ backendId }) => backendId],
  ['place', ({ kind }) => kind],
  ['label', ({ label }) => label],
  ['rung', ({ rung }) => rung],
  ['tier', ({ tier }) => tier],
  ['threads', ({ threads }) => threads],
  ['attempt', ({ number }) => number],
  ['outcome', ({ outcome }) => outcome],
  ['errorCode', ({ errorCode }) => errorCode],
  ['queueMs', ({ queueMs }) => queueMs],
  ...STAGES.map((stage): [string, Field] => [`${stage}Ms`, ({ stagesMs }) => stagesMs[stage]]),
  ['totalMs', ({ totalMs }) => totalMs],
  ['proveMs', ({ proveMs }) => proveMs],
  ['predictedMs', ({ predictedMs }) => predictedMs],
  ['predictedLowMs', ({ predictedLowMs }) => predictedLowMs],
  ['predictedHighMs', ({ predictedHighMs }) => predictedHighMs],
  // A page can be asked only after the proof, which is no peak.
  ['peakMemoryBytes', ({ kind, peakMemoryBytes }) => (kind === 'local' ? null : peakMemoryBytes)],
  ['memoryAfterBytes', ({ kind, peakMemoryBytes }) => (kind === 'local' ? peakMemoryBytes : null)],
  ['fromCache', ({ fromCache }) => fromCache],
];

export function metricsCsv(records: readonly AttemptRecord[]): string {
  const rows = records.map((record) =>
    COLUMNS.map(([, field]) => {
      const value = field(record) ?? '';
      return typeof value === 'boolean' ? String(value) : value;
    }),
  );
  return toCsv(
    COLUMNS.map(([heading]) => heading),
    rows,
  );
}
