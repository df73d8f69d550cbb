// A small constraint system, written as an .r1cs file without the compiler, so that its bytes (and the
// digest of its key) never depend on a compiler's version.
import { FIELD_ORDER_R as R } from '../../src/core/groth16.ts';

export type Combination = Record<number, bigint>;
export type Constraint = [a: Combination, b: Combination, c: Combination];

function bytesOf(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

const section = (type: number, body: number[]) => [
  ...bytesOf(BigInt(type), 4),
  ...bytesOf(BigInt(body.length), 8),
  ...body,
];

/** Wires: 0 is the constant, then public inputs, then private ones and the rest. */
export function r1csFile(wires: number, publicInputs: number, constraints: Constraint[]): Uint8Array {
  const u32 = (value: number) => bytesOf(BigInt(value), 4);
  const header = [
    ...u32(32),
    ...bytesOf(R, 32),
    ...[wires, 0, publicInputs, wires - 1 - publicInputs].flatMap(u32),
    ...bytesOf(BigInt(wires), 8),
    ...u32(constraints.length),
  ];
  const combination = (terms: Combination) => {
    const entries = Object.entries(terms);
    const body = entries.flatMap(([wire, value]) => [
      ...u32(Number(wire)),
      ...bytesOf(((value % R) + R) % R, 32),
    ]);
    return [...u32(entries.length), ...body];
  };
  const body = constraints.flatMap((sides) => sides.flatMap(combination));
  const labels = Array.from({ length: wires }, (_, i) => bytesOf(BigInt(i), 8)).flat();
  const magic = [0x72, 0x31, 0x63, 0x73, ...u32(1), ...u32(3)];
  return Uint8Array.from([...magic, ...section(1, header), ...section(2, body), ...section(3, labels)]);
}

/** x³ + x + 5 = y: wires 1, x, y, an unused public u, and x². Public are y and u. */
export const CUBIC = {
  wires: 5,
  publics: 2,
  // wire 1: y, wire 2: u (in no constraint), wire 3: x, wire 4: x²
  file: r1csFile(5, 2, [
    [{ 3: 1n }, { 3: 1n }, { 4: 1n }],
    [{ 4: 1n }, { 3: 1n }, { 0: -5n, 1: 1n, 3: -1n }],
  ]),
  witness: (x: bigint, u: bigint) => [1n, (x ** 3n + x + 5n) % R, u, x, (x * x) % R],
};

/** Another system of the same shape: x³ + 2x + 5 = y. */
export const OTHER_CUBIC = {
  file: r1csFile(5, 2, [
    [{ 3: 1n }, { 3: 1n }, { 4: 1n }],
    [{ 4: 1n }, { 3: 1n }, { 0: -5n, 1: 1n, 3: -2n }],
  ]),
};
