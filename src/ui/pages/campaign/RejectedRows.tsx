// Rows that were refused, each with where and why; the good ones went on.
import { type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { DataTable } from '../../components/DataTable.tsx';
import { saveFile } from '../../components/files.ts';
import { countText, plural } from '../../components/format.ts';
import { rejectedCsv } from './campaign-files.ts';

/** More than this is for a spreadsheet. */
const SHOWN_MAX = 50;

export function RejectedRows(props: {
  rejected: readonly { where: string; reason: string }[];
  /** All, also those of which only the number is known. */
  total: number;
}): JSX.Element {
  const shown = () => Math.min(SHOWN_MAX, props.rejected.length);
  return (
    <Show when={props.total > 0}>
      <details class="campaign-details">
        <summary>{plural(props.total, 'row was refused', 'rows were refused')}</summary>
        <DataTable
          caption="Refused rows"
          captionHidden
          columns={[
            { id: 'where', header: 'Where', cell: (row) => <span class="numbers">{row.where}</span> },
            { id: 'reason', header: 'Why', cell: (row) => row.reason },
          ]}
          rows={props.rejected.slice(0, SHOWN_MAX)}
        />
        <Show when={props.total > shown()}>
          <p class="small quiet">
            The first {countText(shown())} of {countText(props.total)};{' '}
            {props.rejected.length === props.total
              ? 'the file holds all.'
              : `the file holds the first ${countText(props.rejected.length)}.`}
          </p>
        </Show>
        <Button
          icon="download"
          onClick={() => saveFile('refused-rows.csv', rejectedCsv(props.rejected), 'text/csv')}
        >
          Save refused rows
        </Button>
      </details>
    </Show>
  );
}
