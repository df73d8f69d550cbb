// Keys whose secrets we know, so that proofs for any public signals can be made without a circuit, and
// attacks can be carried out. Groth16's simulator: C = (ab − αβ − xγ)/δ, x the signals' combination.
import { bn254 } from '@noble/curves/bn254.js';
import {
  FIELD_ORDER_Q,
  FIELD_ORDER_R,
  type Groth16Proof,
  type VerificationKey,
} from '../../src/core/groth16.ts';
import { keyJson, proofJson } from '../../src/prover/shape.ts';

const R = FIELD_ORDER_R;
const { Fp, Fp2, Fr } = bn254.fields;
export const G1 = bn254.G1.Point;
export const G2 = bn254.G2.Point;
export type Point1 = InstanceType<typeof G1>;
export type Point2 = InstanceType<typeof G2>;

/** The key's secrets, as multiples of the generators. */
export interface Trapdoor {
  alpha: bigint;
  beta: bigint;
  gamma: bigint;
  delta: bigint;
  ic: bigint[];
}

/** SplitMix-like: enough to be varied, the same for the same seed. */
export function scalars(seed: number): () => bigint {
  let state = BigInt.asUintN(64, BigInt(seed) * 0x9e3779b97f4a7c15n + 1n);
  const word = () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  };
  return () => (((word() << 192n) | (word() << 128n) | (word() << 64n) | word()) % (R - 1n)) + 1n;
}

export function randomTrapdoor(seed: number, publicSignals: number): Trapdoor {
  const next = scalars(seed);
  return {
    alpha: next(),
    beta: next(),
    gamma: 1n,
    delta: next(),
    ic: Array.from({ length: publicSignals + 1 }, next),
  };
}

export const g1 = (scalar: bigint): Point1 => G1.BASE.multiplyUnsafe(Fr.create(scalar));
export const g2 = (scalar: bigint): Point2 => G2.BASE.multiplyUnsafe(Fr.create(scalar));

const affine1 = (point: Point1): [bigint, bigint] => {
  const { x, y } = point.toAffine();
  return [x, y];
};
const affine2 = (point: Point2): [[bigint, bigint], [bigint, bigint]] => {
  const { x, y } = point.toAffine();
  return [
    [x.c0, x.c1],
    [y.c0, y.c1],
  ];
};

export function keyFromPoints(points: {
  alpha: Point1;
  beta: Point2;
  gamma: Point2;
  delta: Point2;
  ic: Point1[];
}): VerificationKey {
  return keyJson({
    alpha: affine1(points.alpha),
    beta: affine2(points.beta),
    gamma: affine2(points.gamma),
    delta: affine2(points.delta),
    ic: points.ic.map(affine1),
  });
}

export function keyOf({ alpha, beta, gamma, delta, ic }: Trapdoor): VerificationKey {
  return keyFromPoints({
    alpha: g1(alpha),
    beta: g2(beta),
    gamma: g2(gamma),
    delta: g2(delta),
    ic: ic.map(g1),
  });
}

export function proofFromPoints(a: Point1, b: Point2, c: Point1): Groth16Proof {
  return proofJson({ a: affine1(a), b: affine2(b), c: affine1(c) });
}

/** Σ sᵢ·ICᵢ with the constant, as a scalar. */
export function combination({ ic }: Trapdoor, signals: bigint[]): bigint {
  return Fr.create(signals.reduce((sum, signal, i) => sum + signal * ic[i + 1]!, ic[0]!));
}

/** A valid proof for any signals: only who knows the trapdoor can do this. */
export function simulate(trapdoor: Trapdoor, signals: bigint[], seed: number): Groth16Proof {
  const next = scalars(seed);
  const a = next();
  const b = next();
  const { alpha, beta, gamma, delta } = trapdoor;
  const c = Fr.div(Fr.create(a * b - alpha * beta - combination(trapdoor, signals) * gamma), delta);
  return proofFromPoints(g1(a), g2(b), g1(c));
}

/** A point of the twist's curve that lies outside the prime-order group, as nearly all of them do. */
export function pointOutsideGroup(): Point2 {
  for (let c0 = 1n; ; c0++) {
    const x = { c0, c1: 1n };
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b);
    let y: typeof x;
    try {
      y = Fp2.sqrt(square);
    } catch {
      continue;
    }
    const point = G2.fromAffine({ x, y });
    if (!point.isTorsionFree()) return point;
  }
}

/** The same proof under another randomisation: A·t, B/t. Groth16 proofs are malleable in this way. */
export function rerandomised(proof: Groth16Proof, t: bigint): Groth16Proof {
  const a = G1.fromAffine({ x: BigInt(proof.pi_a[0]), y: BigInt(proof.pi_a[1]) });
  const [bx, by] = proof.pi_b;
  const b = G2.fromAffine({
    x: { c0: BigInt(bx[0]), c1: BigInt(bx[1]) },
    y: { c0: BigInt(by[0]), c1: BigInt(by[1]) },
  });
  const { pi_a, pi_b } = proofFromPoints(
    a.multiplyUnsafe(Fr.create(t)),
    b.multiplyUnsafe(Fr.inv(Fr.create(t))),
    a,
  );
  return { ...proof, pi_a, pi_b };
}

export const negated = (coordinate: string): string => Fp.neg(BigInt(coordinate)).toString();
export const plusQ = (coordinate: string): string => (BigInt(coordinate) + FIELD_ORDER_Q).toString();
export const plusR = (signal: string): string => (BigInt(signal) + FIELD_ORDER_R).toString();
