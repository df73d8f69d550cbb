// Which jobs one session follows, and how often it hears of them: ends always, progress only as fast as the client
// takes it.
import { GnomonError } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import type { ServerMessage } from '../../src/core/wire/messages.ts';
import { hasEnded, type JobView } from '../jobs/view.ts';
import { standOf } from './messages.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface News {
  follows(jobId: string): boolean;
  /** Throws `resource.rate-limit` when it follows too many. */
  follow(owner: string, jobId: string): void;
  unfollow(jobId: string): void;
  /** What is to be said of a job that it follows. */
  tell(view: JobView): void;
  close(): void;
}

export interface NewsOptions {
  subscriptions: Subscriptions;
  clock: Clock;
  send(message: ServerMessage): void;
  /** Bytes that the other side has not taken yet. */
  buffered(): number;
}

const MAX_FOLLOWED = 10_000;
/** A client that is this far behind gets no more reports of progress until it has caught up. */
const SLOW_BYTES = 256 * 1024;
/** Reports of one job's progress come no more often than this. */
const MIN_REPORT_MS = 40;

interface Followed {
  owner: string;
  sentAtMs: number;
  stage: string | null;
  state: string;
}

export function makeNews({ subscriptions, clock, send, buffered }: NewsOptions): News {
  const followed = new Map<string, Followed>();

  function tell(view: JobView): void {
    const last = followed.get(view.jobId);
    if (last === undefined) return;
    if (hasEnded(view)) {
      unfollow(view.jobId);
      send(standOf(view));
      return;
    }
    const nowMs = clock.monotonicMs();
    const same = last.stage === view.stage && last.state === view.state;
    if (same && (nowMs - last.sentAtMs < MIN_REPORT_MS || buffered() > SLOW_BYTES)) return;
    Object.assign(last, { sentAtMs: nowMs, stage: view.stage, state: view.state });
    send(standOf(view));
  }

  function unfollow(jobId: string): void {
    const known = followed.get(jobId);
    if (known === undefined) return;
    followed.delete(jobId);
    subscriptions.remove(known.owner, jobId, tell);
  }

  return {
    follows: (jobId) => followed.has(jobId),
    follow(owner, jobId) {
      if (!followed.has(jobId) && followed.size >= MAX_FOLLOWED) {
        throw new GnomonError('resource.rate-limit', 'This connection follows too many jobs.', {
          nextStep: 'Unsubscribe from those that have ended.',
        });
      }
      followed.set(jobId, { owner, sentAtMs: 0, stage: null, state: '' });
      subscriptions.add(owner, jobId, tell);
    },
    unfollow,
    tell,
    close() {
      for (const jobId of [...followed.keys()]) unfollow(jobId);
    },
  };
}
