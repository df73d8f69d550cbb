// A modal dialog: focus is kept inside and given back, Escape closes (Kobalte's primitive).
import * as Kobalte from '@kobalte/core/dialog';
import { createComputed, type JSX } from 'solid-js';
import { Button } from './Button.tsx';
import { Slot } from './Slot.tsx';

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: JSX.Element;
  children?: JSX.Element;
  /** Buttons, the safe one first. */
  footer?: JSX.Element;
}

export function Dialog(props: DialogProps): JSX.Element {
  let content: HTMLElement | undefined;
  let opener: Element | null = null;
  // Kobalte gives the focus back to its own trigger only; these dialogs are opened from anywhere.
  createComputed(() => {
    if (props.open) opener = document.activeElement;
  });
  const focusFirstField = (event: Event) => {
    const field = content?.querySelector<HTMLElement>('input, textarea, select');
    if (!field) return;
    event.preventDefault();
    field.focus();
  };
  const giveBack = (event: Event) => {
    event.preventDefault();
    // What opened it may be gone by now, e.g. with the thing that was removed: then the page's title.
    const target = opener?.isConnected && opener !== document.body ? opener : document.querySelector('h1');
    if (target instanceof HTMLElement) target.focus();
  };
  return (
    <Kobalte.Root open={props.open} onOpenChange={props.onOpenChange} preventScroll={false}>
      <Kobalte.Portal>
        <Kobalte.Overlay class="dialog-overlay" />
        <div class="dialog-place">
          <Kobalte.Content
            ref={(element: HTMLElement) => {
              content = element;
            }}
            class="dialog"
            onOpenAutoFocus={focusFirstField}
            onCloseAutoFocus={giveBack}
          >
            <div class="dialog-head">
              <Kobalte.Title as="h2">{props.title}</Kobalte.Title>
              <Button variant="quiet" icon="close" label="Close" onClick={() => props.onOpenChange(false)} />
            </div>
            <Slot
              of={props.description}
              frame={(description) => <Kobalte.Description as="p">{description()}</Kobalte.Description>}
            />
            {props.children}
            <Slot of={props.footer} frame={(footer) => <div class="dialog-foot">{footer()}</div>} />
          </Kobalte.Content>
        </div>
      </Kobalte.Portal>
    </Kobalte.Root>
  );
}
