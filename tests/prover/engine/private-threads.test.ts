// Threads with a memory of their own: each holds the key and its own scratch, nobody else's, and no more of them prove
// than the bytes allow.
import { expect, test } from 'vitest';
import { buildKernels } from '../../../scripts/kernels.ts';
import { createEngine } from '../../../src/prover/engine/engine.ts';
import { computeProof } from '../../../src/prover/engine/groth16.ts';
import { measure } from '../../../src/prover/engine/import.ts';
import { TIER_SHAPES } from '../../../src/prover/engine/kernels/scratch.ts';
import { inMemory, surveyKey } from '../../../src/prover/engine/key-file.ts';
import { layOut, PAGE_BYTES, type Sizes } from '../../../src/prover/engine/layout.ts';
import { Pool } from '../../../src/prover/engine/pool.ts';
import { fitPrivate, halfOfSnarkjs, privateBytes } from '../../../src/prover/engine/private-threads.ts';
import { localThread, type ThreadPort } from '../../../src/prover/engine/spawn.ts';
import { chooseTier } from '../../../src/prover/engine/tiers.ts';
import { readWitness } from '../../../src/prover/engine/wtns.ts';
import { readProvingKey } from '../../../src/prover/engine/zkey.ts';
import { verifyProof } from '../../../src/prover/verify.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { testSeed } from '../../helpers/scale.ts';
import { smallCircuit } from './circuits.ts';

await buildKernels();

const MIB = 2 ** 20;
const random = new SeededRandom(testSeed);
const [small, larger] = [await smallCircuit(random, 12), await smallCircuit(random, 200)];

/** What reputation-1024's key is like: 2¹⁸ rows, 159 MiB. */
const LARGE: Sizes = {
  ...{ tier: 'fma', threads: 8, signals: 165_000, publicSignals: 8, domain: 2 ** 18 },
  points: { a: 165_000, b1: 120_000, b2: 120_000, c: 165_000, h: 2 ** 18 },
  ...{ terms: [500_000, 300_000], coefficients: 5000, windowBits: { a: 13, b1: 13, b2: 13, ch: 15 } },
};

test('a private memory has no other thread’s scratch, and all else where a shared one has it', () => {
  const tier = TIER_SHAPES[LARGE.tier];
  const [shared, own] = [layOut(LARGE, tier), layOut(LARGE, tier, 1)];
  expect(own.threads).toEqual([shared.threads[0]]);
  expect({ ...own, threads: [], bytes: 0 }).toEqual({ ...shared, threads: [], bytes: 0 });
  const others = shared.threads.slice(1).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(shared.bytes - own.bytes).toBeGreaterThanOrEqual(others - PAGE_BYTES);
});

test('a pool asks for just that memory, and proves', async () => {
  const { name, module } = await chooseTier(false);
  const file = inMemory(larger.zkey);
  const key = await surveyKey(file, readProvingKey(larger.zkey));
  const sizes = measure(key, TIER_SHAPES[name], 4);
  const asked: number[] = [];
  const listening = (): ThreadPort => {
    const thread = localThread();
    return {
      ...thread,
      request(body) {
        if (body.op === 'open-private') asked.push(body.pages * PAGE_BYTES);
        return thread.request(body);
      },
    };
  };
  const pool = new Pool({ threads: Array.from({ length: 4 }, listening), module, shared: false });
  await pool.open(sizes, file, key);
  expect(asked).toEqual(Array(4).fill(layOut(sizes, TIER_SHAPES[name], 1).bytes));
  const witness = readWitness(larger.wtns).values;
  const onDone = () => undefined;
  const { points } = await computeProof({ pool, sizes, witness, blinding: { r: 3n, s: 5n }, onDone });
  expect(points).toBeDefined();
});

test('as many threads as fit, one at least; eight cores take no more than half of snarkjs’ memory', () => {
  const each = privateBytes({ ...LARGE, threads: 1 });
  expect(each).toBeGreaterThan(150 * MIB);
  const threadsWithin = (bytes: number) => fitPrivate(LARGE, bytes).threads;
  expect([0, each, 3.1 * each, Number.POSITIVE_INFINITY].map(threadsWithin)).toEqual([1, 1, 3, 8]);
  expect(privateBytes(fitPrivate(LARGE, halfOfSnarkjs(159 * MIB)))).toBeLessThan((657 / 2) * MIB);
  // Measured with keys of so many MiB: what snarkjs adds to a page.
  for (const [keyMiB, snarkjsMiB] of [
    [6, 205],
    [43, 359],
    [159, 657],
  ] as const) {
    const share = halfOfSnarkjs(keyMiB * MIB) / (snarkjsMiB * MIB);
    expect([keyMiB, share > 0.48 && share < 0.505]).toEqual([keyMiB, true]);
  }
});

test('an engine proves with the threads that fit, and with more again when the key is smaller', async () => {
  const sizes = async ({ zkey }: { zkey: Uint8Array }, threads: number) =>
    measure(await surveyKey(inMemory(zkey), readProvingKey(zkey)), TIER_SHAPES.scalar, threads);
  const limit = privateBytes(await sizes(small, 3));
  expect(fitPrivate(await sizes(larger, 5), limit).threads).toBe(2);
  const options = { threads: 5, sharedMemory: false, tier: 'scalar' } as const;
  const engine = createEngine({ ...options, privateBytes: limit });
  const tight = createEngine({ ...options, privateBytes: 1 });
  const used: number[] = [];
  for (const [by, { zkey, wtns, vkey }] of [
    ...[small, larger, small].map((circuit) => [engine, circuit] as const),
    [tight, larger] as const,
  ]) {
    const { proof, publicSignals, timings } = await by.prove(zkey, wtns);
    expect((await verifyProof(vkey as never, publicSignals, proof)).valid).toBe(true);
    used.push(timings.threads);
  }
  expect(used).toEqual([3, 2, 3, 1]);
  for (const one of [engine, tight]) one.dispose();
});
