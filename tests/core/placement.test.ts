// Where jobs go, and above all where they never go.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RUNGS } from '../../src/core/job.ts';
import { type BackendView, placement } from '../../src/core/placement.ts';

const aView: fc.Arbitrary<BackendView> = fc.record({
  id: fc.uuid(),
  kind: fc.constantFrom('local', 'thread', 'remote'),
  label: fc.constantFrom('this device', 'a server'),
  rungs: fc.subarray([...RUNGS]),
  free: fc.integer({ min: -1, max: 2 }),
  health: fc.record({
    state: fc.constantFrom('ready', 'starting', 'down'),
    reason: fc.constantFrom(null, 'a reason'),
  }),
  setAside: fc.constantFrom(null, 'its proof did not verify'),
  allowed: fc.boolean(),
});
const aJob = fc.record({
  privacy: fc.constantFrom('local-only' as const, 'may-offload' as const),
  rung: fc.constantFrom(...RUNGS),
  expectedPublicSignals: fc.constantFrom<string[] | null>(null, ['1']),
});

describe('placement', () => {
  it('sends a job only where it may go and can run, with a reason; else says what it waits for', () => {
    fc.assert(
      fc.property(aJob, fc.array(aView, { maxLength: 4 }), (job, views) => {
        const placed = placement(job, views);
        const fits = (view: BackendView) =>
          view.free > 0 &&
          view.health.state === 'ready' &&
          view.setAside === null &&
          view.rungs.length > 0 &&
          (view.kind !== 'remote' ||
            (job.privacy === 'may-offload' && view.allowed && job.expectedPublicSignals !== null));
        if (!('backendId' in placed)) {
          expect(placed.waitingFor).not.toBe('');
          expect(views.some(fits)).toBe(false);
          return;
        }
        const view = views.find(({ id }) => id === placed.backendId);
        expect(view !== undefined && fits(view)).toBe(true);
        expect(view?.rungs).toContain(placed.rung);
        expect(placed.reason).not.toBe('');
      }),
    );
  });

  it('goes no higher on the ladder than the job has come down, where the backend can', () => {
    const ready = { state: 'ready', reason: null } as const;
    const view = { id: 'a', kind: 'local', label: 'this device', free: 1, health: ready } as const;
    const job = { privacy: 'local-only', expectedPublicSignals: null } as const;
    const on = (has: BackendView['rungs'], wanted: BackendView['rungs'][number]) =>
      placement({ ...job, rung: wanted }, [{ ...view, rungs: has, setAside: null, allowed: true }]);
    for (const rung of RUNGS) expect(on(RUNGS, rung)).toMatchObject({ rung });
    expect(on(['engine-single', 'snarkjs-single'], 'engine-threaded')).toMatchObject({
      rung: 'engine-single',
    });
    expect(on(['snarkjs-single'], 'snarkjs-threaded')).toMatchObject({ rung: 'snarkjs-single' });
    expect(on(['snarkjs-threaded'], 'snarkjs-single')).toMatchObject({ rung: 'snarkjs-threaded' });
  });
});
