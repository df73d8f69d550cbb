// The frame of every page: title, lead, main column, and a side panel from 1100 px.
import { children, createEffect, type JSX, Show } from 'solid-js';
import { hasContent, Slot } from './Slot.tsx';

export interface PageProps {
  /** The h1, and the tab's title. */
  title: string;
  /** The tab's title where the h1 is a sentence. */
  tabTitle?: string;
  lead?: JSX.Element;
  /** Beside the title: badges, a button. */
  aside?: JSX.Element;
  /** What follows the main column: under it when there is a side panel, after that panel when there is not. */
  below?: JSX.Element;
  /** Side panel from 1100 px; below the main column under that. */
  side?: JSX.Element;
  /** What the side panel is, for screen readers. */
  sideLabel?: string;
  /** Without a side panel: use the whole width. */
  wide?: boolean;
  children: JSX.Element;
}

export function Page(props: PageProps): JSX.Element {
  createEffect(() => {
    document.title = props.tabTitle ?? `${props.title} · Gnomon`;
  });
  const side = children(() => props.side);
  const hasSide = () => hasContent(side.toArray());
  return (
    <article class="page" classList={{ 'page-with-side': hasSide(), 'page-wide': props.wide === true }}>
      <header class="page-head">
        <div class="page-title-row">
          {/* The shell moves the focus here after a navigation. */}
          <h1 tabIndex={-1}>{props.title}</h1>
          {props.aside}
        </div>
        <Slot of={props.lead} frame={(lead) => <p class="page-lead">{lead()}</p>} />
      </header>
      <div class="page-columns">
        <div class="page-main">{props.children}</div>
        <Show when={hasSide()}>
          <aside class="page-side" aria-label={props.sideLabel ?? 'More about this page'}>
            {side()}
          </aside>
        </Show>
        <Slot of={props.below} frame={(below) => <div class="page-below">{below()}</div>} />
      </div>
    </article>
  );
}

export interface SectionProps {
  title: string;
  aside?: JSX.Element;
  /** In a bordered panel. */
  panel?: boolean;
  /** 2 by default. */
  level?: 2 | 3;
  children: JSX.Element;
}

/** A titled part of a page. */
export function Section(props: SectionProps): JSX.Element {
  return (
    <section class="section" classList={{ panel: props.panel === true }} aria-label={props.title}>
      <div class="section-head">
        <Show when={props.level === 3} fallback={<h2>{props.title}</h2>}>
          <h3>{props.title}</h3>
        </Show>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}

export interface EmptyStateProps {
  title: string;
  /** What to do next. */
  children?: JSX.Element;
  actions?: JSX.Element;
}

/** Says what to do next where there is nothing yet. */
export function EmptyState(props: EmptyStateProps): JSX.Element {
  return (
    <div class="empty">
      <p class="notice-title">{props.title}</p>
      <Slot of={props.children} frame={(content) => <p class="quiet">{content()}</p>} />
      <Slot of={props.actions} frame={(actions) => <div class="row">{actions()}</div>} />
    </div>
  );
}
