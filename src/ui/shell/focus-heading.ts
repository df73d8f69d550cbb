// Where the focus goes when the page, or all that is on it, has changed: to its heading, as with a real
// page load, so that screen readers start there.

/** Waits a frame, since the new heading may just be on its way into the document. */
export function focusHeading(): void {
  requestAnimationFrame(() => {
    const heading = document.querySelector<HTMLElement>('main h1') ?? document.querySelector('main');
    heading?.focus({ preventScroll: true });
  });
}
