// One choice among a few, each with a title and a line of explanation. Native radio buttons,
// so that arrow keys and screen readers work as everywhere.
import { createUniqueId, For, type JSX, Show } from 'solid-js';

export interface RadioCardOption<T extends string> {
  value: T;
  title: string;
  text?: JSX.Element;
  disabled?: boolean;
}

export interface RadioCardsProps<T extends string> {
  legend: string;
  hint?: JSX.Element;
  value: T;
  onChange: (value: T) => void;
  options: readonly RadioCardOption<T>[];
}

export function RadioCards<T extends string>(props: RadioCardsProps<T>): JSX.Element {
  const group = createUniqueId();
  return (
    <fieldset class="stack-s">
      <legend class="field-label">{props.legend}</legend>
      <Show when={props.hint !== undefined}>
        <span class="field-hint">{props.hint}</span>
      </Show>
      <div class="radio-cards" classList={{ 'radio-cards-even': props.options.length % 2 === 0 }}>
        <For each={props.options}>
          {(option) => (
            <label class="radio-card">
              <input
                type="radio"
                name={group}
                value={option.value}
                checked={option.value === props.value}
                disabled={option.disabled}
                onChange={() => props.onChange(option.value)}
              />
              <span>
                <span class="radio-card-title">{option.title}</span>
                <Show when={option.text !== undefined}>
                  <span class="radio-card-text">{option.text}</span>
                </Show>
              </span>
            </label>
          )}
        </For>
      </div>
    </fieldset>
  );
}
