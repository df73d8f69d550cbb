// After a navigation inside the app the focus goes to the new page's heading, as it would with a
// real page load; on the first load it stays where the browser put it.
let navigated = false;

/** The shell calls this when the route changes. */
export function noteNavigation(): void {
  navigated = true;
}

/** A page calls this when it is there; does nothing on the first load. */
export function focusAfterNavigation(heading: HTMLElement): void {
  if (!navigated) return;
  // The heading is in the document only after the route's transition has ended.
  queueMicrotask(() => requestAnimationFrame(() => heading.focus({ preventScroll: true })));
}
