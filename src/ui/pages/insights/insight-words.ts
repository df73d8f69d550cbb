// Figures in words. Pure, so that pictures, tables and sentences say the same.
import { STAGES, type Stage } from '../../../core/job.ts';
import type { Insights } from '../../../core/metrics/insights.ts';
import type { MetricsSummary } from '../../../core/metrics/summary.ts';
import type { BarPart } from '../../components/BarList.tsx';
import { bytesText, countText, exactMs, plural } from '../../components/format.ts';

const DAY_MS = 86_400_000;

export const STAGE_SHORT: Record<Stage, string> = {
  artifacts: 'Circuit',
  witness: 'Numbers',
  proving: 'Proof',
  verifying: 'Check',
};

export const STAGE_COLOURS: Record<Stage, string> = {
  artifacts: '--uncertain',
  witness: '--against',
  proving: '--sun',
  verifying: '--for',
};

/** What an error code's group means to a person. */
const CAUSES: Record<string, string> = {
  input: 'The input',
  circuit: 'The circuit',
  artifact: 'A damaged file',
  witness: 'The input does not satisfy the circuit',
  resource: 'Memory, space or time ran out',
  backend: 'The prover stopped',
  network: 'The connection',
  protocol: 'A server answered wrongly',
  cancelled: 'Cancelled',
  internal: 'Something unexpected',
};

export function causeText(code: string): string {
  const [group = ''] = code.split('.');
  return CAUSES[group] ?? code;
}

export function shareText(share: number | null): string {
  return share === null
    ? '–'
    : `${(100 * share).toFixed(share > 0.995 || share < 0.1 ? 1 : 0).replace(/\.0$/, '')} %`;
}

export function msText(ms: number | null | undefined): string {
  return ms == null ? '–' : exactMs(ms);
}

/** The name of a span of time, as precise as the span is. */
export function spanText(fromMs: number, spanMs: number): string {
  const date = new Date(fromMs);
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  if (spanMs < DAY_MS) {
    return `${day}, ${date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`;
  }
  return spanMs === DAY_MS ? day : `from ${day}`;
}

export function spanName(spanMs: number): string {
  if (spanMs < DAY_MS) return spanMs === DAY_MS / 24 ? 'hour' : `${spanMs / (DAY_MS / 24)} hours`;
  return spanMs === DAY_MS
    ? 'day'
    : spanMs === 7 * DAY_MS
      ? 'week'
      : `${Math.round(spanMs / DAY_MS / 7)} weeks`;
}

/** Each stage's part of the longest whole, for bars that can be compared. */
export function stageParts(summary: MetricsSummary, longestMs: number): BarPart[] {
  return STAGES.map((stage) => ({
    share: longestMs === 0 ? 0 : (summary.stages[stage]?.averageMs ?? 0) / longestMs,
    colour: STAGE_COLOURS[stage],
  }));
}

export function stagesMs(summary: MetricsSummary): number {
  return STAGES.reduce((sum, stage) => sum + (summary.stages[stage]?.averageMs ?? 0), 0);
}

export function throughputSays({ whole, spans, spanMs }: Insights): string {
  const busiest = Math.max(...spans.map(({ summary }) => summary.outcomes.succeeded));
  const { succeeded, failed } = whole.outcomes;
  const failures = failed === 0 ? 'none failed' : plural(failed, 'attempt failed', 'attempts failed');
  return `${plural(succeeded, 'proof', 'proofs')} made, ${failures}; at most ${countText(busiest)} in one ${spanName(spanMs)}.`;
}

export function percentilesSay({ whole }: Insights): string {
  if (whole.whole === null) return 'No proof has been made in this time.';
  const { p50Ms, p95Ms, p99Ms } = whole.whole;
  return `Half of the proofs took up to ${msText(p50Ms)}, 95 of 100 up to ${msText(p95Ms)}, 99 up to ${msText(p99Ms)}.`;
}

export function failuresSay({ whole: { failures } }: Pick<Insights, 'whole'>): string {
  if (failures.length === 0) return 'No attempt has failed in this time.';
  const count = failures.reduce((sum, one) => sum + one.count, 0);
  return `${plural(count, 'attempt', 'attempts')} ended without a proof.`;
}

/** The browser tells only after a proof, when some memory has been given back already. */
export function memorySays({ medianBytes, maxBytes }: NonNullable<MetricsSummary['memory']>): string {
  const [half, most] = [bytesText(Math.round(medianBytes)), bytesText(maxBytes)];
  return `After a proof this page held up to ${most}, after half of them up to ${half}. While proving it may be more.`;
}

export function placesSay({ places }: Insights): string {
  const [here, there] = ['here', 'there'].map((where) =>
    places.filter(({ kind }) => (kind === 'remote') === (where === 'there')),
  );
  const made = (list: typeof places | undefined) =>
    (list ?? []).reduce((sum, { summary }) => sum + summary.outcomes.succeeded, 0);
  if (made(there) === 0) return 'Every proof was made on this device.';
  return `${countText(made(here))} made on this device, ${countText(made(there))} on servers.`;
}

export function predictionSays({ whole }: Insights): string {
  if (whole.prediction === null) return 'Predictions can be checked after the first proofs.';
  const { checked, within, medianError } = whole.prediction;
  return `Of ${plural(checked, 'prediction', 'predictions')}, ${shareText(within / checked)} were within their interval; half were off by less than ${shareText(medianError)}.`;
}
