// Whole proofs: equal to the reference's and to snarkjs' for the same blinding, byte for byte, on every tier,
// with one to many threads, shared memory and private; and what happens when a proof is ended or a thread dies.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as snarkjs from 'snarkjs';
import { groth16 } from 'snarkjs';
import { afterAll, describe, expect, test } from 'vitest';
import { buildKernels } from '../../../scripts/kernels.ts';
import { createEngine, type EngineOptions } from '../../../src/prover/engine/engine.ts';
import { EngineError } from '../../../src/prover/engine/errors.ts';
import { planProof } from '../../../src/prover/engine/groth16.ts';
import { measureAtMost } from '../../../src/prover/engine/import.ts';
import type { Kernels } from '../../../src/prover/engine/kernels/module.ts';
import { fmaTier } from '../../../src/prover/engine/kernels/tier-fma.ts';
import { Pool } from '../../../src/prover/engine/pool.ts';
import { proveSlowly } from '../../../src/prover/engine/reference/prove.ts';
import { startThread, type ThreadPort } from '../../../src/prover/engine/spawn.ts';
import { chooseTier, type KernelSource, type TierName } from '../../../src/prover/engine/tiers.ts';
import { readProvingKey } from '../../../src/prover/engine/zkey.ts';
import { testData } from '../../helpers/data.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { isFullRun, runs, testSeed } from '../../helpers/scale.ts';
import { broken, VITAL } from './broken-kernel.ts';
import { smallCircuit, snarkjsProof } from './circuits.ts';
import { createEngineWithBlinding } from './fixed-blinding.ts';
import { collectOften, keptMemory } from './kept-memory.ts';
import { kernelsOf, probeOf, TIERS } from './kernels.ts';

await buildKernels();

