// What the routes under /api/metrics answer, as schemas: /openapi.json is made from them.
import * as v from 'valibot';
import { STAGES } from '../../src/core/job.ts';
import { AttemptRecordSchema, OUTCOMES } from '../../src/core/metrics/attempt-record.ts';
import { TotalsSchema } from '../../src/core/metrics/summary.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const ms = v.pipe(v.number(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const PredictionSchema = v.object({
  circuitType: v.string(),
  /** The circuit that would be taken. */
  circuit: v.string(),
  networkSize: v.nullable(count),
  predictions: v.array(
    v.object({
      backendId: v.string(),
      label: v.string(),
      /** Null: nothing is known of this place yet. */
      ms: v.nullable(ms),
      /** Nine of ten lie within. */
      lowMs: v.nullable(ms),
      highMs: v.nullable(ms),
      /** How many runs it rests on. */
      runs: count,
      basis: v.picklist(['measured', 'scaled', 'calibrated', 'assumed', 'unknown']),
      words: v.nullable(v.string()),
    }),
  ),
});

const Durations = v.nullable(
  v.object({ count, averageMs: ms, minMs: ms, maxMs: ms, p50Ms: ms, p95Ms: ms, p99Ms: ms }),
);

export const BenchmarksSchema = v.object({
  circuitType: v.string(),
  benchmarks: v.array(
    v.object({
      circuit: v.string(),
      backendId: v.string(),
      label: v.string(),
      attempts: count,
      outcomes: v.object(v.entriesFromList(OUTCOMES, count)),
      successRate: v.nullable(share),
      whole: Durations,
      stages: v.object(v.entriesFromList(STAGES, Durations)),
      queue: Durations,
      failures: v.array(v.object({ code: v.string(), count })),
      cache: v.object({ hits: count, known: count }),
      memory: v.nullable(v.object({ known: count, medianBytes: v.number(), maxBytes: v.number() })),
      prediction: v.nullable(v.object({ checked: count, within: count, medianError: v.number() })),
    }),
  ),
});

export const MetricsExportSchema = v.object({
  format: v.literal('gnomon-metrics'),
  version: v.literal(1),
  exportedAtMs: v.number(),
  records: v.array(AttemptRecordSchema),
  /** Sums of attempts that are not kept one by one any more. */
  days: v.array(
    v.object({
      dayMs: v.number(),
      circuitId: v.string(),
      backendId: v.string(),
      kind: v.picklist(['local', 'thread', 'remote']),
      label: v.string(),
      outcome: v.picklist(OUTCOMES),
      totals: TotalsSchema,
    }),
  ),
});
