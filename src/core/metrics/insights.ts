// Attempts as pictures show them: sums over even spans of time, by place and by circuit. Fed a few at a time, so that
// a page with ten thousand of them stays smooth.
import type { AttemptRecord } from './attempt-record.ts';
import { type Day, type History, type MetricsFilter, matches, matchesDay } from './history.ts';
import { type MetricsSummary, Totals } from './summary.ts';

/** As much work as some attempts: a span's percentiles. */
const ATTEMPTS_PER_SPAN = 25;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More spans than this are not told apart on a phone. */
const MOST_SPANS = 64;
/** Spans that people have a word for. */
const SPANS_MS = [
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
  28 * DAY_MS,
  91 * DAY_MS,
  364 * DAY_MS,
];

export interface Place {
  backendId: string;
  label: string;
  kind: AttemptRecord['kind'];
  summary: MetricsSummary;
}

export interface Insights {
  spanMs: number;
  /** One entry for each span, also where nothing happened. */
  spans: { fromMs: number; summary: MetricsSummary }[];
  whole: MetricsSummary;
  /** Most attempts first. */
  places: Place[];
  circuits: { circuitId: string; summary: MetricsSummary }[];
}

export interface InsightsBuilder {
  /** Takes in some more; false: that was all. */
  step(count: number): boolean;
  /** After that. */
  insights(): Insights;
}

export function spanFor(fromMs: number, toMs: number): number {
  return SPANS_MS.find((spanMs) => (toMs - fromMs) / spanMs <= MOST_SPANS) ?? (SPANS_MS.at(-1) as number);
}

/** `filter.fromMs` left out: from the first attempt on. `toMs` is the end of the picture. */
export function createInsights(history: History, filter: MetricsFilter & { toMs: number }): InsightsBuilder {
  const fromMs = filter.fromMs ?? firstMs(history, filter.toMs);
  const spanMs = spanFor(fromMs, filter.toMs);
  const startMs = Math.floor(fromMs / spanMs) * spanMs;
  const spans = Array.from(
    { length: Math.max(1, Math.ceil((filter.toMs + 1 - startMs) / spanMs)) },
    () => new Totals(),
  );
  const whole = new Totals();
  const places = new Map<string, Omit<Place, 'summary'> & { totals: Totals }>();
  const circuits = new Map<string, Totals>();
  const parts: readonly (AttemptRecord | Day)[] = [...history.days, ...history.records];
  let next = 0;
  const summed: Insights['spans'] = [];

  function add(part: AttemptRecord | Day): void {
    const isDay = 'totals' in part;
    if (isDay ? !matchesDay(filter, part) : !matches(filter, part)) return;
    const atMs = isDay ? Math.max(part.dayMs, startMs) : part.endedAtMs;
    const place = places.get(part.backendId) ?? {
      backendId: part.backendId,
      label: part.label,
      kind: part.kind,
      totals: new Totals(),
    };
    // The name it goes by now.
    place.label = part.label;
    places.set(part.backendId, place);
    const circuit = circuits.get(part.circuitId) ?? new Totals();
    circuits.set(part.circuitId, circuit);
    const span = spans[Math.min(spans.length - 1, Math.floor((atMs - startMs) / spanMs))];
    for (const totals of [whole, place.totals, circuit, span]) {
      if (isDay) totals?.merge(part.totals);
      else totals?.add(part);
    }
  }

  return {
    step(count) {
      if (next < parts.length) {
        for (const end = Math.min(parts.length, next + count); next < end; next++) add(parts[next]!);
        return true;
      }
      for (let spent = 0; spent < count && summed.length < spans.length; spent += ATTEMPTS_PER_SPAN) {
        const fromMs = startMs + summed.length * spanMs;
        summed.push({ fromMs, summary: spans[summed.length]!.summary() });
      }
      return summed.length < spans.length;
    },
    insights: () => ({
      spanMs,
      spans: summed,
      whole: whole.summary(),
      places: [...places.values()]
        .map(({ totals, ...place }) => ({ ...place, summary: totals.summary() }))
        .sort((a, b) => b.summary.attempts - a.summary.attempts),
      circuits: [...circuits]
        .map(([circuitId, totals]) => ({ circuitId, summary: totals.summary() }))
        .sort((a, b) => b.summary.attempts - a.summary.attempts),
    }),
  };
}

function firstMs({ records, days }: History, otherwiseMs: number): number {
  return Math.min(otherwiseMs, records[0]?.endedAtMs ?? otherwiseMs, ...days.map(({ dayMs }) => dayMs));
}
