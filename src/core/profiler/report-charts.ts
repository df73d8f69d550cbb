// The pictures of a report, as HTML with inline SVG: every proof as a dot on a scale of time, what threads gain, and
// memory. Places are in percent, so that a picture fills its width and its text keeps its size. Colours come from the
// page's own variables (look.md); the same pictures stand in saved reports and on the Profiler page.
import { escapeHtml } from './html.ts';
import type { ProfileReport } from './report.ts';
import { MEMORY_IS } from './report-words.ts';
import type { MachineFacts, ReportCell } from './samples.ts';
import { bytesText, cellText, howText, subjectText, threadsText, timeText } from './words.ts';

export const CHART_CSS = `
.chart{margin:0}
.chart figcaption{font-weight:600;margin-bottom:.25rem}
.chart-note{color:var(--ink-quiet);font-size:.875rem;margin:0 0 .75rem}
.chart-group{font-weight:600;margin:.9rem 0 .1rem}
.chart-row{display:grid;grid-template-columns:minmax(7rem,11rem) 1fr minmax(4.5rem,auto);gap:0 .75rem;align-items:center}
.chart-row>:last-child{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}
.chart svg{overflow:visible}
.chart-row svg{display:block}
.chart-axis{color:var(--ink-quiet);font-size:.8125rem}
.chart .grid{stroke:var(--hairline);stroke-width:1}
.chart .span{stroke:var(--control);stroke-width:2}
.chart .dot{fill:var(--sun);fill-opacity:.55}
.chart .middle{fill:var(--sun-text)}
.chart .there{fill:var(--for)}
.chart .bar{fill:var(--sun)}
.chart .ideal{stroke:var(--control);stroke-dasharray:3 4}
.chart .line{stroke:var(--sun-text);stroke-width:2}
.chart .line-2{stroke:var(--for);stroke-width:2}
.chart .line-3{stroke:var(--against);stroke-width:2}
.chart .line-4{stroke:var(--ink);stroke-width:2}
.chart .mark{fill:var(--sun-text)}
.chart .mark-2{fill:var(--for)}
.chart .mark-3{fill:var(--against)}
.chart .mark-4{fill:var(--ink)}
.chart text{fill:var(--ink-quiet);font:.8125rem var(--font,system-ui,sans-serif)}
@media(max-width:640px){.chart-row{grid-template-columns:1fr auto}.chart-row>svg{grid-row:2;grid-column:1/-1}}
`;

