// Saved reports: opened again, and compared with the one that is shown.
import { createSignal, For, type JSX, Show } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import {
  type ComparedCell,
  compareReports,
  ratioText,
  VERDICT_TEXT,
} from '../../../core/profiler/compare.ts';
import { type ProfileReport, readReport } from '../../../core/profiler/report.ts';
import { cellText, timeText } from '../../../core/profiler/words.ts';
import { type Column, DataTable } from '../../components/DataTable.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { readTextFile } from '../../components/files.ts';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';

const MAX_BYTES = 64 * 1024 * 1024;

const COLUMNS: readonly Column<ComparedCell>[] = [
  { id: 'what', header: 'What, and how', cell: ({ cell }) => cellText(cell) },
  { id: 'before', header: 'Saved', align: 'end', cell: ({ beforeMs }) => timeText(beforeMs) },
  { id: 'after', header: 'Shown', align: 'end', cell: ({ afterMs }) => timeText(afterMs) },
  { id: 'ratio', header: 'Ratio, 95 % within', align: 'end', cell: ({ ratio }) => ratioText(ratio) },
  { id: 'verdict', header: 'So it is', cell: ({ verdict }) => VERDICT_TEXT[verdict] },
];

export interface SavedReportsProps {
  shown: ProfileReport | null;
  onOpen: (report: ProfileReport) => void;
}

export function SavedReports(props: SavedReportsProps): JSX.Element {
  const [error, setError] = createSignal<ErrorData | null>(null);
  const [other, setOther] = createSignal<ProfileReport | null>(null);
  const read = async (files: File[], use: (report: ProfileReport) => void) => {
    setError(null);
    const [file] = files;
    if (file === undefined) return;
    try {
      use(readReport(await readTextFile(file, MAX_BYTES)));
    } catch (thrown) {
      setError(toErrorData(thrown));
    }
  };
  const comparison = () => {
    const [saved, shown] = [other(), props.shown];
    return saved === null || shown === null ? null : compareReports(saved, shown);
  };
  return (
    <Section title="Saved reports">
      <FileDrop
        label="Open a report"
        hint="As it was saved: a page or JSON. Nothing of it is sent anywhere."
        accept=".html,.json"
        buttonText="Open a report"
        onFiles={(files) => void read(files, props.onOpen)}
      />
      <Show when={props.shown !== null}>
        <FileDrop
          label="Compare with"
          hint="Shows how much longer the proofs of the shown report take than those of this file."
          accept=".html,.json"
          buttonText="Compare with a report"
          onFiles={(files) => void read(files, setOther)}
        />
      </Show>
      <Show when={error()}>{(data) => <Notice error={data()} />}</Show>
      <Show when={comparison()}>
        {(found) => (
          <div class="stack-s">
            <DataTable
              caption="The saved report, then the shown one"
              columns={COLUMNS}
              rows={found().cells}
              empty={<p>The two have no combination in common.</p>}
            />
            <For each={found().unmatched}>
              {({ what, only }) => (
                <p class="quiet small">
                  {what}: only in the {only === 'before' ? 'saved' : 'shown'} one.
                </p>
              )}
            </For>
            <For each={found().differences}>{(line) => <p class="quiet small">{line}.</p>}</For>
          </div>
        )}
      </Show>
    </Section>
  );
}
