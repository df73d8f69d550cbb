// The first of two independent verifiers: curve membership, subgroups and the pairing equation with
// @noble/curves. Groth16: J. Groth, "On the size of pairing-based non-interactive arguments",
// EUROCRYPT 2016, section 3.2 (the verifier).
import { pippenger } from '@noble/curves/abstract/curve.js';
import { bn254 } from '@noble/curves/bn254.js';
import type { Affine1, Affine2, KeyPoints, ProofPoints } from './shape.ts';
import { ShapeError } from './shape.ts';

const G1 = bn254.G1.Point;
const G2 = bn254.G2.Point;
type Point1 = InstanceType<typeof G1>;
type Point2 = InstanceType<typeof G2>;

export interface ValidKey {
  alpha: Point1;
  beta: Point2;
  gamma: Point2;
  delta: Point2;
  ic: Point1[];
}

export interface ValidProof {
  a: Point1;
  b: Point2;
  c: Point1;
}

function g1([x, y]: Affine1, where: string): Point1 {
  const point = G1.fromAffine({ x, y });
  try {
    point.assertValidity();
  } catch {
    throw new ShapeError(`${where} is not on the curve.`);
  }
  return point;
}

function g2([x, y]: Affine2, where: string): Point2 {
  const point = G2.fromAffine({ x: { c0: x[0], c1: x[1] }, y: { c0: y[0], c1: y[1] } });
  try {
    point.assertValidity();
  } catch {
    throw new ShapeError(`${where} is not in the curve's prime-order group.`);
  }
  return point;
}

/** Throws ShapeError when a point is off its curve or outside its group. */
export function validProof(points: ProofPoints): ValidProof {
  return { a: g1(points.a, 'pi_a'), b: g2(points.b, 'pi_b'), c: g1(points.c, 'pi_c') };
}

/** Throws ShapeError when a point is off its curve or outside its group. */
export function validKey(points: KeyPoints): ValidKey {
  return {
    alpha: g1(points.alpha, 'vk_alpha_1'),
    beta: g2(points.beta, 'vk_beta_2'),
    gamma: g2(points.gamma, 'vk_gamma_2'),
    delta: g2(points.delta, 'vk_delta_2'),
    ic: points.ic.map((point, index) => g1(point, `IC[${index}]`)),
  };
}

/**
 * Why anyone could forge under this key, or null. With X = IC₀ + Σ sᵢ·ICᵢ the equation is
 * e(A,B) = e(α,β)·e(X,γ)·e(C,δ), which falls when two of its right-hand bases are the same up to sign:
 * - γ = ±δ: A = α, B = β, C = ∓X (a key that skipped its second phase);
 * - β = ±γ: A = α ± X, B = β + δ, C = A;
 * - β = ±δ: A = X, B = β + γ, C = ±(X − α).
 * And when ICᵢ = ±ICⱼ, only the sum or difference of two signals is bound, not each of them.
 */
export function keyWeakness({ beta, gamma, delta, ic }: ValidKey): string | null {
  const same = (p: Point2, q: Point2) => p.equals(q) || p.equals(q.negate());
  if (same(gamma, delta)) return 'γ and δ are the same point: the set-up was not finished.';
  if (same(beta, gamma)) return 'β and γ are the same point.';
  if (same(beta, delta)) return 'β and δ are the same point.';
  const seen = new Map<bigint, number>();
  for (const [index, point] of ic.entries()) {
    const twin = seen.get(point.x);
    if (twin !== undefined) return `IC[${twin}] and IC[${index}] are the same point up to sign.`;
    seen.set(point.x, index);
  }
  return null;
}

/** The pairing equation alone; points and signals have been checked. */
export function pairingHolds(key: ValidKey, signals: bigint[], proof: ValidProof): boolean {
  const [constant, ...bases] = key.ic;
  const x = bases.length === 0 ? constant! : constant!.add(pippenger(G1, bases, signals));
  const pairs = [
    { g1: proof.a.negate(), g2: proof.b },
    { g1: key.alpha, g2: key.beta },
    // noble refuses to pair infinity, whose pairing is 1; X may be infinity, the other points may not.
    ...(x.is0() ? [] : [{ g1: x, g2: key.gamma }]),
    { g1: proof.c, g2: key.delta },
  ];
  return bn254.fields.Fp12.eql(bn254.pairingBatch(pairs), bn254.fields.Fp12.ONE);
}

/** e(α, β) as snarkjs writes an element of Fp12: two of Fp6, each three of Fp2. */
export function alphaBeta({ alpha, beta }: ValidKey): string[][][] {
  const { c0, c1 } = bn254.pairing(alpha, beta);
  return [c0, c1].map((sixth) => [sixth.c0, sixth.c1, sixth.c2].map((half) => [`${half.c0}`, `${half.c1}`]));
}
