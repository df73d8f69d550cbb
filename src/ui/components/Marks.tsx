// Small marks that go with things: where work runs, what is a demo, facts in pairs.
import { For, type JSX, Show } from 'solid-js';
import { Icon } from './Icon.tsx';

export interface PrivacyNoteProps {
  /** A server's name when the work leaves this device. */
  server?: string;
  /** What that server will see. */
  sees?: string;
  /** It goes there only when that turns out to be sooner. */
  perhaps?: boolean;
}

/** Local is quiet; leaving is marked. */
export function PrivacyNote(props: PrivacyNoteProps): JSX.Element {
  return (
    <Show
      when={props.server}
      fallback={
        <span class="privacy">
          <Icon name="lock" sizePx={16} />
          Stays on this device
        </span>
      }
    >
      <span class="privacy privacy-leaving">
        <Icon name="server" sizePx={16} />
        <span>
          {props.perhaps ? 'May go' : 'Goes'} to {props.server}: it {props.perhaps ? 'would' : 'will'} see{' '}
          {props.sees ?? 'your input'}
        </span>
      </span>
    </Show>
  );
}

/** Stands wherever something of a demo is shown. */
export function DemoBadge(): JSX.Element {
  return (
    <span class="badge badge-demo" title="Made with published demo keys: anyone could make the same proof">
      DEMO
    </span>
  );
}

export interface FactsProps {
  items: readonly { term: string; value: JSX.Element }[];
}

/** Terms and values, one pair a line. */
export function Facts(props: FactsProps): JSX.Element {
  return (
    <dl class="facts">
      <For each={props.items}>
        {(item) => (
          <div>
            <dt>{item.term}</dt>
            <dd>{item.value}</dd>
          </div>
        )}
      </For>
    </dl>
  );
}
