// Predictions: from runs alike, set right by how busy the device is; else scaled from another size, else assumed, else
// none. How good they are over real proofs is metrics/back-test.test.ts.
import { describe, expect, it } from 'vitest';
import { assumedSpeed, type DeviceSpeed } from '../../src/core/assumed-speed.ts';
import { assume, createEstimates, type Expectation, ratiosOf } from '../../src/core/estimates.ts';
import type { Rung } from '../../src/core/job.ts';
import { jobRules } from '../../src/core/transitions.ts';
import { aResult, requestFor } from '../contract/job-store.support.ts';

const engine: Rung = 'engine-threaded';
const snarkjs: Rung = 'snarkjs-threaded';
const circuit = { ...requestFor('a').circuit, constraints: 30_000 };
const larger = {
  ...circuit,
  constraints: 70_000,
  artifacts: { ...circuit.artifacts, zkey: { ...circuit.artifacts.zkey, sha256: 'f'.repeat(64) } },
};
const KEPT_MS = 30_000;

/** All of it, with figures to a thousandth. */
function near(ms: number, lowMs: number, highMs: number, rest: Pick<Expectation, 'runs' | 'basis'>) {
  const close = (value: number) => {
    const digits = 2 - Math.floor(Math.log10(value));
    return expect.closeTo(value, digits);
  };
  return { ms: close(ms), lowMs: close(lowMs), highMs: close(highMs), ...rest };
}

/** A device whose clock is turned by its proofs. */
function device() {
  let nowMs = 1_700_000_000_000;
  const estimates = createEstimates(undefined, { nowMs: () => nowMs, keptMs: KEPT_MS });
  return {
    estimates,
    run(ms: number, of = circuit, rung: Rung | null = engine) {
      nowMs += ms;
      estimates.record('local', rung, of, ms);
    },
    pass(ms: number) {
      nowMs += ms;
    },
    expected: (of = circuit, rung: Rung | null = engine) => estimates.expect('local', rung, of),
  };
}

