// A long proof's end is told outside the page only when asked for, allowed, and nobody looks; and says nothing of
// what was proved.
import { describe, expect, it } from 'vitest';
import { announceEnds, makeNotifications, makeSeen } from '../../src/browser/announce.ts';
import type { Job, JobState } from '../../src/core/job.ts';
import type { Settings } from '../../src/services/device.ts';
import type { JobEvent } from '../../src/services/jobs.ts';

const CANARY = 'canary-4711';

function setUp(change: { leading?: boolean; seen?: boolean; notify?: boolean; allowed?: boolean } = {}) {
  const { leading = true, seen = false, notify = true, allowed = true } = change;
  let tell: (event: JobEvent) => void = () => {};
  const shown: string[] = [];
  const end = announceEnds({
    jobs: {
      leading: () => leading,
      watch(listener) {
        tell = listener;
        return () => {
          tell = () => {};
        };
      },
    },
    settings: { read: () => ({ notify }) as Settings },
    seen: async () => seen,
    notifications: {
      state: () => (allowed ? 'allowed' : 'refused'),
      ask: () => Promise.reject(new Error('Only on a click.')),
      show: async (what) => void shown.push(what),
    },
  });
  const job = (state: JobState, tookMs = 60_000) =>
    tell({
      type: 'changed',
      job: {
        id: CANARY,
        label: CANARY,
        state,
        queuedAtMs: 1_000,
        endedAtMs: state === 'running' || state === 'queued' ? null : 1_000 + tookMs,
      } as Job,
    });
  return { shown, job, end };
}

const settled = () => new Promise((wake) => setImmediate(wake));

describe('the end of a long proof', () => {
  it('is told once, whatever became of it', async () => {
    const { shown, job, end } = setUp();
    for (const state of ['queued', 'running', 'queued', 'running', 'succeeded', 'succeeded'] as const) {
      job(state);
    }
    await settled();
    expect(shown).toEqual(['succeeded']);
    for (const state of ['running', 'failed'] as const) job(state);
    await settled();
    expect(shown).toEqual(['succeeded', 'failed']);
    end();
    for (const state of ['running', 'failed'] as const) job(state);
    await settled();
    expect(shown).toHaveLength(2);
  });

  it('is not told when cancelled, or soon over, or known from before', async () => {
    const { shown, job } = setUp();
    for (const state of ['succeeded', 'running', 'cancelled', 'running'] as const) job(state);
    job('succeeded', 9_999);
    await settled();
    expect(shown).toEqual([]);
  });

  it.each([{ leading: false }, { seen: true }, { notify: false }, { allowed: false }])(
    'is not told with %o',
    async (change) => {
      const { shown, job } = setUp(change);
      for (const state of ['running', 'succeeded'] as const) job(state);
      await settled();
      expect(shown).toEqual([]);
    },
  );
});

describe('notifications', () => {
  it('ask once, and go through the service worker where there is one', async () => {
    let asked = 0;
    const api = {
      permission: 'default' as NotificationPermission,
      async requestPermission() {
        asked++;
        api.permission = 'granted';
        return api.permission;
      },
    };
    const shown: unknown[] = [];
    const registration = {
      active: {},
      showNotification: async (...told: unknown[]) => void shown.push(told),
    } as unknown as ServiceWorkerRegistration;
    const notifications = makeNotifications(api, async () => registration);
    expect(notifications.state()).toBe('not-asked');
    expect([await notifications.ask(), await notifications.ask(), asked]).toEqual(['allowed', 'allowed', 1]);
    await notifications.show('succeeded');
    await notifications.show('failed');
    expect(shown).toMatchObject([
      ['Gnomon', { body: 'Your proof is ready.', tag: 'gnomon-succeeded' }],
      ['Gnomon', { body: 'A proof could not be made.', tag: 'gnomon-failed' }],
    ]);
  });

  it('are unsupported where the browser has none', async () => {
    const notifications = makeNotifications(undefined, async () => undefined);
    expect([notifications.state(), await notifications.ask()]).toEqual(['unsupported', 'unsupported']);
  });
});

it('knows of a page that is seen in another tab', async () => {
  const makePage = (visibilityState: DocumentVisibilityState) =>
    Object.assign(new EventTarget(), { visibilityState });
  const held = new Set<string>();
  const locks = {
    async request(name: string, _options: object, call: () => Promise<void>) {
      const mine = `${name} ${Math.random()}`;
      held.add(mine);
      await call();
      held.delete(mine);
    },
    query: async () => ({ held: [...held].map((lock) => ({ name: lock.split(' ')[0] })) }),
  } as unknown as LockManager;
  const [here, there] = [makePage('hidden'), makePage('visible')];
  const seenFromHere = makeSeen(locks, here);
  makeSeen(locks, there);
  expect(await seenFromHere()).toBe(true);
  there.visibilityState = 'hidden';
  there.dispatchEvent(new Event('visibilitychange'));
  await settled();
  expect(await seenFromHere()).toBe(false);
  here.visibilityState = 'visible';
  here.dispatchEvent(new Event('visibilitychange'));
  expect(await seenFromHere()).toBe(true);
});
