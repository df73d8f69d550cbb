// The jobs that a gateway has been asked about, as their owners see them. All of it can be forgotten and read again.
import type { Job, Progress } from '../../src/core/job.ts';
import { percentOf } from '../../src/core/wire/percent.ts';
import { hasEnded, type JobView } from '../jobs/view.ts';
import { isOver, ownerOf } from './records.ts';

export interface Views {
  get(id: string): JobView | undefined;
  /** Whether this is newer than what is known of it: news comes late, twice, or not at all. */
  isNews(job: Job): boolean;
  /** Whether what came with this very job is known: news does not bring it. */
  hasContext(id: string): boolean;
  /** Keeps it, unless what is known is newer; `context` as its owner gave it. Answers what is known then. */
  remember(job: Job, context?: JobView['context']): JobView;
  /** As it would be remembered. */
  viewOf(job: Job): JobView;
  /** Undefined: it is not known, or has ended. */
  report(id: string, progress: Progress): JobView | undefined;
  /** Calls this when the job has ended or is forgotten. */
  atEnd(id: string, call: () => void): void;
  forget(id: string): void;
  /** Those that have not ended, as far as is known here. */
  pending(): string[];
  close(): void;
}

interface Known {
  view: JobView;
  sequence: number;
  revision: number;
  hasContext: boolean;
}

export function makeViews(positionOf: (job: Job) => number, most: number): Views {
  const all = new Map<string, Known>();
  const ends = new Map<string, () => void>();

  /** A job that was submitted anew has a higher sequence. */
  const isNews = ({ id, sequence, revision }: Job): boolean => {
    const known = all.get(id);
    if (known === undefined) return true;
    return sequence > known.sequence || (sequence === known.sequence && revision > known.revision);
  };

  function viewOf(job: Job, context?: JobView['context']): JobView {
    const known = all.get(job.id);
    // What came with an earlier job of this id says nothing of this one.
    const before = known?.sequence === job.sequence ? known.view : undefined;
    const again = before !== undefined && before.state === job.state;
    return {
      owner: ownerOf(job.id),
      jobId: job.id.slice(job.id.indexOf('\n') + 1),
      circuitId: job.circuit.id,
      priority: job.priority,
      state: job.state,
      position: job.state === 'queued' ? positionOf(job) : 0,
      stage: again ? before.stage : null,
      percent: job.state === 'succeeded' ? 100 : again ? before.percent : 0,
      etaMs: again && !isOver(job) ? before.etaMs : null,
      createdAtMs: job.createdAtMs,
      startedAtMs: job.attempts[0]?.startedAtMs ?? null,
      endedAtMs: job.endedAtMs,
      attempts: job.attempts.length,
      stalls: job.attempts.filter(({ outcome }) => outcome === 'stalled').length,
      result: job.result,
      error: isOver(job) ? job.error : null,
      context: context ?? before?.context ?? {},
    };
  }

  function end(id: string): void {
    ends.get(id)?.();
    ends.delete(id);
  }

  function forget(id: string): void {
    all.delete(id);
    end(id);
  }

  /** The oldest of those that have ended go first: nobody waits for them. */
  function makeRoom(): void {
    if (all.size <= most) return;
    let ended: string | undefined;
    for (const [id, { view }] of all) {
      if (!hasEnded(view)) continue;
      ended = id;
      break;
    }
    forget(ended ?? (all.keys().next().value as string));
  }

  return {
    get: (id) => all.get(id)?.view,
    isNews,
    hasContext: (id) => all.get(id)?.hasContext === true,
    viewOf: (job) => viewOf(job),
    forget,

    remember(job, context) {
      const known = all.get(job.id);
      const isSame = known?.sequence === job.sequence;
      if (known !== undefined && !isNews(job)) {
        if (isSame && !known.hasContext && context !== undefined) {
          Object.assign(known, { hasContext: true, view: { ...known.view, context } });
        }
        return known.view;
      }
      const view = viewOf(job, context);
      const hasContext = context !== undefined || (isSame && known.hasContext);
      all.delete(job.id);
      all.set(job.id, { view, sequence: job.sequence, revision: job.revision, hasContext });
      if (isOver(job)) end(job.id);
      makeRoom();
      return view;
    },

    report(id, progress) {
      const view = all.get(id)?.view;
      if (view === undefined || hasEnded(view)) return undefined;
      return Object.assign(view, {
        stage: progress.stage,
        percent: percentOf(progress),
        etaMs: progress.etaMs,
      });
    },

    atEnd(id, call) {
      end(id);
      ends.set(id, call);
    },

    pending: () => [...all].filter(([, { view }]) => !hasEnded(view)).map(([id]) => id),

    close() {
      for (const id of [...ends.keys()]) end(id);
    },
  };
}
