// Long digests and field elements: shortened, in monospace, with a button that copies the whole.
import { createSignal, type JSX, onCleanup } from 'solid-js';
import { Button } from './Button.tsx';
import { shorten } from './format.ts';

export interface CopyButtonProps {
  value: string;
  /** What is copied, for screen readers: "campaign digest". */
  what: string;
  /** Shown beside the icon; without it the button is only an icon. */
  text?: string;
}

export function CopyButton(props: CopyButtonProps): JSX.Element {
  const [state, setState] = createSignal<'idle' | 'copied' | 'failed'>('idle');
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.value);
      setState('copied');
    } catch {
      setState('failed');
    }
    clearTimeout(timer);
    timer = setTimeout(() => setState('idle'), 2000);
  };
  const word = () => (state() === 'copied' ? 'Copied' : state() === 'failed' ? 'Could not copy' : '');
  return (
    <>
      <Button
        variant={props.text === undefined ? 'quiet' : 'plain'}
        icon={state() === 'copied' ? 'check' : state() === 'failed' ? 'alert' : 'copy'}
        label={props.text === undefined ? `Copy ${props.what}` : undefined}
        title={`Copy ${props.what}`}
        onClick={copy}
      >
        {props.text}
      </Button>
      <span class="visually-hidden" aria-live="polite">
        {word()}
      </span>
    </>
  );
}

export interface HashProps {
  value: string;
  /** What it is, for the copy button: "nullifier". */
  what: string;
  /** Characters kept at the front (8) and the end (6). */
  head?: number;
  tail?: number;
}

export function Hash(props: HashProps): JSX.Element {
  return (
    <span class="hash">
      <span title={props.value}>{shorten(props.value, props.head ?? 8, props.tail ?? 6)}</span>
      <CopyButton value={props.value} what={props.what} />
    </span>
  );
}
