// Which remotes fail one job after the other. One that fails at once is always free, and would else be given every job
// first, and use up a try of each. Fault found with an input counts once that input has been proved elsewhere.
import type { ErrorData } from './errors.ts';
import type { Clock } from './ports.ts';
import { isAboutInput, NOT_ALLOWED, STAYS_HERE } from './retry.ts';

export interface Faults {
  failed(backendId: string, jobId: string, error: ErrorData): void;
  /** It found fault with a job's input, which has been proved elsewhere. */
  refuted(backendId: string, jobId: string): void;
  proved(backendId: string): void;
  /** It comes after those that do not, for a while; then it may show with one job whether it has recovered. `ours`:
   * attempts that run on it. */
  falters(backendId: string, ours?: number): boolean;
  /** Until the next of those that falter may show itself; null: none does. */
  nextInMs(): number | null;
}

/** Different jobs in a row: one alone may be what is wrong. */
export const FALTERS_AFTER = 3;
const REST_MS = 10_000;
const MOST_REST_MS = 300_000;

interface Row {
  jobs: Set<string>;
  rests: number;
  restsUntilMs: number;
}

export function createFaults(clock: Pick<Clock, 'monotonicMs'>): Faults {
  const rows = new Map<string, Row>();
  function note(backendId: string, jobId: string): void {
    const row = rows.get(backendId) ?? { jobs: new Set(), rests: 0, restsUntilMs: 0 };
    rows.set(backendId, row);
    if (row.jobs.size < FALTERS_AFTER) row.jobs.add(jobId);
    const nowMs = clock.monotonicMs();
    // What failed at the same time as the others tells nothing new.
    if (row.jobs.size < FALTERS_AFTER || nowMs < row.restsUntilMs) return;
    row.restsUntilMs = nowMs + Math.min(MOST_REST_MS, REST_MS * 2 ** row.rests);
    row.rests++;
  }

  /** An input may be wrong, so that this waits no longer each time. */
  function pause(backendId: string): void {
    const row = rows.get(backendId);
    if (row !== undefined) row.restsUntilMs = Math.max(row.restsUntilMs, clock.monotonicMs() + REST_MS);
  }

  const isLong = (backendId: string) => (rows.get(backendId)?.jobs.size ?? 0) >= FALTERS_AFTER;

  return {
    failed(backendId, jobId, error) {
      if (saysOfPlace(error)) note(backendId, jobId);
      // Of one that has failed so many, what it says of an input shows no recovery.
      else if (isAboutInput(error) && isLong(backendId)) pause(backendId);
    },
    refuted: note,
    proved: (backendId) => void rows.delete(backendId),
    falters(backendId, ours = 0) {
      if (!isLong(backendId)) return false;
      return ours > 0 || clock.monotonicMs() < (rows.get(backendId)?.restsUntilMs ?? 0);
    },
    nextInMs() {
      const nowMs = clock.monotonicMs();
      const ends = [...rows.values()].map(({ restsUntilMs }) => restsUntilMs - nowMs).filter((ms) => ms > 0);
      return ends.length === 0 ? null : Math.min(...ends);
    },
  };
}

/** What was never sent there, or is itself what is wrong, says nothing of it. */
const NOT_ITS_FAULT = [
  NOT_ALLOWED,
  STAYS_HERE,
  'backend.busy',
  'circuit.not-offered',
  'network.server-unreachable',
  'resource.no-sealing',
];

function saysOfPlace({ group, code }: ErrorData): boolean {
  return group !== 'cancelled' && group !== 'input' && group !== 'witness' && !NOT_ITS_FAULT.includes(code);
}
