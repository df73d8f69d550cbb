// Keys that are read piece by piece: never whole, twice over, with progress that tells of it; and files that change
// meanwhile.
import { expect, test } from 'vitest';
import { buildKernels } from '../../../scripts/kernels.ts';
import { createEngine } from '../../../src/prover/engine/engine.ts';
import { inMemory, type KeyFile } from '../../../src/prover/engine/key-file.ts';
import { readProvingKey } from '../../../src/prover/engine/zkey.ts';
import { verifyProof } from '../../../src/prover/verify.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { testSeed } from '../../helpers/scale.ts';
import { smallCircuit } from './circuits.ts';

await buildKernels();
// A key of several pieces.
const { zkey, wtns, vkey } = await smallCircuit(new SeededRandom(testSeed), 7_000);

test.each([{ threads: 1 }, { threads: 2 }, { threads: 2, sharedMemory: false }])(
  'a key is read twice, a piece at a time, and progress tells of it: %j',
  async (options) => {
    const memory = inMemory(zkey);
    let [read, largest] = [0, 0];
    const file: KeyFile = {
      bytes: memory.bytes,
      read(at, bytes) {
        read += bytes;
        largest = Math.max(largest, bytes);
        return memory.read(at, bytes);
      },
    };
    const key = { id: 'pieces', load: async () => file };
    const engine = createEngine(options);
    const shares: { share: number; read: number }[] = [];
    const onProgress = (share: number) => void shares.push({ share, read });
    const { proof, publicSignals } = await engine.prove(key, wtns, { onProgress });
    expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
    expect(largest).toBeLessThanOrEqual(2 ** 20);
    expect(read).toBeGreaterThan(1.9 * zkey.length);
    expect(read).toBeLessThan(2.1 * zkey.length);
    // It moves while the key is read, only grows, and ends at 1.
    const during = shares.filter((one) => one.read < read);
    expect(during.length).toBeGreaterThan(4);
    expect(during.at(-1)!.share).toBeGreaterThan(during[0]!.share);
    const all = shares.map(({ share }) => share);
    expect(all).toEqual([...all].sort((a, b) => a - b));
    expect(all.at(-1)).toBeCloseTo(1);
    // The next proof reads nothing.
    const before = read;
    await engine.prove(key, wtns);
    expect(read).toBe(before);
    engine.dispose();
  },
);

test('a file that changes between the passes is a typed error', async () => {
  const { spans } = readProvingKey(zkey);
  const changes: [string, (bytes: Uint8Array) => void][] = [
    // Points that were at infinity are none any more.
    ['b2', (bytes) => bytes.fill(1, spans.b2.at, spans.b2.at + spans.b2.bytes)],
    [
      'coefficients',
      (bytes) => {
        // All of them in one row.
        const view = new DataView(bytes.buffer);
        for (let at = 0; at < spans.coefficients.bytes; at += 44) {
          view.setUint32(spans.coefficients.at + at, 1, true);
          view.setUint32(spans.coefficients.at + at + 4, 2 ** 12, true);
        }
      },
    ],
  ];
  for (const [name, change] of changes) {
    const bytes = zkey.slice();
    const memory = inMemory(bytes);
    let seen = 0;
    const file: KeyFile = {
      bytes: memory.bytes,
      read(at, length) {
        // The second time that the first table is asked for.
        if (at === spans.a.at && ++seen === 2) change(bytes);
        return memory.read(at, length);
      },
    };
    const engine = createEngine({ threads: 1 });
    const code = await engine.prove({ id: name, load: async () => file }, wtns).then(
      () => 'proof',
      (thrown: { code: string }) => thrown.code,
    );
    engine.dispose();
    expect([name, code]).toEqual([name, 'artifact.zkey-format']);
  }
});

test('what reading rejects with is passed on, and the next proof works', async () => {
  const engine = createEngine({ threads: 2 });
  const lost = new Error('lost');
  const memory = inMemory(zkey);
  const file: KeyFile = {
    bytes: memory.bytes,
    read: (at, bytes) => (at > zkey.length / 2 ? Promise.reject(lost) : memory.read(at, bytes)),
  };
  await expect(engine.prove({ id: 'lost', load: async () => file }, wtns)).rejects.toBe(lost);
  const { proof, publicSignals } = await engine.prove(zkey, wtns);
  expect((await verifyProof(vkey, publicSignals, proof)).valid).toBe(true);
  engine.dispose();
});