/** All pictures that the report has figures for; each is a whole <figure>. */
export function chartsOf(report: Pick<ProfileReport, 'cells' | 'machine'>): string[] {
  const cells = report.cells.filter(({ figures }) => figures.totalMs !== null);
  return [timesChart(cells), threadsChart(cells), memoryChart(cells, report.machine)].filter(
    (chart) => chart !== '',
  );
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(2)}%`;
const countedOf = ({ runs }: ReportCell): number[] =>
  runs.filter(({ warmUp }) => !warmUp).map(({ totalMs }) => totalMs);

function figure(title: string, note: string, rows: string): string {
  return `<figure class="chart"><figcaption>${escapeHtml(title)}</figcaption><p class="chart-note">${escapeHtml(note)}</p>${rows}</figure>`;
}

/** Neighbours of one subject under a heading of their own. */
function grouped(cells: readonly ReportCell[], row: (cell: ReportCell) => string): string {
  let last = '';
  return cells
    .map((cell) => {
      const subject = subjectText(cell);
      const heading = subject === last ? '' : `<p class="chart-group">${escapeHtml(subject)}</p>`;
      last = subject;
      return heading + row(cell);
    })
    .join('');
}

// ---- Times -----------------------------------------------------------------------------------------

function timesChart(cells: readonly ReportCell[]): string {
  if (cells.length === 0) return '';
  const all = cells.flatMap(countedOf);
  const scale = makeLogScale(Math.min(...all), Math.max(...all));
  const ticks = scale.ticks
    .map(({ at, text }) => `<text x="${percent(at)}" y="12" text-anchor="${anchorAt(at)}">${text}</text>`)
    .join('');
  const axis = `<div class="chart-row chart-axis" aria-hidden="true"><span></span><svg width="100%" height="18">${ticks}</svg><span>median</span></div>`;
  const row = (cell: ReportCell): string => {
    const samples = countedOf(cell);
    const { min, max, p50 } = cell.figures.totalMs!;
    const words = `${cellText(cell)}: median ${timeText(p50)}, from ${timeText(min)} to ${timeText(max)}, ${samples.length} proofs`;
    const grid = scale.ticks
      .map(({ at }) => `<line class="grid" x1="${percent(at)}" x2="${percent(at)}" y1="0" y2="26"/>`)
      .join('');
    const there = cell.place.kind === 'server' ? ' there' : '';
    const dots = samples
      .map((ms) => `<circle class="dot${there}" cx="${percent(scale.at(ms))}" cy="13" r="4"/>`)
      .join('');
    const span = `<line class="span" x1="${percent(scale.at(min))}" x2="${percent(scale.at(max))}" y1="13" y2="13"/>`;
    const middle = `<rect class="middle${there}" x="${percent(scale.at(p50))}" y="3" width="3" height="20" transform="translate(-1.5 0)"/>`;
    return `<div class="chart-row"><span>${escapeHtml(howText(cell))}</span><svg role="img" aria-label="${escapeHtml(words)}" width="100%" height="26">${grid}${span}${dots}${middle}</svg><span>${timeText(p50)}</span></div>`;
  };
  return figure(
    'Time of a proof',
    'Each dot is one proof that counts, the upright line their median. Each step of the scale multiplies.',
    axis + grouped(cells, row),
  );
}

const anchorAt = (at: number): string => (at < 0.04 ? 'start' : at > 0.96 ? 'end' : 'middle');

interface Scale {
  at(value: number): number;
  ticks: { at: number; text: string }[];
}

/** 1, 2, 5, 10, … thinned out until they have room beside each other. */
function makeLogScale(least: number, most: number): Scale {
  const steps = [];
  for (let power = -1; power <= 8; power++) for (const digit of [1, 2, 5]) steps.push(digit * 10 ** power);
  const from = steps.filter((step) => step <= Math.max(0.1, least)).at(-1) ?? 0.1;
  const to = steps.find((step) => step >= Math.max(most, 2 * from)) ?? most;
  const at = (value: number) =>
    Math.min(1, Math.max(0, Math.log(Math.max(value, from) / from) / Math.log(to / from)));
  const within = steps.filter((step) => step >= from && step <= to);
  const coarse = within.filter((step) => Number.isInteger(Math.log10(step) + 1e-9) || isPower(step));
  const shown = within.length <= 6 ? within : coarse.length >= 2 ? coarse : [from, to];
  return { at, ticks: shown.map((step) => ({ at: at(step), text: tickText(step) })) };
}

const isPower = (step: number): boolean => Math.abs(Math.log10(step) - Math.round(Math.log10(step))) < 1e-9;

function tickText(ms: number): string {
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`;
}

// ---- Threads ---------------------------------------------------------------------------------------

const THREADS_HEIGHT = 180;
const LINES = 4;

