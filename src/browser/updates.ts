// New versions of the app: found by the service worker, applied only when the person says so.
import { Workbox } from 'workbox-window';

export interface Updates {
  /** Called once a new version waits to take over. */
  onReady(listener: () => void): void;
  /** Lets the waiting version take over and reloads. */
  apply(): void;
}

/** How often an open page looks for a new version. */
const CHECK_EVERY_MS = 60 * 60 * 1000;

export function makeUpdates(scriptUrl: string): Updates {
  const listeners: (() => void)[] = [];
  let ready = false;
  /** Another tab has let the new version take over; this page still runs the old one. */
  let takenOver = false;
  let wanted = false;
  if (!('serviceWorker' in navigator)) return { onReady: () => {}, apply: () => location.reload() };
  const workbox = new Workbox(scriptUrl);
  const tellReady = () => {
    ready = true;
    for (const listener of listeners) listener();
  };
  workbox.addEventListener('waiting', tellReady);
  let controlled = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    const first = !controlled;
    controlled = true;
    // The very first version takes over as well, but there is nothing newer to reload into.
    if (first) return;
    takenOver = true;
    if (wanted) location.reload();
    else tellReady();
  });
  // Without a registration (private windows, for one) the app works, only not offline.
  workbox.register().catch(() => {});
  setInterval(() => workbox.update().catch(() => {}), CHECK_EVERY_MS);
  return {
    onReady(listener) {
      if (ready) listener();
      else listeners.push(listener);
    },
    apply() {
      wanted = true;
      if (takenOver) location.reload();
      else workbox.messageSkipWaiting();
    },
  };
}
