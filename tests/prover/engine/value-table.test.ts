// The table that writes a key's coefficients once, against a Map.
import { expect, test } from 'vitest';
import { ValueTable } from '../../../src/prover/engine/value-table.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { testSeed } from '../../helpers/scale.ts';

/** Some come again and again, some differ in a single bit, some in the highest words only. */
function valuesOf(random: SeededRandom, count: number): Uint32Array {
  const words = new Uint32Array(8 * count);
  for (let i = 0; i < count; i++) {
    const value = words.subarray(8 * i, 8 * i + 8);
    const kind = random.below(4);
    if (kind === 0) value[0] = random.below(50);
    else if (kind === 1) value[random.below(8)] = 2 ** random.below(32);
    else if (kind === 2) value.fill(0xffffffff).set([random.below(9)], 7);
    else for (let word = 0; word < 8; word++) value[word] = random.below(2 ** 32);
  }
  return words;
}

test('numbers values as they first come, however many, and keeps them', () => {
  const words = valuesOf(new SeededRandom(testSeed), 20_000);
  const known = new Map<string, number>();
  const kept = new Uint32Array(words.length);
  const [growing, fixed] = [new ValueTable(), new ValueTable(kept)];
  for (let at = 0; at < words.length; at += 8) {
    const name = words.subarray(at, at + 8).join();
    if (!known.has(name)) known.set(name, known.size);
    expect(growing.numberOf(words, at)).toBe(known.get(name));
    expect(fixed.numberOf(words, at)).toBe(known.get(name));
  }
  expect([growing.count, fixed.count]).toEqual([known.size, known.size]);
  expect(known.size).toBeGreaterThan(5_000);
  for (const [name, number] of known) expect(kept.subarray(8 * number, 8 * number + 8).join()).toBe(name);
});

test('says when the memory that it was given is full, and still knows what is there', () => {
  const words = Uint32Array.from({ length: 24 }, (_, i) => i);
  const table = new ValueTable(new Uint32Array(16));
  expect([0, 8, 16, 8, 0].map((at) => table.numberOf(words, at))).toEqual([0, 1, -1, 1, 0]);
});

test('is not slow about values that differ in their highest bits alone', () => {
  const words = new Uint32Array(8 * 2 ** 16);
  for (let i = 0; i < 2 ** 16; i++)
    for (let word = 0; word < 8; word++) words[8 * i + word] = ((i >> (2 * word)) & 3) << 30;
  const table = new ValueTable();
  const begun = performance.now();
  for (let at = 0; at < words.length; at += 8) table.numberOf(words, at);
  expect(table.count).toBe(2 ** 16);
  expect(performance.now() - begun).toBeLessThan(2_000);
});
