// A Groth16 proof from five sums (J. Groth, "On the size of pairing-based non-interactive arguments", EUROCRYPT
// 2016, section 3.2), spread over threads: rows of the constraint system, three polynomials moved to the odd
// points of the doubled domain, the quotient, and sums of points over windows of the scalars' digits.
import { type Sizes, windowCount, windowsPerTask } from './layout.ts';
import type { PlannedTask, Pool, Region } from './pool.ts';
import type { Curve, Jacobian } from './reference/curve.ts';
import { g1, g2 } from './reference/curve.ts';
import type { Fp2 } from './reference/field.ts';
import { type Blinding, blind, type ProofPoints } from './reference/prove.ts';
import type { SumName, WindowPoints } from './thread.ts';
import type { ProvingKey } from './zkey.ts';

/** Costs in products of field elements, as measured relative to each other. */
const COST = { term: 1, butterfly: 1, add: { a: 7, b1: 7, b2: 19, ch: 7 } };

/** All tasks of a proof, the critical path first; sums fill the gaps. */
export function planProof(sizes: Sizes): PlannedTask[] {
  const plan: PlannedTask[] = [];
  const push = (
    task: PlannedTask['task'],
    needs: number[],
    reads: Region[],
    writes: Region[],
    cost: number,
  ): number => plan.push({ task, needs, reads, writes, cost }) - 1;
  const { domain, points, signals } = sizes;
  const works: Region[] = ['work 0', 'work 1', 'work 2'];
  const rows = ([0, 1] as const).map((matrix) =>
    push({ kind: 'rows', matrix }, [], [], [works[matrix]!], COST.term * (sizes.terms[matrix] + domain)),
  );
  const third = push({ kind: 'third' }, rows, ['work 0', 'work 1'], ['work 2'], 2 * domain);
  const butterflies = COST.butterfly * domain * Math.log2(domain);
  const transforms = ([0, 1, 2] as const).map((which) => {
    // A and B are overwritten, so C = A·B must have been made.
    return push({ kind: 'transform', which }, [third], [works[which]!], [works[which]!], butterflies);
  });
  const recode = push({ kind: 'recode-witness' }, [], [], ['witness digits'], 5 * signals);
  const quotient = push({ kind: 'quotient' }, transforms, works, ['quotient digits'], 7 * domain);
  const windows = windowCount(sizes.windowBits);
  const step = windowsPerTask(sizes);
  const sum = (name: SumName, needs: number[], reads: Region[], n: number) => {
    for (let firstWindow = 0; firstWindow < windows; firstWindow += step) {
      const count = Math.min(step, windows - firstWindow);
      const cost = COST.add[name] * count * (n + 2 * 2 ** (sizes.windowBits - 1));
      push({ kind: 'sum', sum: name, firstWindow, windows: count }, needs, reads, [], cost);
    }
  };
  // The quotient's sum comes last, but everything before it is on the critical path.
  sum('b2', [recode], ['witness digits'], points.b2);
  sum('a', [recode], ['witness digits'], points.a);
  sum('b1', [recode], ['witness digits'], points.b1);
  sum('ch', [recode, quotient], ['witness digits', 'quotient digits'], points.c + points.h);
  return plan;
}

/** Σ 2^(bits·w)·(within_w + length·across_w), from the highest window down. */
export function combine<T>(curve: Curve<T>, windows: WindowPoints[], bits: number): Jacobian<T> {
  let sum = curve.infinity;
  for (const { within, across, length } of [...windows].reverse()) {
    for (let bit = bits - 1; bit >= 0; bit--) {
      sum = curve.double(sum);
      if (2 ** bit === length) sum = curve.add(sum, curve.from(across as Parameters<typeof curve.from>[0]));
    }
    sum = curve.add(sum, curve.from(within as Parameters<typeof curve.from>[0]));
  }
  return sum;
}

export interface ProofRun {
  pool: Pool;
  key: ProvingKey;
  sizes: Sizes;
  witness: Uint8Array;
  blinding: Blinding;
  onProgress: (share: number) => void;
}

/** The proof's points; undefined when one is at infinity. The pool has the key open. */
export async function computeProof({
  pool,
  key,
  sizes,
  witness,
  blinding,
  onProgress,
}: ProofRun): Promise<ProofPoints | undefined> {
  await pool.setWitness(witness);
  const plan = planProof(sizes);
  const total = plan.reduce((sum, { cost }) => sum + cost, 0);
  let done = 0;
  const results = await pool.run(plan, (cost) => {
    done += cost;
    onProgress(done / total);
  });
  const windowsOf = (name: SumName): WindowPoints[] =>
    plan.flatMap(({ task }, i) => (task.kind === 'sum' && task.sum === name ? results[i]! : []));
  const one = (name: SumName) => combine<bigint>(g1, windowsOf(name), sizes.windowBits);
  const sums = {
    a: one('a'),
    b1: one('b1'),
    b2: combine<Fp2>(g2, windowsOf('b2'), sizes.windowBits),
    c: one('ch'),
  };
  await pool.wipe();
  return blind(key, sums, blinding);
}
