// A report: pictures first, then every figure in a table, what failed, and the files to save it as.
import { createMemo, For, type JSX, Show } from 'solid-js';
import { type ProfileReport, toJson } from '../../../core/profiler/report.ts';
import { CHART_CSS, chartsOf } from '../../../core/profiler/report-charts.ts';
import { profileCsv } from '../../../core/profiler/report-csv.ts';
import { profileHtml } from '../../../core/profiler/report-html.ts';
import { machineFacts } from '../../../core/profiler/report-words.ts';
import type { ReportCell } from '../../../core/profiler/samples.ts';
import { bytesText, cellText, timeText } from '../../../core/profiler/words.ts';
import { Button } from '../../components/Button.tsx';
import { type Column, DataTable } from '../../components/DataTable.tsx';
import { saveFile } from '../../components/files.ts';
import { timeText as dateText } from '../../components/format.ts';
import { Facts } from '../../components/Marks.tsx';

type Measure = (cell: ReportCell) => number | null | undefined;

const time = (id: string, header: string, measure: Measure): Column<ReportCell> => ({
  id,
  header,
  align: 'end',
  cell: (cell) => {
    const ms = measure(cell);
    return ms === null || ms === undefined ? '–' : timeText(ms);
  },
  sortBy: (cell) => measure(cell) ?? -1,
});

const COLUMNS: readonly Column<ReportCell>[] = [
  { id: 'what', header: 'What, and how', cell: (cell) => cellText(cell) },
  {
    id: 'count',
    header: 'Proofs',
    align: 'end',
    cell: ({ figures }) => figures.totalMs?.count ?? 0,
  },
  time('p50', 'P50', ({ figures }) => figures.totalMs?.p50),
  time('mean', 'Mean', ({ figures }) => figures.totalMs?.mean),
  time('deviation', 'Deviation', ({ figures }) => figures.totalMs?.standardDeviation),
  time('min', 'Least', ({ figures }) => figures.totalMs?.min),
  time('max', 'Most', ({ figures }) => figures.totalMs?.max),
  time('p95', 'P95', ({ figures }) => figures.totalMs?.p95),
  time('p99', 'P99', ({ figures }) => figures.totalMs?.p99),
  time('first', 'First', ({ figures }) => figures.firstMs?.mean),
  {
    id: 'memory',
    header: 'Memory',
    align: 'end',
    cell: ({ figures }) => (figures.peakBytes === null ? 'not told' : bytesText(figures.peakBytes)),
  },
  {
    id: 'cores',
    header: 'Cores used',
    align: 'end',
    cell: ({ figures }) => figures.coresUsed?.toFixed(2) ?? 'not told',
  },
];

export function Results(props: { report: ProfileReport }): JSX.Element {
  const charts = createMemo(() => chartsOf(props.report));
  const failed = () => props.report.cells.filter(({ error }) => error !== null);
  const save = (suffix: string, text: string, type: string) =>
    saveFile(
      `gnomon-profile-${new Date(props.report.startedAtMs).toISOString().slice(0, 10)}.${suffix}`,
      text,
      type,
    );
  return (
    <div class="stack">
      <style>{CHART_CSS}</style>
      <p class="quiet">
        {dateText(props.report.startedAtMs)}, {timeText(props.report.durationMs)}.
        {props.report.state === 'cancelled' ? ' Stopped before its end.' : ''}
        {props.report.interruptions > 0
          ? ` It gave way to other proofs ${props.report.interruptions} times; what they disturbed was measured again.`
          : ''}
      </p>
      {/* Made and escaped by report-charts.ts: the same pictures as in saved reports. */}
      <For each={charts()} fallback={<p class="quiet">No proof that counts was made.</p>}>
        {(chart) => <div class="panel" innerHTML={chart} />}
      </For>
      <div class="profiler-figures">
        <DataTable caption="Time of a proof" columns={COLUMNS} rows={props.report.cells} />
      </div>
      <Show when={failed().length > 0}>
        <ul>
          <For each={failed()}>
            {(cell) => (
              <li>
                {cellText(cell)}: {cell.error?.message}
              </li>
            )}
          </For>
        </ul>
      </Show>
      <div class="row">
        <Button icon="download" onClick={() => save('html', profileHtml(props.report), 'text/html')}>
          Save as page
        </Button>
        <Button icon="download" onClick={() => save('json', toJson(props.report), 'application/json')}>
          Save as JSON
        </Button>
        <Button icon="download" onClick={() => save('csv', profileCsv(props.report), 'text/csv')}>
          Save as CSV
        </Button>
      </div>
      <details>
        <summary>How it was measured</summary>
        <Facts items={machineFacts(props.report.machine).map(([term, value]) => ({ term, value }))} />
      </details>
    </div>
  );
}
