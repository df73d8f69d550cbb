// The screen stays on exactly while a proof is being made and the page is seen.
import { beforeEach, expect, it } from 'vitest';
import { keepAwake } from '../../src/browser/wake-lock.ts';
import type { Job, JobState } from '../../src/core/job.ts';
import type { Settings } from '../../src/services/device.ts';
import type { JobEvent } from '../../src/services/jobs.ts';
import { SeededRandom } from '../helpers/random.ts';
import { runs, testSeed } from '../helpers/scale.ts';

let held: Set<object>;
let listeners: Set<(event: JobEvent) => void>;
let answers: (() => void)[];
let visibility: DocumentVisibilityState;
let page: EventTarget & { visibilityState: DocumentVisibilityState };
let listed: Job[];
let allowed: boolean;
let settingsChanged: () => void;

beforeEach(() => {
  held = new Set();
  listeners = new Set();
  answers = [];
  visibility = 'visible';
  listed = [];
  allowed = true;
  page = Object.defineProperty(new EventTarget(), 'visibilityState', {
    get: () => visibility,
  }) as typeof page;
});

const settled = () => new Promise((wake) => setImmediate(wake));
const jobOf = (id: string, state: JobState) => ({ id, state }) as Job;
const tell = (id: string, state: JobState) => {
  for (const listener of listeners) listener({ type: 'changed', job: jobOf(id, state) });
};

/** As the platform does: a hidden page holds none, and is given none. */
function show(next: DocumentVisibilityState): void {
  visibility = next;
  if (next === 'hidden') for (const lock of held) release(lock);
  page.dispatchEvent(new Event('visibilitychange'));
}

function release(lock: object): void {
  held.delete(lock);
  Object.assign(lock, { released: true });
}

function start(slow = false) {
  return keepAwake({
    wakeLock: {
      async request() {
        if (slow) await new Promise<void>((resolve) => answers.push(resolve));
        if (visibility === 'hidden') throw new DOMException('Not seen.', 'NotAllowedError');
        const lock = { released: false, release: async () => release(lock) };
        held.add(lock);
        return lock as unknown as WakeLockSentinel;
      },
    },
    page,
    settings: {
      read: () => ({ keepAwake: allowed }) as Settings,
      watch(listener) {
        settingsChanged = listener;
        return () => {
          settingsChanged = () => {};
        };
      },
    },
    jobs: {
      list: async () => listed,
      watch(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
}

it('holds one lock whatever happens in whatever order', async () => {
  const random = new SeededRandom(testSeed);
  for (let run = 0; run < runs(50, 1_000); run++) {
    const states = new Map<string, JobState>();
    visibility = 'visible';
    allowed = true;
    const end = start();
    for (let step = 0; step < 20; step++) {
      if (random.chance(0.3)) show(visibility === 'visible' ? 'hidden' : 'visible');
      else if (random.chance(0.1)) {
        allowed = !allowed;
        settingsChanged();
      } else {
        const id = random.pick(['a', 'b', 'c']);
        const state = random.pick<JobState>(['running', 'queued', 'succeeded', 'cancelled']);
        states.set(id, state);
        tell(id, state);
      }
      if (random.chance(0.5)) continue;
      await settled();
      const working = [...states.values()].includes('running') && visibility === 'visible';
      expect(held.size).toBe(working && allowed ? 1 : 0);
    }
    end();
    await settled();
    expect([held.size, listeners.size]).toEqual([0, 0]);
  }
});

it('knows of a proof that another tab was making before this one opened', async () => {
  listed = [jobOf('a', 'running')];
  start();
  await settled();
  expect(held.size).toBe(1);
  tell('a', 'succeeded');
  await settled();
  expect(held.size).toBe(0);
});

it('learns what it missed while the page was put away', async () => {
  start();
  tell('a', 'running');
  await settled();
  listed = [jobOf('a', 'succeeded')];
  for (const listener of listeners) listener({ type: 'missed' });
  await settled();
  expect(held.size).toBe(0);
});

it('lets go of a lock that was granted after the proof had ended', async () => {
  start(true);
  tell('a', 'running');
  tell('a', 'succeeded');
  for (const answer of answers) answer();
  await settled();
  expect(held.size).toBe(0);
});

it('does nothing where the platform has none', () => {
  const settings = { read: () => ({ keepAwake: true }) as Settings, watch: () => () => {} };
  const jobs = { list: async () => [], watch: () => () => {} };
  keepAwake({ wakeLock: undefined, page, jobs, settings })();
});
