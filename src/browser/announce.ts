// Says outside the page that a long proof has ended, if the person asked for it and sees no page of ours. Nothing
// of what was proved is told: others may see the screen.
import type { NotificationState, NotificationsService } from '../services/device.ts';
import type { Jobs } from './jobs.ts';
import type { SettingsStore } from './settings.ts';

export interface Notifications extends NotificationsService {
  /** One of each kind at a time: the next takes the place of the last. */
  show(end: 'succeeded' | 'failed'): Promise<void>;
}

export interface AnnounceOptions {
  jobs: Pick<Jobs, 'watch' | 'leading'>;
  settings: Pick<SettingsStore, 'read'>;
  notifications: Notifications;
  /** Whether any page of ours, in whichever tab, is seen. */
  seen: () => Promise<boolean>;
}

/** Shorter ones have ended before anybody looked away. */
const LONG_MS = 10_000;

/** Works until what it returns is called. Of several tabs the leading one speaks. */
export function announceEnds({ jobs, settings, notifications, seen }: AnnounceOptions): () => void {
  const running = new Set<string>();
  return jobs.watch((event) => {
    if (event.type !== 'changed') return;
    const { id, state, queuedAtMs, endedAtMs } = event.job;
    if (state === 'running') running.add(id);
    // Back in the queue it has not ended, and goes on counting from when it was asked for.
    if (state === 'running' || state === 'queued' || !running.delete(id)) return;
    if (state === 'cancelled' || (endedAtMs ?? 0) - queuedAtMs < LONG_MS) return;
    if (!jobs.leading() || !settings.read().notify || notifications.state() !== 'allowed') return;
    seen()
      .then((anyone) => (anyone ? undefined : notifications.show(state)))
      .catch(() => {}); // A browser that refuses after all: the page says it too.
  });
}

const TEXTS = { succeeded: 'Your proof is ready.', failed: 'A proof could not be made.' };

/** `registration` gives the service worker's: phones show notifications only through it. */
export function makeNotifications(
  api: Pick<typeof Notification, 'permission' | 'requestPermission'> | undefined,
  registration: () => Promise<ServiceWorkerRegistration | undefined>,
): Notifications {
  const state = (): NotificationState => {
    if (api === undefined) return 'unsupported';
    return api.permission === 'granted' ? 'allowed' : api.permission === 'denied' ? 'refused' : 'not-asked';
  };
  return {
    state,
    async ask() {
      if (state() === 'not-asked') await api?.requestPermission();
      return state();
    },
    async show(end) {
      const details = { body: TEXTS[end], tag: `gnomon-${end}`, icon: '/icons/icon-192.png' };
      const registered = await registration();
      if (registered?.active) {
        await registered.showNotification('Gnomon', details);
        return;
      }
      const shown = new Notification('Gnomon', details);
      shown.onclick = () => {
        globalThis.focus();
        shown.close();
      };
    },
  };
}

/** Holds a shared lock while this page is seen, so that any tab can tell whether one is. */
export function makeSeen(
  locks: LockManager | undefined,
  page: EventTarget & { readonly visibilityState: DocumentVisibilityState },
  name = 'gnomon-seen',
): () => Promise<boolean> {
  let hide = () => {};
  const hold = () => {
    hide();
    if (page.visibilityState !== 'visible') return;
    const hidden = new AbortController();
    hide = () => hidden.abort();
    const until = new Promise<void>((done) => hidden.signal.addEventListener('abort', () => done()));
    locks?.request(name, { mode: 'shared', signal: hidden.signal }, () => until).catch(() => {});
  };
  page.addEventListener('visibilitychange', hold);
  hold();
  return async () => {
    if (page.visibilityState === 'visible') return true;
    const { held = [] } = (await locks?.query()) ?? {};
    return held.some((lock) => lock.name === name);
  };
}
