// Witness calculators that do harm: WebAssembly modules with circom 2's interface, written byte by byte. What
// happens when the calculation begins is all they differ in.
import { FIELD_ORDER_R } from '../../src/core/groth16.ts';

export type Harm =
  /** Never returns. */
  | 'loops'
  /** Runs into `unreachable`. */
  | 'traps'
  /** Calls itself until the stack is full. */
  | 'recurses'
  /** Says that its witness has 2³¹ − 1 values. */
  | 'swells';

const I32 = 0x7f;
const [CONST, CALL, END] = [0x41, 0x10, 0x0b];
/** Functions in this order; the types are (params, results). */
const EXPORTS: [name: string, params: number, results: number, body: number[]][] = [
  ['getVersion', 0, 1, [CONST, 2]],
  ['getFieldNumLen32', 0, 1, [CONST, 8]],
  ['getRawPrime', 0, 0, []],
  ['getSharedRWMemoryStart', 0, 1, [CONST, 0]],
  ['init', 1, 0, []],
  ['setInputSignal', 3, 0, []],
  ['getInputSize', 0, 1, [CONST, 0]],
  ['getWitnessSize', 0, 1, [CONST, 1]],
  ['getWitness', 1, 0, []],
];
const INIT = 4;

const BODIES: Record<Harm, Record<string, number[]>> = {
  loops: { init: [0x03, 0x40, 0x0c, 0, END] }, // loop: br 0
  traps: { init: [0x00] },
  recurses: { init: [CONST, 0, CALL, INIT] },
  swells: { getWitnessSize: [CONST, 0xff, 0xff, 0xff, 0xff, 0x07] },
};

const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
const list = (items: number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: number[]): number[] => [...unsigned(bytes.length), ...bytes];
const section = (id: number, bytes: number[]): number[] => [id, ...sized(bytes)];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);

export function hostileCalculator(harm: Harm): Uint8Array<ArrayBuffer> {
  const prime = Array.from({ length: 32 }, (_, at) => Number((FIELD_ORDER_R >> BigInt(8 * at)) & 0xffn));
  const values = (count: number) => list(Array.from({ length: count }, () => [I32]));
  const bodyOf = (name: string, usual: number[]) => sized([0, ...(BODIES[harm][name] ?? usual), END]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(EXPORTS.map(([, params, results]) => [0x60, ...values(params), ...values(results)]))),
    ...section(3, list(EXPORTS.map((_, at) => [at]))),
    ...section(5, [1, 0, 1]),
    ...section(7, list([...EXPORTS.map(([name], at) => [...text(name), 0, at]), [...text('memory'), 2, 0]])),
    ...section(10, list(EXPORTS.map(([name, , , usual]) => bodyOf(name, usual)))),
    ...section(11, list([[0, CONST, 0, END, ...sized(prime)]])),
  ]);
}