const blinding = { r: 1234567890123456789012345678901234567890n, s: 2n ** 250n + 77n };
const folder = mkdtempSync(join(tmpdir(), 'gnomon-engine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every tier with one to eight threads, their memory shared and private; a share of them in a quick run. */
const CONFIGURATIONS: EngineOptions[] = isFullRun
  ? TIERS.flatMap(({ name: tier }) => [
      { tier, threads: 1 },
      ...[2, 3, 4, 5, 6, 7, 8].flatMap((threads) => [
        { tier, threads },
        { tier, threads, sharedMemory: false, privateBytes: Number.POSITIVE_INFINITY },
      ]),
    ])
  : [
      { threads: 1 },
      { threads: 1, tier: 'simd128' },
      { threads: 1, tier: 'scalar' },
      { threads: 2 },
      { threads: 2, sharedMemory: false },
      { threads: 2, sharedMemory: false, tier: 'simd128' },
      { threads: 3, tier: 'scalar' },
    ];

async function proveWith(options: EngineOptions, zkey: Uint8Array, wtns: Uint8Array) {
  const engine = createEngineWithBlinding(options, () => blinding);
  try {
    return await engine.prove(zkey, wtns);
  } finally {
    engine.dispose();
  }
}

describe('the same proof as the reference and snarkjs', () => {
  test.each([1, 7, 40, ...(isFullRun ? [200, 900] : [])])('a system of %i rows', async (rows) => {
    const { zkey, wtns, vkey } = await smallCircuit(new SeededRandom(testSeed + rows), rows);
    const expected = await snarkjsProof(zkey, wtns, blinding);
    const slow = proveSlowly(zkey, wtns, blinding);
    expect([`${slow.points?.a.x}`, slow.publicSignals]).toEqual([
      (expected.proof as { pi_a: string[] }).pi_a[0],
      expected.publicSignals,
    ]);
    for (const options of CONFIGURATIONS) {
      const { proof, publicSignals, timings } = await proveWith(options, zkey, wtns);
      expect([options, proof, publicSignals]).toEqual([options, expected.proof, expected.publicSignals]);
      expect(timings.threads).toBe(options.threads);
    }
    expect(await groth16.verify(vkey, expected.publicSignals, expected.proof)).toBe(true);
  });

  const semaphore = testData('semaphore-32.zkey');
  test.skipIf(semaphore === undefined)('Semaphore, which nobody here wrote', async () => {
    const zkey = new Uint8Array(readFileSync(semaphore!));
    const input: unknown = JSON.parse(readFileSync(testData('semaphore-32.input.json')!, 'utf8'));
    const file = join(folder, 'semaphore.wtns');
    const { wtns: calculator } = snarkjs as unknown as {
      wtns: { calculate(input: unknown, wasm: string, file: string): Promise<void> };
    };
    await calculator.calculate(input, testData('semaphore-32.wasm')!, file);
    const wtns = new Uint8Array(readFileSync(file));
    const expected = await snarkjsProof(zkey, wtns, blinding);
    for (const options of CONFIGURATIONS.slice(0, runs(2, CONFIGURATIONS.length))) {
      const { proof, publicSignals, timings } = await proveWith(options, zkey, wtns);
      expect([options, proof, publicSignals]).toEqual([options, expected.proof, expected.publicSignals]);
      expect(timings.threads).toBe(options.threads);
    }
  });
});

describe('proofs in a row', () => {
  test('no two of one witness are alike, all verify, memory is kept', async () => {
    const { zkey, wtns, vkey } = await smallCircuit(new SeededRandom(testSeed), 20);
    collectOften();
    const engine = createEngine({ threads: 2 });
    const seen = new Set<string>();
    let made = 0;
    const prove = async () => {
      const { proof, publicSignals } = await engine.prove(zkey, wtns);
      seen.add(JSON.stringify(proof));
      if (made++ < 3) expect(await groth16.verify(vkey, publicSignals, proof)).toBe(true);
    };
    const proveTimes = async (count: number) => {
      for (let i = 0; i < count; i++) await prove();
    };
    const collecting = runs(5, 40);
    await proveTimes(runs(10, 500));
    const before = await keptMemory(collecting, prove);
    await proveTimes(runs(20, 1000));
    const after = await keptMemory(collecting, prove);
    // `seen` keeps 1 KiB of each proof. Keeping 40 KiB more in this thread shows in a quick run, and 2 KiB in a full one.
    expect(after.heap - before.heap).toBeLessThan(runs(0.5, 3) * 2 ** 20);
    // Keeping 1.3 MiB of each in any thread or no heap shows in a quick run, and 8 KiB in a full one.
    expect(after.process - before.process).toBeLessThan(runs(32, 8) * 2 ** 20);
    engine.dispose();
    expect(seen.size).toBe(made);
  });

  test('keys and witnesses may change between proofs; a foreign witness is refused', async () => {
    const random = new SeededRandom(testSeed + 1);
    const [one, other] = [await smallCircuit(random, 9), await smallCircuit(random, 33)];
    const engine = createEngine({ threads: 2 });
    for (const circuit of [one, other, one]) {
      const { proof, publicSignals } = await engine.prove(circuit.zkey, circuit.wtns);
      expect(await groth16.verify(circuit.vkey, publicSignals, proof)).toBe(true);
    }
    await expect(engine.prove(one.zkey, other.wtns)).rejects.toMatchObject({ code: 'witness.size' });
    const after = await engine.prove(one.zkey, one.wtns);
    expect(await groth16.verify(one.vkey, after.publicSignals, after.proof)).toBe(true);
    engine.dispose();
  });

  test('progress only grows and ends at 1', async () => {
    const { zkey, wtns } = await smallCircuit(new SeededRandom(testSeed), 20);
    const engine = createEngine({ threads: 2 });
    const shares: number[] = [];
    await engine.prove(zkey, wtns, { onProgress: (share) => shares.push(share) });
    engine.dispose();
    expect(shares.length).toBeGreaterThan(8);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1);
  });
});

describe('proofs that do not end well', () => {
  test.each([1, 2])('cancelling ends a proof, and the next one works: %i threads', async (threads) => {
    const { zkey, wtns, vkey } = await smallCircuit(new SeededRandom(testSeed), 60);
    const engine = createEngine({ threads });
    const controller = new AbortController();
    const proof = engine.prove(zkey, wtns, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(proof).rejects.toMatchObject({ code: 'cancelled.by-request' });
    const next = await engine.prove(zkey, wtns);
    expect(await groth16.verify(vkey, next.publicSignals, next.proof)).toBe(true);
    engine.dispose();
  });

  test('a thread that dies rejects the proof at once', async () => {
    const { zkey } = await smallCircuit(new SeededRandom(testSeed), 20);
    const tier = await chooseTier(true);
    const threads = [await startThread(), await startThread()];
    // Takes requests but never answers: stands for one that hangs while the other dies.
    const hanging: ThreadPort = { request: () => new Promise(() => {}), end: () => {}, onDeath: () => {} };
    const sizes = measureAtMost(readProvingKey(zkey), fmaTier, 2);
    const pool = new Pool({ threads: [threads[0]!, hanging], module: tier.module, shared: true });
    const run = pool.run(
      planProof(sizes),
      () => {},
      () => {},
    );
    const death = new EngineError('resource.thread-died', 'gone', { nextStep: 'again' });
    threads[0]!.end(death);
    await expect(run).rejects.toBe(death);
    for (const thread of threads) thread.end(death);
  });

  test('a broken key is a typed error', async () => {
    const { zkey, wtns } = await smallCircuit(new SeededRandom(testSeed), 5);
    const engine = createEngine({ threads: 2 });
    await expect(engine.prove(zkey.slice(0, 700), wtns)).rejects.toMatchObject({
      code: 'artifact.zkey-format',
    });
    engine.dispose();
  });
});

describe('choice of a tier', () => {
  const source = (change: (name: TierName, kernels: Kernels) => Kernels): KernelSource => ({
    probes: async () => TIERS.map((tier) => ({ name: tier.name, kernels: probeOf(tier) })),
    kernels: async (name) => change(name, kernelsOf(TIERS.find((tier) => tier.name === name)!)),
  });

  test.each(TIERS)('a broken $name is caught, and the next tier takes over', async ({ name }) => {
    const one = source((which, kernels) => (which === name ? broken(kernels, VITAL[name]) : kernels));
    const others = TIERS.map((tier) => tier.name).filter((tier) => tier !== name);
    expect(others).toContain((await chooseTier(false, undefined, new Set(), one)).name);
    const onlyOther = new Set(others.slice(1));
    expect((await chooseTier(false, undefined, onlyOther, one)).name).toBe(others[0]);
    await expect(chooseTier(false, name, new Set(), one)).rejects.toMatchObject({ code: 'resource.no-tier' });
  });

  test('a tier whose probe computes wrongly is not asked for', async () => {
    const asked: TierName[] = [];
    const { probes, kernels } = source((_, kernels) => kernels);
    const chosen = await chooseTier(false, undefined, new Set(), {
      probes: async () =>
        (await probes()).map((probe) =>
          probe.name === 'fma' ? { ...probe, kernels: broken(probe.kernels, VITAL.fma) } : probe,
        ),
      kernels: (name) => {
        asked.push(name);
        return kernels(name);
      },
    });
    expect(asked).toEqual([chosen.name]);
    expect(asked).not.toContain('fma');
  });

  test('a platform without SIMD takes the scalar tier', async () => {
    const refusing = source((_, kernels) => kernels);
    const invalid = { bytes: Uint8Array.from([0, 0x61, 0x73, 0x6d, 9, 0, 0, 0, 0]), memoryFlagOffset: 8 };
    const { name } = await chooseTier(false, undefined, new Set(), {
      ...refusing,
      probes: async () =>
        (await refusing.probes()).map((probe) =>
          probe.name === 'scalar' ? probe : { ...probe, kernels: invalid },
        ),
    });
    expect(name).toBe('scalar');
  });

  test('when none is left, the error says so', async () => {
    const refused = new Set(TIERS.map(({ name }) => name));
    await expect(chooseTier(false, undefined, refused)).rejects.toMatchObject({ code: 'resource.no-tier' });
  });
});
