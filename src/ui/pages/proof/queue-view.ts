// The queue as a person sees it: what is under way and waiting, in the order it will run; then what has ended,
// newest first, searched and filtered.
import { compareWaiting } from '../../../core/ageing.ts';
import { type Job, type JobState, Priority } from '../../../core/job.ts';

export const PRIORITY_WORDS: readonly { value: Priority; label: string }[] = [
  { value: Priority.LOW, label: 'Low' },
  { value: Priority.NORMAL, label: 'Normal' },
  { value: Priority.HIGH, label: 'High' },
  { value: Priority.CRITICAL, label: 'Urgent' },
];

export type Ended = Extract<JobState, 'succeeded' | 'failed' | 'cancelled'>;

export interface QueueFilter {
  /** Matches labels and circuits, whatever the case; every word must be there. */
  query: string;
  ended: Ended | 'all';
}

export interface QueueView {
  /** Running first, then waiting as they will be taken; those that wait for the person, or are paused, last. */
  active: Job[];
  /** Newest first, filtered. */
  history: Job[];
  /** Before filtering. */
  ended: number;
}

/** `nowMs`: waiting counts, as it does for the scheduler. */
export function queueView(jobs: readonly Job[], { query, ended }: QueueFilter, nowMs: number): QueueView {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = (job: Job) => {
    const text = `${job.label} ${job.circuit.id}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const active: Job[] = [];
  const over: Job[] = [];
  for (const job of jobs) (job.state === 'queued' || job.state === 'running' ? active : over).push(job);
  return {
    active: active.sort((a, b) => rank(a) - rank(b) || compareWaiting(a, b, nowMs)),
    history: over.filter((job) => (ended === 'all' || job.state === ended) && found(job)),
    ended: over.length,
  };
}

function rank(job: Job): number {
  return job.state === 'running' ? 0 : job.held === null && !job.paused ? 1 : 2;
}

/** The rows of a long list that are on the screen, with some more on each side. `topPx`: how far the list's
 * top is above the window's. */
export function visibleRange(
  count: number,
  rowPx: number,
  topPx: number,
  windowPx: number,
  more: number,
): { start: number; end: number } {
  const first = Math.floor(topPx / rowPx) - more;
  const start = Math.min(Math.max(0, first), Math.max(0, count - 1));
  const last = Math.ceil((topPx + windowPx) / rowPx) + more;
  return { start, end: Math.min(count, Math.max(start + 1, last)) };
}
