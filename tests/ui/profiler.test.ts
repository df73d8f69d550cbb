// The Profiler page's decisions: what a choice asks for, and what adopting advice would change.
import { describe, expect, it } from 'vitest';
import type { Recommendation } from '../../src/core/profiler/recommend.ts';
import {
  type Adopted,
  isOfThisDevice,
  planAdoption,
  takenBack,
} from '../../src/ui/pages/profiler/adoption.ts';
import { missingIn, requestOf, threadSteps, toggled, usualChoice } from '../../src/ui/pages/profiler/form.ts';
import { circuitOf, reportWith } from '../core/profiler/made-up.ts';

const device = { threads: 4 };
const now: Adopted = {
  settings: { threads: 2, memoryLimitBytes: null, hereConstraintsMost: null },
  offload: { mode: 'ask', tier: 'local-only', whenLost: 'elsewhere' },
};
const advised = (...settings: Recommendation['setting'][]) => ({
  recommendations: settings.map((setting) => ({ kind: 'threads' as const, text: '', figures: [], setting })),
  withheld: [],
});

describe('adopting', () => {
  it('says each change before it is made, and changes nothing else', () => {
    const advice = advised(
      ...[{ threads: 1 }, { memoryLimitBytes: 1e9 }, { hereConstraintsMost: 64_000 }],
      ...[{ offload: 'automatic' as const }, null],
    );
    const { changes, next } = planAdoption(advice, now, device);
    expect(changes).toEqual([
      { what: 'Threads for a proof', from: '2', to: '1' },
      { what: 'Memory for a proof', from: 'all that there is', to: '1 GB' },
      { what: 'Largest circuit to prove here', from: 'any', to: '64000 constraints' },
      { what: 'Proofs are made', from: 'ask each time', to: 'wherever it is sooner' },
    ]);
    expect(next).toEqual({
      settings: { threads: 1, memoryLimitBytes: 1e9, hereConstraintsMost: 64_000 },
      offload: { mode: 'automatic', tier: 'local-only', whenLost: 'elsewhere' },
    });
    expect(now.settings.threads).toBe(2);
    expect(planAdoption(advice, next, device).changes).toEqual([]);
  });

  it('never lowers the memory for a proof to what is enough for the measured sizes', () => {
    const limited = (memoryLimitBytes: number | null) =>
      planAdoption(
        advised({ memoryLimitBytes: 1e9, atLeast: true }),
        { ...now, settings: { ...now.settings, memoryLimitBytes } },
        device,
      ).next.settings.memoryLimitBytes;
    expect([null, 4e9, 1e9, 5e8].map(limited)).toEqual([null, 4e9, 1e9, 1e9]);
  });

  it('raises the largest circuit to prove here to what was measured as quick, and never lifts or lowers it otherwise', () => {
    const limited = (hereConstraintsMost: number | null) =>
      planAdoption(
        advised({ hereConstraintsMost: 16_000, atLeast: true }),
        { ...now, settings: { ...now.settings, hereConstraintsMost } },
        device,
      ).next.settings.hereConstraintsMost;
    expect([null, 64_000, 16_000, 4_000].map(limited)).toEqual([null, 64_000, 16_000, 16_000]);
  });

  it('keeps all threads as all, and never lets proofs leave that stay here', () => {
    const { next } = planAdoption(advised({ threads: 4 }, { offload: 'automatic' }), now, device);
    expect(next.settings.threads).toBeNull();
    expect(next.offload.tier).toBe('local-only');
  });

  it('is taken back as far as nobody has chosen otherwise since', () => {
    const { next } = planAdoption(
      advised({ threads: 1 }, { memoryLimitBytes: 1e9 }, { offload: 'automatic' }),
      now,
      device,
    );
    expect(takenBack(now, next, next)).toEqual(now);
    // In another tab: proofs are to stay, with less memory.
    const since: Adopted = {
      settings: { ...next.settings, memoryLimitBytes: 5e8 },
      offload: { mode: 'here', tier: 'local-only', whenLost: 'wait' },
    };
    expect(takenBack(now, next, since)).toEqual({
      settings: { threads: 2, memoryLimitBytes: 5e8, hereConstraintsMost: null },
      offload: since.offload,
    });
  });

  it('is offered for reports of this very browser only', () => {
    const report = reportWith([]);
    const machine = { ...report.machine, kind: 'browser' as const, cores: 4, runtime: 'A' };
    expect(isOfThisDevice({ machine }, device, 'A')).toBe(true);
    expect(isOfThisDevice({ machine }, device, 'B')).toBe(false);
    expect(isOfThisDevice({ machine: { ...machine, cores: 8 } }, device, 'A')).toBe(false);
    expect(isOfThisDevice({ machine: { ...machine, kind: 'server' } }, device, 'A')).toBe(false);
  });
});

describe('the choice', () => {
  const circuits = [circuitOf(64), circuitOf(16), circuitOf(256), circuitOf(null)];

  it('begins small', () => {
    expect(usualChoice(circuits, 4)).toMatchObject({ sizes: [16, 64], threads: [1, 4], here: true });
    expect(usualChoice(circuits, 1)).toMatchObject({ threads: [1] });
    expect(threadSteps(6)).toEqual([1, 2, 4, 6]);
  });

  it('becomes a request, or says what is missing', () => {
    const choice = usualChoice(circuits, 4);
    expect(missingIn(choice)).toBeNull();
    expect(requestOf({ ...choice, provers: ['engine', 'snarkjs'] })).toMatchObject({
      circuitTypes: ['optimized', 'default'],
      networkSizes: [16, 64],
      threads: [1, 4],
    });
    expect(missingIn({ ...choice, sizes: [] })).toMatch(/size/);
    expect(missingIn({ ...choice, here: false })).toMatch(/server/);
    expect(missingIn({ ...choice, provers: [] })).toMatch(/prover/);
    expect(missingIn({ ...choice, here: false, servers: ['a'], threads: [] })).toBeNull();
    expect(toggled([1, 4], 2, true)).toEqual([1, 2, 4]);
    expect(toggled([1, 4], 4, false)).toEqual([1]);
  });
});
