// Buttons and links that look like buttons.
import { A, type AnchorProps } from '@solidjs/router';
import { createMemo, type JSX, Show, splitProps } from 'solid-js';
import { Icon, type IconName } from './Icon.tsx';

export type ButtonVariant = 'primary' | 'plain' | 'quiet' | 'danger';

interface Look {
  /** `plain` by default; one `primary` a page. */
  variant?: ButtonVariant;
  icon?: IconName;
}

export interface ButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement>, Look {
  /** Shows a turning mark and takes no clicks; say in the label what is going on. */
  busy?: boolean;
  /** For a button that shows only its icon. */
  label?: string;
}

export interface LinkButtonProps extends AnchorProps, Look {}

function look(variant: ButtonVariant | undefined, extra: string | undefined): string {
  const kind = variant === undefined || variant === 'plain' ? 'button' : `button button-${variant}`;
  return extra === undefined ? kind : `${kind} ${extra}`;
}

/** `type="button"` unless said otherwise. */
export function Button(props: ButtonProps): JSX.Element {
  const [own, rest] = splitProps(props, [
    'variant',
    'icon',
    'busy',
    'label',
    'class',
    'children',
    'disabled',
    'onClick',
  ]);
  // Read once here: a getter like `busy={a() && b()}` makes a computation, and a handler has no owner for it.
  const busy = createMemo(() => own.busy === true);
  return (
    <button
      type="button"
      {...rest}
      aria-label={own.label ?? rest['aria-label']}
      class={look(own.variant, own.class)}
      classList={{ 'button-busy': busy() }}
      disabled={own.disabled}
      aria-busy={busy() ? 'true' : undefined}
      // Busy buttons keep the focus, so they are not `disabled`.
      aria-disabled={busy() ? 'true' : undefined}
      onClick={(event) => {
        if (busy()) return event.preventDefault();
        if (typeof own.onClick === 'function') own.onClick(event);
      }}
    >
      <Show when={busy() ? 'spinner' : own.icon}>{(name) => <Icon name={name()} />}</Show>
      {own.children}
    </button>
  );
}

/** A link inside the app that looks like a button. */
export function LinkButton(props: LinkButtonProps): JSX.Element {
  const [own, rest] = splitProps(props, ['variant', 'icon', 'class', 'children']);
  return (
    <A {...rest} class={look(own.variant, own.class)}>
      <Show when={own.icon}>{(name) => <Icon name={name()} />}</Show>
      {own.children}
    </A>
  );
}
