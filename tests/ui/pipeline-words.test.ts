// What the pipeline component says while a proof is made.
import { describe, expect, it } from 'vitest';
import type { ServerStatus } from '../../src/client/types.ts';
import {
  barStages,
  figureGroups,
  serverWords,
  tripWords,
  whereabouts,
} from '../../src/ui/pipeline/pipeline-words.ts';

const on = (where: string) => ({ where, reason: 'why' });

describe('whether a proof stays here', () => {
  it('is said only of one that may not leave', () => {
    expect(whereabouts(null)).toBe('stays');
    expect(whereabouts({ privacy: 'local-only', placed: null })).toBe('stays');
    expect(whereabouts({ privacy: 'local-only', placed: on('this device') })).toBe('stays');
  });

  it('is open for one that may leave, before it is placed and while it runs here', () => {
    expect(whereabouts({ privacy: 'may-offload', placed: null })).toBe('may-leave');
    expect(whereabouts({ privacy: 'may-offload', placed: on('this device') })).toBe('may-leave');
  });

  it('is denied with the name of the server that it is on', () => {
    expect(whereabouts({ privacy: 'may-offload', placed: on('Office') })).toEqual({ server: 'Office' });
  });
});

describe('the stages of the bar', () => {
  const plan = (witness: number) => ({
    stages: [
      { id: 'witness' as const, share: witness },
      { id: 'proving' as const, share: 1 - witness },
    ],
  });

  it('come with a plan that comes late, each wide enough to be seen', () => {
    expect(barStages([], null)).toEqual([]);
    expect(barStages([], plan(0.01))).toEqual([
      { id: 'witness', label: 'Working out the numbers', share: 0.04 },
      { id: 'proving', label: 'Making the proof', share: 0.99 },
    ]);
  });

  it('stay as they were drawn', () => {
    const drawn = barStages([], plan(0.2));
    expect(barStages(drawn, plan(0.5))).toBe(drawn);
    expect(barStages(drawn, null)).toBe(drawn);
  });
});

describe('the figures', () => {
  const figures = {
    ...{ queued: 1, running: 0, succeeded: 12, failed: 3, cancelled: 0 },
    ...{ successRate: 0.999, p50Ms: 1_000, p95Ms: null, p99Ms: null },
  };

  it('say what they count: proofs of all kinds, and tries on one circuit', () => {
    const titles = (circuit: string | null) =>
      figureGroups({ ...figures, circuit }).map(({ title }) => title);
    expect(titles('reputation-16')).toEqual(['Proofs kept in this browser', 'Tries on reputation-16']);
    expect(titles(null)[1]).toBe('Tries on all circuits');
    const [, tries] = figureGroups({ ...figures, circuit: 'reputation-16' });
    expect(tries?.items).toContainEqual({ term: 'Success', value: '99 %' });
    expect(tries?.items).toContainEqual({ term: 'P95', value: '–' });
  });
});

describe('a server', () => {
  const server: ServerStatus = {
    ...{ id: 'a', name: 'Office server', host: 'office.example', phase: 'ready', permission: 'inputs' },
    ...{ setAside: null, roundTripMs: 46, load: { slots: 1, busy: 0, queued: 0 }, error: null },
  };

  it('is read out when its state changes, not at each ping', () => {
    expect(serverWords({ ...server, roundTripMs: 12 })).toBe(serverWords(server));
    expect([serverWords(server), tripWords(server)]).toEqual(['Connected', ', 46 ms there and back']);
    const taken = { ...server, load: { slots: 1, busy: 1, queued: 0 } };
    expect(serverWords(taken)).toBe('Connected, all places taken');
    expect(serverWords({ ...server, load: { slots: 1, busy: 1, queued: 2 } })).toBe(
      'Connected, 2 proofs wait there',
    );
    for (const change of [{ permission: 'nothing' }, { phase: 'waiting' }, { setAside: 'wrong' }] as const)
      expect(tripWords({ ...server, ...change })).toBe('');
    expect(tripWords({ ...server, roundTripMs: null })).toBe('');
  });
});
