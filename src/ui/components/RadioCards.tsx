// One choice among a few, each with a title and a line of explanation. Native radio buttons,
// so that arrow keys and screen readers work as everywhere.

import { createUniqueId, Index, type JSX, Show } from 'solid-js';
import { Slot } from './Slot.tsx';

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
      <Slot of={props.hint} frame={(hint) => <span class="field-hint">{hint()}</span>} />
      <div class="radio-cards" classList={{ 'radio-cards-even': props.options.length % 2 === 0 }}>
        {/* By place: a list that is made anew takes the focus from nobody. */}
        <Index each={props.options}>
          {(option, at) => (
            <label class="radio-card">
              <input
                type="radio"
                name={group}
                value={option().value}
                checked={option().value === props.value}
                disabled={option().disabled}
                // The explanation is a description, not part of the name that is read each time.
                aria-labelledby={`${group}-${at}-title`}
                aria-describedby={option().text === undefined ? undefined : `${group}-${at}-text`}
                onChange={() => props.onChange(option().value)}
              />
              <span>
                <span class="radio-card-title" id={`${group}-${at}-title`}>
                  {option().title}
                </span>
                <Show when={option().text !== undefined}>
                  <span class="radio-card-text" id={`${group}-${at}-text`}>
                    {option().text}
                  </span>
                </Show>
              </span>
            </label>
          )}
        </Index>
      </div>
    </fieldset>
  );
}
