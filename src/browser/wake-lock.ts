// Keeps the screen on while a proof is being made and this page is seen: a device that falls asleep stops
// proving. Where the platform does not know or allow this, nothing happens.
import type { Jobs } from './jobs.ts';
import type { SettingsStore } from './settings.ts';

export interface WakeLockOptions {
  /** `navigator.wakeLock`, which old browsers and plain http do not have. */
  wakeLock: Pick<WakeLock, 'request'> | undefined;
  /** `document`. */
  page: EventTarget & { readonly visibilityState: DocumentVisibilityState };
  jobs: Pick<Jobs, 'list' | 'watch'>;
  settings: Pick<SettingsStore, 'read' | 'watch'>;
}

/** Works until what it returns is called. Any tab that is seen holds the lock, whichever tab proves. */
export function keepAwake({ wakeLock, page, jobs, settings }: WakeLockOptions): () => void {
  if (wakeLock === undefined) return () => {};
  const running = new Set<string>();
  let held: WakeLockSentinel | null = null;
  let asking = false;
  /** Something happened while the browser decided. */
  let changed = false;
  let ended = false;

  const wanted = () =>
    !ended && running.size > 0 && page.visibilityState === 'visible' && settings.read().keepAwake;

  async function settle(): Promise<void> {
    changed = true;
    if (asking) return;
    if (!wanted()) {
      const release = held;
      held = null;
      await release?.release().catch(() => {});
      return;
    }
    // The browser takes it away when the page is hidden.
    if (held !== null && !held.released) return;
    asking = true;
    changed = false;
    try {
      held = (await wakeLock?.request('screen').catch(() => null)) ?? null;
    } finally {
      asking = false;
    }
    if (changed) await settle();
  }

  function readAll(): void {
    jobs.list().then(
      (all) => {
        for (const { id, state } of all) {
          if (state === 'running') running.add(id);
          else running.delete(id);
        }
        void settle();
      },
      () => {}, // Storage is down; the next change tells.
    );
  }

  const unwatch = jobs.watch((event) => {
    if (event.type === 'progress' || event.type === 'queue') return;
    if (event.type === 'missed') return readAll();
    const id = event.type === 'changed' ? event.job.id : event.jobId;
    if (event.type === 'changed' && event.job.state === 'running') running.add(id);
    else running.delete(id);
    void settle();
  });
  const unwatchSettings = settings.watch(() => void settle());
  const onVisibility = () => void settle();
  page.addEventListener('visibilitychange', onVisibility);
  readAll();
  return () => {
    ended = true;
    unwatch();
    unwatchSettings();
    page.removeEventListener('visibilitychange', onVisibility);
    void settle();
  };
}
