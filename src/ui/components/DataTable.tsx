// A real table: caption, column and row headers, sorting by buttons that say their state.
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js';
import { Icon } from './Icon.tsx';

export interface Column<Row> {
  id: string;
  header: string;
  cell: (row: Row) => JSX.Element;
  /** `end` for numbers. */
  align?: 'start' | 'end';
  /** Given, the column can be sorted. */
  sortBy?: (row: Row) => string | number | bigint;
}

export interface DataTableProps<Row> {
  /** What the table shows; also its name for screen readers. */
  caption: string;
  captionHidden?: boolean;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** Shown in place of the table when there are no rows. */
  empty?: JSX.Element;
  /** The first column's cells are row headers unless false. */
  rowHeaders?: boolean;
}

type Order = { column: string; ascending: boolean };

export function DataTable<Row>(props: DataTableProps<Row>): JSX.Element {
  const [order, setOrder] = createSignal<Order | null>(null);
  const sorted = createMemo(() => {
    const by = order();
    const key = props.columns.find((column) => column.id === by?.column)?.sortBy;
    if (by === null || key === undefined) return props.rows;
    const sign = by.ascending ? 1 : -1;
    return props.rows
      .map((row) => ({ row, key: key(row) }))
      .sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0))
      .map((entry) => entry.row);
  });
  const sortState = (column: Column<Row>) =>
    order()?.column !== column.id ? 'none' : order()?.ascending === true ? 'ascending' : 'descending';
  const toggle = (column: Column<Row>) =>
    setOrder({ column: column.id, ascending: sortState(column) !== 'ascending' });
  const alignment = (column: Column<Row>) => (column.align === 'end' ? 'end' : undefined);

  return (
    <Show when={props.rows.length > 0} fallback={props.empty}>
      {/* Focusable, so that a wide table can be scrolled with the keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable */}
      <section class="table-scroll" tabIndex={0} aria-label={props.caption}>
        <table class="table">
          <caption classList={{ 'visually-hidden': props.captionHidden === true }}>{props.caption}</caption>
          <thead>
            <tr>
              <For each={props.columns}>
                {(column) => (
                  <th
                    scope="col"
                    class={alignment(column)}
                    aria-sort={column.sortBy === undefined ? undefined : sortState(column)}
                  >
                    <Show when={column.sortBy !== undefined} fallback={column.header}>
                      <button type="button" class="table-sort" onClick={() => toggle(column)}>
                        {column.header}
                        <Show when={sortState(column) !== 'none'}>
                          <Icon
                            name={sortState(column) === 'ascending' ? 'chevron-up' : 'chevron-down'}
                            sizePx={14}
                          />
                        </Show>
                      </button>
                    </Show>
                  </th>
                )}
              </For>
            </tr>
          </thead>
          <tbody>
            <For each={sorted()}>
              {(row) => (
                <tr>
                  <For each={props.columns}>
                    {(column, at) => (
                      <Show
                        when={at() === 0 && props.rowHeaders !== false}
                        fallback={<td class={alignment(column)}>{column.cell(row)}</td>}
                      >
                        <th scope="row" class={alignment(column)}>
                          {column.cell(row)}
                        </th>
                      </Show>
                    )}
                  </For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </section>
    </Show>
  );
}
