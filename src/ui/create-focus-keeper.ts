// Keeps keyboard and screen reader users in place when what had the focus goes away by its own doing.
import { type Accessor, createEffect, on } from 'solid-js';

/** Whenever `changed` changes and nothing has the focus any more, the page's title takes it. */
export function createFocusKeeper(changed: Accessor<unknown>): void {
  createEffect(
    on(
      changed,
      () => {
        // After the change is drawn, and after a dialog has given the focus back.
        setTimeout(() => {
          if (document.activeElement === document.body) document.querySelector('h1')?.focus();
        });
      },
      { defer: true },
    ),
  );
}
