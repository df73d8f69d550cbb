// Service worker: keeps the app's own files for offline use. It never proves, never touches
// circuits (the artifact store keeps those by digest), and waits to be told before it takes over.
/// <reference lib="webworker" />
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: { url: string; revision: string | null }[];
};

precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), {
    denylist: [/^\/circuits\//, /^\/api\//, /^\/health$/, /^\/metrics$/],
  }),
);

// The first version takes the open page at once, so that a first visit is enough to go offline;
// later ones wait for the person's word.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => {
  if (event.data?.type === 'SKIP_WAITING') void self.skipWaiting();
});

// "Your proof is ready": brings the app to the front.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const toFront = async () => {
    const [open] = await self.clients.matchAll({ type: 'window' });
    return open === undefined ? self.clients.openWindow('/proofs') : open.focus();
  };
  event.waitUntil(toFront());
});
