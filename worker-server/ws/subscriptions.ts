// Who wants news of which job. One watch of the jobs for all sessions, so that a report costs what its listeners
// cost, however many sockets are open.
import type { ServerJobs } from '../jobs/server-jobs.ts';
import type { JobView } from '../jobs/view.ts';

export type Subscriber = (view: JobView) => void;

export interface Subscriptions {
  add(owner: string, jobId: string, subscriber: Subscriber): void;
  remove(owner: string, jobId: string, subscriber: Subscriber): void;
  close(): void;
}

export function makeSubscriptions(jobs: Pick<ServerJobs, 'watch'>): Subscriptions {
  const byJob = new Map<string, Set<Subscriber>>();
  const keyOf = (owner: string, jobId: string) => `${owner}\n${jobId}`;
  const unwatch = jobs.watch((view) => {
    for (const subscriber of [...(byJob.get(keyOf(view.owner, view.jobId)) ?? [])]) subscriber(view);
  });
  return {
    add(owner, jobId, subscriber) {
      const key = keyOf(owner, jobId);
      const known = byJob.get(key);
      if (known === undefined) byJob.set(key, new Set([subscriber]));
      else known.add(subscriber);
    },
    remove(owner, jobId, subscriber) {
      const key = keyOf(owner, jobId);
      const known = byJob.get(key);
      known?.delete(subscriber);
      if (known?.size === 0) byJob.delete(key);
    },
    close() {
      unwatch();
      byJob.clear();
    },
  };
}
