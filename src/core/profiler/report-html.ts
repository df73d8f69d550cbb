// A report as one HTML page that needs nothing else: pictures first, what follows from them, every figure in tables, and
// the report itself inside, so that the page can be opened again by the profiler. It runs no script and asks no network;
// its policy forbids both.
import { STAGES } from '../job.ts';
import type { Statistics } from '../metrics/statistics.ts';
import { dataElement, escapeHtml } from './html.ts';
import type { Advice, Figure } from './recommend.ts';
import type { ProfileReport } from './report.ts';
import { CHART_CSS, chartsOf } from './report-charts.ts';
import { ADVICE_ABOUT, figureText, machineFacts } from './report-words.ts';
import type { ReportCell } from './samples.ts';
import { bytesText, cellText, timeText } from './words.ts';

const CSS = `
:root{color-scheme:light dark;--paper:#fbf9f4;--raised:#fff;--ink:#1b1a17;--ink-quiet:#6b655a;--hairline:#e4dfd3;--control:#8e8778;--sun:#c98a00;--sun-text:#855a00;--for:#0e7c66;--against:#c8452d;--font:Inter,system-ui,-apple-system,"Segoe UI",sans-serif}
@media(prefers-color-scheme:dark){:root{--paper:#12151a;--raised:#191d23;--ink:#ece7db;--ink-quiet:#9a968b;--hairline:#262b33;--control:#6b7078;--sun:#f2b632;--sun-text:#f2b632;--for:#3fb89b;--against:#ef7a5f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:.9375rem/1.55 var(--font)}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.944rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.35rem;margin:2.5rem 0 .75rem}
p{max-width:70ch}
.quiet{color:var(--ink-quiet)}
.panel{background:var(--raised);border:1px solid var(--hairline);border-radius:10px;padding:1.25rem;margin:0 0 1rem}
.advice{list-style:none;margin:0;padding:0}
.advice li{border-top:1px solid var(--hairline);padding:.75rem 0}
.advice p{margin:0}
.scroll{overflow-x:auto;border:1px solid var(--hairline);border-radius:10px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.875rem}
caption{text-align:start;padding:.75rem 1rem;font-weight:600}
th,td{padding:.5rem .75rem;text-align:end;white-space:nowrap;border-top:1px solid var(--hairline)}
th:first-child,td:first-child{text-align:start}
thead th{color:var(--ink-quiet);font-weight:500}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1.25rem;margin:0}
dt{color:var(--ink-quiet)}
dd{margin:0}
.chart-key{list-style:none;margin:.5rem 0 0;padding:0}
`;

