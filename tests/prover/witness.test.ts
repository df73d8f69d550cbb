// What the library owes beyond the right witness: a circuit that logs its secret prints nothing, and its module is
// compiled once and kept.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { holdsCalculator } from '../../src/prover/calculator.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { makeTinyCircuit, type TinyCircuit } from '../helpers/tiny-circuit.ts';

let tiny: TinyCircuit;
let wasm: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  tiny = await makeTinyCircuit();
  wasm = new Uint8Array(readFileSync(join(tiny.folder, 'product.wasm')));
}, 120_000);
afterAll(() => tiny?.remove());

it('prints nothing of a circuit that logs its secret', async () => {
  // It does log, as the circuit's own text says.
  expect(Buffer.from(wasm).includes('secret')).toBe(true);
  const printed: unknown[] = [];
  const note = (...values: unknown[]) => void printed.push(...values);
  const spies = (['log', 'warn', 'error', 'info', 'debug'] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation(note),
  );
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      note(text);
      return true;
    }),
  );
  try {
    expect((await calculateWitness(wasm, tiny.input)).length).toBeGreaterThan(76);
  } finally {
    for (const spy of [...spies, ...streams]) spy.mockRestore();
  }
  expect(printed).toEqual([]);
});

it('compiles a calculator once, by name and by its bytes', async () => {
  const compile = vi.spyOn(WebAssembly, 'compile');
  try {
    let loads = 0;
    const load = async () => {
      loads++;
      return wasm.slice();
    };
    const first = await calculateWitness({ id: 'product', load }, tiny.input);
    expect(holdsCalculator('product')).toBe(true);
    const second = await calculateWitness({ id: 'product', load }, tiny.input);
    expect(Buffer.compare(first, second)).toBe(0);
    expect([loads, compile.mock.calls.length]).toEqual([1, 1]);
    const bytes = wasm.slice();
    for (let i = 0; i < 3; i++) await calculateWitness(bytes, tiny.input);
    expect(compile.mock.calls.length).toBe(2);
  } finally {
    compile.mockRestore();
  }
});

it('keeps no instance: what one input left behind is not in the next witness', async () => {
  const one = await calculateWitness(wasm, tiny.input);
  await calculateWitness(wasm, { ...tiny.input, a: '3', c: `${3n * 30n}`, b: ['10', '20'] });
  expect(Buffer.compare(one, await calculateWitness(wasm, tiny.input))).toBe(0);
});
