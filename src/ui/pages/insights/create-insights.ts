// The figures behind the Insights page as signals. Added up in small pieces with a breath between them, so that a click
// is answered at once whatever the number of attempts.
import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import type { History } from '../../../core/metrics/history.ts';
import { createInsights, type Insights } from '../../../core/metrics/insights.ts';
import { useServices } from '../../services.ts';

export type Range = 'day' | 'week' | 'month' | 'all';

const DAY_MS = 86_400_000;
const RANGE_MS: Record<Range, number | null> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
  all: null,
};
/** A few milliseconds of work on a slow phone. */
const AT_ONCE = 250;
/** Attempts may end in quick succession. */
const SETTLE_MS = 500;

export interface InsightsChoice {
  range: Range;
  /** Empty: all. */
  circuitId: string;
}

export interface LiveInsights {
  /** Null until the first have been added up. */
  insights: Accessor<Insights | null>;
  /** Of all attempts ever kept. */
  circuitIds: Accessor<string[]>;
  error: Accessor<ErrorData | null>;
}

export function createLiveInsights(choice: Accessor<InsightsChoice>): LiveInsights {
  const { metrics } = useServices();
  const [history, setHistory] = createSignal<History | null>(null);
  // Together, so that no page is drawn of which one half is older.
  const [summed, setSummed] = createSignal<{ insights: Insights; circuitIds: string[] } | null>(null);
  const [error, setError] = createSignal<ErrorData | null>(null);
  let newest = 0;

  const load = () =>
    metrics.history().then(
      (read) => {
        setError(null);
        setHistory(() => read);
      },
      (thrown) => void setError(toErrorData(thrown)),
    );
  let settling: ReturnType<typeof setTimeout> | undefined;
  onCleanup(
    metrics.watch(() => {
      clearTimeout(settling);
      settling = setTimeout(load, SETTLE_MS);
    }),
  );
  onCleanup(() => {
    clearTimeout(settling);
    newest++;
  });
  void load();

  async function addUp(read: History, { range, circuitId }: InsightsChoice): Promise<void> {
    const mine = ++newest;
    const toMs = Date.now();
    const rangeMs = RANGE_MS[range];
    const builder = createInsights(read, {
      toMs,
      ...(rangeMs !== null && { fromMs: toMs - rangeMs }),
      ...(circuitId !== '' && { circuitId }),
    });
    while (builder.step(AT_ONCE)) {
      await breath();
      if (mine !== newest) return;
    }
    setSummed({ insights: builder.insights(), circuitIds: circuitIdsOf(read) });
  }

  createEffect(
    on([history, choice], ([read, chosen]) => {
      if (read !== null) void addUp(read, chosen);
    }),
  );

  return {
    insights: () => summed()?.insights ?? null,
    circuitIds: () => summed()?.circuitIds ?? [],
    error,
  };
}

function circuitIdsOf({ records, days }: History): string[] {
  const ids = new Set<string>();
  for (const { circuitId } of records) ids.add(circuitId);
  for (const { circuitId } of days) ids.add(circuitId);
  return [...ids].sort();
}

/** Lets the page answer what came meanwhile. */
function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
