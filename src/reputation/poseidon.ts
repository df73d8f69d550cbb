// Poseidon over BN254's scalar field, as circomlib has it, about twice as fast as the plain form: a snapshot of
// thousands of people needs tens of thousands of hashes. The partial rounds are rewritten so that each needs one
// constant and a sparse matrix (Grassi et al., "Poseidon", 2021, appendix B). The tests hold it against
// poseidon-lite. Constants come from the paper's Grain generator, so none are copied.
import { FIELD_ORDER_R as P } from '../core/groth16.ts';

const FULL_ROUNDS = 8;
// By number of inputs: the paper's table for 128 bits and x⁵, as circomlib uses it.
const PARTIAL_ROUNDS: Record<number, number> = { 2: 57, 3: 56, 5: 60 };
const FIELD_BITS = 254;

type Vector = bigint[];
type Matrix = Vector[];

interface Parameters {
  /** Constants of the first and last four rounds. */
  before: Vector[];
  after: Vector[];
  mix: Matrix;
  /** Mixes the last full round before the partial ones. */
  bridge: Matrix;
  /** Per partial round: its constant, the matrix's first row and first column; the rest is the identity. */
  partial: { constant: bigint; row: Vector; column: Vector }[];
}

const known = new Map<number, Parameters>();

/** Poseidonₙ of 2, 3 or 5 field elements, each below the field's order. */
export function poseidon(inputs: Vector): bigint {
  let parameters = known.get(inputs.length);
  if (parameters === undefined) {
    parameters = makeParameters(inputs.length);
    known.set(inputs.length, parameters);
  }
  return permute([0n, ...inputs], parameters);
}

function permute(input: Vector, { before, after, mix, bridge, partial }: Parameters): bigint {
  let state = input;
  before.forEach((constants, round) => {
    state = fullRound(state, constants, round === before.length - 1 ? bridge : mix);
  });
  const width = state.length;
  for (const { constant, row, column } of partial) {
    const fifth = pow5(state[0]! + constant);
    let first = row[0]! * fifth;
    for (let at = 1; at < width; at++) {
      const value = state[at]!;
      first += row[at]! * value;
      // Not reduced: sixty products more are six bits more, which costs less than sixty divisions.
      state[at] = value + column[at]! * fifth;
    }
    state[0] = first % P;
  }
  after.forEach((constants, round) => {
    const rows = round === after.length - 1 ? mix.slice(0, 1) : mix;
    state = fullRound(state, constants, rows);
  });
  return state[0]!;
}

function fullRound(state: Vector, constants: Vector, rows: Matrix): Vector {
  const powers = state.map((value, at) => pow5(value + constants[at]!));
  return rows.map((row) => {
    let sum = 0n;
    for (let at = 0; at < powers.length; at++) sum += row[at]! * powers[at]!;
    return sum % P;
  });
}

function pow5(value: bigint): bigint {
  const base = value < P ? value : value % P;
  const square = (base * base) % P;
  return (((square * square) % P) * base) % P;
}

// With x the state and M = (m₀₀ v; w N), a partial round x → M·sbox(x + c) factors as M = S·D, D = diag(1, N),
// S = (m₀₀ v·N⁻¹; w I). D leaves the first element alone, so it moves ahead of the S-box into the round before;
// going from the last partial round to the first, the k-th has S = (m₀₀ v·N⁻ᵏ; Nᵏ⁻¹w I) and D = diag(1, Nᵏ).
// Constants of all but the first element then pass the S-box untouched, into the round after.
function makeParameters(inputs: number): Parameters {
  const width = inputs + 1;
  const partialRounds = PARTIAL_ROUNDS[inputs]!;
  const { constants, matrix } = generate(width, partialRounds);
  const half = FULL_ROUNDS / 2;
  const inner = matrix.slice(1).map((row) => row.slice(1));
  const inverse = invert(inner);
  const partial: Parameters['partial'] = [];
  const moved: Vector[] = [];
  let row = matrix[0]!.slice(1);
  let column = matrix.slice(1).map((one) => one[0]!);
  let power = inner;
  for (let k = 1; k <= partialRounds; k++) {
    row = rowTimes(row, inverse);
    const own = constants[half + partialRounds - k]!;
    partial.unshift({ constant: own[0]!, row: [matrix[0]![0]!, ...row], column: [0n, ...column] });
    moved.unshift(timesColumn(power, own.slice(1)));
    column = timesColumn(inner, column);
    if (k < partialRounds) power = times(inner, power);
  }
  let carried = new Array<bigint>(inputs).fill(0n);
  let firstCarried = 0n;
  partial.forEach((round, at) => {
    round.constant = (round.constant + firstCarried) % P;
    carried = carried.map((value, j) => (value + moved[at]![j]!) % P);
    firstCarried = dot(round.row.slice(1), carried);
  });
  const after = constants.slice(half + partialRounds);
  after[0] = [firstCarried, ...carried].map((value, at) => (value + after[0]![at]!) % P);
  // D of the first partial round times M: the first row stays, the others are Nᵏ times theirs.
  const lower = times(power, matrix.slice(1));
  return { before: constants.slice(0, half), after, mix: matrix, bridge: [matrix[0]!, ...lower], partial };
}

