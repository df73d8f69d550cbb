// A run on a platform that a test plays: what is counted, what a failure, an interruption and a cancel leave behind.
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { GnomonError } from '../../../src/core/errors.ts';
import { planProfile } from '../../../src/core/profiler/plan.ts';
import { type ProfileRequestInput, ProfileRequestSchema } from '../../../src/core/profiler/request.ts';
import { type ProfilePlatform, type ProfileProgress, runProfile } from '../../../src/core/profiler/run.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { circuitOf } from './made-up.ts';

const plan = (request: ProfileRequestInput) =>
  planProfile(v.parse(ProfileRequestSchema, request), {
    circuits: [circuitOf(16), circuitOf(64)],
    usualThreads: 1,
    mostThreads: 4,
  });
const aborted = () => new GnomonError('cancelled.aborted', 'Cancelled.', { nextStep: 'Start it again.' });

/** `during` runs in the middle of each proof and may abort, make busy or throw. */
function play(during: (proof: number, cellId: string) => void | Promise<void> = () => {}) {
  let nowMs = 0;
  let busy: string | null = null;
  let proofs = 0;
  const listeners = new Set<() => void>();
  const log: string[] = [];
  const world = { open: 0, proving: 0, timers: [] as (() => void)[] };
  const platform: ProfilePlatform = {
    clock: {
      nowMs: () => 1_760_000_000_000 + nowMs,
      monotonicMs: () => nowMs,
      setTimer(_, call) {
        world.timers.push(call);
        return () => world.timers.splice(world.timers.indexOf(call), 1);
      },
    },
    machine: async () => ({
      ...{ kind: 'host', runtime: 'Test', name: null, cores: 4, memoryBytes: null, sharedMemory: null },
      ...{ memoryIs: null, cpuTold: false },
    }),
    async open(cell) {
      world.open++;
      log.push(`open ${cell.id}`);
      return {
        async prove(signal, onProgress) {
          if (signal.aborted) throw aborted();
          world.proving++;
          onProgress({ stage: 'proving', fraction: 0.5, etaMs: null });
          try {
            const number = ++proofs;
            await during(number, cell.id);
            nowMs += 100;
            if (signal.aborted) throw aborted();
            log.push(`proof ${cell.id}`);
            return {
              ...{ totalMs: 100, stagesMs: { proving: 90 }, prover: 'engine', threads: 1 },
              ...{ cpuMs: null, roundTripMs: null },
            };
          } finally {
            world.proving--;
          }
        },
        peakBytes: async () => 1_000,
        async close() {
          world.open--;
        },
      };
    },
    busy: () => busy,
    watchBusy(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    ...{ platform, log, world, listeners },
    setBusy(words: string | null) {
      busy = words;
      for (const listener of [...listeners]) listener();
    },
  };
}

const never = new AbortController().signal;

describe('a profile', () => {
  it('makes what was planned, in that order, and counts no warm-up', async () => {
    const world = play();
    const made = plan({ networkSizes: [16, 64], threads: [1, 2], iterations: 4, warmupIterations: 2 });
    const report = await runProfile(made, world.platform, { signal: never });
    expect(report.state).toBe('complete');
    expect(world.log.filter((line) => line.startsWith('open'))).toEqual(
      made.visits.map(({ cell }) => `open ${cell.id}`),
    );
    for (const cell of report.cells) {
      expect(cell.figures.totalMs?.count).toBe(4);
      expect(cell.runs.filter(({ warmUp }) => warmUp)).toHaveLength(6);
      expect(cell.runs.filter(({ first }) => first)).toHaveLength(3);
      expect(cell.figures.peakBytes).toBe(1_000);
    }
    expect(world.world).toMatchObject({ open: 0, proving: 0, timers: [] });
    expect(world.listeners.size).toBe(0);
  });

  it('keeps what a failing combination had, leaves it alone from then on, and measures the others', async () => {
    const broken = new GnomonError('resource.memory', 'No memory.', { nextStep: 'Take less.' });
    const world = play((proof, cellId) => {
      if (cellId.startsWith('reputation-64') && proof > 4) throw broken;
    });
    const report = await runProfile(plan({ networkSizes: [16, 64], iterations: 6 }), world.platform, {
      signal: never,
    });
    const [fine, failed] = report.cells;
    expect(fine).toMatchObject({ error: null, figures: { totalMs: { count: 6 } } });
    expect(failed?.error).toMatchObject({ code: 'resource.memory' });
    expect(world.log.filter((line) => line === `open ${failed?.id}`)).toHaveLength(1);
    expect(report.state).toBe('complete');
  });

  it('ends a proof that takes far too long, and says so', async () => {
    const world = play(() => {
      for (const call of [...world.world.timers]) call();
    });
    const report = await runProfile(plan({ iterations: 1 }), world.platform, { signal: never });
    expect(report.cells[0]?.error).toMatchObject({ code: 'resource.deadline' });
    expect(world.world).toMatchObject({ open: 0, proving: 0 });
  });

  it('gives way to other work, and measures again what that disturbed', async () => {
    const states: ProfileProgress[] = [];
    const world = play((proof) => {
      if (proof !== 3) return;
      world.setBusy('a proof of yours');
      setTimeout(() => world.setBusy(null), 5);
    });
    const report = await runProfile(plan({ iterations: 3 }), world.platform, {
      signal: never,
      onProgress: (progress) => states.push(progress),
    });
    expect(report).toMatchObject({ state: 'complete', interruptions: 1 });
    expect(report.cells[0]?.figures.totalMs?.count).toBe(3);
    expect(
      states.some(({ state, waitingFor }) => state === 'waiting' && waitingFor === 'a proof of yours'),
    ).toBe(true);
  });

  it('ends at once when it is cancelled while it waits for other work', async () => {
    const cancel = new AbortController();
    const world = play();
    world.setBusy('a proof of yours');
    const running = runProfile(plan({}), world.platform, { signal: cancel.signal });
    setTimeout(() => cancel.abort(), 5);
    expect((await running).state).toBe('cancelled');
    expect(world.log).toEqual([]);
    expect(world.listeners.size).toBe(0);
  });

  it('in any schedule of failures, interruptions and a cancel leaves nothing running and counts right', async () => {
    for (let round = 0; round < runs(60, 2_000); round++) {
      const random = new SeededRandom(testSeed + round);
      const cancel = new AbortController();
      const request = { networkSizes: [16, 64], iterations: 1 + Math.floor(random.fraction() * 5) };
      let cancelled = false;
      const world = play(async () => {
        const dice = random.fraction();
        if (dice < 0.05) throw new GnomonError('backend.died', 'It died.', { nextStep: 'Again.' });
        if (dice < 0.1) {
          cancelled = true;
          cancel.abort();
        } else if (dice < 0.25) {
          world.setBusy('work');
          await Promise.resolve();
          setTimeout(() => world.setBusy(null), 0);
        }
      });
      let last = 0;
      const report = await runProfile(plan(request), world.platform, {
        signal: cancel.signal,
        onProgress({ fraction, done, total }) {
          expect(fraction).toBeGreaterThanOrEqual(last);
          expect(fraction).toBeLessThanOrEqual(1);
          expect(done).toBeLessThanOrEqual(total);
          last = fraction;
        },
      });
      expect(report.state).toBe(cancelled ? 'cancelled' : 'complete');
      expect(world.world, `seed ${testSeed + round}`).toMatchObject({ open: 0, proving: 0, timers: [] });
      expect(world.listeners.size).toBe(0);
      for (const { error, figures } of report.cells) {
        const count = figures.totalMs?.count ?? 0;
        expect(count).toBeLessThanOrEqual(request.iterations);
        if (error === null && !cancelled) expect(count).toBe(request.iterations);
      }
    }
  });
});
