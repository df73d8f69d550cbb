// Backends as placement sees them: how busy they are, and what is too large for this device.
import { describe, expect, it } from 'vitest';
import { type PlacementPolicy, viewOf } from '../../src/core/backend-view.ts';
import { createEstimates } from '../../src/core/estimates.ts';
import { RUNGS } from '../../src/core/job.ts';
import { type PlacedJob, placement } from '../../src/core/placement.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';
import { makeScriptedBackend } from '../helpers/scripted-prover.ts';

const automaticPolicy: PlacementPolicy = {
  mode: 'automatic',
  permission: () => 'nothing',
  setAside: () => null,
  withoutExpectation: 'compute',
};

describe('views of backends', () => {
  const { circuit } = requestFor('a');

  it('send what is larger than the person wants to prove here, where it may leave and a slot is free', () => {
    const clock = new VirtualClock();
    const backend = (id: string, kind: 'local' | 'remote') =>
      makeScriptedBackend({ clock, script: () => ({ kind: 'prove', ms: 1 }), slots: 1, kind, id });
    const [here, there] = [backend('local', 'local'), backend('s', 'remote')];
    const estimates = createEstimates();
    // Sooner here, so that only the limit can send it away.
    estimates.record('local', RUNGS[0]!, circuit, 100);
    estimates.record('s', null, circuit, 5_000);
    const place = (
      hereConstraintsMost: number | null,
      ours = 0,
      privacy: PlacedJob['privacy'] = 'may-offload',
    ) => {
      const policy = { ...automaticPolicy, permission: () => 'inputs' as const, hereConstraintsMost };
      const job = { circuit, rung: RUNGS[0]! };
      const all = [here, there].map((one) => viewOf(one, one === there ? ours : 0, policy, estimates, job));
      const asked: PlacedJob = {
        ...{
          privacy,
          rung: RUNGS[0]!,
          expectedPublicSignals: ['1'],
          secrets: [],
          attempts: [],
          queuedAtMs: 0,
        },
      };
      const placed = placement(asked, all, policy);
      return 'backendId' in placed ? `${placed.backendId}: ${placed.reason}` : placed.waitingFor;
    };
    expect(place(null)).toMatch(/^local/);
    expect(place(circuit.constraints)).toMatch(/^local/);
    expect(place(circuit.constraints - 1)).toMatch(/^s: .*larger than you chose to prove here$/);
    expect(place(circuit.constraints - 1, 1)).toMatch(/^local/);
    expect(place(circuit.constraints - 1, 0, 'local-only')).toMatch(/^local/);
  });

  it('see a backend’s load by what it says and by what it was given', () => {
    const backend = makeScriptedBackend({
      clock: new VirtualClock(),
      script: () => ({ kind: 'prove', ms: 1 }),
      slots: 4,
      kind: 'remote',
      id: 's',
    });
    const policy: PlacementPolicy = { ...automaticPolicy, permission: () => 'inputs' };
    const view = (ours: number) =>
      viewOf(backend, ours, policy, createEstimates(), { circuit, rung: RUNGS[0]! });
    expect(view(0)).toMatchObject({ free: 4, load: 0, permission: 'inputs' });
    expect(view(3)).toMatchObject({ free: 1, load: 0.75 });
  });
});
