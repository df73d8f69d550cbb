// Says what happened, why, and what to do; errors come as data from anywhere.
import { children, type JSX, Show } from 'solid-js';
import type { ErrorData } from '../../core/errors.ts';
import { Icon, type IconName } from './Icon.tsx';
import { Slot } from './Slot.tsx';

export type NoticeKind = 'info' | 'ok' | 'warn' | 'error';

export interface NoticeProps {
  /** `error` when an error is given, else `info`. */
  kind?: NoticeKind;
  /** What happened; an error brings its own. */
  title?: JSX.Element;
  /** Why, in a line or two. */
  children?: JSX.Element;
  /** What to do now. */
  nextStep?: JSX.Element;
  error?: ErrorData | null;
  /** Buttons. */
  actions?: JSX.Element;
}

const ICON: Record<NoticeKind, IconName> = { info: 'info', ok: 'ok', warn: 'warn', error: 'error' };
const SPOKEN: Record<NoticeKind, string> = { info: '', ok: '', warn: 'Warning: ', error: 'Error: ' };

/** Errors are announced at once (`alert`), the rest politely (`status`). */
export function Notice(props: NoticeProps): JSX.Element {
  const kind = () => props.kind ?? (props.error ? 'error' : 'info');
  const where = () => props.error?.where;
  const title = children(() => props.title);
  const nextStep = children(() => props.nextStep ?? props.error?.nextStep);
  return (
    <div class={`notice notice-${kind()}`} role={kind() === 'error' ? 'alert' : 'status'}>
      <Icon name={ICON[kind()]} sizePx={20} />
      <div class="notice-body">
        <p class="notice-title">
          <span class="visually-hidden">{SPOKEN[kind()]}</span>
          {title() ?? props.error?.message}
        </p>
        <Show when={title() !== undefined && props.error}>{(error) => <p>{error().message}</p>}</Show>
        <Show when={where()}>
          <p class="notice-where">
            Where: <span class="mono">{where()}</span>
          </p>
        </Show>
        <Slot of={props.children} frame={(content) => <div>{content()}</div>} />
        <Slot of={nextStep()} frame={(step) => <p>{step()}</p>} />
        <Slot of={props.actions} frame={(actions) => <div class="notice-actions">{actions()}</div>} />
      </div>
    </div>
  );
}
