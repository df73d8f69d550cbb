// Attempts added up: how many, how they ended, how long whole and stages took, with percentiles from sketches. Sums
// merge in any order, so that old records can be folded into one of each day, circuit, backend and outcome.
import * as v from 'valibot';
import { STAGES, type Stage } from '../job.ts';
import { type AttemptOutcomeName, type AttemptRecord, OUTCOMES } from './attempt-record.ts';
import { Sketch, SketchSchema } from './sketch.ts';

/** Percentiles are within RELATIVE_ERROR; the others exact. */
export interface Durations {
  count: number;
  averageMs: number;
  minMs: number;
  maxMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface MetricsSummary {
  attempts: number;
  outcomes: Record<AttemptOutcomeName, number>;
  /** Succeeded out of those that succeeded, failed or stalled; null before the first. */
  successRate: number | null;
  /** Of attempts that succeeded, from their start to their end; null before the first. */
  whole: Durations | null;
  /** Of attempts that succeeded. */
  stages: Record<Stage, Durations | null>;
  /** Of all attempts: how long they waited. */
  queue: Durations | null;
  /** Error code and how often, most often first. */
  failures: { code: string; count: number }[];
  /** Attempts whose files were on the device already, out of those where that is known. */
  cache: { hits: number; known: number };
  memory: { known: number; medianBytes: number; maxBytes: number } | null;
  /** How well durations were predicted; null before the first prediction could be checked. */
  prediction: { checked: number; within: number; medianError: number } | null;
}

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Plain data, for storage. */
export const TotalsSchema = v.object({
  attempts: Count,
  outcomes: v.object(v.entriesFromList(OUTCOMES, Count)),
  whole: SketchSchema,
  stages: v.object(v.entriesFromList(STAGES, SketchSchema)),
  queue: SketchSchema,
  failures: v.record(v.string(), Count),
  cacheHits: Count,
  cacheKnown: Count,
  memory: SketchSchema,
  within: Count,
  /** |actual − predicted| ÷ actual, of each prediction that could be checked. */
  errors: SketchSchema,
});
export type TotalsData = v.InferOutput<typeof TotalsSchema>;

export class Totals {
  #attempts = 0;
  readonly #outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Record<
    AttemptOutcomeName,
    number
  >;
  #whole = new Sketch();
  #stages = Object.fromEntries(STAGES.map((stage) => [stage, new Sketch()])) as Record<Stage, Sketch>;
  #queue = new Sketch();
  readonly #failures = new Map<string, number>();
  #cacheHits = 0;
  #cacheKnown = 0;
  #memory = new Sketch();
  #within = 0;
  #errors = new Sketch();

  static of(records: Iterable<AttemptRecord>): Totals {
    const totals = new Totals();
    for (const record of records) totals.add(record);
    return totals;
  }

  static from(data: TotalsData): Totals {
    const totals = new Totals();
    totals.#attempts = data.attempts;
    Object.assign(totals.#outcomes, data.outcomes);
    totals.#whole = Sketch.from(data.whole);
    for (const stage of STAGES) totals.#stages[stage] = Sketch.from(data.stages[stage]);
    totals.#queue = Sketch.from(data.queue);
    for (const [code, count] of Object.entries(data.failures)) totals.#failures.set(code, count);
    totals.#cacheHits = data.cacheHits;
    totals.#cacheKnown = data.cacheKnown;
    totals.#memory = Sketch.from(data.memory);
    totals.#within = data.within;
    totals.#errors = Sketch.from(data.errors);
    return totals;
  }

  get attempts(): number {
    return this.#attempts;
  }

  add(record: AttemptRecord): void {
    this.#attempts++;
    this.#outcomes[record.outcome]++;
    this.#queue.add(record.queueMs);
    if (record.outcome === 'succeeded') {
      this.#whole.add(record.totalMs);
      for (const stage of STAGES) {
        const ms = record.stagesMs[stage];
        if (ms !== undefined) this.#stages[stage].add(ms);
      }
      this.#checkPrediction(record);
    }
    if (record.errorCode !== null) this.#countFailures(record.errorCode, 1);
    if (record.fromCache !== null) {
      this.#cacheKnown++;
      if (record.fromCache) this.#cacheHits++;
    }
    if (record.peakMemoryBytes !== null) this.#memory.add(record.peakMemoryBytes);
  }

  merge(other: Totals): void {
    this.#attempts += other.#attempts;
    for (const name of OUTCOMES) this.#outcomes[name] += other.#outcomes[name];
    this.#whole.merge(other.#whole);
    for (const stage of STAGES) this.#stages[stage].merge(other.#stages[stage]);
    this.#queue.merge(other.#queue);
    for (const [code, count] of [...other.#failures]) this.#countFailures(code, count);
    this.#cacheHits += other.#cacheHits;
    this.#cacheKnown += other.#cacheKnown;
    this.#memory.merge(other.#memory);
    this.#within += other.#within;
    this.#errors.merge(other.#errors);
  }

  summary(): MetricsSummary {
    const { succeeded, failed, stalled } = this.#outcomes;
    const ended = succeeded + failed + stalled;
    const { count: known, max: maxBytes } = this.#memory;
    const medianBytes = this.#memory.quantile(0.5);
    const medianError = this.#errors.quantile(0.5);
    return {
      attempts: this.#attempts,
      outcomes: { ...this.#outcomes },
      successRate: ended === 0 ? null : succeeded / ended,
      whole: durationsOf(this.#whole),
      stages: Object.fromEntries(
        STAGES.map((stage) => [stage, durationsOf(this.#stages[stage])]),
      ) as MetricsSummary['stages'],
      queue: durationsOf(this.#queue),
      failures: [...this.#failures]
        .map(([code, count]) => ({ code, count }))
        .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
      cache: { hits: this.#cacheHits, known: this.#cacheKnown },
      memory: medianBytes === null || maxBytes === null ? null : { known, medianBytes, maxBytes },
      prediction:
        medianError === null ? null : { checked: this.#errors.count, within: this.#within, medianError },
    };
  }

  toData(): TotalsData {
    return {
      attempts: this.#attempts,
      outcomes: { ...this.#outcomes },
      whole: this.#whole.toData(),
      stages: Object.fromEntries(
        STAGES.map((stage) => [stage, this.#stages[stage].toData()]),
      ) as TotalsData['stages'],
      queue: this.#queue.toData(),
      failures: Object.fromEntries(this.#failures),
      cacheHits: this.#cacheHits,
      cacheKnown: this.#cacheKnown,
      memory: this.#memory.toData(),
      within: this.#within,
      errors: this.#errors.toData(),
    };
  }

  #checkPrediction({ proveMs, predictedMs, predictedLowMs, predictedHighMs }: AttemptRecord): void {
    if (proveMs === null || proveMs === 0 || predictedMs === null) return;
    this.#errors.add(Math.abs(proveMs - predictedMs) / proveMs);
    const inside = proveMs >= (predictedLowMs ?? predictedMs) && proveMs <= (predictedHighMs ?? predictedMs);
    if (inside) this.#within++;
  }

  #countFailures(code: string, count: number): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + count);
  }
}

/** Null while it is empty. */
export function durationsOf(sketch: Sketch): Durations | null {
  const { mean, min, max } = sketch;
  if (mean === null || min === null || max === null) return null;
  return {
    count: sketch.count,
    averageMs: mean,
    minMs: min,
    maxMs: max,
    p50Ms: sketch.quantile(0.5) ?? min,
    p95Ms: sketch.quantile(0.95) ?? max,
    p99Ms: sketch.quantile(0.99) ?? max,
  };
}
