// Points of y² = x³ + b in Jacobian coordinates (a = 0), over any field of field.ts. Formulas: Explicit-Formulas
// Database, "add-1998-cmo-2" and "dbl-2009-l".
import { type FieldOps, type Fp2, fp, fp2 } from './field.ts';

/** null is infinity. */
export type Affine<T> = { x: T; y: T } | null;
export interface Jacobian<T> {
  x: T;
  y: T;
  /** Zero is infinity. */
  z: T;
}

export class Curve<T> {
  readonly field: FieldOps<T>;
  constructor(field: FieldOps<T>) {
    this.field = field;
  }

  get infinity(): Jacobian<T> {
    const { one, zero } = this.field;
    return { x: one, y: one, z: zero };
  }

  from(point: Affine<T>): Jacobian<T> {
    return point === null ? this.infinity : { ...point, z: this.field.one };
  }

  affine(point: Jacobian<T>): Affine<T> {
    const { field } = this;
    if (field.isZero(point.z)) return null;
    const z = field.inverse(point.z);
    const z2 = field.mul(z, z);
    return { x: field.mul(point.x, z2), y: field.mul(point.y, field.mul(z2, z)) };
  }

  negate(point: Jacobian<T>): Jacobian<T> {
    return { ...point, y: this.field.sub(this.field.zero, point.y) };
  }

  double({ x, y, z }: Jacobian<T>): Jacobian<T> {
    const { add, sub, mul } = this.field;
    const a = mul(x, x);
    const b = mul(y, y);
    const c = mul(b, b);
    const t = add(x, b);
    const half = sub(sub(mul(t, t), a), c);
    const d = add(half, half);
    const e = add(add(a, a), a);
    const x3 = sub(mul(e, e), add(d, d));
    const c2 = add(c, c);
    const c4 = add(c2, c2);
    const yz = mul(y, z);
    return { x: x3, y: sub(mul(e, sub(d, x3)), add(c4, c4)), z: add(yz, yz) };
  }

  add(p: Jacobian<T>, q: Jacobian<T>): Jacobian<T> {
    const { sub, mul, add, isZero } = this.field;
    if (isZero(p.z)) return q;
    if (isZero(q.z)) return p;
    const [pz2, qz2] = [mul(p.z, p.z), mul(q.z, q.z)];
    const [u1, u2] = [mul(p.x, qz2), mul(q.x, pz2)];
    const [s1, s2] = [mul(p.y, mul(qz2, q.z)), mul(q.y, mul(pz2, p.z))];
    const h = sub(u2, u1);
    const r = sub(s2, s1);
    if (isZero(h)) return isZero(r) ? this.double(p) : this.infinity;
    const h2 = mul(h, h);
    const h3 = mul(h2, h);
    const v = mul(u1, h2);
    const x = sub(sub(mul(r, r), h3), add(v, v));
    return { x, y: sub(mul(r, sub(v, x)), mul(s1, h3)), z: mul(mul(p.z, q.z), h) };
  }

  multiply(point: Jacobian<T>, scalar: bigint): Jacobian<T> {
    let result = this.infinity;
    for (const bit of scalar.toString(2)) {
      result = this.double(result);
      if (bit === '1') result = this.add(result, point);
    }
    return result;
  }

  /** k·p + l·q, with one doubling for both (Straus). */
  multiplyTwo(p: Jacobian<T>, k: bigint, q: Jacobian<T>, l: bigint): Jacobian<T> {
    const both = this.add(p, q);
    let result = this.infinity;
    for (let bit = BigInt(Math.max(k.toString(2).length, l.toString(2).length)) - 1n; bit >= 0n; bit--) {
      result = this.double(result);
      const [ofK, ofL] = [(k >> bit) & 1n, (l >> bit) & 1n];
      if (ofK || ofL) result = this.add(result, ofK ? (ofL ? both : p) : q);
    }
    return result;
  }

  /** Σ scalarᵢ·pointᵢ, one after the other. */
  sum(points: Affine<T>[], scalars: bigint[]): Jacobian<T> {
    let result = this.infinity;
    points.forEach((point, i) => {
      if (point !== null && scalars[i] !== 0n)
        result = this.add(result, this.multiply(this.from(point), scalars[i]!));
    });
    return result;
  }
}

export const g1 = new Curve<bigint>(fp);
export const g2 = new Curve<Fp2>(fp2);
export type G1 = Affine<bigint>;
export type G2 = Affine<Fp2>;

export const G1_GENERATOR: G1 = { x: 1n, y: 2n };
/** EIP-197's. */
export const G2_GENERATOR: G2 = {
  x: [
    10857046999023057135944570762232829481370756359578518086990519993285655852781n,
    11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  ],
  y: [
    8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    4082367875863433681332203403145435568316851327593401208105741076214120093531n,
  ],
};
