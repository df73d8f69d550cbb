// Takes files by drop or by button. The button is the accessible way; dropping is a shortcut.
import { createSignal, createUniqueId, type JSX } from 'solid-js';
import { Button } from './Button.tsx';
import { Slot } from './Slot.tsx';

export interface FileDropProps {
  /** What to bring, e.g. "Claim bundle". */
  label: string;
  hint?: JSX.Element;
  /** As in `<input accept>`, e.g. `.json,application/json`. */
  accept?: string;
  multiple?: boolean;
  /** "Open a file" by default. */
  buttonText?: string;
  disabled?: boolean;
  onFiles: (files: File[]) => void;
}

export function FileDrop(props: FileDropProps): JSX.Element {
  const [over, setOver] = createSignal(false);
  const labelId = createUniqueId();
  let input!: HTMLInputElement;

  const take = (list: FileList | null | undefined) => {
    const files = [...(list ?? [])];
    if (files.length > 0 && props.disabled !== true) {
      props.onFiles(props.multiple === true ? files : files.slice(0, 1));
    }
    input.value = '';
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would announce a form where there is one button
    <div
      class="drop"
      classList={{ 'drop-over': over() }}
      role="group"
      aria-labelledby={labelId}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <span class="drop-label" id={labelId}>
        {props.label}
      </span>
      <Slot of={props.hint} frame={(hint) => <span class="field-hint">{hint()}</span>} />
      <Button icon="open" disabled={props.disabled} onClick={() => input.click()}>
        {props.buttonText ?? (props.multiple === true ? 'Open files' : 'Open a file')}
      </Button>
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        tabIndex={-1}
        aria-hidden="true"
        accept={props.accept}
        multiple={props.multiple}
        onChange={() => take(input.files)}
      />
    </div>
  );
}
