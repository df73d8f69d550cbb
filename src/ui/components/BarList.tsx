// Amounts side by side as bars with their names and figures written on them; read by screen readers as a list.
import { For, type JSX } from 'solid-js';

export interface BarPart {
  share: number;
  /** A custom property of tokens.css. */
  colour: string;
}

export interface Bar {
  name: string;
  /** The amount in words. */
  words: string;
  /** Of the whole width, 0…1, one after the other. */
  parts: readonly BarPart[];
}

export function BarList(props: { label: string; bars: readonly Bar[] }): JSX.Element {
  return (
    <ul class="bar-list" aria-label={props.label}>
      <For each={props.bars}>
        {(bar) => (
          <li>
            <span class="bar-name">{bar.name}</span>
            <span class="bar-words quiet small">{bar.words}</span>
            <span class="bar-track" aria-hidden="true">
              <For each={bar.parts}>
                {(part) => (
                  <span
                    style={{
                      width: `${100 * Math.max(0, Math.min(1, part.share))}%`,
                      background: `var(${part.colour})`,
                    }}
                  />
                )}
              </For>
            </span>
          </li>
        )}
      </For>
    </ul>
  );
}
