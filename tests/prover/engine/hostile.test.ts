// Hostile files all the way through a proof: each ends in a proof or a typed error, after little work and without
// keeping memory. Points are not checked to be on the curve, so that the sums meet any numbers.
import { expect, test } from 'vitest';
import { buildKernels } from '../../../scripts/kernels.ts';
import { createEngine, type Engine } from '../../../src/prover/engine/engine.ts';
import { readProvingKey } from '../../../src/prover/engine/zkey.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { smallCircuit } from './circuits.ts';
import { Ends, type Files, mutants, outcome } from './hostile-cases.ts';
import { TIERS } from './kernels.ts';

await buildKernels();

const files = await smallCircuit(new SeededRandom(testSeed), 12);
const MEBIBYTE = 2 ** 20;
const PARTS = runs(1, 10);

/** Of this process, whatever else the machine does. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** How proving with these files ends, soon. */
async function soon(engine: Engine, given: Files): Promise<string> {
  const begun = cpuMs();
  const end = await outcome(engine, given);
  expect(cpuMs() - begun).toBeLessThan(2_000);
  return end;
}

// The kernels for wide arithmetic: tests/e2e/wide-arithmetic.test.ts.
test.each(TIERS.flatMap(({ name }) => Array.from({ length: PARTS }, (_, part) => ({ name, part }))))(
  '$name: mutants end in a proof or a typed error, soon, and leave no memory behind ($part)',
  async ({ name, part }) => {
    const engine = createEngine({ threads: 1, tier: name });
    expect(await soon(engine, files)).toBe('proof');
    const count = runs(name === 'fma' ? 120 : 60, 1_000);
    const ends = new Ends();
    let [before, done] = [0, 0];
    for (const given of mutants(files, testSeed + 7 + part, count)) {
      if (done++ === Math.min(60, count / 2)) before = process.memoryUsage.rss();
      ends.add(await soon(engine, given));
    }
    engine.dispose();
    expect(ends.wrong(count)).toEqual([]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 * MEBIBYTE);
  },
);

test.each(TIERS)(
  '$name: points that are all alike, not on the curve, with y = 0 or x = 0, end',
  async ({ name }) => {
    const { zkey, wtns } = files;
    const offsets = readProvingKey(zkey);
    for (const [x, y] of [
      [1, 0],
      [0, 1],
      [3, 5],
    ]) {
      const copy = Uint8Array.from(zkey);
      for (const table of ['a', 'b1', 'b2', 'c', 'h'] as const) {
        const half = table === 'b2' ? 64 : 32;
        const at = offsets[table].byteOffset - zkey.byteOffset;
        copy.fill(0, at, at + offsets[table].length);
        for (let point = 0; point < offsets[table].length; point += 2 * half) {
          copy[at + point] = x!;
          copy[at + point + half] = y!;
        }
      }
      const engine = createEngine({ threads: 1, tier: name });
      expect(['proof', 'artifact.degenerate']).toContain(await soon(engine, { zkey: copy, wtns }));
      engine.dispose();
    }
  },
);
