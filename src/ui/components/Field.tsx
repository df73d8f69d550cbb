// Labelled form fields on native elements: label, hint and error are tied to the control by id.
import { children, createUniqueId, For, type JSX, Show } from 'solid-js';
import { hasContent, Slot } from './Slot.tsx';

interface FieldText {
  label: string;
  /** Below the label, before the control. */
  hint?: JSX.Element;
  /** What is wrong and what to do; announced when it appears. */
  error?: string | null | undefined;
}

export interface FieldProps extends FieldText {
  /** Receives what the control must carry. */
  children: (control: { id: string; describedBy: string | undefined; invalid: boolean }) => JSX.Element;
}

/** The frame of a field, for controls that are not below. */
export function Field(props: FieldProps): JSX.Element {
  const id = createUniqueId();
  const hint = children(() => props.hint);
  const hasHint = () => hasContent(hint.toArray());
  const describedBy = () =>
    [hasHint() ? `${id}-hint` : '', props.error ? `${id}-error` : ''].join(' ').trim() || undefined;
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {props.label}
      </label>
      <Show when={hasHint()}>
        <span class="field-hint" id={`${id}-hint`}>
          {hint()}
        </span>
      </Show>
      {props.children({
        id,
        get describedBy() {
          return describedBy();
        },
        get invalid() {
          return Boolean(props.error);
        },
      })}
      <span class="field-error" id={`${id}-error`} aria-live="polite">
        {props.error}
      </span>
    </div>
  );
}

export interface TextInputProps extends FieldText {
  value: string;
  onInput: (value: string) => void;
  type?: 'text' | 'password' | 'search' | 'url' | 'datetime-local';
  /** A textarea of so many rows. */
  rows?: number;
  placeholder?: string;
  autocomplete?: string;
  maxLength?: number;
  mono?: boolean;
  required?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
}

export function TextInput(props: TextInputProps): JSX.Element {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(control) => (
        <Show
          when={props.rows !== undefined}
          fallback={
            <input
              class="input"
              classList={{ mono: props.mono === true }}
              id={control.id}
              type={props.type ?? 'text'}
              value={props.value}
              placeholder={props.placeholder}
              autocomplete={props.autocomplete ?? 'off'}
              spellcheck={false}
              maxLength={props.maxLength}
              required={props.required}
              disabled={props.disabled}
              readOnly={props.readOnly}
              aria-describedby={control.describedBy}
              aria-invalid={control.invalid}
              onInput={(event) => props.onInput(event.currentTarget.value)}
            />
          }
        >
          <textarea
            class="input"
            classList={{ mono: props.mono === true }}
            id={control.id}
            rows={props.rows}
            value={props.value}
            placeholder={props.placeholder}
            autocomplete={props.autocomplete ?? 'off'}
            spellcheck={false}
            maxLength={props.maxLength}
            required={props.required}
            disabled={props.disabled}
            readOnly={props.readOnly}
            aria-describedby={control.describedBy}
            aria-invalid={control.invalid}
            onInput={(event) => props.onInput(event.currentTarget.value)}
          />
        </Show>
      )}
    </Field>
  );
}

export interface SelectProps<T extends string> extends FieldText {
  value: T;
  onChange: (value: T) => void;
  options: readonly { value: T; label: string; disabled?: boolean }[];
  disabled?: boolean;
}

export function Select<T extends string>(props: SelectProps<T>): JSX.Element {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(control) => (
        <select
          class="input"
          id={control.id}
          disabled={props.disabled}
          aria-describedby={control.describedBy}
          aria-invalid={control.invalid}
          onChange={(event) => props.onChange(event.currentTarget.value as T)}
        >
          <For each={props.options}>
            {(option) => (
              // `selected` on the option, since options may arrive after the value.
              <option value={option.value} disabled={option.disabled} selected={option.value === props.value}>
                {option.label}
              </option>
            )}
          </For>
        </select>
      )}
    </Field>
  );
}

export interface CheckboxProps {
  label: JSX.Element;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint?: JSX.Element;
  disabled?: boolean;
}

export function Checkbox(props: CheckboxProps): JSX.Element {
  return (
    <label class="checkbox">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>
        {props.label}
        <Slot of={props.hint} frame={(hint) => <span class="field-hint">{hint()}</span>} />
      </span>
    </label>
  );
}