export function profileHtml(report: ProfileReport): string {
  const title = 'Gnomon profile';
  const charts = chartsOf(report).map((chart) => `<div class="panel">${chart}</div>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${CSS}${CHART_CSS}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="quiet">${escapeHtml(leadOf(report))}</p>
${charts.join('\n') || '<p>No proof was made, so there is nothing to show.</p>'}
<h2>What follows</h2>
${adviceHtml(report.advice)}
<h2>All figures</h2>
${timesTable(report.cells)}
${stagesTable(report.cells)}
${failuresHtml(report)}
<h2>How it was measured</h2>
<div class="panel">${factsHtml(report)}</div>
</main>
<script type="application/json" id="profile">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
</body>
</html>
`;
}

function leadOf({ startedAtMs, durationMs, cells, state }: ProfileReport): string {
  const proofs = cells.reduce((sum, { runs }) => sum + runs.length, 0);
  const at = new Date(startedAtMs).toISOString().slice(0, 16).replace('T', ' ');
  const end = state === 'cancelled' ? ' It was cancelled before its end.' : '';
  return `${proofs} proofs in ${timeText(durationMs)}, begun ${at} UTC. Every one was made and verified.${end}`;
}

function adviceHtml({ recommendations, withheld }: Advice): string {
  const given = recommendations.map(
    ({ text, figures }) =>
      `<li><p>${escapeHtml(text)}</p><p class="quiet">${figures.map(figureHtml).join('; ')}</p></li>`,
  );
  const kept = withheld.map(
    ({ kind, why }) =>
      `<li><p class="quiet">Nothing about ${escapeHtml(ADVICE_ABOUT[kind])}: ${escapeHtml(why)}.</p></li>`,
  );
  return `<ul class="advice">${given.join('')}${kept.join('')}</ul>`;
}

const figureHtml = (figure: Figure): string =>
  `${escapeHtml(figure.what)} ${dataElement(figure.value, figureText(figure))}`;

type Cell = string;
const msCell = (ms: number | null | undefined): Cell =>
  ms === null || ms === undefined ? '<td>–</td>' : `<td>${dataElement(ms, timeText(ms))}</td>`;
const bytesCell = (bytes: number | null): Cell =>
  bytes === null ? '<td>not told</td>' : `<td>${dataElement(bytes, bytesText(bytes))}</td>`;

function table(caption: string, headings: readonly string[], rows: readonly string[]): string {
  const head = headings.map((heading) => `<th scope="col">${escapeHtml(heading)}</th>`).join('');
  return `<div class="panel scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

const rowHtml = (cell: ReportCell, cells: readonly Cell[]): string =>
  `<tr data-cell="${escapeHtml(cell.id)}"><th scope="row">${escapeHtml(cellText(cell))}</th>${cells.join('')}</tr>`;

const MEASURES: readonly [string, keyof Statistics][] = [
  ['Mean', 'mean'],
  ['Least', 'min'],
  ['Most', 'max'],
  ['P50', 'p50'],
  ['P95', 'p95'],
  ['P99', 'p99'],
  ['Deviation', 'standardDeviation'],
];

function timesTable(cells: readonly ReportCell[]): string {
  const headings = ['What was proved, and how', 'Proofs', ...MEASURES.map(([name]) => name), 'First'];
  const rows = cells.map((cell) => {
    const { totalMs, firstMs } = cell.figures;
    const count = totalMs?.count ?? 0;
    const measures = MEASURES.map(([, measure]) => msCell(totalMs?.[measure]));
    return rowHtml(cell, [
      `<td>${dataElement(count, String(count))}</td>`,
      ...measures,
      msCell(firstMs?.mean),
    ]);
  });
  return table('Time of a proof; “first” also loads and prepares the circuit’s files', headings, rows);
}

function stagesTable(cells: readonly ReportCell[]): string {
  const headings = ['What was proved, and how', 'Files', 'Witness', 'Proving', 'Verifying'];
  const more = ['Round trip', 'Processor', 'Cores used', 'Memory'];
  const rows = cells.map((cell) => {
    const { stagesMs, roundTripMs, cpuMs, coresUsed, peakBytes } = cell.figures;
    const cores =
      coresUsed === null ? '<td>not told</td>' : `<td>${dataElement(coresUsed, coresUsed.toFixed(2))}</td>`;
    return rowHtml(cell, [
      ...STAGES.map((stage) => msCell(stagesMs[stage])),
      msCell(roundTripMs?.mean),
      cpuMs === null ? '<td>not told</td>' : msCell(cpuMs.mean),
      cores,
      bytesCell(peakBytes),
    ]);
  });
  return table('Where the time goes, on average, and what a proof takes', [...headings, ...more], rows);
}

function failuresHtml({ cells, skipped }: ProfileReport): string {
  const failed = cells.flatMap((cell) =>
    cell.error === null ? [] : [`${cellText(cell)}: ${cell.error.message} (${cell.error.code})`],
  );
  const left = skipped.map(({ what, why }) => `${what}: ${why}`);
  const list = (title: string, lines: string[]) =>
    lines.length === 0
      ? ''
      : `<h2>${title}</h2><ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
  return list('Failed', failed) + list('Left out', left);
}

function factsHtml({ machine, request, interruptions }: ProfileReport): string {
  const { iterations, warmupIterations } = request;
  const facts: [string, string][] = [
    ...machineFacts(machine),
    ['Proofs that count', `${iterations} of each, in rounds that alternate`],
    ['Warm-ups', `${warmupIterations} before each group, not counted`],
    ['Gave way to other work', interruptions === 0 ? 'never' : `${interruptions} times; measured again`],
  ];
  return `<dl>${facts.map(([term, value]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`;
}