/** Round constants and the Cauchy matrix 1/(xᵢ + yⱼ) from the Grain LFSR (the paper's appendix E). */
function generate(width: number, partialRounds: number): { constants: Vector[]; matrix: Matrix } {
  const next = grainBits(width, partialRounds);
  const element = () => {
    let bits = '';
    for (let at = 0; at < FIELD_BITS; at++) bits += next();
    return BigInt(`0b${bits}`);
  };
  const below = () => {
    for (;;) {
      const value = element();
      if (value < P) return value;
    }
  };
  const constants = Array.from({ length: FULL_ROUNDS + partialRounds }, () =>
    Array.from({ length: width }, below),
  );
  const points = Array.from({ length: 2 * width }, () => element() % P);
  const matrix = points
    .slice(0, width)
    .map((x) => points.slice(width).map((y) => modularInverse((x + y) % P)));
  return { constants, matrix };
}

function grainBits(width: number, partialRounds: number): () => number {
  const fields: [value: number, bits: number][] = [
    [1, 2], // prime field
    [0, 4], // S-box x^α
    [FIELD_BITS, 12],
    [width, 12],
    [FULL_ROUNDS, 10],
    [partialRounds, 10],
    [2 ** 30 - 1, 30],
  ];
  const state = fields.flatMap(([value, bits]) => [...value.toString(2).padStart(bits, '0')].map(Number));
  let at = 0;
  const tap = (offset: number) => state[(at + offset) % 80]!;
  const step = () => {
    const bit = tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0);
    state[at] = bit;
    at = (at + 1) % 80;
    return bit;
  };
  for (let warmUp = 0; warmUp < 160; warmUp++) step();
  // Self-shrinking: of each pair the first bit says whether the second counts.
  return () => {
    while (step() === 0) step();
    return step();
  };
}

function dot(one: Vector, other: Vector): bigint {
  return one.reduce((sum, value, at) => sum + value * other[at]!, 0n) % P;
}

function timesColumn(matrix: Matrix, column: Vector): Vector {
  return matrix.map((row) => dot(row, column));
}

function rowTimes(row: Vector, matrix: Matrix): Vector {
  return matrix[0]!.map((_, at) =>
    dot(
      row,
      matrix.map((one) => one[at]!),
    ),
  );
}

function times(one: Matrix, other: Matrix): Matrix {
  return one.map((row) => rowTimes(row, other));
}

/** Gauss–Jordan; a Cauchy matrix and its blocks always have an inverse. */
function invert(matrix: Matrix): Matrix {
  const size = matrix.length;
  const work = matrix.map((row, at) => [...row, ...row.map((_, other) => (at === other ? 1n : 0n))]);
  for (let pivot = 0; pivot < size; pivot++) {
    const scale = modularInverse(work[pivot]![pivot]!);
    work[pivot] = work[pivot]!.map((value) => (value * scale) % P);
    for (let at = 0; at < size; at++) {
      const factor = work[at]![pivot]!;
      if (at === pivot || factor === 0n) continue;
      work[at] = work[at]!.map((value, column) => (value + (P - factor) * work[pivot]![column]!) % P);
    }
  }
  return work.map((row) => row.slice(size));
}

function modularInverse(value: bigint): bigint {
  let [low, high] = [value, P];
  let [one, other] = [1n, 0n];
  while (low > 1n) {
    const quotient = high / low;
    [low, high] = [high % low, low];
    [one, other] = [other - quotient * one, one];
  }
  return ((one % P) + P) % P;
}
