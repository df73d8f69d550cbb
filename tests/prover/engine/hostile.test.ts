// Hostile files all the way through a proof: each ends in a proof or a typed error, after little work and without
// keeping memory. Points are not checked to be on the curve, so that the sums meet any numbers.
import { expect, test } from 'vitest';
import { buildKernels } from '../../../scripts/kernels.ts';
import { createEngine } from '../../../src/prover/engine/engine.ts';
import { EngineError } from '../../../src/prover/engine/errors.ts';
import { readProvingKey } from '../../../src/prover/engine/zkey.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { smallCircuit } from './circuits.ts';
import { TIERS } from './kernels.ts';
import { mutant } from './mutants.ts';

await buildKernels();

const { zkey, wtns } = await smallCircuit(new SeededRandom(testSeed), 12);
const MEBIBYTE = 2 ** 20;

/** Of this process, whatever else the machine does. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** How proving with these files ends. */
async function outcome(key: Uint8Array, witness: Uint8Array, engine = createEngine({ threads: 1 })) {
  const begun = cpuMs();
  let end = 'proof';
  try {
    await engine.prove(key, witness);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    end = error.code;
  }
  expect(cpuMs() - begun).toBeLessThan(2_000);
  return end;
}

test.each(Array.from({ length: runs(1, 10) }, (_, part) => part))(
  'mutants end in a proof or a typed error, soon, and leave no memory behind (%i)',
  async (part) => {
    const random = new SeededRandom(testSeed + 7 + part);
    const engine = createEngine({ threads: 1 });
    await outcome(zkey, wtns, engine);
    const ends = new Map<string, number>();
    let before = 0;
    for (let i = 0; i < runs(120, 1_000); i++) {
      if (i === 60) before = process.memoryUsage.rss();
      const [key, witness] = random.chance(0.7) ? [mutant(zkey, random), wtns] : [zkey, mutant(wtns, random)];
      const end = await outcome(key, witness, engine);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    engine.dispose();
    const known = [
      'proof',
      'artifact.zkey-format',
      'witness.wtns-format',
      'witness.size',
      'artifact.degenerate',
    ];
    expect([...ends.keys()].filter((end) => !known.includes(end))).toEqual([]);
    // Both: files that are refused, and broken ones that pass for keys.
    expect(ends.get('artifact.zkey-format')).toBeGreaterThan(20);
    expect(ends.get('proof')).toBeGreaterThan(5);
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 * MEBIBYTE);
  },
);

test.each(TIERS)(
  '$name: points that are all alike, not on the curve, with y = 0 or x = 0, end',
  async ({ name }) => {
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
      expect(['proof', 'artifact.degenerate']).toContain(await outcome(copy, wtns, engine));
      engine.dispose();
    }
  },
);
