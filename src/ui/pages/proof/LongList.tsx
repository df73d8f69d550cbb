// A list that stays smooth with thousands of rows: beyond a screenful or two, only the rows on the screen are
// made, each of the same height, with room left above and below for the others.
import { createEffect, createSignal, For, type JSX, onCleanup, onMount } from 'solid-js';
import { visibleRange } from './queue-view.ts';

/** Up to here every row is made, as tall as it likes. */
const PLAIN_MAX = 50;
/** Rows kept ready above and below. */
const MORE = 8;
/** As in proof.css: a row and the gap under it. */
const ROW_PX = { wide: 112, narrow: 168 };

export function LongList(props: {
  label: string;
  ids: readonly string[];
  row: (id: string, place: () => { at: number; of: number }) => JSX.Element;
}): JSX.Element {
  let list!: HTMLUListElement;
  const narrow = matchMedia('(max-width: 639px)');
  const [rowPx, setRowPx] = createSignal(narrow.matches ? ROW_PX.narrow : ROW_PX.wide);
  const [range, setRange] = createSignal({ start: 0, end: PLAIN_MAX });
  const long = () => props.ids.length > PLAIN_MAX;
  const look = () => {
    if (!long()) return;
    const found = visibleRange(
      props.ids.length,
      rowPx(),
      -list.getBoundingClientRect().top,
      window.innerHeight,
      MORE,
    );
    const known = range();
    if (found.start !== known.start || found.end !== known.end) setRange(found);
  };
  const resized = () => {
    setRowPx(narrow.matches ? ROW_PX.narrow : ROW_PX.wide);
    look();
  };
  onMount(() => {
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', resized);
    onCleanup(() => {
      removeEventListener('scroll', look);
      removeEventListener('resize', resized);
    });
  });
  createEffect(look);
  const start = () => (long() ? Math.min(range().start, props.ids.length) : 0);
  const end = () => (long() ? Math.min(range().end, props.ids.length) : props.ids.length);
  return (
    <ul
      ref={list}
      class="proof-list"
      classList={{ 'proof-list-long': long() }}
      aria-label={props.label}
      style={{
        'padding-top': `${start() * (long() ? rowPx() : 0)}px`,
        'padding-bottom': `${(props.ids.length - end()) * rowPx()}px`,
      }}
    >
      <For each={props.ids.slice(start(), end())}>
        {(id, at) => props.row(id, () => ({ at: start() + at() + 1, of: props.ids.length }))}
      </For>
    </ul>
  );
}
