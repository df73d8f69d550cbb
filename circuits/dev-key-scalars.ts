// The scalars of a Groth16 key: every polynomial of the QAP evaluated at a known τ. This is what a ceremony
// exists to hide; here the toxic waste comes from a published seed, so anyone can forge with these keys.
// Groth, "On the Size of Pairing-based Non-interactive Arguments", EUROCRYPT 2016, section 3.2.
import { createHash } from 'node:crypto';
import { GnomonError } from '../src/core/errors.ts';
import { FIELD_ORDER_R as R } from '../src/core/groth16.ts';
import { domainSize, MATRIX_A, MATRIX_B, type R1cs } from './r1cs.ts';

/** The published seed. Changing it changes every development key and src/core/development-key.ts. */
export const DEVELOPMENT_SEED = 'gnomon development keys v1: anyone can forge with these';

export interface ToxicWaste {
  alpha: bigint;
  beta: bigint;
  delta: bigint;
  tau: bigint;
}

export interface KeyScalars {
  domain: number;
  publics: number;
  /** Per wire: A and B at τ. */
  a: bigint[];
  b: bigint[];
  /** Per public wire, the constant first: β·A + α·B + C at τ (γ is 1). */
  ic: bigint[];
  /** Per private wire: (β·A + α·B + C)/δ at τ. */
  c: bigint[];
  /** Per row of the domain: L₂ᵢ₊₁(τ)/δ over the domain of twice the size. */
  h: bigint[];
}

/** The same for every development key, so that all share one α. */
export function developmentWaste(): ToxicWaste {
  const draw = (name: string) => {
    // 512 bits make the bias of the reduction negligible.
    const digest = createHash('sha512').update(`${DEVELOPMENT_SEED}/${name}`).digest('hex');
    return BigInt(`0x${digest}`) % R;
  };
  return { alpha: draw('alpha'), beta: draw('beta'), delta: draw('delta'), tau: draw('tau') };
}

const mod = (x: bigint) => {
  const y = x % R;
  return y < 0n ? y + R : y;
};

export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * square) % R;
    square = (square * square) % R;
  }
  return result;
}

const inverse = (x: bigint) => power(x, R - 2n);

/** All inverses for the price of one (Montgomery's trick). No entry may be 0. */
function invertAll(values: bigint[]): bigint[] {
  const prefix: bigint[] = new Array(values.length);
  let product = 1n;
  for (let i = 0; i < values.length; i++) {
    prefix[i] = product;
    product = (product * values[i]!) % R;
  }
  if (product === 0n) throw new Error('τ is a root of unity of this domain');
  let suffix = inverse(product);
  for (let i = values.length - 1; i >= 0; i--) {
    const inverted = (suffix * prefix[i]!) % R;
    suffix = (suffix * values[i]!) % R;
    prefix[i] = inverted;
  }
  return prefix;
}

/** scale·Lⱼ(τ) for j = first, first + step, … over the domain of `size` roots of unity:
 * Lⱼ(τ) = (τˢ − 1)·ωʲ / (s·(τ − ωʲ)), ω = 5^((r−1)/s) as snarkjs and rapidsnark have it. */
export function lagrangeAt(tau: bigint, size: number, first: number, step: number, scale: bigint): bigint[] {
  const omega = power(5n, (R - 1n) / BigInt(size));
  const stride = power(omega, BigInt(step));
  const count = Math.ceil((size - first) / step);
  const roots: bigint[] = new Array(count);
  let root = power(omega, BigInt(first));
  for (let i = 0; i < count; i++) {
    roots[i] = root;
    root = (root * stride) % R;
  }
  const common = mod(mod(power(tau, BigInt(size)) - 1n) * inverse(BigInt(size)) * scale);
  const inverted = invertAll(roots.map((w) => mod(tau - w)));
  for (let i = 0; i < count; i++) inverted[i] = (((common * roots[i]!) % R) * inverted[i]!) % R;
  return inverted;
}

/** The r1cs as a QAP, at τ. To its rows come, for each public wire s and for the constant, a row with A = 1
 * at s: they keep the public wires' polynomials independent, so that the value of a public signal that no
 * constraint mentions cannot be swapped in a finished proof. */
export function keyScalars(r1cs: R1cs, waste: ToxicWaste): KeyScalars {
  const { alpha, beta, delta, tau } = waste;
  const domain = domainSize(r1cs);
  if (domain > 2 ** 27) {
    throw new GnomonError('circuit.too-large', 'This circuit is too large for a development key.', {
      nextStep: 'Use a circuit of fewer constraints.',
    });
  }
  const publics = r1cs.publicInputs + r1cs.publicOutputs;
  const rowAt = lagrangeAt(tau, domain, 0, 1, 1n);

  const a: bigint[] = new Array(r1cs.wires).fill(0n);
  const b: bigint[] = new Array(r1cs.wires).fill(0n);
  const c: bigint[] = new Array(r1cs.wires).fill(0n);
  const { terms } = r1cs;
  for (let k = 0; k < terms.count; k++) {
    const wire = terms.wire[k]!;
    const column = terms.matrix[k] === MATRIX_A ? a : terms.matrix[k] === MATRIX_B ? b : c;
    column[wire] = (column[wire]! + terms.value(k) * rowAt[terms.row[k]!]!) % R;
  }
  for (let s = 0; s <= publics; s++) a[s] = (a[s]! + rowAt[r1cs.constraints + s]!) % R;

  const combined = a.map((value, wire) => (beta * value + alpha * b[wire]! + c[wire]!) % R);
  const byDelta = inverse(delta);
  return {
    domain,
    publics,
    a,
    b,
    ic: combined.slice(0, publics + 1),
    c: combined.slice(publics + 1).map((value) => (value * byDelta) % R),
    h: lagrangeAt(tau, 2 * domain, 1, 2, byDelta),
  };
}
