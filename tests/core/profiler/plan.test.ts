// A plan makes every proof that was asked for, once, in rounds that visit every combination alike.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type ProfileWorld, planProfile } from '../../../src/core/profiler/plan.ts';
import { type ProfileRequestInput, ProfileRequestSchema } from '../../../src/core/profiler/request.ts';
import { circuitOf } from './made-up.ts';

const circuits = [16, 64, 256].map((capacity) => circuitOf(capacity));
const world: ProfileWorld = { circuits, usualThreads: 2, mostThreads: 4 };
const plan = (request: ProfileRequestInput, more: Partial<ProfileWorld> = {}) =>
  planProfile(v.parse(ProfileRequestSchema, request), { ...world, ...more });

const requests = fc.record({
  circuitTypes: fc.uniqueArray(fc.constantFrom('optimized', 'default', 'reputation-64', 'reputation-256'), {
    minLength: 1,
  }),
  networkSizes: fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
  provers: fc.uniqueArray(fc.constantFrom('engine' as const, 'snarkjs' as const), { minLength: 1 }),
  threads: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  iterations: fc.integer({ min: 1, max: 20 }),
  warmupIterations: fc.integer({ min: 0, max: 3 }),
});

describe('a plan', () => {
  it('makes every proof that counts exactly once, and visits all combinations once a round', () => {
    fc.assert(
      fc.property(requests, (request) => {
        let made: ReturnType<typeof plan>;
        try {
          made = plan(request);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'input.profile-empty' });
          return;
        }
        expect(new Set(made.cells.map(({ id }) => id)).size).toBe(made.cells.length);
        const rounds = Math.min(3, request.iterations);
        for (const cell of made.cells) {
          const visits = made.visits.filter((visit) => visit.cell === cell);
          expect(visits.map(({ round }) => round)).toEqual(Array.from({ length: rounds }, (_, at) => at + 1));
          expect(visits.reduce((sum, { counted }) => sum + counted, 0)).toBe(request.iterations);
          expect(visits.every(({ warmups }) => warmups === request.warmupIterations)).toBe(true);
          expect(cell.size).toBeLessThanOrEqual(cell.circuit.capacity ?? 0);
          expect(cell.threads).toBeLessThanOrEqual(4);
        }
        const proofs = made.visits.reduce((sum, { warmups, counted }) => sum + warmups + counted, 0);
        expect(made.runs).toBe(proofs);
        expect(made.expectedMs).toBeGreaterThan(0);
      }),
    );
  });

  it('goes there and back, so that a slowing machine is fair to all', () => {
    const { visits } = plan({ threads: [1, 2], networkSizes: [16, 64], iterations: 2 });
    const order = (round: number) =>
      visits.filter((visit) => visit.round === round).map(({ cell }) => cell.id);
    expect(order(1)).toHaveLength(4);
    expect(order(2)).toEqual(order(1).reverse());
  });

  it('takes the right-sized circuit for `default` (snarkjs) and `optimized` (the engine)', () => {
    const { cells } = plan({
      circuitTypes: ['default', 'optimized'],
      networkSizes: [16, 17, 200],
      threads: [1],
    });
    expect(cells.map(({ circuit, prover }) => `${circuit.capacity} ${prover}`)).toEqual([
      '16 engine',
      '16 snarkjs',
      '64 engine',
      '64 snarkjs',
      '256 engine',
      '256 snarkjs',
    ]);
  });

  it('says what it leaves out, and refuses when nothing is left', () => {
    const { skipped } = plan({
      circuitTypes: ['reputation-64', 'nothing'],
      networkSizes: [16, 100],
      threads: [1, 9],
    });
    expect(skipped).toEqual([
      { what: '100 attestations', why: 'reputation-64 holds 64' },
      { what: '9 threads', why: 'this machine has 4' },
      { what: 'nothing', why: 'there is no such circuit here' },
    ]);
    expect(() => plan({ networkSizes: [1_000] })).toThrow(/no circuit here holds as many/);
    expect(() => plan({ circuitTypes: ['product'] }, { circuits: [circuitOf(null)] })).toThrow(
      /no demo input/,
    );
    expect(() =>
      plan({ iterations: 500, warmupIterations: 20, networkSizes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }),
    ).toThrow(/5000/);
  });

  it('measures servers beside this machine, or alone', () => {
    const servers = [{ id: 'a', name: 'Office' }];
    expect(plan({}, { servers }).cells.map(({ place }) => place.kind)).toEqual(['here', 'server']);
    const [only] = plan({}, { servers, here: false }).cells;
    expect(only).toMatchObject({ prover: null, threads: null, place: { kind: 'server', name: 'Office' } });
  });
});
