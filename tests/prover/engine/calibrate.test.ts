// The order of tiers by measured speed: other load and late compilers must not make the engine take slower kernels.
import { expect, test } from 'vitest';
import { bySpeed, type Clock, rankBySpeed, type Timed } from '../../../src/prover/engine/calibrate.ts';
import type { TierName } from '../../../src/prover/engine/tiers.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';

test('the fastest comes first, the usual order decides between near ones', () => {
  const rates = (fma: number, simd128: number, scalar: number) =>
    bySpeed(
      Object.entries({ fma, simd128, scalar }).map(([name, rate]) => ({ name: name as TierName, rate })),
    );
  expect(rates(30, 20, 10)).toEqual(['fma', 'simd128', 'scalar']);
  expect(rates(20, 25, 10)).toEqual(['fma', 'simd128', 'scalar']);
  expect(rates(2, 20, 10)).toEqual(['simd128', 'scalar', 'fma']);
  expect(rates(2, 10, 20)).toEqual(['scalar', 'simd128', 'fma']);
});

/** A machine whose work takes as long as told, on a clock of its own. `pace` is asked how much slower than alone
 * everything runs at the moment. */
function machine(costs: { name: TierName; ms: (nowMs: number) => number }[], pace: () => number) {
  let nowMs = 1000;
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  const clock: Clock = { now: () => nowMs, pause: async (ms) => pass(ms) };
  const timed = costs.map(({ name, ms }): Timed => ({ name, work: () => pass(ms(nowMs) * pace()) }));
  return { timed, clock, passedMs: () => nowMs - 1000 };
}

/** Five times slower until the compiler is done with it. */
const compiledAt = (atMs: number, ms: number) => (nowMs: number) => (nowMs - 1000 < atMs ? 5 * ms : ms);

test('a quiet machine is calibrated in about 20 ms, and a tier that is slower for good is left', async () => {
  const costs = (fma: number) => [
    { name: 'fma' as const, ms: compiledAt(4, fma) },
    { name: 'simd128' as const, ms: compiledAt(4, 0.02) },
  ];
  const usual = machine(costs(0.01), () => 1);
  expect(await rankBySpeed(usual.timed, usual.clock)).toEqual(['fma', 'simd128']);
  expect(usual.passedMs()).toBeLessThan(30);
  // Emulated, as where the hardware has no fused multiply-add.
  const emulated = machine(costs(0.2), () => 1);
  expect(await rankBySpeed(emulated.timed, emulated.clock)).toEqual(['simd128', 'fma']);
  expect(emulated.passedMs()).toBeLessThan(500);
});

test('neither load nor a compiler that is late with the best kernels makes slower ones be taken', async () => {
  const random = new SeededRandom(testSeed);
  for (let i = 0; i < runs(300, 5_000); i++) {
    // Of three programs that share a core, and now and then a turn of the operating system's.
    const pace = () => 1 + 2 * random.fraction() + (random.chance(0.02) ? 40 * random.fraction() : 0);
    const costs = [
      { name: 'fma' as const, ms: compiledAt(100 * random.fraction(), 0.01) },
      { name: 'simd128' as const, ms: compiledAt(10 * random.fraction(), 0.02) },
      { name: 'scalar' as const, ms: compiledAt(10 * random.fraction(), 0.03) },
    ];
    const { timed, clock } = machine(costs, pace);
    expect([i, (await rankBySpeed(timed, clock))[0]]).toEqual([i, 'fma']);
  }
});
