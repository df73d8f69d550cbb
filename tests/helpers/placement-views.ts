// Places and jobs as placement sees them: this device, a server beside it, and a job that may leave.
import type { BackendView } from '../../src/core/backend-view.ts';
import { type Attempt, RUNGS } from '../../src/core/job.ts';
import type { PlacedJob } from '../../src/core/placement.ts';

export const QUEUED_AT_MS = 1_000;

export function anError(code: string, retryable: boolean) {
  return { group: 'backend' as const, code, message: '', nextStep: '', retryable };
}

const ready = { state: 'ready', reason: null } as const;
export const here: BackendView = {
  id: 'local',
  kind: 'local',
  label: 'this device',
  rungs: RUNGS,
  free: 1,
  load: 0,
  health: ready,
  setAside: null,
  permission: 'secrets',
  refusal: null,
  expected: { ms: 1_200, basis: 'measured' },
  reachMs: 0,
  waitMs: 0,
};
export const there: BackendView = {
  ...here,
  id: 'server:1',
  kind: 'remote',
  label: 'Office server',
  permission: 'inputs',
  expected: { ms: 900, basis: 'measured' },
  reachMs: 1_400,
};
export const job: PlacedJob = {
  privacy: 'may-offload',
  rung: RUNGS[0]!,
  expectedPublicSignals: ['1'],
  secrets: [],
  attempts: [],
  queuedAtMs: QUEUED_AT_MS,
};
export const automatic = { mode: 'automatic', withoutExpectation: 'compute' } as const;
export const failedOn = (backendId: string, error = anError('network.server-lost', true)): Attempt => ({
  number: 1,
  backendId,
  backendLabel: 'Office server',
  reason: '',
  rung: RUNGS[0]!,
  startedAtMs: QUEUED_AT_MS,
  endedAtMs: QUEUED_AT_MS,
  outcome: 'failed',
  error,
});
