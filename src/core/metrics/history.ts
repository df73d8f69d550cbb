// All attempts that are kept: the latest one by one, older ones as sums of their day, circuit, backend and outcome.
import type { AttemptRecord } from './attempt-record.ts';
import { Totals } from './summary.ts';

/** What is left out does not narrow. */
export interface MetricsFilter {
  circuitId?: string;
  backendId?: string;
  kind?: AttemptRecord['kind'];
  outcome?: AttemptRecord['outcome'];
  /** By when the attempt ended, both included. Of attempts that are kept only as days, whole days count. */
  fromMs?: number;
  toMs?: number;
}

/** What attempts of one day have in common. */
export type DayKey = Pick<AttemptRecord, 'circuitId' | 'backendId' | 'kind' | 'label' | 'outcome'> & {
  /** Its first moment, UTC. */
  dayMs: number;
};

export interface Day extends DayKey {
  totals: Totals;
}

export interface History {
  /** Oldest first. */
  records: readonly AttemptRecord[];
  days: readonly Day[];
}

const DAY_MS = 86_400_000;

export function dayOf({ endedAtMs, circuitId, backendId, kind, label, outcome }: AttemptRecord): DayKey {
  return { dayMs: Math.floor(endedAtMs / DAY_MS) * DAY_MS, circuitId, backendId, kind, label, outcome };
}

/** The same for attempts that are summed together. A server that was renamed stays the same one. */
export function dayName({ dayMs, circuitId, backendId, outcome }: DayKey): string {
  return [dayMs, circuitId, backendId, outcome].join('\n');
}

/** Sums records into days, starting from those that are there; answers the days that changed. */
export function foldInto(
  known: ReadonlyMap<string, Day>,
  records: readonly AttemptRecord[],
): Map<string, Day> {
  const changed = new Map<string, Day>();
  for (const record of records) {
    const key = dayOf(record);
    const name = dayName(key);
    const day = changed.get(name) ?? known.get(name) ?? { ...key, totals: new Totals() };
    day.totals.add(record);
    changed.set(name, { ...key, totals: day.totals });
  }
  return changed;
}

export function matches(filter: MetricsFilter, record: AttemptRecord): boolean {
  return within(filter, record.endedAtMs, record.endedAtMs) && isOf(filter, record);
}

export function matchesDay(filter: MetricsFilter, day: DayKey): boolean {
  return within(filter, day.dayMs, day.dayMs + DAY_MS - 1) && isOf(filter, day);
}

/** The whole span must lie within `from`, and have begun by `to`. */
function within({ fromMs, toMs }: MetricsFilter, firstMs: number, lastMs: number): boolean {
  return (fromMs === undefined || lastMs >= fromMs) && (toMs === undefined || firstMs <= toMs);
}

function isOf(
  filter: MetricsFilter,
  of: Pick<DayKey, 'circuitId' | 'backendId' | 'kind' | 'outcome'>,
): boolean {
  return (['circuitId', 'backendId', 'kind', 'outcome'] as const).every(
    (name) => filter[name] === undefined || filter[name] === of[name],
  );
}

export function totalsOf({ records, days }: History, filter: MetricsFilter): Totals {
  const totals = new Totals();
  for (const day of days) if (matchesDay(filter, day)) totals.merge(day.totals);
  for (const record of records) if (matches(filter, record)) totals.add(record);
  return totals;
}
