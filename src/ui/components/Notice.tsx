// Says what happened, why, and what to do; errors come as data from anywhere.
import { type JSX, Show } from 'solid-js';
import type { ErrorData } from '../../core/errors.ts';
import { Icon, type IconName } from './Icon.tsx';

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
  const nextStep = () => props.nextStep ?? props.error?.nextStep;
  return (
    <div class={`notice notice-${kind()}`} role={kind() === 'error' ? 'alert' : 'status'}>
      <Icon name={ICON[kind()]} sizePx={20} />
      <div class="notice-body">
        <p class="notice-title">
          <span class="visually-hidden">{SPOKEN[kind()]}</span>
          {props.title ?? props.error?.message}
        </p>
        <Show when={props.title !== undefined && props.error}>{(error) => <p>{error().message}</p>}</Show>
        <Show when={where()}>
          <p class="notice-where">
            Where: <span class="mono">{where()}</span>
          </p>
        </Show>
        <Show when={props.children !== undefined}>
          <div>{props.children}</div>
        </Show>
        <Show when={nextStep()}>
          <p>{nextStep()}</p>
        </Show>
        <Show when={props.actions !== undefined}>
          <div class="notice-actions">{props.actions}</div>
        </Show>
      </div>
    </div>
  );
}
