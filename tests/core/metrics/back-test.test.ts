// The back-test over simulated devices, whose noise is known: predictions are as good as that allows, intervals hold
// nine of ten, and it notices when they are not. Real proofs are tested by `npm run bench -- predict --record 200`.
import { describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../../src/core/metrics/attempt-record.ts';
import { backTest } from '../../bench/back-test.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';

const SIZES = [16, 64, 256];

/** Box and Muller's. */
function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
}

/** A mixed run of proofs; a key that is not at hand has to be converted first. */
function simulated(seed: number, { noise, stalls = 0 }: { noise: number; stalls?: number }): AttemptRecord[] {
  const random = new SeededRandom(seed);
  let endedAtMs = 1_700_000_000_000;
  let size = 16;
  let last = '';
  return Array.from({ length: 200 }, (): AttemptRecord => {
    if (random.chance(0.4)) size = random.pick(SIZES);
    const rung = random.chance(0.1) ? 'snarkjs-threaded' : 'engine-threaded';
    const name = `${size} ${rung}`;
    const usualMs = (rung === 'engine-threaded' ? 8 : 50) * size + (name === last ? 0 : 4 * size + 200);
    last = name;
    const proveMs = usualMs * Math.exp(noise * normal(random)) * (random.chance(stalls) ? 3 : 1);
    endedAtMs += proveMs + 2_000;
    return {
      endedAtMs,
      circuitId: `reputation-${size}`,
      zkeySha256: size.toString(16).padStart(64, '0'),
      constraints: size * 900,
      domain: size * 1024,
      zkeyBytes: 1,
      inputValues: 1,
      backendId: 'thread',
      kind: 'thread',
      label: 'this server',
      rung,
      tier: null,
      threads: 2,
      number: 1,
      queueMs: 0,
      stagesMs: {},
      totalMs: proveMs,
      proveMs,
      peakMemoryBytes: null,
      predictedMs: null,
      predictedLowMs: null,
      predictedHighMs: null,
      outcome: 'succeeded',
      errorCode: null,
      fromCache: null,
    };
  });
}

describe('predictions of simulated devices', () => {
  it.each([
    ['steady', { noise: 0.05 }, 0.1],
    ['busy', { noise: 0.15 }, 0.15],
    ['busy, and stalling now and then', { noise: 0.12, stalls: 0.05 }, 0.15],
  ] as const)('are off by little, within their intervals, for one that is %s', (_name, device, most) => {
    let covered = 0;
    const rounds = runs(10, 200);
    for (let round = 0; round < rounds; round++) {
      const found = backTest(simulated(testSeed + round, device));
      expect(found.predicted).toBe(200);
      expect(found.medianError).toBeLessThan(most);
      covered += found.coverage / rounds;
    }
    expect(covered).toBeGreaterThanOrEqual(0.9);
    expect(covered).toBeLessThanOrEqual(0.985);
  });

  it('show as bad what is bad: a device that takes any time at all', () => {
    expect(backTest(simulated(testSeed, { noise: 0.8 })).medianError).toBeGreaterThan(0.25);
  });
});
