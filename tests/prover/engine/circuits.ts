// Small constraint systems of any size with a witness, their development keys, and snarkjs' proof for a given
// blinding: what the engine is held against.
import { curves, groth16 } from 'snarkjs';
import { makeDevelopmentKey } from '../../../circuits/dev-key.ts';
import { FIELD_ORDER_R as R } from '../../../src/core/groth16.ts';
import { type Constraint, r1csFile } from '../../helpers/circuits-fixture.ts';
import { wtnsFile } from '../../helpers/circuits-witness.ts';
import type { SeededRandom } from '../../helpers/random.ts';

export interface SmallCircuit {
  zkey: Uint8Array;
  wtns: Uint8Array;
  vkey: unknown;
}

const SPECIAL = [0n, 1n, R - 1n, 2n, R - 2n, (R - 1n) / 2n, (R + 1n) / 2n];

/** `size` constraints, each wire a product of earlier ones plus a constant; a third of the wires are bits, and
 * edge values are among the inputs. */
export async function smallCircuit(random: SeededRandom, size: number): Promise<SmallCircuit> {
  const publics = 1 + random.below(3);
  const any = () => (BigInt(random.word()) << 230n) + BigInt(random.word());
  const witness = [
    1n,
    ...Array.from({ length: publics + 3 }, () => (random.chance(0.5) ? any() % R : random.pick(SPECIAL))),
  ];
  const constraints: Constraint[] = [];
  for (let i = 0; i < size; i++) {
    const wire = witness.length;
    if (random.chance(0.34)) {
      const bit = BigInt(random.below(2));
      witness.push(bit);
      constraints.push([{ [wire]: 1n }, { [wire]: 1n }, { [wire]: 1n }]);
      continue;
    }
    const [a, b, c] = [random.below(wire), random.below(wire), random.below(wire)];
    const [p, q] = [random.pick(SPECIAL), any() % R];
    // (w_a + p·w_b)·(w_c + q) = w, with a and b apart so that the terms do not merge.
    const left = a === b ? { [a]: 1n } : { [a]: 1n, [b]: p };
    const sum = a === b ? witness[a]! : witness[a]! + p * witness[b]!;
    const right = c === 0 ? { 0: 1n + q } : { [c]: 1n, 0: q };
    witness.push((sum * (witness[c]! + q)) % R);
    constraints.push([left, right, { [wire]: 1n }]);
  }
  const key = await makeDevelopmentKey(r1csFile(witness.length, publics, constraints));
  return { zkey: key.zkey, vkey: key.vkey, wtns: wtnsFile(witness) };
}

interface PatchedCurve {
  Fr: { random(): Uint8Array; e(value: bigint): Uint8Array };
}

/** snarkjs' proof with r and s in place of its random numbers. */
export async function snarkjsProof(zkey: Uint8Array, wtns: Uint8Array, { r, s }: { r: bigint; s: bigint }) {
  const global = globalThis as { curve_bn128?: unknown };
  const before = global.curve_bn128;
  global.curve_bn128 = null;
  const curve = (await curves.getCurveFromName('bn128', { singleThread: true })) as unknown as PatchedCurve;
  const draws = [r, s];
  curve.Fr.random = () => curve.Fr.e(draws.shift()!);
  global.curve_bn128 = curve;
  try {
    return await groth16.prove(zkey, wtns);
  } finally {
    global.curve_bn128 = before;
  }
}
