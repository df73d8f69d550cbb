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
  if (!('serviceWorker' in navigator)) return { onReady: () => {}, apply: () => location.reload() };
  const workbox = new Workbox(scriptUrl);
  workbox.addEventListener('waiting', () => {
    ready = true;
    for (const listener of listeners) listener();
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
      workbox.addEventListener('controlling', () => location.reload());
      workbox.messageSkipWaiting();
    },
  };
}
