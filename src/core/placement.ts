// Where an attempt runs, and why, in words. Pure: the store asks inside its transaction.
import { type Job, RUNGS, type Rung } from './job.ts';
import type { Backend, BackendHealth, Placed } from './ports.ts';

/** A backend as placement sees it. */
export interface BackendView {
  id: string;
  kind: Backend['kind'];
  label: string;
  rungs: readonly Rung[];
  /** Attempts it could take now. */
  free: number;
  health: BackendHealth;
  /** Why it is not used for now (its proof did not verify), or null. */
  setAside: string | null;
  /** For remotes: the person has allowed this server, by name. */
  allowed: boolean;
}

/** `ours`: attempts we have given it, which it may not have heard of yet. Remotes are not allowed until a
 * person's permissions are passed in. */
export function viewOf(backend: Backend, ours: number, setAside: string | null): BackendView {
  const { id, kind, label, rungs } = backend;
  const { slots, busy } = backend.capacity();
  const free = slots - Math.max(busy, ours);
  return { id, kind, label, rungs, free, health: backend.health(), setAside, allowed: kind !== 'remote' };
}

/** Why a job goes nowhere for now, in words. */
export interface NotPlaced {
  waitingFor: string;
}

/** The first backend that may and can take the job, on the highest rung that the job still tries. */
export function placement(
  job: Pick<Job, 'privacy' | 'rung' | 'expectedPublicSignals'>,
  backends: readonly BackendView[],
): Placed | NotPlaced {
  let waitingFor = 'nothing here can prove';
  for (const backend of backends) {
    if (backend.setAside !== null) {
      waitingFor = `${backend.label} is set aside: ${backend.setAside}`;
    } else if (backend.kind === 'remote' && !mayLeave(job, backend)) {
      waitingFor = 'this job stays on this device';
    } else if (backend.health.state !== 'ready') {
      waitingFor = `${backend.label} is not ready${backend.health.reason === null ? '' : `: ${backend.health.reason}`}`;
    } else if (backend.free <= 0) {
      waitingFor = `${backend.label} is busy`;
    } else {
      const rung = rungOn(backend.rungs, job.rung);
      if (rung !== null) return { backendId: backend.id, rung, reason: reasonFor(job, backend, rung) };
    }
  }
  return { waitingFor };
}

/** Never on the word of a fallback: the tier and the person's permission for this very server. A remote
 * also needs to be held to expected signals, or it could prove something else. */
function mayLeave(job: Pick<Job, 'privacy' | 'expectedPublicSignals'>, backend: BackendView): boolean {
  return job.privacy === 'may-offload' && backend.allowed && job.expectedPublicSignals !== null;
}

/** The highest rung the backend has at or below the wanted one; its lowest when all are above, since a
 * job that nobody takes would wait for ever. */
function rungOn(has: readonly Rung[], wanted: Rung): Rung | null {
  const from = RUNGS.indexOf(wanted);
  return has.find((rung) => RUNGS.indexOf(rung) >= from) ?? has.at(-1) ?? null;
}

function reasonFor(job: Pick<Job, 'privacy' | 'rung'>, backend: BackendView, rung: Rung): string {
  if (backend.kind === 'remote') return `on ${backend.label}: you allowed this server to see the input`;
  const why =
    job.privacy === 'local-only' ? 'this job stays on this device' : 'no other place is allowed or free';
  const lower = job.rung !== RUNGS[0] && rung === job.rung ? ', on a smaller footing than before' : '';
  return `here${lower}: ${why}`;
}
