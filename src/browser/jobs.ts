// Jobs as the pages use them: durable in this browser, scheduled by whichever tab leads, and seen live in
// all. Pages never touch the store or the scheduler.

import { addAgain } from '../core/again.ts';
import { asBackendList } from '../core/backend-list.ts';
import { type ErrorData, toErrorData } from '../core/errors.ts';
import { createListeners } from '../core/listeners.ts';
import type {
  Backend,
  BackendList,
  Clock,
  InputResolver,
  JobArchive,
  JobStore,
  Random,
  Verifier,
} from '../core/ports.ts';
import { LEARN_FROM_JOBS } from '../core/routing.ts';
import { createScheduler, type ProgressEvent, type SchedulerOptions } from '../core/scheduler.ts';
import { releaseHeld } from '../core/upkeep.ts';
import type { JobsService } from '../services/jobs.ts';
import { makeFarewells } from './farewell.ts';
import { type Lead, type Leadership, makeLeadership } from './leader.ts';

export interface JobsOptions
  extends Pick<
    SchedulerOptions,
    'policy' | 'onWrongProof' | 'estimates' | 'faults' | 'taught' | 'metrics' | 'expect'
  > {
  store: JobStore & Pick<JobArchive, 'inputOf'>;
  backends: readonly Backend[] | BackendList;
  verifier: Verifier;
  inputs: InputResolver;
  clock: Clock;
  random: Random;
  /** `navigator.locks`. */
  locks: LockManager | undefined;
  /** `window`: its pagehide and pageshow say when this tab comes and goes, and its localStorage tells the
   * next leader that it went and did not crash. */
  page: EventTarget & { readonly localStorage: Storage };
  /** Aborted when a newer version of the page has taken over the storage: this tab can save nothing any
   * more, so it leaves the work to others for good. */
  outdated?: AbortSignal;
  /** Lock and channel name. */
  name?: string;
  onTrouble?: (error: ErrorData) => void;
}

export interface Jobs extends JobsService {
  /** Call it when an identity was unlocked: jobs that wait for one go on. */
  releaseHeld(): Promise<void>;
  /** Whether this tab schedules. */
  leading(): boolean;
  /** Stops working here (another tab goes on) and closes the store. */
  close(): Promise<void>;
}

/** Epochs fence and a new leader frees old leases at once, so a lease may outlast the one timer a minute
 * that a hidden tab gets; renewals come at a third of this. */
const LEASE_MS = 240_000;

/** Starts at once: lines up for the lead and, when it has it, works. */
export function makeJobs(options: JobsOptions): Jobs {
  const { store, page, name = 'gnomon-jobs' } = options;
  const progress = createListeners<ProgressEvent>();
  const missed = createListeners<null>();
  const channel = new BroadcastChannel(`${name}-progress`);
  channel.onmessage = ({ data }: MessageEvent<ProgressEvent>) => progress.emit(data);

  const ownerId = options.random.id();
  const farewells = makeFarewells(() => page.localStorage, name);
  const scheduler = createScheduler({
    ...options,
    ownerId,
    leaseMs: LEASE_MS,
    onFenced: () => leadership?.stepDown(),
  });
  scheduler.watchProgress((event) => {
    progress.emit(event);
    channel.postMessage(event);
  });

  const backends = asBackendList(options.backends);
  const isElsewhere = (backendId: string) =>
    !backends.list().some(({ id, kind }) => id === backendId && kind !== 'remote');

  let leadership: Leadership | null = null;
  const lineUp = () => {
    if (options.outdated?.aborted) return;
    const lead: Lead = {
      async begin() {
        try {
          for (const departed of farewells.departed()) {
            await store.releaseOwner(departed);
            farewells.settle(departed);
          }
          await scheduler.start();
        } catch (thrown) {
          options.onTrouble?.(toErrorData(thrown));
          throw thrown;
        }
      },
      end: () => scheduler.stop(),
    };
    leadership ??= makeLeadership(options.locks, name, lead, { random: options.random });
  };
  /** A page that is shown again must not begin before it has wound up. */
  let woundUp: Promise<void> = Promise.resolve();
  let away = false;
  const leave = () => {
    const left = leadership;
    leadership = null;
    woundUp = Promise.all([woundUp, left?.leave()]).then(() => {});
    return woundUp;
  };
  // A page that goes gives its leases back if it is given the time; if not, the next leader does it.
  const onHide = () => {
    if (leadership?.leading()) farewells.leave(ownerId);
    away = true;
    void leave();
  };
  const onShow = (event: Event) => {
    away = false;
    void woundUp.then(() => !away && lineUp());
    if ('persisted' in event && event.persisted === true) missed.emit(null);
  };
  page.addEventListener('pagehide', onHide);
  page.addEventListener('pageshow', onShow);
  options.outdated?.addEventListener('abort', onHide);
  lineUp();
  // Whoever schedules measures; the others learn from what is saved, so that they can say where a proof would go. A host
  // that keeps records hears the same from those, and must not count it twice.
  const { estimates, taught } = options;
  const unlearn = store.watch((event) => {
    if (taught !== undefined) return;
    if (event.type === 'changed' && event.job.state === 'succeeded' && !leadership?.leading()) {
      estimates?.learn([event.job], isElsewhere);
    }
  });
  void store
    .list({ states: ['succeeded'], limit: LEARN_FROM_JOBS })
    .then(async (jobs) => {
      const known = (await taught?.()) ?? false;
      if (!known && !leadership?.leading()) estimates?.learn(jobs.reverse(), isElsewhere);
    })
    .catch(() => {}); // They are not measured yet, then.

  return {
    submit: async (request) => (await store.add(request)).job,
    get: (id) => store.get(id),
    list: () => store.list(),
    async cancel(id) {
      await store.cancel(id);
    },
    async retry(id) {
      await store.retry(id);
    },
    again: (id) => addAgain(store, id, options.random.id()),
    async setPriority(id, priority) {
      await store.setPriority(id, priority);
    },
    async setPaused(id, paused) {
      await store.setPaused(id, paused);
    },
    setQueuePaused: (paused) => store.setQueuePaused(paused),
    queuePaused: () => store.queuePaused(),
    async keepHere(id) {
      await store.keepHere(id, isElsewhere);
    },
    remove: (id) => store.remove(id),
    watch(listener) {
      const ends = [
        store.watch(listener),
        progress.add((event) => listener({ type: 'progress', ...event })),
        missed.add(() => listener({ type: 'missed' })),
      ];
      return () => {
        for (const end of ends) end();
      };
    },
    releaseHeld: () => releaseHeld(store),
    leading: () => leadership?.leading() ?? false,
    async close() {
      page.removeEventListener('pagehide', onHide);
      page.removeEventListener('pageshow', onShow);
      options.outdated?.removeEventListener('abort', onHide);
      unlearn();
      await leave();
      channel.close();
      await store.close();
    },
  };
}
