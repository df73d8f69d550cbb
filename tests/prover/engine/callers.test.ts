// What callers may do: hand over Node's Buffers at any place and use them again, throw when told of progress, take
// keys that are too large; and what the engine owes them: no trace of a witness once its proof is made.
import { Worker } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { buildKernels } from '../../../scripts/kernels.ts';
import { createEngine } from '../../../src/prover/engine/engine.ts';
import { computeProof } from '../../../src/prover/engine/groth16.ts';
import { measure } from '../../../src/prover/engine/import.ts';
import { FREE_BASE, TIER_SHAPES } from '../../../src/prover/engine/kernels/scratch.ts';
import { inMemory, surveyKey } from '../../../src/prover/engine/key-file.ts';
import { makeMemory } from '../../../src/prover/engine/memory.ts';
import { Pool } from '../../../src/prover/engine/pool.ts';
import { localThread, type ThreadPort } from '../../../src/prover/engine/spawn.ts';
import { chooseTier } from '../../../src/prover/engine/tiers.ts';
import { readProvingKey } from '../../../src/prover/engine/zkey.ts';
import { verifyProof } from '../../../src/prover/verify.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { testSeed } from '../../helpers/scale.ts';
import { smallCircuit } from './circuits.ts';

await buildKernels();
const original = Worker.prototype.postMessage;
const { zkey, wtns, vkey } = await smallCircuit(new SeededRandom(testSeed), 40);

test.each([1, 2])('Buffers at odd places, overwritten after the first proof: %i threads', async (threads) => {
  const odd = Buffer.alloc(zkey.length + 2).subarray(1, 1 + zkey.length);
  odd.set(zkey);
  const engine = createEngine({ threads });
  const key = { id: 'odd', load: async () => odd };
  for (let i = 0; i < 2; i++) {
    const { proof, publicSignals } = await engine.prove(key, Buffer.concat([wtns]));
    expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
    odd.fill(255);
  }
  engine.dispose();
});

test.each([1, 2])(
  'whoever throws when told of progress gets that error, and the next proof: %i threads',
  async (threads) => {
    const engine = createEngine({ threads });
    const mine = new Error('mine');
    const onProgress = () => {
      throw mine;
    };
    await expect(engine.prove(zkey, wtns, { onProgress })).rejects.toBe(mine);
    const { proof, publicSignals } = await engine.prove(zkey, wtns);
    expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
    engine.dispose();
  },
);

test('a number of threads that is none leaves one', async () => {
  const engine = createEngine({ threads: Number.NaN });
  const { proof, publicSignals, timings } = await engine.prove(zkey, wtns);
  expect(timings.threads).toBe(1);
  expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
  engine.dispose();
});

test.each([true, false])(
  'a thread that the platform ends rejects the proof, and the next one works: shared memory %s',
  async (sharedMemory) => {
    const workers = new Set<Worker>();
    const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (
      this: Worker,
      ...message
    ) {
      workers.add(this);
      return original.apply(this, message);
    });
    const engine = createEngine({ threads: 2, sharedMemory });
    const onProgress = () => void [...workers].at(-1)?.terminate();
    try {
      await expect(engine.prove(zkey, wtns, { onProgress })).rejects.toMatchObject({
        code: 'resource.thread-died',
      });
    } finally {
      post.mockRestore();
    }
    expect(workers.size).toBe(2);
    const { proof, publicSignals } = await engine.prove(zkey, wtns);
    expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
    engine.dispose();
  },
);

test('after a proof the memory is the same whatever the witness was', async () => {
  const { name, module } = await chooseTier(true);
  const file = inMemory(zkey);
  const key = await surveyKey(file, readProvingKey(zkey));
  const sizes = measure(key, TIER_SHAPES[name], 2);
  const random = new SeededRandom(testSeed + 1);
  let memory = new Uint8Array(0);
  const listening = (): ThreadPort => {
    const thread = localThread();
    return {
      ...thread,
      request(body) {
        if (body.op === 'open') memory = new Uint8Array(body.memory.buffer);
        return thread.request(body);
      },
    };
  };
  const pool = new Pool({ threads: [listening(), listening()], module, shared: true });
  await pool.open(sizes, file, key);
  const after: Uint8Array[] = [];
  for (let i = 0; i < 2; i++) {
    const witness = new Uint8Array(32 * key.signals);
    witness.forEach((_, at) => {
      if (at % 32 < 30) witness[at] = random.below(256);
    });
    const blinding = { r: 1n, s: 2n };
    await computeProof({ pool, sizes, witness, blinding, onDone: () => undefined });
    after.push(memory.slice(FREE_BASE));
  }
  expect(after[0]!.length).toBeGreaterThan(2 ** 16);
  expect(Buffer.compare(after[0]!, after[1]!)).toBe(0);
});

test('a key whose memory would pass what addresses can tell is refused before it is taken', () => {
  expect(() => makeMemory(2 ** 15 + 1, false)).toThrow(
    expect.objectContaining({ code: 'resource.memory', message: expect.stringContaining('2049 MiB') }),
  );
});
