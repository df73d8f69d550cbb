// The logo: a gnomon and the shadow that it casts. public/icons/icon.svg holds the same shapes.
import type { JSX } from 'solid-js';

export function Logo(props: { sizePx?: number }): JSX.Element {
  return (
    <svg width={props.sizePx ?? 28} height={props.sizePx ?? 28} viewBox="0 0 32 32" aria-hidden="true">
      <path class="logo-shadow" d="M3 20 H15 L29 30.5 Z" />
      <path class="logo-gnomon" d="M15 2 V20 H3 Z" />
    </svg>
  );
}
