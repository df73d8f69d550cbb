// Intervals around predictions: nine of ten actual times lie within, whatever their spread, also after it changed.
import { describe, expect, it } from 'vitest';
import { createSpread } from '../../src/core/spread.ts';
import { SeededRandom } from '../helpers/random.ts';
import { testSeed } from '../helpers/scale.ts';

/** Box and Muller's. */
function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
}

/** The share of `rounds` drawn times that lay within, and the mean width as the ratio of its ends. */
function coverage(draw: (round: number, random: SeededRandom) => number, rounds = 4_000) {
  const random = new SeededRandom(testSeed);
  const spread = createSpread({ low: 0.75, high: 1.5 });
  let within = 0;
  let logWidth = 0;
  for (let round = 0; round < rounds; round++) {
    const actualMs = 1_000 * draw(round, random);
    const { lowMs, highMs } = spread.around(1_000);
    expect(lowMs).toBeLessThanOrEqual(1_000);
    expect(highMs).toBeGreaterThanOrEqual(1_000);
    if (actualMs >= lowMs && actualMs <= highMs) within++;
    logWidth += Math.log(highMs / lowMs);
    spread.learn(1_000, actualMs);
  }
  return { share: within / rounds, width: Math.exp(logWidth / rounds) };
}

describe('the interval', () => {
  it('is what was thought before anything was learnt', () => {
    const { lowMs, highMs } = createSpread({ low: 0.5, high: 3 }).around(200);
    expect([lowMs, highMs].map(Math.round)).toEqual([100, 600]);
  });

  it.each<[string, (round: number, random: SeededRandom) => number]>([
    ['a steady device', (_, random) => Math.exp(0.05 * normal(random))],
    ['a busy device', (_, random) => Math.exp(0.4 * normal(random))],
    [
      'one that stalls now and then',
      (_, random) => (random.chance(0.07) ? 4 : 1) * Math.exp(0.1 * normal(random)),
    ],
    ['predictions that are all too low', (_, random) => 1.8 * Math.exp(0.1 * normal(random))],
    [
      'a device whose work changes',
      (round, random) => Math.exp((round % 1000 < 500 ? 0.05 : 0.5) * normal(random)),
    ],
  ])('holds nine of ten for %s', (_name, draw) => {
    const { share } = coverage(draw);
    expect(share).toBeGreaterThanOrEqual(0.88);
    expect(share).toBeLessThanOrEqual(0.96);
  });

  it('is as narrow as the device is steady', () => {
    expect(coverage((_, random) => Math.exp(0.02 * normal(random))).width).toBeLessThan(1.15);
    expect(coverage((_, random) => Math.exp(0.4 * normal(random))).width).toBeGreaterThan(2.5);
  });
});
