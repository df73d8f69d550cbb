// Keeps keyboard and screen reader users in place when what had the focus goes away by its own doing.
import { type Accessor, createComputed, createEffect, on } from 'solid-js';

/** Whenever `changed` changes and what had the focus is gone with it, the page's title takes it, or what is given as
 * `home`. To be called before the parts of the page that change. */
export function createFocusKeeper(changed: Accessor<unknown>, home?: () => HTMLElement | undefined): void {
  let had = false;
  // Runs before the change is drawn. A page that has just been opened has no focus to keep.
  createComputed(
    on(
      changed,
      () => {
        had = document.activeElement !== document.body;
      },
      { defer: true },
    ),
  );
  createEffect(
    on(
      changed,
      () => {
        if (!had) return;
        // After the change is drawn, and after a dialog has given the focus back.
        setTimeout(() => {
          if (document.activeElement !== document.body) return;
          (home?.() ?? document.querySelector('h1'))?.focus();
        });
      },
      { defer: true },
    ),
  );
}