function threadsChart(cells: readonly ReportCell[]): string {
  const groups = new Map<string, ReportCell[]>();
  for (const cell of cells) {
    if (cell.threads === null || cell.place.kind !== 'here') continue;
    const key = `${subjectText(cell)}, ${cell.prover}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  const lines = [...groups].filter(([, group]) => group.length > 1).slice(-LINES);
  if (lines.length === 0) return '';
  const counts = [...new Set(lines.flatMap(([, group]) => group.map(({ threads }) => threads ?? 1)))].sort(
    (a, b) => a - b,
  );
  const [least, most] = [counts[0]!, counts.at(-1)!];
  const x = (threads: number) => percent(0.06 + 0.88 * ((threads - least) / (most - least)));
  const points = lines.map(([name, group]) => {
    const sorted = [...group].sort((a, b) => (a.threads ?? 1) - (b.threads ?? 1));
    const base = sorted[0]!.figures.totalMs!.p50;
    const gains = sorted.map((cell) => ({
      threads: cell.threads ?? 1,
      gain: base / cell.figures.totalMs!.p50,
    }));
    return { name, gains };
  });
  const top = Math.max(most / least, ...points.flatMap(({ gains }) => gains.map(({ gain }) => gain)));
  const y = (gain: number) => (THREADS_HEIGHT - 24 - (THREADS_HEIGHT - 44) * (gain / top)).toFixed(1);
  const ideal = `<line class="ideal" x1="${x(least)}" y1="${y(1)}" x2="${x(most)}" y2="${y(most / least)}"/>`;
  const ticks = counts
    .map(
      (count) =>
        `<text x="${x(count)}" y="${THREADS_HEIGHT - 4}" text-anchor="middle">${count === counts[0] ? threadsText(count) : count}</text>`,
    )
    .join('');
  const drawn = points.map(({ gains }, line) => {
    const suffix = line === 0 ? '' : `-${line + 1}`;
    const segments = gains.slice(1).map((to, at) => {
      const from = gains[at]!;
      return `<line class="line${suffix}" x1="${x(from.threads)}" y1="${y(from.gain)}" x2="${x(to.threads)}" y2="${y(to.gain)}"/>`;
    });
    const marks = gains.map(
      ({ threads, gain }) => `<circle class="mark${suffix}" cx="${x(threads)}" cy="${y(gain)}" r="4"/>`,
    );
    return segments.join('') + marks.join('');
  });
  const gainsText = (gains: { threads: number; gain: number }[]) =>
    gains.map(({ threads, gain }) => `${gain.toFixed(2)} with ${threads}`).join(', ');
  const key = points
    .map(({ name, gains }, line) => {
      const suffix = line === 0 ? '' : `-${line + 1}`;
      return `<li><svg width="14" height="10" aria-hidden="true"><circle class="mark${suffix}" cx="6" cy="5" r="4"/></svg> ${escapeHtml(`${name}: ${gainsText(gains)}`)}</li>`;
    })
    .join('');
  const words = points.map(({ name, gains }) => `${name}: ${gainsText(gains)}`).join('; ');
  return figure(
    'What threads gain',
    `How many times as fast as with ${threadsText(least)}; the broken line would be all of them at full use.`,
    `<svg role="img" aria-label="${escapeHtml(words)}" width="100%" height="${THREADS_HEIGHT}"><line class="grid" x1="0" x2="100%" y1="${y(1)}" y2="${y(1)}"/>${ideal}${drawn.join('')}${ticks}</svg><ul class="chart-key">${key}</ul>`,
  );
}

// ---- Memory ----------------------------------------------------------------------------------------

function memoryChart(cells: readonly ReportCell[], { memoryIs }: MachineFacts): string {
  const told = cells.filter(({ figures }) => figures.peakBytes !== null);
  if (told.length === 0) return '';
  const most = Math.max(...told.map(({ figures }) => figures.peakBytes ?? 0));
  const row = (cell: ReportCell): string => {
    const bytes = cell.figures.peakBytes ?? 0;
    const words = `${cellText(cell)}: ${bytesText(bytes)}`;
    return `<div class="chart-row"><span>${escapeHtml(howText(cell))}</span><svg role="img" aria-label="${escapeHtml(words)}" width="100%" height="26"><rect class="bar" x="0" y="7" height="12" rx="2" width="${percent(bytes / most)}"/></svg><span>${bytesText(bytes)}</span></div>`;
  };
  const what = MEMORY_IS[memoryIs ?? 'process'];
  return figure('Memory', `${what[0]?.toUpperCase()}${what.slice(1)}.`, grouped(told, row));
}
