// A backend as placement sees it for one job, and what a person wants: the inputs of a placement.
import type { Estimates, Expectation } from './estimates.ts';
import { type Job, RUNGS, type Rung } from './job.ts';
import type { Backend, BackendHealth } from './ports.ts';

/** `here`: nothing leaves. `ask`: a job leaves only for the server that the person chose for it.
 * `automatic`: what may leave goes where it is done soonest. */
export type OffloadMode = 'here' | 'ask' | 'automatic';

/** What a person lets a backend see. `secrets` also covers jobs that carry an identity's secret: whoever
 * has that can act as the identity everywhere, for good. */
export type Permission = 'nothing' | 'inputs' | 'secrets';

/** When the connection to the server that has a proof is lost, or the one that was chosen for it is not there:
 * `elsewhere`: it is made in another place that may have it, or here. `wait`: it waits for that server. */
export type WhenLost = 'elsewhere' | 'wait';

export interface PlacementPolicy {
  mode: OffloadMode;
  /** `elsewhere` when left out. */
  whenLost?: WhenLost;
  permission(backendId: string): Permission;
  /** Why a backend is not used for now (its proof did not verify), or null. */
  setAside(backendId: string): string | null;
  /** Its last jobs all failed: others come first. `ours`: attempts that run on it. Left out: none does. */
  falters?(backendId: string, ours: number): boolean;
  /** A job without expected public signals: `stay` keeps it here; `compute` works them out here before it
   * leaves. A valid proof of something else is thus never taken. */
  withoutExpectation: 'stay' | 'compute';
  /** Circuits with more constraints than this leave where they may, whatever the times say; null or left out: none. */
  hereConstraintsMost?: number | null;
}

/** A backend as placement sees it for one job. */
export interface BackendView {
  id: string;
  kind: Backend['kind'];
  label: string;
  rungs: readonly Rung[];
  /** Attempts it could take now. */
  free: number;
  /** Share of its slots that are taken, 0…1. */
  load: number;
  health: BackendHealth;
  setAside: string | null;
  /** Its last jobs all failed. */
  falters?: boolean;
  permission: Permission;
  /** Why it cannot run this job's circuit, in words, or null. */
  refusal: string | null;
  /** The key that the input would be sealed to; null or left out: none. */
  sealedTo?: string | null;
  /** The circuit is larger than the person wants to prove here. */
  oversized?: boolean;
  /** Null: unknown. */
  expected: Pick<Expectation, 'ms' | 'basis'> | null;
  /** To get there and back. */
  reachMs: number;
  /** Until it begins with a job given now, apart from being full of ours. */
  waitMs: number;
}

/** `ours`: attempts we have given it, which it may not have heard of yet. */
export function viewOf(
  backend: Backend,
  ours: number,
  policy: PlacementPolicy,
  estimates: Estimates,
  job: Pick<Job, 'circuit' | 'rung'>,
): BackendView {
  const { id, kind, label, rungs } = backend;
  const { slots, busy } = backend.capacity();
  const taken = Math.max(busy, ours);
  const outlook = backend.outlook?.(job.circuit);
  const rung = kind === 'remote' ? null : rungOn(rungs, job.rung);
  return {
    id,
    kind,
    label,
    rungs,
    free: slots - taken,
    load: slots === 0 ? 1 : taken / slots,
    health: backend.health(),
    setAside: policy.setAside(id),
    falters: policy.falters?.(id, ours) ?? false,
    permission: kind === 'remote' ? policy.permission(id) : 'secrets',
    refusal: outlook?.refusal ?? null,
    sealedTo: outlook?.sealedTo ?? null,
    oversized:
      kind !== 'remote' && job.circuit.constraints > (policy.hereConstraintsMost ?? Number.POSITIVE_INFINITY),
    expected: estimates.expect(id, rung, job.circuit),
    reachMs: outlook?.reachMs ?? 0,
    waitMs: outlook?.waitMs ?? 0,
  };
}

/** The highest rung the backend has at or below the wanted one; its lowest when all are above, since a
 * job that nobody takes would wait for ever. */
export function rungOn(has: readonly Rung[], wanted: Rung): Rung | null {
  const from = RUNGS.indexOf(wanted);
  return has.find((rung) => RUNGS.indexOf(rung) >= from) ?? has.at(-1) ?? null;
}
