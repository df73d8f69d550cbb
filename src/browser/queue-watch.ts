// Whether a proof of the person's runs or could run now, known at any moment: measuring gives way to it.
import type { Job } from '../core/job.ts';
import { createListeners } from '../core/listeners.ts';
import type { JobEvent } from '../services/jobs.ts';
import type { Jobs } from './jobs.ts';

export interface QueueWatch {
  /** In words; null: nothing of the queue needs the device. */
  busy(): string | null;
  watch(listener: () => void): () => void;
  end(): void;
}

/** Resolves when it knows. Jobs of all tabs count; those that are paused or wait for the person do not. */
export async function watchQueue(jobs: Pick<Jobs, 'list' | 'watch' | 'queuePaused'>): Promise<QueueWatch> {
  const changes = createListeners<null>();
  const active = new Map<string, 'running' | 'waiting'>();
  let paused = false;

  function note(job: Job): void {
    const waits = job.state === 'queued' && !job.paused && job.held === null;
    if (job.state === 'running') active.set(job.id, 'running');
    else if (waits) active.set(job.id, 'waiting');
    else active.delete(job.id);
  }
  async function readAll(): Promise<void> {
    const [list, isPaused] = await Promise.all([jobs.list(), jobs.queuePaused()]);
    active.clear();
    for (const job of list) note(job);
    paused = isPaused;
  }
  function hear(event: JobEvent): void {
    if (event.type === 'progress') return;
    if (event.type === 'changed') note(event.job);
    else if (event.type === 'removed') active.delete(event.jobId);
    else if (event.type === 'queue') paused = event.paused;
    else void readAll().then(() => changes.emit(null));
    changes.emit(null);
  }
  const unwatch = jobs.watch(hear);
  await readAll();
  return {
    busy() {
      const states = [...active.values()];
      if (states.includes('running')) return 'a proof of yours is being made';
      return states.length > 0 && !paused ? 'a proof of yours waits' : null;
    },
    watch: (listener) => changes.add(listener),
    end: unwatch,
  };
}
