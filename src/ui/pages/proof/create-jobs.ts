// Jobs as live signals. A change that arrives while the first read is under way is newer than that read,
// so it wins; leases and inputs are none of a page's business and are left as they are.
import { type Accessor, createMemo, createSignal, onCleanup } from 'solid-js';
import { type ErrorData, toErrorData } from '../../../core/errors.ts';
import type { Job, Progress } from '../../../core/job.ts';
import type { JobsService } from '../../../services/jobs.ts';

export interface LiveProgress {
  progress: Progress;
  receivedAtMs: number;
}

export interface LiveJobs {
  /** Newest first; null until the first read is done. */
  jobs: Accessor<Job[] | null>;
  error: Accessor<ErrorData | null>;
  /** Nothing begins until the person lets it go on. */
  queuePaused: Accessor<boolean>;
  /** The newest progress of each running job. */
  progressOf(jobId: string): LiveProgress | null;
}

/** The list as a pure reduction, so that order and races can be tested without a page. Of two copies of a
 * job the higher revision is newer, whichever came first; a removed job stays removed. */
export function makeJobList(onChange: (what: 'jobs' | 'progress') => void, nowMs: () => number = Date.now) {
  const jobs = new Map<string, Job>();
  /** Removed ids with the removed job's creation time: the same id may be submitted anew. Null: it was
   * never seen here, so that nothing tells a late event from a new job; it stays gone. */
  const gone = new Map<string, number | null>();
  const progress = new Map<string, LiveProgress>();
  let loaded = false;

  function take(job: Job): void {
    const goneAtMs = gone.get(job.id);
    if (goneAtMs !== undefined && (goneAtMs === null || job.createdAtMs <= goneAtMs)) return;
    const known = jobs.get(job.id);
    if (known !== undefined && known.createdAtMs >= job.createdAtMs && known.revision >= job.revision) return;
    jobs.set(job.id, job);
    if (job.state !== 'running') progress.delete(job.id);
  }

  function remove(jobId: string): void {
    gone.set(jobId, jobs.get(jobId)?.createdAtMs ?? null);
    jobs.delete(jobId);
    progress.delete(jobId);
  }

  return {
    /** A read, which may be older than events that came before it. Of those that were `known` when it began,
     * the ones that are not there any more have been removed. */
    load(list: readonly Job[], known: readonly string[] = []): void {
      const there = new Set(list.map(({ id }) => id));
      for (const id of known) if (!there.has(id)) remove(id);
      for (const job of list) take(job);
      loaded = true;
      onChange('jobs');
    },
    changed(job: Job): void {
      take(job);
      onChange('jobs');
    },
    removed(jobId: string): void {
      remove(jobId);
      onChange('jobs');
    },
    progressed(jobId: string, value: Progress): void {
      progress.set(jobId, { progress: value, receivedAtMs: nowMs() });
      onChange('progress');
    },
    ids: (): string[] => [...jobs.keys()],
    list(): Job[] | null {
      if (!loaded) return null;
      return [...jobs.values()].sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
    },
    progressOf(jobId: string): LiveProgress | null {
      return progress.get(jobId) ?? null;
    },
  };
}

/** A hundred changes within this time are drawn as one. */
const DRAW_MS = 40;

/** Runs at once, then at most once in `ms`, and once more for what came in between. */
function makeThrottle(ms: number, run: () => void): { call(): void; end(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const call = (): void => {
    again = timer !== undefined;
    if (again) return;
    run();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) call();
    }, ms);
  };
  return { call, end: () => clearTimeout(timer) };
}

/** All jobs, live until the owner is disposed of. Progress, which comes ten times a second, leaves the list as
 * it is: sorting thousands of jobs each time would cost more than it shows. */
export function createJobs(service: JobsService): LiveJobs {
  const [listVersion, setListVersion] = createSignal(0);
  const [progressVersion, setProgressVersion] = createSignal(0);
  const [error, setError] = createSignal<ErrorData | null>(null);
  const [queuePaused, setQueuePaused] = createSignal<boolean | null>(null);
  const drawing = makeThrottle(DRAW_MS, () => setListVersion((n) => n + 1));
  onCleanup(() => drawing.end());
  const state = makeJobList((what) => {
    if (what === 'jobs') drawing.call();
    setProgressVersion((n) => n + 1);
  });
  function read(): void {
    const known = state.ids();
    service.list().then(
      (list) => state.load(list, known),
      (thrown: unknown) => setError(toErrorData(thrown)),
    );
    // News that comes meanwhile is newer; what cannot be read is said by the list.
    setQueuePaused(null);
    service.queuePaused().then(
      (paused) => setQueuePaused((told) => told ?? paused),
      () => {},
    );
  }
  onCleanup(
    service.watch((event) => {
      if (event.type === 'changed') state.changed(event.job);
      else if (event.type === 'removed') state.removed(event.jobId);
      else if (event.type === 'queue') setQueuePaused(event.paused);
      else if (event.type === 'missed') read();
      else state.progressed(event.jobId, event.progress);
    }),
  );
  read();
  const jobs = createMemo(() => {
    listVersion();
    return state.list();
  });
  return {
    jobs,
    error,
    queuePaused: () => queuePaused() ?? false,
    progressOf: (jobId) => {
      progressVersion();
      return state.progressOf(jobId);
    },
  };
}
