// Checks a witness against an r1cs, constraint by constraint: what a verifier would accept, whatever the
// witness calculator thinks. A dishonest prover is not bound by the calculator.
import { readFileSync } from 'node:fs';
import { MATRIX_A, MATRIX_B, parseR1cs, type R1cs } from '../../circuits/r1cs.ts';
import { FIELD_ORDER_R as R } from '../../src/core/groth16.ts';

export const modR = (x: bigint) => ((x % R) + R) % R;

export class ConstraintSystem {
  readonly r1cs: R1cs;
  private readonly values: bigint[];
  /** Term index at which each row begins; one more for the end. */
  private readonly starts: Uint32Array;

  constructor(path: string) {
    this.r1cs = parseR1cs(readFileSync(path));
    const { terms, constraints } = this.r1cs;
    this.values = Array.from({ length: terms.count }, (_, k) => terms.value(k));
    this.starts = new Uint32Array(constraints + 1).fill(terms.count);
    for (let k = terms.count - 1; k >= 0; k--) this.starts[terms.row[k]!] = k;
    for (let row = constraints - 1; row >= 0; row--) {
      // A row without terms says 0·0 = 0.
      if (this.starts[row]! > this.starts[row + 1]!) this.starts[row] = this.starts[row + 1]!;
    }
  }

  private holds(row: number, witness: readonly bigint[]): boolean {
    const { matrix, wire } = this.r1cs.terms;
    let [a, b, c] = [0n, 0n, 0n];
    for (let k = this.starts[row]!; k < this.starts[row + 1]!; k++) {
      const product = this.values[k]! * witness[wire[k]!]!;
      if (matrix[k] === MATRIX_A) a += product;
      else if (matrix[k] === MATRIX_B) b += product;
      else c += product;
    }
    return (a * b - c) % R === 0n;
  }

  /** Rows that do not hold. Throws when the witness is not one of this system at all. */
  violations(witness: readonly bigint[]): number[] {
    if (witness.length !== this.r1cs.wires || witness[0] !== 1n)
      throw new Error('not a witness of this system');
    if (witness.some((value) => value < 0n || value >= R)) throw new Error('a witness value is not reduced');
    const rows: number[] = [];
    for (let row = 0; row < this.r1cs.constraints; row++) if (!this.holds(row, witness)) rows.push(row);
    return rows;
  }

  satisfies(witness: readonly bigint[]): boolean {
    return this.violations(witness).length === 0;
  }

  /** Wires of a satisfying witness that can take another value with all others kept. */
  freeWires(witness: readonly bigint[], change: bigint): number[] {
    const rowsOf: number[][] = Array.from({ length: this.r1cs.wires }, () => []);
    const { terms } = this.r1cs;
    for (let k = 0; k < terms.count; k++) {
      const rows = rowsOf[terms.wire[k]!]!;
      if (rows.at(-1) !== terms.row[k]) rows.push(terms.row[k]!);
    }
    const changed = [...witness];
    const free: number[] = [];
    for (let wire = 1; wire < changed.length; wire++) {
      changed[wire] = modR(witness[wire]! + change);
      if (rowsOf[wire]!.every((row) => this.holds(row, changed))) free.push(wire);
      changed[wire] = witness[wire]!;
    }
    return free;
  }
}

/** Signal names of the wires, from the compiler's .sym file. */
export function wireNames(symPath: string): Map<number, string[]> {
  const names = new Map<number, string[]>();
  for (const line of readFileSync(symPath, 'utf8').split('\n')) {
    const [, wire, , name] = line.split(',');
    if (name === undefined || wire === '-1') continue;
    const known = names.get(Number(wire));
    if (known === undefined) names.set(Number(wire), [name]);
    else known.push(name);
  }
  return names;
}
