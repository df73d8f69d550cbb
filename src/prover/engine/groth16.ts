// A Groth16 proof from five sums (J. Groth, "On the size of pairing-based non-interactive arguments", EUROCRYPT
// 2016, section 3.2), spread over threads: rows of the constraint system, three polynomials moved to the odd
// points of the doubled domain, the quotient, and sums of points over windows of the scalars' digits.
import { R } from './constants.ts';
import {
  additionsPerWindow,
  type Sizes,
  type SumName,
  sumPoints,
  windowCount,
  windowsPerTask,
} from './layout.ts';
import type { MaskSeed } from './mask.ts';
import type { PlannedTask, Pool, Region } from './pool.ts';
import type { Affine, Curve, Jacobian } from './reference/curve.ts';
import { g1, g2 } from './reference/curve.ts';
import { mod } from './reference/field.ts';
import type { Blinding, ProofPoints, ProofSums } from './reference/prove.ts';
import { toBytes } from './sections.ts';
import type { WindowPoints } from './thread.ts';

/** Costs in products of field elements, as measured relative to each other. */
const COST = { term: 1, butterfly: 1, add: { a: 7, b1: 7, b2: 19, ch: 7 } };

/** All tasks of a proof, the critical path first; sums fill the gaps. A mask makes its duration independent of the
 * witness; see mask.ts. */
export function planProof(sizes: Sizes, mask?: MaskSeed): PlannedTask[] {
  const masked = mask === undefined ? {} : { mask };
  const plan: PlannedTask[] = [];
  const push = (
    task: PlannedTask['task'],
    needs: number[],
    reads: Region[],
    writes: Region[],
    cost: number,
  ): number => plan.push({ task, needs, reads, writes, cost }) - 1;
  const { domain, signals } = sizes;
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
  const recode = push({ kind: 'recode-witness', ...masked }, [], [], ['witness digits'], 5 * signals);
  const quotient = push({ kind: 'quotient', ...masked }, transforms, works, ['quotient digits'], 7 * domain);
  // The quotient's sum comes last, but everything before it is on the critical path.
  planSums(plan, sizes, recode, quotient);
  return plan;
}

const costOf = (plan: PlannedTask[]): number => plan.reduce((sum, { cost }) => sum + cost, 0);

/** What a proof will cost, and its masks where they are to be made first. */
export function proofCost(sizes: Sizes, maskToo: boolean): number {
  const noSeed: MaskSeed = [0, 0, 0, 0];
  return costOf(planProof(sizes)) + (maskToo ? costOf(planMask(sizes, noSeed)) : 0);
}

/** What the masks alone add to the sums. */
function planMask(sizes: Sizes, mask: MaskSeed): PlannedTask[] {
  const plan: PlannedTask[] = [
    {
      task: { kind: 'recode-mask', mask },
      needs: [],
      reads: [],
      writes: ['witness digits', 'quotient digits'],
      cost: 5 * (sizes.signals + sizes.domain),
    },
  ];
  planSums(plan, sizes, 0, 0);
  return plan;
}

function planSums(plan: PlannedTask[], sizes: Sizes, recode: number, quotient: number): void {
  const points = sumPoints(sizes.points);
  for (const sum of ['b2', 'a', 'b1', 'ch'] as const) {
    const bits = sizes.windowBits[sum];
    const windows = windowCount(bits);
    const step = windowsPerTask(sizes, sum);
    const ofBoth = sum === 'ch';
    for (let firstWindow = 0; firstWindow < windows; firstWindow += step) {
      const count = Math.min(step, windows - firstWindow);
      plan.push({
        task: { kind: 'sum', sum, firstWindow, windows: count },
        needs: ofBoth ? [recode, quotient] : [recode],
        reads: ofBoth ? ['witness digits', 'quotient digits'] : ['witness digits'],
        writes: [],
        cost: COST.add[sum] * count * additionsPerWindow(points[sum], bits),
      });
    }
  }
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
  sizes: Sizes;
  witness: Uint8Array;
  blinding: Blinding;
  /** Makes the duration independent of the witness. */
  mask?: OpenMask;
  /** Of each task's cost. */
  onDone: (cost: number) => void;
}

/** A key's masks and what they add to its sums. */
export interface OpenMask {
  seed: MaskSeed;
  sums: ProofSums;
}

export interface ComputedProof {
  /** Undefined when one is at infinity. */
  points: ProofPoints | undefined;
  /** Additions of points: what most of the time goes by. */
  additions: number;
}

/** For the key that the pool has open. */
export async function openMask(
  pool: Pool,
  sizes: Sizes,
  seed: MaskSeed,
  onDone: (cost: number) => void = () => undefined,
): Promise<OpenMask> {
  await pool.setWitness(new Uint8Array(0), new Uint8Array(0));
  const { sums } = await runPlan(pool, sizes, planMask(sizes, seed), onDone);
  return { seed, sums };
}

/** Adds each sum's windows up as soon as they are there, while threads do the rest. */
async function runPlan(
  pool: Pool,
  sizes: Sizes,
  plan: PlannedTask[],
  onDone: (cost: number) => void,
  onSum: (sums: Partial<ProofSums>) => void = () => undefined,
): Promise<{ sums: ProofSums; additions: number }> {
  let additions = 0;
  const windows: Record<SumName, WindowPoints[]> = { a: [], b1: [], b2: [], ch: [] };
  const sums: Partial<ProofSums> = {};
  await pool.run(plan, onDone, (task, result) => {
    if (task.kind !== 'sum') return;
    const own = windows[task.sum];
    result!.forEach((points, i) => {
      own[task.firstWindow + i] = points;
      additions += points.additions;
    });
    const bits = sizes.windowBits[task.sum];
    if (Object.keys(own).length < windowCount(bits)) return;
    if (task.sum === 'b2') sums.b2 = combine(g2, own, bits);
    else sums[task.sum === 'ch' ? 'c' : task.sum] = combine(g1, own, bits);
    onSum(sums);
  });
  return { sums: sums as ProofSums, additions };
}

/** The pool has the key open. */
export async function computeProof({
  pool,
  sizes,
  witness,
  blinding,
  mask,
  onDone,
}: ProofRun): Promise<ComputedProof> {
  const { r, s } = blinding;
  const scalars = [r, s, mod(-r * s, R)].flatMap((scalar) => [...toBytes(scalar)]);
  await pool.setWitness(witness, Uint8Array.from(scalars));
  // The sums hold what blinds them; C misses s·A + r·B.
  let mixed: Jacobian<bigint> | undefined;
  const unmask = <T>(curve: Curve<T>, sum: Jacobian<T>, masked: Jacobian<T> | undefined) =>
    masked === undefined ? sum : curve.add(sum, curve.negate(masked));
  const mix = ({ a, b1 }: Partial<ProofSums>) => {
    if (mixed !== undefined || a === undefined || b1 === undefined) return;
    mixed = g1.multiplyTwo(unmask(g1, a, mask?.sums.a), s, unmask(g1, b1, mask?.sums.b1), r);
  };
  const { sums, additions } = await runPlan(pool, sizes, planProof(sizes, mask?.seed), onDone, mix);
  await pool.wipe();
  const a: Affine<bigint> = g1.affine(unmask(g1, sums.a, mask?.sums.a));
  const b = g2.affine(unmask(g2, sums.b2, mask?.sums.b2));
  const c = g1.affine(g1.add(unmask(g1, sums.c, mask?.sums.c), mixed!));
  return { points: a === null || b === null || c === null ? undefined : { a, b, c }, additions };
}