describe('an expectation', () => {
  it('is of a reference machine at first, and of a server nothing', () => {
    const estimates = createEstimates((id, rung) =>
      id === 'local' && rung ? assumedSpeed(rung, null) : null,
    );
    // The prover has to start for it.
    const ms = 0.0105 * (30_000 + 10_000) * Math.exp(0.75);
    const first = near(ms, 0.4 * ms, 6 * ms, { runs: 0, basis: 'assumed' });
    expect(estimates.expect('local', engine, circuit)).toEqual(first);
    expect(assume(assumedSpeed(engine, null), engine, circuit)).toEqual(first);
    expect(estimates.expect('local', snarkjs, circuit)?.ms).toBeCloseTo(0.083 * 40_000, 6);
    expect(estimates.expect('local', null, circuit)).toBeNull();
    expect(estimates.expect('server:1', null, circuit)).toBeNull();
    for (const ms of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      estimates.record('server:1', null, circuit, ms);
    }
    expect(estimates.expect('server:1', null, circuit)).toBeNull();
  });

  it('is of this device once its arithmetic was measured, with closer bounds, until there are proofs', () => {
    let measured: DeviceSpeed | null = null;
    const estimates = createEstimates((_id, rung) => rung && assumedSpeed(rung, measured));
    const assumedMs = (rung: Rung) => estimates.expect('local', rung, circuit)!.ms;
    const before = { engine: assumedMs(engine), snarkjs: assumedMs(snarkjs) };
    // A phone with plain kernels and eight cores, whose cores take twice as long as the reference machine's.
    measured = { tier: 'scalar', nsPerProduct: 94, threads: 8 };
    const ms = (before.engine * (94 / 17)) / (4.5 / 1.5);
    expect(estimates.expect('local', engine, circuit)).toEqual(
      near(ms, 0.5 * ms, 3 * ms, { runs: 0, basis: 'calibrated' }),
    );
    // snarkjs never had the fast kernels.
    expect(assumedMs(snarkjs)).toBeCloseTo((before.snarkjs * 2) / 3, 6);
    const single = { one: assumedMs('engine-single'), threads: assumedMs(engine) };
    measured = { ...measured, threads: 2 };
    expect(assumedMs('engine-single')).toBe(single.one);
    expect(assumedMs(engine)).toBeCloseTo(3 * single.threads, 6);
    estimates.record('local', engine, circuit, 5_000);
    expect(estimates.expect('local', engine, circuit)?.basis).toBe('measured');
  });

  it('is the median of runs of the circuit, moved little by one beside a video call', () => {
    const estimates = createEstimates();
    estimates.record('server:1', null, circuit, 100);
    expect(estimates.expect('server:1', null, circuit)).toEqual(
      near(100, 75, 150, { runs: 1, basis: 'measured' }),
    );
    for (const ms of [100, 104, 100, 98, 100]) estimates.record('server:1', null, circuit, ms);
    const before = estimates.expect('server:1', null, circuit)!;
    expect(before).toEqual(
      near(before.ms, 0.75 * before.ms, 1.5 * before.ms, { runs: 6, basis: 'measured' }),
    );
    expect(before.ms).toBeCloseTo(100, 0);
    estimates.record('server:1', null, circuit, 5_000);
    const after = estimates.expect('server:1', null, circuit)!;
    expect(after.ms).toBeLessThan(1.12 * before.ms);
    // But it may happen again.
    expect(after.highMs).toBeGreaterThan(1_000);
    expect(estimates.expect('server:1', snarkjs, circuit)).toBeNull();
  });

  it('is scaled from a circuit of another size, with what every proof takes', () => {
    const estimates = createEstimates();
    estimates.record('server:1', null, circuit, 1_000);
    expect(estimates.expect('server:1', null, larger)).toEqual(
      near(2_000, 1_000, 4_000, { runs: 1, basis: 'scaled' }),
    );
  });

  it('tells apart what the prover has at hand: itself, the key, and the key for long', () => {
    const { run, pass, expected } = device();
    run(2_000);
    run(1_200);
    run(1_000);
    run(1_000);
    expect(expected()?.ms).toBeCloseTo(1_000, -1);
    run(1_500, larger);
    // This circuit's key has never been loaded with the prover running, so that takes between the two.
    expect(expected()?.ms).toBeGreaterThan(1_300);
    expect(expected()?.ms).toBeLessThan(2_000);
    run(1_600);
    expect(expected()?.ms).toBeCloseTo(1_200, -2);
    pass(KEPT_MS);
    expect(expected()?.ms).toBeCloseTo(2_000, -2);
    // Another prover ends it as well.
    run(2_000);
    run(9_000, circuit, snarkjs);
    expect(expected()?.ms).toBeCloseTo(2_000, -2);
  });

  it('begins anew with the page: a prover that has just started has no key, however short ago it was used', () => {
    const { run, expected, estimates } = device();
    for (const ms of [2_000, 1_200, 1_000]) run(ms);
    estimates.startAnew();
    expect(expected()?.ms).toBeCloseTo(2_000, -2);
    run(2_000);
    expect(expected()?.ms).toBeCloseTo(1_200, -2);
  });

  // A browser of which each process was stopped for seven eighths of the time: its proofs, one after the other, and
  // how much time lay between them.
  it.each<[string, number[], { pauseMs?: number; reloads?: true }]>([
    ['in a page that stays open', [7_459, 2_828, 2_445, 1_793, 2_638], {}],
    ['with pauses in which the prover ends', [5_958, 6_548, 5_790, 5_060], { pauseMs: 33_000 }],
    ['in a page that is loaded again for each', [5_335, 4_637, 5_336, 5_382, 4_547], { reloads: true }],
  ])('is near the pace of an always slow device, %s', (_how, provedMs, { pauseMs = 3_000, reloads }) => {
    const { run, pass, expected, estimates } = device();
    const off: number[] = [];
    for (const ms of provedMs) {
      if (reloads) estimates.startAnew();
      const before = expected();
      if (before !== null) {
        expect(before.basis).toBe('measured');
        off.push(before.ms / ms);
      }
      run(ms);
      pass(pauseMs);
    }
    expect(off).toHaveLength(provedMs.length - 1);
    // Of the first only how much sooner the next is on other devices is known.
    expect(off[0]).toBeGreaterThan(0.6);
    expect(off[0]).toBeLessThan(1.6);
    for (const ratio of off.slice(1)) {
      expect(ratio).toBeGreaterThan(0.7);
      expect(ratio).toBeLessThan(1.4);
    }
  });

  it('rises while the device is busy, for all circuits, and falls again with time', () => {
    const { run, pass, expected } = device();
    for (let nth = 0; nth < 10; nth++) run(1_000);
    for (let nth = 0; nth < 10; nth++) run(4_000, larger);
    for (let nth = 0; nth < 10; nth++) run(1_000, circuit, snarkjs);
    const idle = expected(larger, snarkjs)!.ms;
    for (let nth = 0; nth < 8; nth++) run(2_000, circuit, snarkjs);
    expect(expected(larger, snarkjs)!.ms / idle).toBeGreaterThan(1.6);
    expect(expected(larger, snarkjs)!.ms / idle).toBeLessThan(2.4);
    pass(60 * 60_000);
    expect(expected(larger, snarkjs)!.ms / idle).toBeLessThan(1.25);
  });

  it('has its bounds as ratios, whatever it says', () => {
    const rest = { runs: 3, basis: 'measured' } as const;
    expect(ratiosOf({ ms: 200, lowMs: 100, highMs: 500, ...rest })).toEqual({ low: 0.5, high: 2.5 });
    expect(ratiosOf({ ms: 0, lowMs: 0, highMs: 0, ...rest })).toEqual({ low: 1, high: 1 });
  });
});

describe('saved jobs', () => {
  const proved = (id: string, backendId: string, tookMs: number) => {
    return {
      ...jobRules.accept(requestFor(id), 1, 0),
      circuit,
      state: 'succeeded' as const,
      result: { ...aResult, timingsMs: { artifacts: 10, witness: 100, proving: 900, verifying: 50 } },
      attempts: [
        {
          number: 1,
          backendId,
          reason: '',
          rung: snarkjs,
          startedAtMs: 0,
          endedAtMs: tookMs,
          outcome: 'succeeded' as const,
          error: null,
        },
      ],
    };
  };

  it('teach what their backend did: on this device by its own stages, elsewhere from start to end', () => {
    const estimates = createEstimates();
    const jobs = [proved('a', 'local', 5_000), proved('b', 'server:1', 5_050)];
    estimates.learn(jobs, (id) => id !== 'local');
    const once = { runs: 1, basis: 'measured' } as const;
    expect(estimates.expect('local', snarkjs, circuit)).toEqual(near(1_000, 750, 1_500, once));
    expect(estimates.expect('local', null, circuit)).toBeNull();
    expect(estimates.expect('server:1', null, circuit)).toEqual(near(5_000, 3_750, 7_500, once));
    expect(estimates.expect('server:1', snarkjs, circuit)).toBeNull();
  });
});
