// How far a profile is and how long the rest takes: from what each combination has taken so far, else from what was
// expected of it, set right by how the others turned out.
import { medianOf } from '../metrics/statistics.ts';
import type { PlannedCell, ProfilePlan, Visit } from './plan.ts';

export interface Pace {
  made(cellId: string, first: boolean, warmUp: boolean, ms: number): void;
  /** The visit's proofs that are missing will not be made. */
  skip(visit: Visit): void;
  done(): number;
  /** 0…1 by expected time. */
  fraction(): number;
  etaMs(): number;
}

interface Left {
  cell: PlannedCell;
  firsts: number;
  others: number;
  firstMs: number[];
  otherMs: number[];
}

export function makePace(plan: ProfilePlan): Pace {
  const left = new Map<string, Left>(
    plan.cells.map((cell) => [cell.id, { cell, firsts: 0, others: 0, firstMs: [], otherMs: [] }]),
  );
  for (const { cell, warmups, counted } of plan.visits) {
    const one = left.get(cell.id)!;
    one.firsts++;
    one.others += warmups + counted - 1;
  }
  let done = 0;

  /** How much longer than expected proofs have taken. */
  function slowness(): number {
    const ratios = [...left.values()].flatMap(({ cell, firstMs, otherMs }) => [
      ...(firstMs.length > 0 ? [medianOf(firstMs) / cell.expectedFirstMs] : []),
      ...(otherMs.length > 0 ? [medianOf(otherMs) / cell.expectedMs] : []),
    ]);
    return ratios.length === 0 ? 1 : medianOf(ratios);
  }

  function etaMs(): number {
    const slow = slowness();
    let sum = 0;
    for (const { cell, firsts, others, firstMs, otherMs } of left.values()) {
      sum += firsts * (firstMs.length > 0 ? medianOf(firstMs) : slow * cell.expectedFirstMs);
      sum += others * (otherMs.length > 0 ? medianOf(otherMs) : slow * cell.expectedMs);
    }
    return sum;
  }

  return {
    made(cellId, first, _warmUp, ms) {
      const one = left.get(cellId);
      if (one === undefined) return;
      // What is made again after an interruption is not counted twice.
      if (first && one.firsts > 0) one.firsts--;
      else if (!first && one.others > 0) one.others--;
      else return;
      (first ? one.firstMs : one.otherMs).push(ms);
      done++;
    },
    skip({ cell }) {
      const one = left.get(cell.id);
      if (one !== undefined) Object.assign(one, { firsts: 0, others: 0 });
    },
    done: () => done,
    fraction() {
      const rest = etaMs();
      const spent = [...left.values()].reduce(
        (sum, { firstMs, otherMs }) => sum + [...firstMs, ...otherMs].reduce((all, ms) => all + ms, 0),
        0,
      );
      return spent + rest === 0 ? 1 : spent / (spent + rest);
    },
    etaMs,
  };
}
