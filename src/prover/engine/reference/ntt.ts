// The transform by its definition's recursion, with BigInt.
import { R, ROOT_BASE, TWO_ADICITY } from '../constants.ts';
import { inverse, mod, power } from './field.ts';

/** The primitive 2^log-th root of unity that snarkjs uses. */
export function rootOfUnity(log: number): bigint {
  if (log < 0 || log > TWO_ADICITY) throw new Error('There is no such root of unity.');
  return power(ROOT_BASE, (R - 1n) >> BigInt(log), R);
}

/** Values of the polynomial at 1, root, root², … */
export function evaluate(coefficients: bigint[], root: bigint): bigint[] {
  const n = coefficients.length;
  if (n === 1) return [...coefficients];
  const half = (parity: number) =>
    evaluate(
      coefficients.filter((_, i) => i % 2 === parity),
      (root * root) % R,
    );
  const [even, odd] = [half(0), half(1)];
  const values: bigint[] = new Array(n);
  let at = 1n;
  for (let i = 0; i < n / 2; i++) {
    const turned = (at * odd[i]!) % R;
    values[i] = (even[i]! + turned) % R;
    values[i + n / 2] = mod(even[i]! - turned, R);
    at = (at * root) % R;
  }
  return values;
}

/** Coefficients from the values at 1, root, root², … */
export function interpolate(values: bigint[], root: bigint): bigint[] {
  const scale = inverse(BigInt(values.length), R);
  return evaluate(values, inverse(root, R)).map((value) => (value * scale) % R);
}
