// A picture with its figures: what it says in a sentence, the picture, and the table behind it on demand.
import { createSignal, type JSX, Show } from 'solid-js';
import { type Column, DataTable } from './DataTable.tsx';
import { Section } from './Page.tsx';

export interface FigureProps<Row> {
  title: string;
  /** What is to be seen in it. */
  says: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  children: JSX.Element;
}

export function Figure<Row>(props: FigureProps<Row>): JSX.Element {
  // Rows that nobody looks at cost time whenever they change.
  const [open, setOpen] = createSignal(false);
  return (
    <Section title={props.title}>
      <p class="quiet">{props.says}</p>
      {props.children}
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Figures as a table</summary>
        <Show when={open()}>
          <DataTable caption={props.title} captionHidden columns={props.columns} rows={props.rows} />
        </Show>
      </details>
    </Section>
  );
}
