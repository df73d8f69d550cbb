// Content handed in by a prop, with a frame that stands only if there is any. JSX props are getters that
// build anew at each reading, so a plain `props.x !== undefined` would build everything twice.
import { children, type JSX, Show } from 'solid-js';

/** Whether resolved children (`children(…).toArray()`) show anything. */
export function hasContent(parts: readonly unknown[]): boolean {
  return parts.some((part) => part != null && part !== false && part !== '');
}

export interface SlotProps {
  of: JSX.Element;
  frame: (content: () => JSX.Element) => JSX.Element;
}

export function Slot(props: SlotProps): JSX.Element {
  const content = children(() => props.of);
  return <Show when={hasContent(content.toArray())}>{props.frame(content)}</Show>;
}
