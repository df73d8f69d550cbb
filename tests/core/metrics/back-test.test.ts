// How good predictions are: over recorded runs of real proofs as good as they must be, and over simulated devices, whose
// noise is known, as good as that allows; and the back-test notices when they are not. New runs are recorded, tested and
// kept by `npm run bench -- predict --record 200 --keep-as NAME`.
import { describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../../src/core/metrics/attempt-record.ts';
import { backTest, backTestWords, keptRunsWords } from '../../bench/back-test.ts';
import { readKeptRuns } from '../../bench/kept-runs.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';

const SIZES = [16, 64, 256];

/** Box and Muller's. */
function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
}

interface Device {
  /** Of the logarithm of a time. */
  noise: number;
  /** Share of proofs that take three times as long. */
  stalls?: number;
  /** How much other work it has, as a logarithm; that changes with every twentieth proof. */
  changes?: number;
}

/** A mixed run of proofs; a key that is not at hand has to be converted first. */
function simulated(seed: number, { noise, stalls = 0, changes = 0 }: Device): AttemptRecord[] {
  const random = new SeededRandom(seed);
  let endedAtMs = 1_700_000_000_000;
  let size = 16;
  let last = '';
  let load = 0;
  return Array.from({ length: 200 }, (): AttemptRecord => {
    if (random.chance(0.4)) size = random.pick(SIZES);
    const rung = random.chance(0.1) ? 'snarkjs-threaded' : 'engine-threaded';
    const name = `${size} ${rung}`;
    const usualMs = (rung === 'engine-threaded' ? 8 : 50) * size + (name === last ? 0 : 4 * size + 200);
    last = name;
    if (changes > 0 && random.chance(0.05)) load = changes * normal(random);
    const proveMs = usualMs * Math.exp(load + noise * normal(random)) * (random.chance(stalls) ? 3 : 1);
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

describe('predictions of real proofs', () => {
  it.each([
    ['quiet', 0.15, 2.7],
    ['calm', 0.15, 2.7],
    // On ten programs for each core, the same proof takes now one and now three times as long.
    ['loaded', 0.25, 4],
  ] as const)(
    'are off by little, and within the interval, for the recording "%s"',
    (name, mostOff, mostWidth) => {
      const { runs: recorded } = readKeptRuns(name);
      const found = backTest(recorded);
      expect(found.predicted).toBeGreaterThanOrEqual(200);
      expect(found.medianError).toBeLessThan(mostOff);
      expect(found.coverage).toBeGreaterThanOrEqual(0.9);
      // An interval of everything would be no prediction.
      expect(found.medianWidth).toBeLessThan(mostWidth);
    },
  );
});

describe('predictions of simulated devices', () => {
  it.each([
    ['steady', { noise: 0.05 }, 0.06],
    ['busy', { noise: 0.15 }, 0.14],
    ['busy, and stalling now and then', { noise: 0.12, stalls: 0.05 }, 0.13],
    ['busy for a while', { noise: 0.08, changes: 0.5 }, 0.14],
  ] as const)('are off by little, within their intervals, for one that is %s', (_name, device, most) => {
    let covered = 0;
    let off = 0;
    const rounds = runs(10, 200);
    for (let round = 0; round < rounds; round++) {
      const found = backTest(simulated(testSeed + round, device));
      expect(found.predicted).toBe(200);
      off += found.medianError / rounds;
      covered += found.coverage / rounds;
    }
    expect(off).toBeLessThan(most);
    expect(covered).toBeGreaterThanOrEqual(0.9);
    expect(covered).toBeLessThanOrEqual(0.985);
  });

  it('show as bad what is bad: a device that takes any time at all', () => {
    expect(backTest(simulated(testSeed, { noise: 0.8 })).medianError).toBeGreaterThan(0.25);
  });
});

describe('the back-test in words', () => {
  it('is of every kept recording, by its name', () => {
    const words = keptRunsWords();
    for (const name of ['calm', 'loaded', 'quiet'])
      expect(words).toMatch(new RegExp(`^${name}: 200 proofs`, 'm'));
    expect(words.match(/median absolute error/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('counts every basis', () => {
    const byBasis = { measured: 11, scaled: 22, calibrated: 33, assumed: 44 };
    const words = backTestWords({ predicted: 110, medianError: 0, coverage: 1, medianWidth: 1, byBasis });
    for (const count of Object.values(byBasis)) expect(words).toContain(`${count} from`);
  });
});
